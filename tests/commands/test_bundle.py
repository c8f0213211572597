"""`dutybot bundle --report`: a kept case explained as Markdown, as PDF and as its chart."""

import io
import json

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from bot.__main__ import app
from bot.think.diagnosis.pages import Row, _pages, _rows
from tests.think.diagnosis.faults import series
from tests.think.diagnosis.kube import NOW, alert, iso
from tests.think.diagnosis.shop import app as workload
from tests.think.diagnosis.shop import broken, ended, waiting


@pytest.fixture
def case(tmp_path):
    """A pod that is killed for its memory, with the series that shows it."""
    down = broken(waiting("CrashLoopBackOff", "back-off", 7, ended(137, "OOMKilled")))
    used = series("container_memory_working_set_bytes", [2e8 + 1e6 * at for at in range(40)],
                  pod="checkout-6c9f7d5b8f-x2x7k", container="main")  # fmt: skip
    folder = tmp_path / "case"
    folder.mkdir()
    kept = {
        "case": {"id": "c", "now": iso(), "ask": alert("KubePodCrashLooping", deployment="checkout"), "expect": {}},
        "objects": {"kind": "List", "items": workload(pods=[down])},
        "metrics": [used],
    }
    assert NOW
    for name, content in kept.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def run(case, out, language="en"):
    return CliRunner().invoke(app, ["bundle", str(case), "--report", "--out", str(out), "--language", language])


def test_the_report_as_markdown_pdf_and_chart(case, tmp_path):
    for name in ("r.md", "r.pdf", "r.png"):
        done = run(case, tmp_path / name)
        assert done.exit_code == 0, done.output
    assert "OOMKilled" in (tmp_path / "r.md").read_text()
    pages = PdfReader(io.BytesIO((tmp_path / "r.pdf").read_bytes())).pages
    text = "".join(page.extract_text() for page in pages)
    assert "OOMKilled" in text
    assert "checkout" in text
    assert pages[-1].images, "the chart stands on the last page"
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")


def test_a_chinese_report_is_written_too(case, tmp_path):
    assert run(case, tmp_path / "r.pdf", "zh").exit_code == 0
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")


def test_another_kind_of_file_is_refused_in_one_sentence(case, tmp_path):
    done = run(case, tmp_path / "r.docx")
    assert done.exit_code == 1
    assert ".md, .pdf or .png" in done.output


def test_lines_of_the_pdf_end_between_words_and_no_heading_stands_alone():
    told = "order-processor keeps crashing, and restarts " * 9
    rows = list(_rows(f"# One\n\n- {told}\n"))
    words = set(told.split())
    assert len([row for row in rows if row.text]) > 3
    assert all(set(row.text.strip("• ").split()) <= words for row in rows[2:] if row.text)
    pages = list(_pages([Row("said")] * 64 + [Row("Timeline", 10.0, bold=True)] + [Row("then")] * 3))
    assert [page[0].text for page in pages] == ["said", "Timeline"]
