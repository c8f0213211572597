"""A stack is shortened to its bound and still says what went wrong: Java, Go, Python, Node, .NET, Rust."""

# ruff: noqa: E501, ISC004

import pytest

from bot.think.diagnosis.diagnose import diagnose
from bot.think.diagnosis.families import family_of
from bot.think.diagnosis.investigator import write
from bot.think.diagnosis.stacks import shortened, true_lines
from tests.think.diagnosis.faults import crashing
from tests.think.diagnosis.kube import alert, sight
from tests.think.diagnosis.test_suspects_spoken import PAST, SINCE, first, seen, talk

FRAMES = "\n".join(
    f"\tat com.example.shop.web.OrderController$$Proxy.call{n}(OrderController.java:{n})" for n in range(60)
)
GO_FRAMES = "\n".join(
    f"main.(*Server).handle{n}(0xc000{n:06x}, 0x2)\n\t/src/server/handle.go:{n} +0x1d" for n in range(60)
)
PY_FRAMES = "\n".join(
    f'  File "/app/shop/views_{n}.py", line {n}, in view_{n}\n    return self.call_{n}()' for n in range(60)
)
NODE_FRAMES = "\n".join(
    f"    at Layer.handle{n} (/app/node_modules/express/lib/router/layer.js:{n}:5)" for n in range(60)
)

STACKS = {
    "java": (
        "2026-11-29 10:00:00 ERROR OrderController - request failed: org.springframework.web.util.NestedServletException\n"
        f"{FRAMES}\nCaused by: com.example.shop.OrderFailed: cannot place order\n{FRAMES}\n"
        f"Caused by: java.net.UnknownHostException: stock-db\n{FRAMES}\n\t... 81 more",
        "Caused by: java.net.UnknownHostException: stock-db",
    ),
    "java, something suppressed beneath": (
        f"ERROR boom\n{FRAMES}\nCaused by: java.sql.SQLException: disk full\n{FRAMES}\n"
        f"\tSuppressed: java.io.IOException: on close\n\tCaused by: java.io.EOFException: end\n{FRAMES}",
        "Caused by: java.sql.SQLException: disk full",
    ),
    "java, in one JSON line": (
        '{"level":"ERROR","stack":"java.lang.RuntimeException: no\\n'
        + FRAMES.replace("\n", "\\n").replace("\t", "\\t")
        + '\\nCaused by: java.net.ConnectException: Connection refused\\n"}',
        "Caused by: java.net.ConnectException: Connection refused",
    ),
    "java, nested in one line": (
        "ERROR request failed " + "x" * 500 + "; nested exception is java.net.SocketTimeoutException: Read timed out",
        "nested exception is java.net.SocketTimeoutException: Read timed out",
    ),
    "python": (
        f"Traceback (most recent call last):\n{PY_FRAMES}\nredis.exceptions.ConnectionError: Error 111 connecting",
        "redis.exceptions.ConnectionError: Error 111 connecting",
    ),
    "python, chained": (
        f"ERROR in app\nTraceback (most recent call last):\n{PY_FRAMES}\nKeyError: 'STOCK_URL'\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        f"Traceback (most recent call last):\n{PY_FRAMES}\nshop.errors.OrderFailed: cannot place order",
        "KeyError: 'STOCK_URL'",
    ),
    "go": (
        f"2026/11/29 10:00:00 http: serving\npanic: runtime error: invalid memory address or nil pointer dereference\n\n"
        f"goroutine 17 [running]:\n{GO_FRAMES}\nexit status 2",
        "panic: runtime error: invalid memory address or nil pointer dereference",
    ),
    "node": (
        f"Error: cannot place order\n{NODE_FRAMES} {{\n  [cause]: Error: connect ECONNREFUSED 10.0.0.7:5432\n{NODE_FRAMES}\n}}",
        "[cause]: Error: connect ECONNREFUSED 10.0.0.7:5432",
    ),
    "dotnet": (
        "Unhandled exception. System.InvalidOperationException: cannot place order\n"
        f" ---> System.Net.Sockets.SocketException (111): Connection refused\n{FRAMES}\n"
        "   --- End of inner exception stack trace ---\n" + FRAMES,
        "---> System.Net.Sockets.SocketException (111): Connection refused",
    ),
    "rust": (
        "Error: cannot place order "
        + "y" * 300
        + "\n\nCaused by:\n    0: cannot reach stock\n    1: certificate has expired\n",
        "1: certificate has expired",
    ),
    "chinese": (
        f"下单失败：库存不足或服务不可用\n{FRAMES}\nCaused by: java.sql.SQLTransientConnectionException: 连接池耗尽\n{FRAMES}",
        "Caused by: java.sql.SQLTransientConnectionException: 连接池耗尽",
    ),
}


@pytest.mark.parametrize("most", [300, 400, 2000])
@pytest.mark.parametrize("kind", STACKS)
def test_the_cause_is_kept_within_the_bound(kind: str, most: int):
    stack, cause = STACKS[kind]
    told = shortened(stack, most)
    assert cause in told
    assert len(told) <= most
    assert told.startswith(stack[:20].splitlines()[0])


def test_what_is_short_stays_as_it_is():
    assert shortened(" ERROR no\n\tat x(Y.java:1)\n", 300) == "ERROR no\n\tat x(Y.java:1)"


def test_what_is_no_stack_begins_as_it_began():
    told = shortened("word " * 200, 300)
    assert told == ("word " * 60)[:299] + "…"


def test_a_text_beyond_measure_keeps_its_end():
    told = shortened(
        "ERROR begun\n" + "\tat a.B.c(B.java:1)\n" * 100_000 + "Caused by: java.io.IOException: No space", 400
    )
    assert "No space" in told
    assert told.startswith("ERROR begun")


def test_the_family_of_a_stack_is_that_of_its_cause():
    stack = f"ERROR request failed\n{FRAMES}\nCaused by: java.net.UnknownHostException: stock-db"
    assert len(stack) > 2000
    assert (family := family_of(stack)) is not None
    assert family.key == "log_dns"


def test_the_report_shows_the_cause():
    stack, cause = STACKS["java"]
    fault = crashing(stack)
    found = sight(*fault["things"], ask=alert(fault["alert"], deployment="checkout"), logs=fault["logs"])
    report = write(diagnose(found), "en")
    assert any(cause in line for line in report.excerpt)
    assert cause in report.markdown


def test_the_service_that_says_new_errors_is_quoted_with_their_cause():
    stack, cause = STACKS["java"]
    past = [(PAST + turn, "INFO well") for turn in range(10)]
    suspect = first(seen(logs=[talk("stock", *past, *((SINCE + turn, stack) for turn in range(12)))]))
    assert (suspect.name, suspect.signs[0].key) == ("stock", "new_errors")
    assert cause in suspect.signs[0].values["line"]


def test_of_a_stack_that_came_line_by_line_the_cause_is_among_the_last_words():
    lines = [line for line in STACKS["java"][0].splitlines() if line]
    shown = [lines[place] for place in true_lines(lines, 4)]
    assert any("UnknownHostException: stock-db" in line for line in shown)
    assert sum(line.startswith("\tat") for line in shown) <= 1
