"""The one way out: what each failure of a server becomes."""

import httpx
import pytest

from skills import BadArguments, Conflict, Forbidden, NotFound, Unreachable
from skills.http import Http, Server, said


def http(answer, **settings) -> Http:
    return Http(Server("Prometheus", "http://prom.test", **settings), httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("status", "kind", "key"),
    [
        (400, BadArguments, "not_understood"),
        (401, Forbidden, "not_signed_in"),
        (403, Forbidden, "forbidden"),
        (404, NotFound, "not_found"),
        (409, Conflict, "changed_meanwhile"),
        (422, BadArguments, "not_understood"),
        (429, Unreachable, "answered_badly"),
        (500, Unreachable, "answered_badly"),
        (503, Unreachable, "answered_badly"),
        (302, Unreachable, "answered_badly"),
    ],
)
async def test_a_status_becomes_what_the_caller_must_do(status, kind, key):
    with pytest.raises(kind) as caught:
        await http(lambda _: httpx.Response(status, json={"error": "because"}), tries=1).read_json("/x")
    assert caught.value.key == key
    assert "because" in str(caught.value) or status == 401


async def test_a_read_is_tried_again_and_a_write_is_not():
    asked = []

    def answer(request):
        asked.append(request.method)
        return httpx.Response(503) if len(asked) < 3 else httpx.Response(200, json={"ok": True})

    assert await http(answer).read_json("/x") == {"ok": True}
    assert asked == ["GET"] * 3
    asked.clear()
    with pytest.raises(Unreachable):
        await http(answer).write_json("PATCH", "/x", {})
    assert asked == ["PATCH"]


async def test_a_server_that_is_down_is_named_with_its_address():
    def refuse(request):
        raise httpx.ConnectError("connection refused")

    with pytest.raises(Unreachable) as caught:
        await http(refuse, tries=2).read_json("/x")
    assert str(caught.value) == (
        "Prometheus at http://prom.test does not answer (connection refused);"
        " check that it runs and that its address is right."
    )


async def test_no_more_is_read_than_we_can_bear():
    with pytest.raises(BadArguments, match="more than 10 bytes"):
        await http(lambda _: httpx.Response(200, text="x" * 11), most_bytes=10).read("/x")
    assert (await http(lambda _: httpx.Response(200, text="x" * 10), most_bytes=10).read("/x")).body == b"x" * 10


async def test_an_answer_that_is_not_json_is_told():
    with pytest.raises(Unreachable, match="did not answer with JSON"):
        await http(lambda _: httpx.Response(200, text="<html>")).read_json("/x")


async def test_the_token_is_read_anew_and_no_redirect_followed(tmp_path):
    seen = []

    def answer(request):
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json=1)

    token = tmp_path / "token"
    server = http(answer, token_file=str(token))
    for text in ("one", "two\n"):
        token.write_text(text)
        await server.read_json("/x")
    assert seen == ["Bearer one", "Bearer two"]
    token.unlink()
    with pytest.raises(Unreachable, match="token file cannot be read"):
        await server.read_json("/x")


def test_an_error_is_read_from_json_and_from_text():
    assert said(b'{"error":"parse error"}') == "parse error"
    assert said(b'{"kind":"Status","message":"pods is forbidden"}') == "pods is forbidden"
    assert said(b"parse error at line 1\n  here") == "parse error at line 1 here"
    assert said(b"") == "it did not say why"
    assert len(said(b"x" * 9000)) == 300
