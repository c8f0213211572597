"""A person's own file: read, told, drawn; and one sentence for what cannot be read."""

import json
import math
import time

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from skills.capacity import desk, series_file
from skills.capacity.client import PrometheusReader
from skills.capacity.series_file import read_series
from skills.errors import BadArguments
from tests.skills.capacity.wire import Prometheus

START = 1_700_000_000 // 3600 * 3600


def written(folder, hours=336, names=("disk",), growth=0.1, header="name,time,value"):
    path = folder / "mine.csv"
    lines = [header] if header else []
    for name in names:
        for hour in range(hours):
            value = 60 + growth * hour + 5 * np.sin(2 * np.pi * hour / 24)
            lines.append(f"{name},{START + hour * 3600},{value:.3f}")
    path.write_text("\n".join(lines))
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["forecast", *map(str, arguments)])


@pytest.mark.parametrize(("language", "word"), [("en", "full"), ("zh", "用满")])
def test_told_in_the_readers_language(tmp_path, language, word):
    answer = run("--series", written(tmp_path), "--ceiling", 100, "--language", language)
    assert answer.exit_code == 0
    assert word in answer.stdout


def test_json_and_a_chart(tmp_path):
    chart = tmp_path / "chart.png"
    answer = run("--series", written(tmp_path), "--ceiling", 100, "--json", "--plot", chart)
    told = json.loads(answer.stdout)["forecasts"][0]
    assert told["expected_full_hours"] is not None
    assert told["model"]
    assert chart.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["profile", "seasonal_naive", "drift", "predict_linear", "sklearn_ridge"])
def test_other_models_behind_the_same_door(tmp_path, name):
    answer = run("--series", written(tmp_path), "--model", name, "--json")
    assert json.loads(answer.stdout)["forecasts"][0]["model"] == name


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "--series"),
        (("--series", "/nowhere.csv"), "No such file"),
        (("--series", "SELF", "--model", "crystal_ball"), "crystal_ball"),
    ],
)
def test_one_sentence_for_each_mistake(tmp_path, arguments, word):
    path = written(tmp_path)
    answer = run(*(path if each == "SELF" else each for each in arguments))
    assert answer.exit_code == 1
    assert word in answer.stderr
    assert answer.stderr.strip().count("\n") == 0


def test_a_day_of_history_is_refused_or_wide(tmp_path):
    assert run("--series", written(tmp_path, hours=20)).exit_code == 1
    answer = run("--series", written(tmp_path, hours=40))
    assert answer.exit_code == 0
    assert "band is very wide" in answer.stdout


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("a,b,c,d\n", "4 columns"),
        ("x,1700000000,1\nx,yesterday,2\n", "line 2"),
        ('{"data": {}}', "query_range"),
        ("{broken", "cannot be read"),
    ],
)
def test_what_cannot_be_read(tmp_path, text, why):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(BadArguments) as told:
        read_series(path)
    assert why in str(told.value)


def test_what_prometheus_answered(tmp_path):
    path = tmp_path / "answer.json"
    result = [{"metric": {"pod": "a"}, "values": [[START, "1"], [START + 60, "NaN"]]}]
    path.write_text(json.dumps({"data": {"result": result}}))
    assert list(read_series(path)) == ["pod=a"]


def test_times_in_milliseconds_and_in_words(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(f"{START * 1000},1\n2023-11-14T22:00:00Z,2\n")
    assert [t for t, _ in read_series(path)["mine"]] == [START, 1_699_999_200.0]


def test_too_many_series(tmp_path, monkeypatch):
    monkeypatch.setattr(series_file, "MOST_SERIES", 3)
    with pytest.raises(BadArguments, match="more than 3 series"):
        read_series(written(tmp_path, hours=2, names=("a", "b", "c", "d")))


def test_progress_is_told_batch_by_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(desk, "BATCH", 4)
    told = []
    path = written(tmp_path, hours=170, names=[f"s{n}" for n in range(10)])
    desk.Desk("en").of_file(path, 3, None, "profile", progress=lambda done, of: told.append((done, of)))
    assert told == [(4, 10), (8, 10), (10, 10)]


def test_many_series_are_told_in_short(tmp_path):
    answer = run("--series", written(tmp_path, hours=170, names=[f"s{n}" for n in range(30)]))
    assert "20 of 30" in answer.stdout


def test_a_chart_needs_no_name_and_a_report_is_three_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run("--series", written(tmp_path), "--plot", "--report", tmp_path / "kept", "--ceiling", 100)
    assert answer.exit_code == 0, answer.stderr
    assert (tmp_path / "forecast.png").read_bytes().startswith(b"\x89PNG")
    assert {path.suffix for path in (tmp_path / "kept").iterdir()} == {".md", ".csv", ".png"}


async def test_a_query_that_is_answered_half_is_told_and_kept(monkeypatch):
    prometheus = Prometheus(time.time())
    prometheus.add("queue", lambda t: 10 + 2 * math.sin(t / 13751))
    prometheus.stops_after = 5
    monkeypatch.setattr(
        desk,
        "PrometheusReader",
        lambda address, settings: PrometheusReader(
            address, settings.model_copy(update={"timeout": 0.5}), httpx.MockTransport(prometheus)
        ),
    )
    mine = desk.Desk("zh")
    pieces = []
    told = await mine.of_query("queue", 3, None, "lstm", lambda done, of: pieces.append((done, of)))
    assert mine.anything(told)
    assert "没有返回" in mine.as_text(told)
    assert mine.as_json(told)["gaps"]
    assert pieces == [(n + 1, 7) for n in range(len(pieces))]
