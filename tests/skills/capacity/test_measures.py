"""What is watched: every query is PromQL, names stand where they belong, and what is recorded is asked."""

import promql_parser
import pytest
import yaml

from docs.generate import ROOT, capacity_rules
from skills.capacity.measures import MEASURES, Which, filled_in, recorded_as
from tests.skills.capacity.test_looks import AT, Prometheus, daily, looks

ALL = [(target, measure) for target, measures in MEASURES.items() for measure in measures]
IDS = [f"{target}-{measure.key}" for target, measure in ALL]


@pytest.mark.parametrize(("target", "measure"), ALL, ids=IDS)
@pytest.mark.parametrize("which", [Which(), Which(("a.b", "c"), ("shop",)), Which((), ("shop",))])
def test_every_query_is_promql(target, measure, which):
    for query in (measure.use, measure.ceiling):
        if query:
            promql_parser.parse(filled_in(query, which.matchers(measure)))
    promql_parser.parse(f"{recorded_as(target, measure)}{{{which.of_labels('node', measure)}}}")


@pytest.mark.parametrize(
    ("target", "which", "match"),
    [
        ("namespace", Which(("shop",)), ',namespace=~"shop"'),
        ("node", Which(("n1.local",)), ',node=~"n1\\\\.local"'),
        ("volume", Which(("disk",), ("shop",)), ',namespace=~"shop",persistentvolumeclaim=~"disk"'),
        ("workload", Which(("orders",), ("shop",)), ',namespace=~"shop",pod=~"(orders)-.+"'),
        ("cluster", Which(), ""),
    ],
)
def test_a_name_is_looked_for_where_it_belongs(target, which, match):
    assert which.matchers(MEASURES[target][0]) == match


@pytest.mark.parametrize("target", ["cluster", "pool", "node", "namespace", "workload"])
def test_requests_are_watched_beside_use_as_they_run_out_first(target):
    keys = {measure.key for measure in MEASURES[target]}
    assert {"cpu_use", "memory_use", "cpu_requests", "memory_requests"} <= keys


async def test_pools_are_told_by_name():
    prometheus = Prometheus(AT)
    for pool, use in (("general", 20.0), ("gpu", 3.0)):
        prometheus.add("container_cpu_usage_seconds_total", daily(use, 2), pool=pool)
        prometheus.add('allocatable{resource="cpu"', 40.0, pool=pool)
    answer = await looks(prometheus)["capacity.forecast_capacity"]({"target": "pool", "name": "gpu"})
    assert [row[0] for row in answer.table.rows] == ["pool gpu CPU use"]
    assert answer.facts["outlooks"][0]["ceiling"] == pytest.approx(32.0)


async def test_a_workload_against_its_limits_and_the_most_of_its_autoscaler():
    prometheus = Prometheus(AT)
    here = {"namespace": "shop", "workload": "orders"}
    prometheus.add("container_memory_working_set_bytes", daily(3e8, 1e7, 2e7), **here)
    prometheus.add('resource_limits{resource="memory"', 4e8, **here)
    prometheus.add("status_current_replicas", lambda t: 6 + (t - AT) / 86400 // 1, **here)
    prometheus.add("spec_max_replicas", 8.0, **here)
    answer = await looks(prometheus)["capacity.forecast_capacity"](
        {"target": "workload", "name": "orders", "namespace": "shop"}
    )
    told = {each["labels"]["measure"]: each for each in answer.facts["outlooks"]}
    assert told["memory_use"]["ceiling"] == pytest.approx(4e8)
    assert told["replicas"]["ceiling"] == pytest.approx(8.0)


async def test_what_is_recorded_for_a_week_is_asked_instead():
    prometheus = Prometheus(AT)
    prometheus.add(
        "dutybot:volume_",
        daily(50e9, 0),
        __name__="dutybot:volume_volume",
        namespace="shop",
        persistentvolumeclaim="disk",
    )
    prometheus.add("kubelet_volume_stats_capacity_bytes", 100e9, namespace="shop", persistentvolumeclaim="disk")
    answer = await looks(prometheus)["capacity.forecast_capacity"](
        {"target": "volume", "name": "disk", "namespace": "shop"}
    )
    assert answer.query == 'dutybot:volume_volume{persistentvolumeclaim=~"disk",namespace=~"shop"}'
    assert answer.facts["outlooks"][0]["ceiling"] == pytest.approx(100e9)


def test_the_rules_that_record_are_those_of_the_measures():
    shipped = (ROOT / "helm" / "rules" / "capacity.yaml").read_text(encoding="utf-8")
    assert shipped == capacity_rules()
    rules = [rule for group in yaml.safe_load(shipped)["groups"] for rule in group["rules"]]
    assert {rule["record"] for rule in rules} == {recorded_as(target, measure) for target, measure in ALL}
