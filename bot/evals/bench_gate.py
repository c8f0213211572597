"""Times leave: from a click to its acknowledgement with 200 plans waiting, and approvals a second on each database."""

import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.act.gate import Gate
from bot.app import Given, House, build, on_duty
from bot.domain.approval import Approval, ApprovalState, Refusal
from bot.domain.case import Case
from bot.domain.message import Decision, Person, Thread
from bot.domain.plan import Plan, Step
from bot.errors import BotError
from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.playground import Playground
from bot.settings import DutyBotSettings
from bot.talk.channels.web import WebSettings
from bot.talk.settings import HttpSettings
from bot.talk.web import Server, make_app
from bot.telemetry import log_as
from skills import Clock, Evidence

PENDING = 200
CLICKS = 200
WANTED_MS = 200.0
ASKER, APPROVER = Person("asker", "Lin"), Person("approver", "Chen")


class GateBench:
    """The web page's own HTTP, a real house, and a pretend cluster."""

    name = "bench_gate"

    async def run(self, options: EvalOptions) -> EvalReport:
        """`--set postgres=postgresql://…` times PostgreSQL as well."""
        log_as("error")
        clicks = options.limit or CLICKS
        figures: dict[str, JSON] = {}
        cases = [await _acknowledged(clicks, figures), await _rate("sqlite", "", clicks, figures)]
        if url := options.settings.get("postgres", ""):
            cases.append(await _rate("postgres", url, clicks, figures))
        else:
            cases.append(CaseScore("approvals on postgres", None, "no database; give --set postgres=postgresql://…"))
        return EvalReport(self.name, tuple(cases), figures)


def make() -> GateBench:
    """It has nothing to set."""
    return GateBench()


async def _acknowledged(clicks: int, figures: dict[str, JSON]) -> CaseScore:
    """From the post of a click to its answer, one after another, while 200 plans wait."""
    with tempfile.TemporaryDirectory(prefix="dutybot-bench-") as folder:
        async with _at_work(Path(folder)) as (house, url):
            gate, thread = house.responder.approving.gate, await _thread(url)
            for number in range(PENDING):
                await _ask(gate, number, thread)
            waiting = await gate.pending()
            taken = await _clicked(url, thread.id, waiting, clicks)
    taken.sort()
    figures["pending_plans"] = len(waiting)
    figures["clicks"] = len(taken)
    figures["ack_p50_ms"] = round(taken[len(taken) // 2], 1)
    figures["ack_p99_ms"] = round(taken[min(len(taken) - 1, int(len(taken) * 0.99))], 1)
    told = f"p99 {figures['ack_p99_ms']} ms with {len(waiting)} pending; wanted {WANTED_MS:g}"
    right = len(waiting) >= PENDING and taken[min(len(taken) - 1, int(len(taken) * 0.99))] <= WANTED_MS
    return CaseScore("click to acknowledged", right, told)


async def _rate(name: str, url: str, most: int, figures: dict[str, JSON]) -> CaseScore:
    """Asked before; then settled one after another, each on disk and in the ledger."""
    with tempfile.TemporaryDirectory(prefix="dutybot-bench-") as folder:
        try:
            async with _at_work(Path(folder), url) as (house, _):
                gate = house.responder.approving.gate
                asked = [await _ask(gate, number, Thread("web", "bench")) for number in range(most)]
                started = time.perf_counter()
                settled = [await gate.settle(_word(each)) for each in asked]
                took = time.perf_counter() - started
        except BotError as error:
            return CaseScore(f"approvals on {name}", None, str(error))
    figures[f"approvals_per_second_{name}"] = round(most / took, 1)
    counted = sum(each.counted for each in settled)
    return CaseScore(f"approvals on {name}", counted == most, f"{counted} of {most} counted in {took:.2f} s")


async def _clicked(url: str, thread: str, waiting: Any, clicks: int) -> list[float]:
    """Milliseconds of each click; each rejects another plan, as the approver."""
    taken = []
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        me = (await client.get("/web/me")).json()
        headers = {"x-csrf-token": me["csrf"], "origin": url}
        me = (await client.post("/web/me", json={"seat": "approver"}, headers=headers)).json()
        headers["x-csrf-token"] = me["csrf"]
        for approval in waiting[:clicks]:
            body = {
                "key": uuid.uuid4().hex,
                "thread": thread,
                "approval_id": approval.id,
                "digest": approval.digest,
                "granted": False,
                "reason": "bench",
            }
            started = time.perf_counter()
            answer = await client.post("/web/decisions", json=body, headers=headers)
            taken.append((time.perf_counter() - started) * 1000)
            answer.raise_for_status()
    return taken


async def _thread(url: str) -> Thread:
    """A thread that the page knows, by writing in it."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        me = (await client.get("/web/me")).json()
        headers = {"x-csrf-token": me["csrf"], "origin": url}
        body = {"key": uuid.uuid4().hex, "text": "help"}
        return Thread("web", (await client.post("/web/messages", json=body, headers=headers)).json()["thread"])


async def _ask(gate: Gate, number: int, thread: Thread) -> Approval:
    """A plan that differs from all others in its number of replicas."""
    step = Step("kubernetes.scale_deployment", _arguments(number))
    case = Case(f"bench-{number}", Thread(thread.channel, thread.id if number == 0 else f"bench-{number}"), ASKER, "")

    async def unseen(_place: int, _outcome: Evidence | Refusal | None) -> None:
        """Nobody watches."""

    taken = await gate.take(Plan("", (step,), title=f"scale {number}"), case, unseen)
    if taken.asked is None or taken.asked.state is not ApprovalState.PENDING:
        raise RuntimeError(f"the bench could not ask: {taken}")
    return taken.asked


def _arguments(number: int) -> dict[str, Any]:
    return {"namespace": "shop", "deployment": "order-service", "replicas": 10 + number}


def _word(approval: Approval) -> Decision:
    return Decision(approval.id, approval.thread, approval.id, approval.digest, APPROVER, True, Clock().read())


@asynccontextmanager
async def _at_work(folder: Path, database_url: str = "") -> AsyncIterator[tuple[House, str]]:
    async with Playground() as playground:
        settings = DutyBotSettings(
            skills=("kubernetes",),
            channels=("web",),
            alerts=(),
            brains=("scripted",),
            database_url=database_url or f"sqlite:///{folder}/bench.sqlite",
            ledger_path=folder / "audit.jsonl",
            home="web:",
        )
        given = Given(
            skills={"kubernetes": {"url": playground.kubernetes_url}},
            channels={"web": {"host": "127.0.0.1", "settings": WebSettings(posts_per_minute=100_000)}},
        )
        house = build(settings, Clock(), given)
        http = HttpSettings(host="127.0.0.1", port=0)
        server = Server(make_app(house.routes(), house.unwell, http), http)
        async with on_duty(house):
            await server.start()
            try:
                yield house, server.url
            finally:
                await house.responder.approving.inbox.idle()
                await server.stop()
