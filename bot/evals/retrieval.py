"""Scores the library: does it find the right page for a question, in either language, and say so when there is none?"""

import asyncio
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.evals._poison import poisoned
from bot.evals._questions import Asked, QuestionSet, read
from bot.evals._ranks import DEEP, Ranking, by_set, percentile
from knowledge import Document, Findings, KnowledgeSettings, Library
from knowledge.baselines import ChromaDefault, words_alone
from knowledge.embeddings import Model
from knowledge.embeddings.e5 import E5
from knowledge.embeddings.remembered import Memory, Remembered
from knowledge.embeddings.weights import where
from knowledge.library import Added

DEFAULT = Path("../shared/data/retrieval")
FILES = ("docs.jsonl", "queries.jsonl", "qrels.jsonl")
FETCHED = Path.home() / ".cache" / "dutybot" / "servers"
Rank = Callable[[Asked], Awaitable[Sequence[str]]]


@dataclass(slots=True)
class _Tally:
    """What was seen while all questions were asked."""

    rankings: dict[str, list[Ranking]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[str, bool] = field(default_factory=dict)
    shown: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    cases: list[CaseScore] = field(default_factory=list)

    def none_fits(self, answerable: bool, asked: Sequence[Asked]) -> list[bool]:
        return [
            self.refused[one.id]
            for one in asked
            if one.id in self.refused and one.answerable == answerable and one.sets[0] == "hand"
        ]


class Retrieval:
    """A library is made afresh, filled with the set's documents, and asked all its questions."""

    name = "retrieval"

    async def run(self, options: EvalOptions) -> EvalReport:
        folder = options.cases or DEFAULT
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            why = f"{folder} has no {', '.join(missing)}; give the folder with --data"
            return EvalReport(self.name, (CaseScore("all", None, why),))
        known = read(folder)
        asked = [one for one in known.questions if one.id.startswith(options.only)][: options.limit]
        with tempfile.TemporaryDirectory() as scratch:
            settings = KnowledgeSettings(
                folder=Path(options.settings.get("folder", scratch)),
                database="",
                chroma_url="",
                embeddings=options.settings.get("model", "e5"),  # type: ignore[arg-type]
                threads=int(options.settings.get("threads", min(2, os.cpu_count() or 1))),
            )
            memory, kept = _memory(options), list[Memory]()
            library = await Library.open(settings, wrapped=lambda model: _remembered(model, memory, kept))
            try:
                plain = ChromaDefault(_weights(options), memory, settings.threads)
                report = await self._score(library, known, asked, options, plain)
            finally:
                await library.close()
        seen_before = {"texts_from_memory": sum(each.known for each in kept)}
        return replace(report, figures={**report.figures, **seen_before})

    async def _score(
        self, library: Library, known: QuestionSet, asked: Sequence[Asked], options: EvalOptions, plain: ChromaDefault
    ) -> EvalReport:
        begun = time.perf_counter()
        added = await _filled(library, known.documents, options.told)
        took = time.perf_counter() - begun
        tally = _Tally()
        for number, one in enumerate(asked, 1):
            options.told(f"question {number} of {len(asked)}")
            await self._ask(library, known, one, tally)
        sets = by_set(tally.rankings)
        nothing, answerable = tally.none_fits(False, asked), tally.none_fits(True, asked)
        figures: dict[str, JSON] = {
            **_headline(sets),
            "no_answer_asked": len(nothing),
            "no_answer_refused": sum(nothing),
            "answerable_refused": round(sum(answerable) / len(answerable), 4) if answerable else None,
            "hand_hit5_shown": round(sum(tally.shown) / len(tally.shown), 4) if tally.shown else None,
            "query_ms_p50": round(1000 * percentile(tally.seconds, 0.5), 1),
            "query_ms_p95": round(1000 * percentile(tally.seconds, 0.95), 1),
            "documents": len(known.documents),
            "passages_read": added.embedded,
            "index_seconds": round(took, 1),
            "model": str(library.marks.get("model", "words alone")),
            "sets": _json(sets),
            "beside": await self._beside(library, known, asked, plain, options.told),
        }
        if library.gaps:
            figures["gaps"] = list(library.gaps)
        options.told("poisoning it")
        if (poison := await poisoned(library, known, asked)).asked:
            tally.cases.append(poison.score())
            figures |= {"poison_asked": poison.asked, "poison_above_verified": len(poison.above)}
            figures |= {"poison_unmarked": poison.unmarked, "poison_first": poison.first}
        measured = {name: value for name, value in figures.items() if value is not None}
        return EvalReport(self.name, tuple(tally.cases), measured)

    async def _ask(self, library: Library, known: QuestionSet, one: Asked, tally: _Tally) -> None:
        if one.answerable and not one.right:
            tally.cases.append(CaseScore(one.id, None, "its answer is not among the documents"))
            return
        found = await library.search(one.text, 4 * DEEP, language=one.among)
        tally.seconds.append(found.seconds)
        tally.refused[one.id] = found.nothing_fits
        ranking = Ranking(_keys(found, known, one), one.right, found.seconds)
        facts: dict[str, JSON] = {"set": one.sets[0], "ms": round(1000 * found.seconds, 1)}
        if not one.answerable:
            why = "" if found.nothing_fits else f"{found.passages[0].title!r} was taken for an answer"
            tally.cases.append(CaseScore(one.id, found.nothing_fits, why, facts))
            return
        for name in one.sets:
            tally.rankings[name].append(ranking)
        if one.sets[0] == "hand":
            tally.shown.append(any(passage.document.key in one.right for passage in found.passages[:5]))
        enough = 1 if "alert" in one.sets else 5
        passed = ranking.rank is not None and ranking.rank <= enough
        why = "" if passed else f"first right one at {ranking.rank or 'none of 10'}; first: {ranking.found[:1]}"
        tally.cases.append(CaseScore(one.id, passed, why, {**facts, "rank": ranking.rank}))

    async def _beside(
        self,
        library: Library,
        known: QuestionSet,
        asked: Sequence[Asked],
        plain: ChromaDefault,
        told: Callable[[str], object],
    ) -> JSON:
        """The same questions, put to simpler ways of searching the same passages."""

        async def by_words(one: Asked) -> Sequence[str]:
            return await words_alone(library, one.text, 40)

        beside: dict[str, JSON] = {"bm25": _json(await _ranked(by_words, known, asked))}
        if why := plain.missing():
            beside["chroma_default"] = {"not_run": why}
            return beside

        def how_far(done: int, of: int) -> None:
            told(f"passage {done} of {of} read by Chroma's own model")

        await asyncio.to_thread(plain.fill, known.documents, how_far)

        async def by_default(one: Asked) -> Sequence[str]:
            return await asyncio.to_thread(plain.nearest, one.text, 40)

        beside["chroma_default"] = _json(await _ranked(by_default, known, asked))
        return beside


async def _filled(library: Library, documents: Sequence[Document], told: Callable[[str], object]) -> Added:
    begun = time.perf_counter()

    async def how_far(so_far: Added) -> None:
        done = so_far.added + so_far.changed + so_far.same
        left = (time.perf_counter() - begun) * (len(documents) - done) / max(done, 1)
        told(f"document {done} of {len(documents)} read, about {left / 60:.0f} minutes left")

    return await library.add(documents, how_far)


async def _ranked(rank: Rank, known: QuestionSet, asked: Sequence[Asked]) -> dict[str, dict[str, float | int]]:
    rankings: dict[str, list[Ranking]] = defaultdict(list)
    for one in asked:
        if one.right:
            begun = time.perf_counter()
            keys = [key for key in await rank(one) if one.among in {None, known.language[key]}]
            took = time.perf_counter() - begun
            for name in one.sets:
                rankings[name].append(Ranking(tuple(keys[:DEEP]), one.right, took))
    return by_set(rankings)


def _memory(options: EvalOptions) -> Path | None:
    """Where what was read before is kept; `--set memory=no` has all read anew, and so has a folder that is not ours."""
    path = Path(options.settings.get("memory", FETCHED.parent / "vectors.sqlite"))
    if path.name == "no":
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError:
        return None
    return path


def _remembered(model: Model, memory: Path | None, kept: list[Memory]) -> Model:
    if memory is None:
        return model
    kept.append(Memory(memory, model.name, *(path for path in (where(),) if path and model.name == E5.name)))
    return Remembered(model, kept[0])


def _weights(options: EvalOptions) -> list[Path]:
    """Where the weights of Chroma's default model may lie: as told, or where `make servers` puts them."""
    given = options.settings.get("minilm", "")
    return [Path(given)] if given else sorted(FETCHED.glob("minilm-*"))


def _keys(found: Findings, known: QuestionSet, one: Asked) -> tuple[str, ...]:
    keys = (passage.document.key for passage in (*found.passages, *found.near))
    return tuple(key for key in keys if one.among in {None, known.language[key]})[:DEEP]


def _headline(sets: Mapping[str, Mapping[str, float | int]]) -> dict[str, JSON]:
    wanted = {
        "hand": ("hit1", "hit5", "hit10", "mrr10", "ndcg10"),
        "alert": ("hit1", "hit5"),
        "zh_en": ("hit5",),
        "zh_zh": ("hit5",),
        "en_en": ("hit5",),
        "en_zh": ("hit5",),
        "xl-zh2en": ("hit5",),
        "xl-en2zh": ("hit5",),
    }
    names = {"xl-zh2en": "title_zh_en", "xl-en2zh": "title_en_zh"}
    return {
        f"{names.get(name, name)}_{figure}": sets[name][figure]
        for name, some in wanted.items()
        if name in sets
        for figure in some
    }


def _json(sets: Mapping[str, Mapping[str, float | int]]) -> JSON:
    return {name: dict(some) for name, some in sets.items()}


def make() -> Retrieval:
    return Retrieval()
