"""How fast the library is with 10,000 passages, and how much memory it takes."""

import asyncio
import os
import random
import tempfile
import time
from pathlib import Path

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.evals._ranks import percentile
from knowledge import Document, KnowledgeSettings, Library, Reader
from knowledge.records import Records

PASSAGES = 10_000
QUESTIONS = 60
MOST_MS = 150.0
MOST_MB = 700.0
OFTEN = (
    "pod,node,disk,memory,latency,timeout,certificate,database,pool,connection,replica,queue,consumer,deploy,rollback",
    "scheduler,packet,gateway,ingress,volume,snapshot,token,quota,cache,leader,shard,index,backup,超时,证书,磁盘,内存",
    "连接池,节点,集群,延迟,队列,副本,回滚,网关,配额,缓存,日志,告警,数据库,主从,切换",
)
WORDS = [*",".join(OFTEN).split(","), *(f"term{number}" for number in range(4000))]
WEIGHTS = [1 / (place + 5) for place in range(len(WORDS))]
"""As words are: few often, most seldom."""


class BenchRetrieval:
    """Vectors are drawn at random for speed of filling; questions are embedded for real."""

    name = "bench_retrieval"

    async def run(self, options: EvalOptions) -> EvalReport:
        many = options.limit or PASSAGES
        with tempfile.TemporaryDirectory() as scratch:
            settings = KnowledgeSettings(folder=Path(scratch), database="", chroma_url="", threads=1)
            library = await Library.open(settings)
            if library.gaps:
                await library.close()
                return EvalReport(self.name, (CaseScore("all", None, library.gaps[0]),))
            rate = await _import_rate(library)
            placed, filled = await _fill(library, many)
            wall, cpu = await _ask(library, Reader(everything=True))
            bound_wall, bound_cpu = await _ask(library, Reader("T1", frozenset({"acl1"})))
            memory = _memory()
            await library.close()
        p95 = max(percentile(cpu, 0.95), percentile(bound_cpu, 0.95))
        figures: dict[str, JSON] = {
            "passages": placed,
            "query_cpu_ms_p50": round(percentile(cpu, 0.5), 1),
            "query_cpu_ms_p95": round(percentile(cpu, 0.95), 1),
            "query_filtered_cpu_ms_p50": round(percentile(bound_cpu, 0.5), 1),
            "query_filtered_cpu_ms_p95": round(percentile(bound_cpu, 0.95), 1),
            "query_wall_ms_p50": round(percentile([*wall, *bound_wall], 0.5), 1),
            "query_wall_ms_p95": round(percentile([*wall, *bound_wall], 0.95), 1),
            "memory_mb": round(memory, 1),
            "import_passages_per_s": round(rate, 1),
            "fill_passages_per_s": round(filled, 1),
            "load": round(os.getloadavg()[0], 2),
        }
        return EvalReport(self.name, _cases(placed, p95, memory), figures)


def _cases(passages: int, p95: float, memory: float) -> tuple[CaseScore, ...]:
    """The bars are those of a library of 10,000 passages; of a larger one the figures are only told."""
    larger = passages > 2 * PASSAGES
    told = (
        ("query_p95", p95 <= MOST_MS, f"{p95:.0f} ms of CPU, at most {MOST_MS:.0f}"),
        ("memory", memory <= MOST_MB, f"{memory:.0f} MB, at most {MOST_MB:.0f}"),
    )
    return tuple(
        CaseScore(name, None if larger else good, f"{why} with {PASSAGES:,} passages; here are {passages:,}")
        for name, good, why in told
    )


def _document(number: int, chance: random.Random) -> Document:
    text = " ".join(chance.choices(WORDS, WEIGHTS, k=150))
    acl, tenant = ("acl1" if number % 3 == 0 else ""), ("T2" if number % 5 == 0 else "")
    return Document(
        f"{chance.choices(WORDS, WEIGHTS)[0]} incident {number}", text, f"https://t/{number}", acl=acl, tenant=tenant
    )


async def _import_rate(library: Library) -> float:
    """Real documents, really embedded."""
    chance = random.Random(3)  # noqa: S311
    some = [_document(-number, chance) for number in range(1, 41)]
    await library.add(some[:1])
    begun = time.perf_counter()
    added = await library.add(some[1:])
    return added.embedded / (time.perf_counter() - begun)


async def _fill(library: Library, many: int) -> tuple[int, float]:
    """At least so many passages, of about two a document; how many, and how many each second."""
    import numpy as np

    chance, draw = random.Random(5), np.random.default_rng(5)  # noqa: S311
    records: Records = library.records
    model, width = str(library.marks["model"]), int(library.marks["width"])
    begun, placed, number = time.perf_counter(), 0, 0
    while placed < many:
        await records.put([_document(number + step, chance) for step in range(250)])
        waiting = await records.waiting(1000)
        drawn = draw.normal(size=(len(waiting), width)).astype(np.float32)
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        await records.keep_vectors(model, {one.read_as: vector for one, vector in zip(waiting, drawn, strict=True)})
        await library.mend()
        placed, number = placed + len(waiting), number + 250
    return placed, placed / (time.perf_counter() - begun)


async def _ask(library: Library, reader: Reader) -> tuple[list[float], list[float]]:
    """Milliseconds of each question: by the clock on the wall, and of the processor (all threads of this process)."""
    chance, wall, cpu = random.Random(11), list[float](), list[float]()  # noqa: S311
    for number in range(QUESTIONS + 5):
        question = " ".join(chance.choices(WORDS, WEIGHTS, k=8))
        begun, worked = time.perf_counter(), time.process_time()
        await library.search(question, reader=reader)
        if number >= 5:
            wall.append(1000 * (time.perf_counter() - begun))
            cpu.append(1000 * (time.process_time() - worked))
        await asyncio.sleep(0)
    return wall, cpu


def _memory() -> float:
    """MB of this process that are really in memory."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def make() -> BenchRetrieval:
    return BenchRetrieval()
