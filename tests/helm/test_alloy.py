"""The collector's stages over lines as real programs write them; also as Go reads them, by a real Loki."""

import re
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = (ROOT / "helm" / "alloy" / "config.alloy").read_text()
STAGES = re.findall(r"stage\.regex \{\s*expression = `([^`]+)`", CONFIG)
FIRST = re.search(r"firstline\s*=\s*`([^`]+)`", CONFIG)[1]
MEANT = {
    word: severity
    for words, severity in re.findall(r'if eq \$l ((?:"\w+" ?)+)\}\}(\w+)\{\{', CONFIG)
    for word in re.findall(r'"(\w+)"', words)
}
LINES = [
    line.partition("\t")[::2]
    for line in (Path(__file__).parent / "lines.tsv").read_text().splitlines()
    if not line.startswith("#")
]


FORMATS = {
    "JSON": r"\{",
    "logfmt": r"(ts|time)=",
    "klog": r"[DIWEF]\d{4} [\d:.]+ +\d+ \w+\.go:\d+\]",
    "Java": r"[\d-]+ [\d:.]+ +[A-Z]+ +1 --- \[",
    "Python": r"[A-Z]+:[\w.]+:|[\d-]+ [\d:]+,\d+ [A-Z]+ |Traceback",
    "Node": r'\{"level":\d+,"time":\d+,"pid"|\w*Error: .*\\n +at .*\.js',
}


def severity(entry):
    """As the pipeline has it: each stage that matches wins over those before it."""
    level = "unknown"
    for expression in STAGES:
        if found := re.search(expression, entry):
            level = found["level"]
    return MEANT.get(level.lower(), "unknown")


def test_it_is_tried_over_many_lines_of_every_severity():
    assert len(LINES) >= 200
    assert {meant for meant, _ in LINES} == {"debug", "info", "warning", "error", "critical", "unknown"}
    assert len(STAGES) == 7
    assert set(MEANT.values()) == {"debug", "info", "warning", "error", "critical"}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_tried_at_each_severity(name):
    meant = [told for told, line in LINES if re.match(FORMATS[name], line)]
    assert len(meant) >= 20
    unsaid = {"debug"} if name == "klog" else set()  # it has no letter for that
    assert {"debug", "info", "warning", "error", "critical"} - unsaid <= set(meant)


def test_every_line_gets_its_severity():
    wrong = [(meant, severity(_whole(line)), line) for meant, line in LINES if severity(_whole(line)) != meant]
    assert not wrong


def _whole(line):
    return line.replace("\\n", "\n")


def test_a_stack_is_one_entry_and_two_entries_stay_two():
    for _, line in LINES:
        first, *more = _whole(line).split("\n")
        assert not [each for each in more if re.search(FIRST, each)], line
        if more and not re.match(r"\w*Error: |Traceback|java\.|panic", first):
            assert re.search(FIRST, first), line
    shaped = [line for meant, line in LINES if meant != "unknown" and "\\n" not in line]
    begun = [line for line in shaped if re.search(FIRST, line)]
    assert len(begun) / len(shaped) > 0.98, [line for line in shaped if line not in begun]


def test_only_four_labels_reach_loki():
    kept = re.search(r"stage\.label_keep \{\s*values = \[([^\]]+)\]", CONFIG)[1]
    assert re.findall(r'"(\w+)"', kept) == ["namespace", "pod", "container", "severity"]
    outside = re.sub(r"`[^`]*`", "", CONFIG)
    assert outside.count("{") == outside.count("}") > 15


@pytest.mark.servers
def test_go_reads_the_expressions_as_we_do(loki):
    """Each expression in a LogQL `regexp`, which is Go's: the same lines match, with the same level."""
    began = time.time() - 300
    loki.push({"app": "alloy-lines"}, [(began + place / 10, _whole(line)) for place, (_, line) in enumerate(LINES)])
    for expression in STAGES:
        asked = {
            "query": f'{{app="alloy-lines"}} | regexp `{expression}` | level != ""',
            "start": str(int((began - 1) * 1e9)),
            "end": str(int((began + 299) * 1e9)),
            "limit": "5000",
        }
        answer = loki.client.get("/loki/api/v1/query_range", params=asked).raise_for_status().json()
        by_go = sorted(
            (entry, stream["stream"]["level"]) for stream in answer["data"]["result"] for _, entry in stream["values"]
        )
        found = [(entry, re.search(expression, entry)) for entry in (_whole(line) for _, line in LINES)]
        by_us = sorted((entry, match["level"]) for entry, match in found if match)
        assert by_us
        assert by_go == by_us, expression
