"""The lines that a card shows are those of the fault, not of an error that was over long before."""

from dataclasses import replace

from bot.think.diagnosis.diagnose import diagnose
from bot.think.diagnosis.investigator import write
from tests.think.diagnosis.faults import POD, crash
from tests.think.diagnosis.kube import NOW, alert, sight
from tests.think.diagnosis.shop import app, nodes

FAILED = 'level=error msg="request failed" err="upstream returned 500 Internal Server Error"'
SERVED = 'level=info msg="request served" status=200'


def excerpt(*said):
    """Of a container that is killed for its memory, and said these lines so many seconds ago."""
    things = [*app(pods=[crash(137, "OOMKilled")]), *nodes()]
    found = sight(*things, ask=alert("ContainerOOMKilled", pod=POD), logs={POD: [line for _, line in said]})
    lines = [replace(line, at=NOW - ago) for line, (ago, _) in zip(found.lines, said, strict=True)]
    report = write(diagnose(replace(found, lines=tuple(lines))), "en")
    assert "OOMKilled" in report.headline
    return report.excerpt


def test_an_error_after_which_it_spoke_on_for_long_is_not_shown():
    assert excerpt((3400, FAILED), (3390, FAILED), (600, SERVED), (30, SERVED)) == ()


def test_an_error_that_goes_on_is_shown():
    assert excerpt((3400, FAILED), (600, SERVED), (40, FAILED), (30, SERVED)) == (FAILED,)


def test_the_last_words_are_shown_however_old_they_are():
    assert excerpt((3400, SERVED), (3390, FAILED)) == (FAILED,)
