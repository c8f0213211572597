"""Ten dependencies x seven faults over real sockets: a sentence each, bounded time and bytes; then all is well."""

import asyncio

import pytest

from tests.fakes.faulty_line import FAULTS
from tests.trust.faults.cells import BY_DOCTOR, KEYS, LONGEST, MOST_TAKEN, sentence
from tests.trust.faults.houses import seen_of_all
from tests.trust.faults.page import PAGE, row

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]
DEPENDENCIES = (*KEYS, *BY_DOCTOR)


@pytest.fixture(scope="module")
def seen(tmp_path_factory, postgres, chroma):
    """All of them, by dependency and fault; and what the loop was told of that nobody caught."""
    uncaught = []

    async def every():
        asyncio.get_running_loop().set_exception_handler(lambda _, told: uncaught.append(told))
        return await seen_of_all(tmp_path_factory.mktemp("faults"), postgres.new_database(), chroma.url)

    found = {(each.dependency, each.fault): each for each in asyncio.run(every())}
    return found, uncaught


def test_there_are_seventy(seen):
    assert set(seen[0]) == {(each, fault) for each in DEPENDENCIES for fault in FAULTS}
    assert len(seen[0]) == 70


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_people_read_one_sentence_and_the_bot_goes_on(seen, dependency, fault):
    each = seen[0][dependency, fault]
    assert sentence(each, "en"), (each.said, each.doctor)
    assert sentence(each, "zh"), (each.said, each.doctor)
    assert each.doctor, "the doctor sees it as well"
    assert not [text for text in (*each.said.values(), each.doctor) if "!!" in text or "Traceback" in text]
    assert each.seconds < LONGEST
    assert each.taken < MOST_TAKEN
    assert each.well_again
    assert f"| {dependency} | {fault} |" in PAGE.read_text(encoding="utf-8")
    assert row(each) in PAGE.read_text(encoding="utf-8")
