"""Secrets go through our log in every way that a log is written: none comes out, and what people need to see stays."""

import io
import json
import logging

import pytest
import structlog

from bot.telemetry import log_as
from tests.trust.test_register import CANARIES


class Broken(Exception):
    pass


@pytest.fixture
def out():
    kept = io.StringIO()
    yield kept
    structlog.reset_defaults()


def opened(out, form):
    log_as("debug", form)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(out))
    return structlog.get_logger(), logging.getLogger("a.library")


def said(log, foreign, line, _):
    log.info(line)
    log.warning("it said %s", line)
    log.info("x", why=line, raw=line.encode(), odd=Broken(line))
    log.bind(about=line).info("bound")
    foreign.warning("it said %s", line)
    foreign.error(line, {"not": "what it takes"})


def nested(log, _, line, secret):
    log.info("x", found={"a": [line, (line, {"b": line})]}, some=frozenset({line}))
    log.info("x", password=secret, config={"db": {"password": secret}}, env={"DB_PASSWORD": secret})
    log.info("x", headers={"Authorization": f"Bearer {secret}"}, args=["--password", secret, "-v"])


def raised(log, foreign, line, _):
    for fail in (_plain, _caused, _grouped, _noted):
        try:
            fail(line)
        except (Broken, ValueError, ExceptionGroup) as error:
            log.exception("it failed")
            log.error("it failed", exc_info=error)
            log.warning("it failed", why=repr(error))
            foreign.exception("it failed")
            foreign.warning("it failed", exc_info=error)


def _plain(line):
    raise Broken(line)


def _caused(line):
    try:
        raise Broken(line)
    except Broken as error:
        raise ValueError("outer") from error


def _grouped(line):
    raise ExceptionGroup("all", [Broken(line), ValueError("and", line)])


def _noted(line):
    error = Broken("inner")
    error.add_note(line)
    raise error


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("way", [said, nested, raised])
def test_no_way_of_logging_shows_a_secret(out, form, way):
    log, foreign = opened(out, form)
    for line, secret in CANARIES:
        way(log, foreign, line, secret)
    told = out.getvalue()
    assert not [secret for _, secret in CANARIES if secret in told]
    assert told.count("[REDACTED:") >= 5 * len(CANARIES)
    if way is raised:
        assert told.count("Traceback (most recent call last)") >= 8 * len(CANARIES)
    if form == "json":
        assert all(json.loads(line) for line in told.splitlines())


def test_what_people_need_to_see_stays(out):
    log, _ = opened(out, "json")
    log.info("done", key="slack:C1/t1", tokens=1532, took=0.3, action="kubernetes.rollout_restart", path="/etc/token")
    log.info("done", who={"name": "Lin", "roles": ["oncall"]}, password="", token=None, secret_name="db-cred")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["key"], first["tokens"], first["took"], first["path"]) == ("slack:C1/t1", 1532, 0.3, "/etc/token")
    assert first["action"] == "kubernetes.rollout_restart"
    assert (second["who"], second["password"]) == ({"name": "Lin", "roles": ["oncall"]}, "")
    assert (second["token"], second["secret_name"]) == (None, "db-cred")
