"""The forecast eval scores only what the weights never saw, and says what it could not score."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from bot.evals import EvalOptions, run_eval


def recorded(folder, names, days=14, start=0):
    random = np.random.default_rng(start)
    columns = {"series_id": [], "t": [], "value": []}
    for name in names:
        hours = np.arange(days * 24)
        value = 50 + 20 * np.sin(2 * np.pi * hours / 24) + random.normal(0, 3, len(hours))
        columns["series_id"] += [name] * len(hours)
        columns["t"] += (1_700_000_000 // 3600 * 3600 + hours * 3600).tolist()
        columns["value"] += value.tolist()
    parquet.write_table(pa.table(columns), folder / "some.parquet")
    lines = ["series_id,source,entity,kind,step_s", *(f"{name},made,{name},cpu,3600" for name in names)]
    (folder / "some_meta.csv").write_text("\n".join(lines))


async def test_series_never_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.evals.forecast.BASELINES", ("seasonal_naive", "profile"))
    recorded(tmp_path, ["new-1", "new-2", "new-3"])
    report = await run_eval("forecast", EvalOptions(cases=tmp_path))
    assert report.figures["weights"] == "shipped"
    assert report.figures["series"] == 3
    assert report.figures["seasonal_naive_rmae"] == 1
    assert report.figures["mase"] < report.figures["baselines"]["seasonal_naive"]["mase"]


async def test_series_that_were_trained_on_are_left_out(tmp_path):
    recorded(tmp_path, ["ccc_cluster1_cpu"])
    report = await run_eval("forecast", EvalOptions(cases=tmp_path))
    assert report.ran == 0
    assert report.as_json()["figures"] == {}
    assert "trained on" in report.cases[0].why


@pytest.mark.parametrize("folder", [None, Path("/nowhere/at/all")])
async def test_nothing_to_score(folder):
    report = await run_eval("forecast", EvalOptions(cases=folder))
    assert report.exit_code != 0
    assert "--data" in report.cases[0].why
