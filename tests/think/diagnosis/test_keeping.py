"""A kept case is read back as it was, its library's passages too; what is odd is left out, what is secret is masked."""

from dataclasses import replace

import pytest

from bot.domain.report import Past
from bot.think.diagnosis.again import verified
from bot.think.diagnosis.bundle import read_bundle, read_passages
from bot.think.diagnosis.diagnose import diagnose
from bot.think.diagnosis.families import hosts_in
from bot.think.diagnosis.keeping import write_bundle
from tests.think.diagnosis.faults import crashing
from tests.think.diagnosis.kube import alert, sight

FITS = Past("Pool ran dry", "HikariPool - Connection is not available", "https://x.example/1", "jira:OPS", "OPS-1")
OTHER = Past("A certificate", "x509: certificate has expired", key="OPS-2")
SAID = "ERROR HikariPool-1 - Connection is not available, request timed out after 3000ms"


def crashes():
    fault = crashing(SAID)
    return sight(*fault["things"], ask=alert(fault["alert"], deployment="checkout"), logs=fault["logs"])


def test_passages_are_written_read_and_replayed(tmp_path):
    seen = replace(crashes(), passages=(FITS, OTHER, Past("Token", "password=hunter2hunter2 in the notes")))
    write_bundle(tmp_path, "c", seen, alert("KubePodCrashLooping", deployment="checkout"))
    back = read_bundle(tmp_path)
    assert back.passages[:2] == (FITS, OTHER)
    assert "hunter2hunter2" not in (tmp_path / "passages.json").read_text()
    assert [each.key for each in diagnose(back).similar] == ["OPS-1"]
    assert diagnose(back).similar == diagnose(seen).similar


def test_a_case_without_a_library_has_no_passages(tmp_path):
    write_bundle(tmp_path, "c", crashes(), {"kind": "question", "text": "why?"})
    (tmp_path / "passages.json").unlink()
    assert read_bundle(tmp_path).passages == ()


@pytest.mark.parametrize("kept", [None, 7, "x", {}, {"passages": None}, [None, "", {}, {"title": None}]])
def test_odd_passages_are_left_out(kept):
    assert list(read_passages(kept)) == []


def test_bare_texts_are_passages_too():
    assert list(read_passages({"passages": ["Disk full\nclean it"]})) == [Past("Disk full", "Disk full\nclean it")]


def test_a_past_case_counts_once_and_only_by_what_is_seen_today():
    found = verified([FITS, FITS, OTHER], f"checkout: {SAID}")
    assert [(each.key, each.signs) for each in found] == [("OPS-1", ("pool",))]


def test_a_place_in_the_code_is_no_host():
    stack = "could not load\n\tat com.zaxxer.HikariPool.get(HikariPool.java:686)\nCaused by: connect to stock-db:5432"
    assert hosts_in(stack) == ("stock-db",)
