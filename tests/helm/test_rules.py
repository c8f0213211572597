"""Every alert, tried with promtool: it fires when broken, does not when well, and resolves."""

import json
import re
import subprocess
from pathlib import Path

import helm_python
import pytest
import yaml

from tests.servers import programs
from tests.servers.fixtures import needs

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "helm" / "rules").glob("*.yaml"))
GROUPS = [path.stem for path in FILES if "alert:" in path.read_text()]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SLO = {
    "name": "order-availability",
    "service": "order-service",
    "objective": 99.9,
    "errors": 'sum(rate(http_requests_total{code=~"5.."}[$window]))',
    "all": "sum(rate(http_requests_total[$window]))",
}


def rules(group):
    (found,) = yaml.safe_load((ROOT / "helm" / "rules" / f"{group}.yaml").read_text())["groups"]
    return found["rules"]


def trials(group):
    return yaml.safe_load((Path(__file__).parent / "trials" / f"{group}.yaml").read_text())


def promtool(*told):
    """Runs promtool; what it says when it is not content."""
    needs("promtool")
    ran = subprocess.run([programs.find("promtool"), *map(str, told)], capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def values(phases):
    """A series in promtool's words: each phase is its value ("5", "5-1", or "+5" for a counter) and its minutes."""
    said, total = [], 0
    for value, minutes in phases:
        if value.startswith("+"):
            said.append(f"{total}{value}x{minutes - 1}")
            total += int(value) * minutes
        else:
            said.append(f"{value}x{minutes - 1}")
    return " ".join(said)


def firing(alert, minute, times, labels=()):
    """That the alert fires so many times in this minute, with each of these labels given."""
    given = "".join(f',{label}=~".+"' for label in sorted(labels))
    return {
        "expr": f'count by (alertname) (ALERTS{{alertname="{alert}",alertstate="firing"{given}}})',
        "eval_time": f"{minute}m",
        "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": times}] if times else [],
    }


def tried(rule, trial):
    """Two runs of one alert: broken and then mended; well all the time."""
    name, minutes = rule["alert"], trial["minutes"]
    told = json.dumps(rule["annotations"])
    mentioned = set(re.findall(r"\$labels\.(\w+)", told))
    broken = [
        {"series": each["series"], "values": values([(each["broken"], minutes), (each["well"], minutes)])}
        for each in trial["series"]
    ]
    well = [{"series": each["series"], "values": values([(each["well"], 2 * minutes)])} for each in trial["series"]]
    return [
        {
            "interval": "1m",
            "input_series": broken,
            "promql_expr_test": [firing(name, minutes - 1, 1, mentioned), firing(name, 2 * minutes - 1, 0)],
        },
        {
            "interval": "1m",
            "input_series": well,
            "promql_expr_test": [firing(name, minute, 0) for minute in (minutes // 2, minutes, 2 * minutes - 1)],
        },
    ]


@pytest.mark.parametrize("group", GROUPS)
def test_each_fires_resolves_and_keeps_quiet(group, tmp_path):
    asked, file = trials(group), ROOT / "helm" / "rules" / f"{group}.yaml"
    assert set(asked) == {rule["alert"] for rule in rules(group)}
    assert not promtool("check", "rules", "--lint=all", "--lint-fatal", file)
    told = {
        "rule_files": [str(file)],
        "evaluation_interval": "1m",
        "tests": [test for rule in rules(group) for test in tried(rule, asked[rule["alert"]])],
    }
    (tmp_path / "tests.yaml").write_text(json.dumps(told))
    assert not promtool("test", "rules", tmp_path / "tests.yaml")


@pytest.mark.parametrize("file", [path for path in FILES if path.stem not in GROUPS], ids=lambda path: path.stem)
def test_what_is_only_recorded_is_understood(file):
    assert not promtool("check", "rules", "--lint=all", "--lint-fatal", file)


def test_a_trial_can_fail(tmp_path):
    """So that silence means something."""
    rule = next(rule for rule in rules("nodes") if rule["alert"] == "NodeNotReady")
    trial = trials("nodes")["NodeNotReady"]
    trial["series"][0]["broken"] = trial["series"][0]["well"]
    told = {
        "rule_files": [str(ROOT / "helm" / "rules" / "nodes.yaml")],
        "evaluation_interval": "1m",
        "tests": tried(rule, trial),
    }
    (tmp_path / "tests.yaml").write_text(json.dumps(told))
    assert "NodeNotReady" in promtool("test", "rules", tmp_path / "tests.yaml")


@pytest.mark.parametrize("group", GROUPS)
def test_each_is_told_in_both_languages_and_has_its_runbook(group):
    for rule in rules(group):
        told = rule["annotations"]
        assert CHINESE.search(told["summary_zh"]), rule["alert"]
        assert CHINESE.search(told["description_zh"]), rule["alert"]
        assert not CHINESE.search(told["summary"] + told["description"]), rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        page = ROOT / told["runbook_url"]
        assert page.stem == rule["alert"]
        text = page.read_text()
        assert text.startswith(f"# {rule['alert']}\n")
        assert "\n## Look\n" in text
        assert "\n## Mend\n" in text


def test_no_runbook_is_of_an_alert_that_there_is_not():
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages == {rule["alert"] for group in GROUPS for rule in rules(group)} | {"ErrorBudgetBurning"}


def slo_rules(tmp_path):
    with helm_python.Chart.load(ROOT / "helm") as chart:
        files = chart.render({"prometheusRule": {"enabled": True}, "slos": [SLO]}, name="dutybot", namespace="oncall")
    found = [each for each in yaml.safe_load_all(files["dutybot/templates/monitoring.yaml"]) if each]
    (slos,) = [each["spec"] for each in found if each["metadata"]["name"] == "dutybot-slos"]
    (tmp_path / "slos.yaml").write_text(yaml.safe_dump(slos))
    return tmp_path / "slos.yaml"


@pytest.mark.parametrize(("failed", "severities"), [("+0", []), ("+3", ["warning"]), ("+60", ["critical", "warning"])])
def test_the_error_budget_burns_at_the_pace_of_the_failures(failed, severities, tmp_path):
    """Of 1000 requests a minute, against 99.9%: 3 spend it three times as fast as it may be, 60 sixty times.

    When nothing fails any more, the shorter window of each pair is clean within six hours, and all is quiet.
    """
    file = slo_rules(tmp_path)
    assert not promtool("check", "rules", file)
    minutes, after = 3000, 420
    series = [
        {"series": 'http_requests_total{code="500"}', "values": values([(failed, minutes), ("+0", after)])},
        {"series": 'http_requests_total{code="200"}', "values": values([("+1000", minutes + after)])},
    ]
    expected = [{"labels": f'{{severity="{each}"}}', "value": 1} for each in severities]
    query = 'count by (severity) (count by (severity, alertname) (ALERTS{alertstate="firing"}))'
    told = {
        "rule_files": [str(file)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": series,
                "promql_expr_test": [
                    {"expr": query, "eval_time": f"{minutes - 1}m", "exp_samples": expected},
                    {"expr": query, "eval_time": f"{minutes + after - 1}m", "exp_samples": []},
                ],
            }
        ],
    }
    (tmp_path / "tests.yaml").write_text(json.dumps(told))
    assert not promtool("test", "rules", tmp_path / "tests.yaml")


def test_the_dashboard_and_our_own_alerts_ask_for_metrics_that_we_tell():
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    told = set(re.findall(r"`(dutybot_\w+)`", page))
    told |= {f"{name}_bucket" for name in told}
    dashboard = json.loads((ROOT / "helm" / "dashboards" / "dutybot.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for rule in rules("dutybot")]
    names = {name for expression in asked for name in re.findall(r"\bdutybot_\w+", expression)}
    assert len(names) > 6
    assert names <= told
