"""The library's part of the page: search it, and see its sources, when each was last read, and what went wrong."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.redaction import mask
from bot.talk.channels.web.stage import Books
from bot.talk.channels.web.threshold import Threshold
from bot.talk.refused import Refused
from knowledge import KnownCase, Passage
from knowledge.trust import instructs, visible
from knowledge.upkeep import SourceStats

LONGEST = 2000
LETTERS = 600


class LibraryDesk:
    """Only for those who have signed in; each finds what they may see, and no more."""

    def __init__(self, books: Books | None, threshold: Threshold) -> None:
        self._books = books
        self._threshold = threshold

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/web/library", self.stock, methods=["GET"]),
            Route("/web/library/search", self.search, methods=["GET"]),
        ]

    async def stock(self, request: Request) -> Response:
        """Counts and sources; all zero while there is no library."""
        await self._threshold.session(request)
        told = await self._books.stock() if self._books else None
        if told is None:
            return _said(
                {"there": False, "documents": 0, "passages": 0, "waiting": 0, "model": "", "cases": {}, "sources": []}
            )
        return _said(
            {
                "there": True,
                "documents": told.documents,
                "passages": told.passages,
                "waiting": told.waiting,
                "model": told.model,
                "cases": told.cases,
                "sources": [_source(each) for each in told.sources],
            }
        )

    async def search(self, request: Request) -> Response:
        """What fits `q`; where nothing does, what is nearest, marked as such."""
        person = (await self._threshold.session(request)).person
        question = request.query_params.get("q", "").strip()[:LONGEST]
        if not question:
            raise Refused(422, "web_empty")
        found = await self._books.look_up(mask(question), person, True, 8) if self._books else None
        if found is None:
            raise Refused(503, "kb_away")
        shown = found.passages or found.near[:3]
        return _said(
            {
                "fits": not found.nothing_fits,
                "gaps": found.gaps,
                "seconds": round(found.seconds, 3),
                "found": [_entry(each) for each in shown],
            }
        )


def _entry(passage: Passage) -> dict[str, Any]:
    text = visible(passage.text)
    return {
        "title": visible(passage.title),
        "heading": visible(passage.heading),
        "text": text if len(text) <= LETTERS else f"{text[:LETTERS]} …",
        "url": passage.url,
        "source": passage.source,
        "updated": passage.updated.timestamp() if passage.updated else None,
        "verified": passage.document.verified,
        "restricted": bool(passage.document.acl),
        "instructs": instructs(passage.text),
        "score": round(passage.score, 3),
        "case": _case(passage.case) if passage.case and (passage.case.cause or passage.case.fix) else None,
        "twins": [{"title": visible(each.title), "url": each.url} for each in passage.twins],
    }


def _case(case: KnownCase) -> dict[str, str]:
    parts = {"symptom": case.symptom, "cause": case.cause, "fix": case.fix}
    return {name: visible(text)[:LETTERS] for name, text in parts.items()} | {"by": case.by}


def _source(one: SourceStats) -> dict[str, Any]:
    return {
        "source": one.source,
        "documents": one.documents,
        "passages": one.passages,
        "newest": one.newest,
        "ran": one.ran,
        "error": mask(one.error),
    }


def _said(told: Any) -> Response:
    return Response(orjson.dumps(told), media_type="application/json", headers={"cache-control": "no-store"})
