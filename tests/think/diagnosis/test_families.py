"""Whom a line of a log complains about."""

import pytest

from bot.think.diagnosis.families import hosts_in

LINES = {
    "HikariPool-1 - Connection is not available, request timed out after 30000ms": (),
    "connection was refused": (),
    "Connection timed out": (),
    "too many connections for role app": (),
    "could not connect to orders-db: no route": ("orders-db",),
    "dial tcp lookup payments.internal: no such host": ("payments.internal",),
    "connect to is:5432 failed": ("is",),
    "connect ECONNREFUSED redis:6379": ("redis",),
}


@pytest.mark.parametrize(("line", "hosts"), LINES.items(), ids=list(LINES))
def test_who_is_named(line, hosts):
    assert hosts_in(line) == hosts
