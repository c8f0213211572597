"""Any action of the catalogue may be ordered by its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.think.scripted.orders import read_order
from skills import discover

CATALOGUE = discover(["kubernetes", "alertmanager", "prometheus", "loki"])


@pytest.mark.parametrize(
    ("text", "action", "arguments"),
    [
        ("/cordon worker-3", "kubernetes.cordon", {"node": "worker-3"}),
        ("/drain-node worker-3 60", "kubernetes.drain_node", {"node": "worker-3", "timeout": 60}),
        (
            "/kubernetes.scale_statefulset replicas=3 shop db",
            "kubernetes.scale_statefulset",
            {"namespace": "shop", "statefulset": "db", "replicas": 3},
        ),
        (
            '/create_silence alertname=Slow,namespace=shop "planned work" 2h',
            "alertmanager.create_silence",
            {"matchers": "alertname=Slow,namespace=shop", "comment": "planned work", "duration": "2h"},
        ),
        (
            '/query_prometheus sum by (pod) (rate(errors{app="cart"}[5m])) time_range=2h',
            "prometheus.query_prometheus",
            {"query": 'sum by (pod) (rate(errors{app="cart"}[5m]))', "time_range": "2h"},
        ),
        (
            '/search_logs {app="cart", pod=~"a b"} time_range="last hour"',
            "loki.search_logs",
            {"selector": '{app="cart", pod=~"a b"}', "time_range": "last hour"},
        ),
        ("/list_silences ended=yes", "alertmanager.list_silences", {"ended": True}),
    ],
)
def test_arguments_are_read_by_name_and_by_place(text, action, arguments):
    order = read_order(text, CATALOGUE)
    assert (order.step.action, order.step.arguments, order.unread) == (action, arguments, ())


def test_what_is_missing_or_too_much_shows_how_it_goes():
    missing = read_order("/cordon", CATALOGUE)
    assert (missing.unread, missing.usage) == (("node",), "/cordon node=…")
    assert read_order("/cordon a b c", CATALOGUE).unread == ("b", "c")


@pytest.mark.parametrize("text", ["cordon worker-3", "/no_such_thing x", "/", "", "/describe-all"])
def test_what_names_no_action_is_no_order(text):
    assert read_order(text, CATALOGUE) is None


@given(st.text(max_size=80))
def test_no_words_break_it(text):
    order = read_order(f"/scale_deployment {text}", CATALOGUE)
    assert order.step.arguments.keys() <= {"namespace", "deployment", "replicas"}
