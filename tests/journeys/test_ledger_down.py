"""While the ledger takes no records nothing is changed, whoever asks is told, and looking goes on and says so."""

import pytest

from bot.act.ledger.reading import records, verified
from bot.evals._workloads import workloads
from tests.journeys.visitor import house_over, texts

pytestmark = pytest.mark.timeout(180)


async def test_looks_go_on_and_changes_wait(tmp_path):
    async with workloads() as cluster:
        cluster.add("web-1")
        there = {"url": cluster.url}
        async with house_over(tmp_path, {"kubernetes": there, "prometheus": there, "loki": there}) as seat:
            lin, chen, path = await seat("asker"), await seat("approver"), tmp_path / "audit.jsonl"
            thread = await lin.write("/restart web-1")
            waiting = await lin.card(thread, lambda card: "approve" in repr(card["blocks"]))
            path.rename(tmp_path / "away")
            path.mkdir()

            looked = await lin.card(await lin.write("/kubernetes.list deployments"), lambda card: not card["streaming"])
            assert "takes no records" in texts(looked), texts(looked)
            wish = await lin.write("/restart web-1")
            refused = await lin.card(wish, lambda card: "ledger cannot be written" in texts(card))
            assert "nothing is changed" in texts(refused)
            await chen.decide(thread, waiting)
            await lin.card(thread, lambda card: "ledger cannot be written" in texts(card))
            assert not cluster.changes

            path.rmdir()
            (tmp_path / "away").rename(path)
            await lin.card(thread, lambda card: card["title"].startswith("Done"))
            assert cluster.changes == {"web-1": 1}
            gate = seat.house.responder.approving.gate
            await gate.catch_up()
            told = [each.did for _, each in records(path)]
            assert told.count("intent") == told.count("result") == 1
            assert "look" in told
            ledger = seat.house.ledger
            assert verified(ledger.path, ledger.anchor_path, ledger.seal())[1] is None
