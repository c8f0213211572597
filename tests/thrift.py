"""What every test would do anew, and what comes out the same each time, is done once in each process of the tests."""

import sqlite3
import sys
from functools import cache

import httpx
import httpx._transports.default as transports
from sqlalchemy import Connection, create_engine

from bot.database import engine
from bot.database.steps import upgrade


def spend_less() -> None:
    """For all tests of this process."""
    # jsonschema would compile 38 grammars of addresses as it is imported, for formats that no schema of ours names
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    transports.create_ssl_context = _trust  # type: ignore[attr-defined]
    engine.upgrade = _upgrade  # type: ignore[attr-defined]


_anew = httpx.create_ssl_context


@cache
def _usual() -> object:
    return _anew()


def _trust(verify: object = True, cert: object = None, trust_env: bool = True) -> object:
    """The certificates of the machine are read once, and not for each client."""
    usual = verify is True and cert is None and trust_env
    return _usual() if usual else _anew(verify=verify, cert=cert, trust_env=trust_env)  # type: ignore[arg-type]


@cache
def _newest() -> tuple[str, ...]:
    """What a fresh SQLite database holds once all steps were taken: they are taken here, once."""
    fresh = create_engine("sqlite://")
    with fresh.begin() as connection:
        upgrade(connection)
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        lines = tuple(raw.iterdump())
    fresh.dispose()
    return lines[1:-1]  # without BEGIN and COMMIT: it is one transaction already


def _upgrade(connection: Connection) -> None:
    """As the steps leave it, where nothing was there; else the steps themselves."""
    there = "SELECT count(*) FROM sqlite_master"
    if connection.dialect.name != "sqlite" or connection.exec_driver_sql(there).scalar():
        upgrade(connection)
        return
    for line in _newest():
        connection.exec_driver_sql(line)
