"""Asking Loki, against a double at the wire."""

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills import BadArguments, Catalogue, Clock, Evidence, NotFound, Unreachable
from skills.http import Http, Server
from skills.loki.actions import Loki
from skills.loki.client import Line, LokiClient, server
from skills.loki.patterns import WILD, mine
from skills.loki.selectors import line_filter, quoted
from skills.loki.settings import LokiSettings

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
AT = int(NOW.timestamp()) - 600


class LokiWire:
    def __init__(self, *lines: str, labels=None, **settings) -> None:
        self.lines = [(AT + number, text) for number, text in enumerate(lines)]
        self.labels = labels or {"app": ["order-service", "cart"], "namespace": ["shop"], "pod": ["order-service-1"]}
        self.asked: list[httpx.URL] = []
        self.reply: httpx.Response | None = None
        self.settings = LokiSettings(url="http://loki.test", **settings)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        path, params = request.url.path, request.url.params
        if path.endswith("/labels"):
            return httpx.Response(200, json={"data": list(self.labels)})
        if path.endswith("/values"):
            return httpx.Response(200, json={"data": self.labels.get(path.split("/")[-2], [])})
        if self.reply:
            return self.reply
        if "count_over_time" in params["query"]:
            result = [{"metric": {}, "values": [[AT, str(len(self.lines))]]}] if self.lines else []
            return httpx.Response(200, json={"data": {"resultType": "matrix", "result": result}})
        start, end = int(params["start"]), int(params["end"])
        within = [(at, text) for at, text in self.lines if start <= at * 1e9 < end]
        values = [[str(at * 10**9), text] for at, text in within][-int(params["limit"]) :]
        stream = {"stream": {"app": "order-service", "pod": "order-service-1"}, "values": values}
        return httpx.Response(200, json={"data": {"resultType": "streams", "result": [stream] if values else []}})

    async def __call__(self, name: str, **arguments) -> Evidence:
        http = Http(Server("Loki", "http://loki.test", tries=1, most_bytes=20_000), httpx.MockTransport(self.answer))
        skill = Loki(self.settings, Clock(lambda: NOW), LokiClient(self.settings, http))
        return await Catalogue([skill])[name](arguments)


async def test_lines_are_newest_first_with_when_and_who():
    loki = LokiWire("first", "second")
    found = await loki("search_logs", selector='{app="order-service"}', filter="s")
    assert found.lines == ("11-22 09:50:01 order-service-1 second", "11-22 09:50:00 order-service-1 first")
    assert found.query == '{app="order-service"} |= "s"'
    assert loki.asked[0].params["limit"] == "100"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("order-service", '{app="order-service"}'),
        ("app=order-service", '{app="order-service"}'),
        ("app=order-service,namespace=shop", '{app="order-service", namespace="shop"}'),
        ('app=~"order.+"', '{app=~"order.+"}'),
        ('{app="order-service"}', '{app="order-service"}'),
    ],
)
async def test_a_selector_may_be_written_in_many_ways(written, meant):
    assert (await LokiWire()("search_logs", selector=written)).query == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", ""),
        ("time out", ' |= "time out"'),
        ('say "hi"', ' |= "say \\"hi\\""'),
        ("/tim.d out/", ' |~ "tim.d out"'),
        ('|= "a" != "b"', ' |= "a" != "b"'),
    ],
)
def test_filters(text, meant):
    assert line_filter(text) == meant


@given(st.text(max_size=50))
def test_no_filter_text_breaks_out_of_its_quotes(text):
    inner = quoted(text)[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inner
    assert "\n" not in inner


async def test_a_pod_prefix_serves_where_no_label_names_the_service():
    loki = LokiWire(labels={"pod": ["pay-7d9-abc"]})
    assert (await loki("search_logs", selector="pay")).query == '{pod=~"pay.*"}'


@pytest.mark.parametrize("selector", ["{}", '{app=~".*"}', '{app!="x"}', "app=~.*"])
async def test_everything_is_not_a_selector(selector):
    loki = LokiWire()
    with pytest.raises(BadArguments, match="Say whose logs"):
        await loki("search_logs", selector=selector)
    assert not [url for url in loki.asked if "query" in url.path]


async def test_unknown_names_name_the_nearest():
    with pytest.raises(NotFound, match=r"No logs come from a service orders; the nearest: order-service"):
        await LokiWire()("error_logs", service="orders")
    with pytest.raises(NotFound, match=r"No logs come from a namespace shopp; the nearest: shop"):
        await LokiWire()("error_logs", namespace="shopp")
    with pytest.raises(BadArguments, match=r"Say whose logs"):
        await LokiWire()("error_logs")


async def test_bad_logql_is_told_in_lokis_words():
    loki = LokiWire()
    loki.reply = httpx.Response(400, text="parse error at line 1, col 20: syntax error: unexpected IDENTIFIER")
    with pytest.raises(BadArguments) as caught:
        await loki("search_logs", selector='{app="a"}', filter="| nonsense nonsense")
    assert str(caught.value) == (
        'The LogQL “{app="a"} | nonsense nonsense” is not right:'
        " parse error at line 1, col 20: syntax error: unexpected IDENTIFIER."
    )


async def test_a_loki_that_falls_over_is_told():
    loki = LokiWire()
    loki.reply = httpx.Response(500, text="too many outstanding requests")
    with pytest.raises(Unreachable, match=r"Loki answered with status 500 \(too many outstanding requests\)"):
        await loki("search_logs", selector='{app="a"}')


async def test_a_metric_query_is_not_lines():
    loki = LokiWire()
    loki.reply = httpx.Response(200, json={"data": {"result": [{"metric": {}, "values": []}]}})
    with pytest.raises(BadArguments, match="counts instead of giving lines"):
        await loki("search_logs", selector='{app="a"}')


async def test_errors_are_grouped_with_one_true_line_each():
    lines = [f"ERROR order {n} failed: connection pool exhausted after {n * 10}ms" for n in range(30)]
    lines += ["java.net.SocketTimeoutException: Read timed out", "panic: runtime error: index out of range [5]"]
    found = await LokiWire(*lines)("error_logs", service="order-service", namespace="shop")
    assert found.summary.startswith("order-service: 32 error lines of 3 kinds")
    first = found.facts["patterns"][0]
    assert (first["count"], first["pattern"]) == (
        30,
        "ERROR order <n> failed: connection pool exhausted after <n>ms",
    )
    assert first["example"] in lines
    assert found.query.startswith('{namespace="shop", app="order-service"} |~ "(?i)(exception')


async def test_no_errors_is_an_answer():
    found = await LokiWire()("error_logs", service="order-service")
    assert found.summary == "order-service: no error lines (2026-11-22 09:00-10:00 UTC)"


async def test_too_much_is_read_in_part_and_told():
    loki = LokiWire(*["x" * 900 + " error"] * 100, most_lines=100)
    found = await loki("search_logs", selector='{app="a"}', most=100)
    assert len(found.lines) < 25 + 1
    assert "there may be more" in found.gaps[0]


async def test_a_flood_is_read_from_all_over_the_time():
    loki = LokiWire(*[f"error number {n}" for n in range(500)], most_lines=40)
    found = await loki("error_logs", service="order-service")
    assert found.facts["total"] == 500
    assert "too many lines" in found.gaps[0]


async def test_volume():
    found = await LokiWire("a", "b")("log_volume", selector="cart")
    assert found.summary == "2 lines, 2 of errors (2026-11-22 09:00-10:00 UTC)"
    assert [series.name for series in found.series] == ["all lines", "errors"]


def test_the_tenant_and_links():
    settings = LokiSettings(tenant="team-a")
    assert server(settings).headers == {"X-Scope-OrgID": "team-a"}


def lines(*texts: str) -> list[Line]:
    return [Line(float(number), text, {"pod": "p"}) for number, text in enumerate(texts)]


def test_lines_that_differ_in_what_varies_are_one_pattern():
    found = mine(
        lines(
            "2026-11-22T10:00:01Z ERROR user 3f2504e0-4f89-11d3-9a0c-0305e82c3301 from 10.0.0.1:443 waited 5s",
            "2026-11-22T10:00:02Z ERROR user 6fa459ea-ee8a-3ca4-894e-db77e160355e from 10.0.0.2:443 waited 17s",
        )
    )
    assert [(each.template, each.count) for each in found] == [("ERROR user <id> from <ip> waited <n>s", 2)]


def test_words_that_vary_become_wild():
    found = mine(lines("cannot reach host alpha for query", "cannot reach host beta for query"))
    assert found[0].template == f"cannot reach host {WILD} for query"


@given(st.lists(st.text(max_size=60), max_size=40))
def test_every_line_is_counted_once_and_every_example_is_true(texts):
    found = mine(lines(*texts))
    assert sum(each.count for each in found) == len(texts)
    assert all(each.example.text in texts for each in found)
    assert [each.count for each in found] == sorted((each.count for each in found), reverse=True)
