"""A brain's words are held against the evidence; past cases count by today's signs; forecasts get a plan."""

import pytest

from bot.think.diagnosis import diagnose
from bot.think.diagnosis.again import shared_signs
from bot.think.diagnosis.investigator import write
from bot.think.diagnosis.reworded import added
from tests.think.diagnosis.faults import series
from tests.think.diagnosis.kube import alert, sight, thing

REPORT = """# Deployment shop/order-service: out of a resource

- Container order of order-service-7d4b9c8f6-x2x7k was OOMKilled: it passed its memory limit (256Mi); 14 restarts.
  - `kubectl get pod order-service-7d4b9c8f6-x2x7k`: restartCount=14 (2026-11-22 09:12:44Z)
- latency 0.31 -> 2.4, share 0.97
"""


@pytest.mark.parametrize(
    "text",
    [
        "`order-service` was OOMKilled 14 times at its limit of 256Mi.",
        "订单服务 order-service 内存超限被杀,重启 14 次,延迟升到 2.4 秒。",
        "1. It happened at 17:12 on 2026-11-22.\n2. 97% of the time, latency was 310 ms.",
        "Two of its pods restarted. See https://runbooks.example/oom-4711 for more.",
    ],
)
def test_other_words_for_the_same_are_no_claim(text):
    assert added(text, [REPORT]) == ()


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The database postgres-main is the cause.", "postgres-main"),
        ("It restarted 87 times.", "87"),
        ("Roll back to v2.4.1 at once.", "v2.4.1"),
        ("payment-service 的连接池耗尽了。", "payment-service"),
    ],
)
def test_names_and_numbers_of_its_own_are_told(text, claim):
    assert claim in added(text, [REPORT])


def test_a_past_case_counts_only_by_signs_that_today_shows():
    past = "order-service slow\nCause: HikariPool-1 - Connection is not available, request timed out"
    assert shared_signs(past, "web-1: QueuePool limit of size 5 overflow 10 reached") == ("pool",)
    assert shared_signs(past, REPORT) == ()
    assert "oomkilled" in shared_signs("order-service was OOMKilled last week", REPORT)


def test_what_will_be_full_gets_a_plan_before_the_fault():
    claim = thing("PersistentVolumeClaim", "data", spec={"resources": {"requests": {"storage": "10Gi"}}},
                  status={"phase": "Bound"})  # fmt: skip
    used = [6.0e9 + 2e5 * place for place in range(40)]
    metrics = [
        series("kubelet_volume_stats_used_bytes", used, persistentvolumeclaim="data"),
        series("kubelet_volume_stats_capacity_bytes", [1e10] * 40, persistentvolumeclaim="data"),
    ]
    told = alert("VolumeFullSoon", summary="data will be full in about 62 hours", persistentvolumeclaim="data")
    report = write(diagnose(sight(claim, ask=told, metrics=metrics)), "en")
    assert not report.healthy
    assert "62 hours" in report.markdown
    (step,) = report.steps
    assert step.action == "kubernetes.expand_pvc"
    assert step.arguments == {"namespace": "shop", "pvc": "data", "size": "20480Mi"}
    flat = [series("kubelet_volume_stats_used_bytes", [6.0e9] * 40, persistentvolumeclaim="data"), metrics[1]]
    assert write(diagnose(sight(claim, ask=told, metrics=flat)), "en").healthy
