"""Three whole bots on one PostgreSQL under a storm of alerts, one of them killed every few seconds."""

import pytest

from bot.evals.bench_replicas import Storm

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


async def test_nothing_is_lost_or_doubled(tmp_path, postgres):
    storm = Storm(replicas=3, kill_every=3.0, seconds=10.0, alerts=400)
    figures = await storm.run(tmp_path, postgres.new_database())
    assert figures["kills"] >= 2
    assert (figures["lost"], figures["doubled"], figures["set_aside"]) == (0, 0, 0)
    assert figures["incidents"] == 10
    assert figures["asked"] >= 1
    assert figures["unanswered"] == 0
    assert figures["duplicate_cards"] <= figures["kills"]
