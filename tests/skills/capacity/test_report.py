"""The report: complete in both languages, kept as files, and partial where something cannot be seen."""

import csv
import io
import json
import tomllib
from datetime import timedelta
from string import Formatter

import pytest

from skills.capacity.wording import FOLDER
from tests.skills.capacity.test_looks import AT, NOW, cluster, daily, looks
from tests.skills.capacity.wire import Prometheus

pytestmark = pytest.mark.slow


def page():
    prometheus = cluster(use=27.0, growth=1.5)
    for n in range(3):
        labels = {"namespace": "shop", "persistentvolumeclaim": f"disk-{n}"}
        used = daily(80e9 if n == 0 else 10e9, 1e9, 8e9 if n == 0 else 0)
        prometheus.add("kubelet_volume_stats_used_bytes", used, **labels)
        prometheus.add("kubelet_volume_stats_capacity_bytes", 100e9, **labels)
    return prometheus


@pytest.fixture
def undrawn(monkeypatch):
    """For what is not about the chart: drawing its panels takes longer than all else."""
    monkeypatch.setattr("skills.capacity.report.draw", lambda *_: b"")


@pytest.mark.parametrize(("language", "words"), [("en", "What runs out first"), ("zh", "最先用满的")])
async def test_the_page_in_both_languages(tmp_path, language, words):
    answer = await looks(page(), report_folder=str(tmp_path))["capacity.capacity_report"]({"language": language})
    assert f"## {words}" in answer.lines
    markdown, table, chart = sorted(tmp_path.glob("*.*"), key=lambda path: [".md", ".csv", ".png"].index(path.suffix))
    assert words in markdown.read_text(encoding="utf-8")
    assert chart.name in markdown.read_text(encoding="utf-8")
    assert chart.read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
    assert len({row["name"] for row in rows}) >= 5
    assert all(float(row["low"]) <= float(row["high"]) for row in rows)
    assert answer.facts["files"] == [str(markdown), str(table), str(chart)]


async def test_where_no_forecast_is_kept_trials_on_the_past_are_told_as_such(undrawn):
    answer = await looks(page())["capacity.capacity_report"]({})
    start = answer.lines.index("## The last forecast against what came")
    assert "No forecast of three or more days ago is kept yet" in answer.lines[start + 2]
    assert "came" in answer.lines[start + 4]
    assert "%" in answer.lines[start + 6]


async def test_the_forecast_of_last_week_is_kept_and_held_against_what_came(tmp_path, undrawn):
    """Told a week ago, half as high again as it came to be: what is judged is what was kept."""
    past = looks(page(), report_folder=str(tmp_path), at=NOW - timedelta(days=7))
    await past["capacity.capacity_report"]({})
    (kept,) = (tmp_path / "foretold").iterdir()
    told = json.loads(kept.read_text())
    for one in told["series"].values():
        one["middle"] = [1.5 * value for value in one["middle"]]
    kept.write_text(json.dumps(told))
    answer = await looks(page(), report_folder=str(tmp_path))["capacity.capacity_report"]({})
    start = answer.lines.index("## The last forecast against what came")
    told = answer.lines[start + 2]
    assert told.startswith("The forecast of 2026-11-13 18:07 against what came: ")
    row = next(line for line in answer.lines[start:] if "Cluster CPU use" in line)
    assert 45 < float(row.split("|")[4].strip().rstrip(" %")) < 55
    assert any("Trials of the same methods" in line for line in answer.lines)


async def test_a_forecast_that_has_not_come_yet_is_not_judged(tmp_path, undrawn):
    await looks(page(), report_folder=str(tmp_path), at=NOW - timedelta(days=2))["capacity.capacity_report"]({})
    answer = await looks(page(), report_folder=str(tmp_path))["capacity.capacity_report"]({})
    assert any("No forecast of three or more days ago" in line for line in answer.lines)


async def test_what_cannot_be_seen_is_told_and_the_rest_kept(undrawn):
    prometheus = page()
    answered = prometheus.__call__

    def broken(request):
        if b"kubelet_volume" in request.content:
            prometheus.stops_after = 0
        answer = answered(request)
        prometheus.stops_after = None
        return answer

    answer = await looks(broken, timeout=0.5)["capacity.capacity_report"]({})
    assert any("Volumes: could not be seen" in line for line in answer.lines)
    assert any("CPU" in line for line in answer.lines)


async def test_names_that_a_spreadsheet_would_run():
    from skills.capacity.report import _safe

    assert _safe("=cmd()") == "'=cmd()"
    assert _safe("cpu") == "cpu"


def test_both_wordings_have_the_same_keys_and_blanks():
    told = {
        language: tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")) for language in ("en", "zh")
    }
    assert told["en"].keys() == told["zh"].keys()
    for key, sentence in told["en"].items():
        english, chinese = (
            {name for _, name, _, _ in Formatter().parse(each) if name} for each in (sentence, told["zh"][key])
        )
        assert english == chinese, key


async def test_a_cluster_that_shows_nothing():
    from skills.errors import NotFound

    with pytest.raises(NotFound):
        await looks(Prometheus(AT))["capacity.capacity_report"]({})
