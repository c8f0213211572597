"""The page's API: read threads, follow them live, write, decide, press, and say who one is."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.domain.message import Person, Thread
from bot.talk.channels.web.channel import WebChannel
from bot.talk.channels.web.entry import Entry
from bot.talk.channels.web.events import Decided, Me, Pressed, Written
from bot.talk.channels.web.sessions import Session, Sessions, cookie_name
from bot.talk.channels.web.settings import WebSettings
from bot.talk.channels.web.stage import Pictures, Story
from bot.talk.channels.web.threshold import Threshold, body
from bot.talk.channels.web.uploads import Uploads
from bot.talk.hints import Hints
from bot.talk.refused import Refused

HEARTBEAT = 15.0
MOST_READERS = 20
"""Open streams of one session: more are forgotten tabs or a fault."""
PICTURES = {"image/png", "image/jpeg", "image/webp", "image/gif"}


def said(told: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(told), status, media_type="application/json")


class Api:
    """Each method is one route."""

    def __init__(
        self,
        channel: WebChannel,
        sessions: Sessions,
        threshold: Threshold,
        settings: WebSettings,
        hints: Hints,
        story: Story | None,
        pictures: Pictures | None,
        uploads: Uploads,
    ) -> None:
        self._channel = channel
        self._sessions = sessions
        self._threshold = threshold
        self._settings = settings
        self._hints = hints
        self._story = story
        self._pictures = pictures
        self._uploads = uploads
        self._readers: dict[str, int] = {}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/web/me", self.me, methods=["GET"]),
            Route("/web/me", self.be, methods=["POST"]),
            Route("/web/threads", self.threads, methods=["GET"]),
            Route("/web/threads/{id}", self.thread, methods=["GET"]),
            Route("/web/stream", self.stream, methods=["GET"]),
            Route("/web/messages", self.write, methods=["POST"]),
            Route("/web/files", self.attach, methods=["POST"]),
            Route("/web/decisions", self.decide, methods=["POST"]),
            Route("/web/presses", self.press, methods=["POST"]),
            Route("/web/images/{id}", self.picture, methods=["GET"]),
            Route("/web/commands", self.commands, methods=["GET"]),
            Route("/web/story", self.story, methods=["GET"]),
            Route("/web/story/{id}", self.play, methods=["POST"]),
        ]

    async def me(self, request: Request) -> Response:
        """Who I am. Without tokens, whoever comes first sits down as the first of the seats."""
        self._threshold.at_our_name(request)
        session = await self._sessions.of(request)
        if session is None and self._sessions.needs_token:
            return said({"signed_in": False, "needs_token": True})
        if session:
            return said(self._who(session))
        session, cookie = await self._sessions.open(request, self._sessions.seats()[0], "UTC")
        return self._with_cookie(said(self._who(session)), request, cookie)

    async def be(self, request: Request) -> Response:
        self._threshold.at_our_name(request)
        self._threshold.from_our_page(request)
        session = await self._sessions.of(request)
        asked = await body(request, Me)
        if asked.token:
            self._threshold.one_try(request)
            seat = await self._sessions.holder(request, asked.token)
            session, cookie = await self._sessions.open(request, seat, asked.zone or "UTC")
            return self._with_cookie(said(self._who(session)), request, cookie)
        session = await self._threshold.poster(request)
        if asked.leave:
            await self._sessions.close(session, request)
            gone = said({"signed_in": False, "needs_token": self._sessions.needs_token})
            gone.delete_cookie(cookie_name(request))
            return gone
        wanted = self._sessions.seat(asked.seat) if asked.seat else None
        return said(self._who(await self._sessions.change(session, request, wanted, asked.language, asked.zone)))

    async def threads(self, request: Request) -> Response:
        await self._threshold.session(request)
        return said({"threads": await self._channel.store.threads()})

    async def thread(self, request: Request) -> Response:
        await self._threshold.session(request)
        thread = request.path_params["id"][:80]
        seq = self._channel.next_seq()
        before = _number(request, "before")
        entries = await self._channel.entries(thread, None, before=before)
        if not entries and before is None:
            raise Refused(404, "web_no_thread")
        return said({"id": thread, "seq": seq, "entries": [orjson.Fragment(each.encoded()) for each in entries]})

    async def stream(self, request: Request) -> Response:
        """Server-sent events: what changed since `after` (or Last-Event-ID), then all that follows."""
        session = await self._threshold.session(request)
        thread = request.query_params.get("thread", "")[:80]
        after = _number(request, "after") or 0
        told = request.headers.get("last-event-id", "")
        after = max(after, int(told)) if told.isdigit() and len(told) < 20 else after
        if self._readers.get(session.id, 0) >= MOST_READERS:
            raise Refused(429, "web_too_many_pages", {"retry-after": "10"}, most=MOST_READERS)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._follow(session, thread, after), media_type="text/event-stream", headers=headers)

    async def _follow(self, session: Session, thread: str, after: int) -> AsyncIterator[bytes]:
        reader = self._channel.reader(thread, session.person)
        self._readers[session.id] = self._readers.get(session.id, 0) + 1
        try:
            yield b"retry: 1000\nevent: hello\ndata: {}\n\n"
            missed = await self._channel.entries(thread, after) if thread else []
            if missed:
                yield b"".join(entry.wire() for entry in missed)
            for summary in reversed(await self._channel.store.threads(after=after) if after else []):
                yield b"event: thread\ndata: %s\n\n" % orjson.dumps(summary)
            async for batch in reader.batches(HEARTBEAT):
                yield batch
        finally:
            self._channel.hub.part(reader)
            self._readers[session.id] -= 1
            if not self._readers[session.id]:
                del self._readers[session.id]

    async def write(self, request: Request) -> Response:
        session = await self._threshold.poster(request)
        written = await body(request, Written)
        text = written.text.strip()
        if not text:
            raise Refused(422, "web_empty")
        if len(text) > self._settings.most_letters:
            raise Refused(413, "web_too_long", most=self._settings.most_letters)
        place = await self._place(written.thread) if written.thread else _opened_by(written.key, session.person)
        files = await self._uploads.named(written.files)
        message = written.heard(place, session.person, self._channel.now(), files)
        seq = self._channel.next_seq()
        entry = Entry(
            "entry",
            seq,
            slot=message.key,
            thread=place.id,
            position=seq,
            at=message.at.timestamp(),
            who=session.person,
            text=text,
            files=files,
        )
        new = await self._channel.hear(message, entry, place)
        return said({"thread": place.id, "slot": message.key, "seq": seq, "new": new}, 202)

    async def attach(self, request: Request) -> Response:
        """The body is the file, x-file-name its name."""
        await self._threshold.poster(request)
        kept = await self._uploads.take(request)
        return said({"id": kept.url, "name": kept.name, "media_type": kept.media_type}, 201)

    async def decide(self, request: Request) -> Response:
        session = await self._threshold.poster(request)
        decided = await body(request, Decided)
        place = await self._place(decided.thread)
        new = await self._channel.hear(decided.heard(place, session.person, self._channel.now()))
        return said({"new": new}, 202)

    async def press(self, request: Request) -> Response:
        session = await self._threshold.poster(request)
        pressed = await body(request, Pressed)
        place = await self._place(pressed.thread)
        new = await self._channel.hear(pressed.heard(place, session.person, self._channel.now()))
        return said({"new": new}, 202)

    async def picture(self, request: Request) -> Response:
        await self._threshold.session(request)
        found = await self._pictures(request.path_params["id"]) if self._pictures else None
        if found is None or found[1] not in PICTURES:
            raise Refused(404, "web_no_picture")
        return Response(
            found[0], media_type=found[1], headers={"cache-control": "private, max-age=31536000, immutable"}
        )

    async def commands(self, request: Request) -> Response:
        session = await self._threshold.session(request)
        return said({"commands": list(self._hints(session.person.language))})

    async def story(self, request: Request) -> Response:
        session = await self._threshold.session(request)
        scenes = self._story.scenes(session.person.language) if self._story else ()
        return said({"scenes": list(scenes)})

    async def play(self, request: Request) -> Response:
        session = await self._threshold.poster(request)
        if self._story is None:
            raise Refused(404, "web_no_story")
        try:
            return said({"sentence": await self._story.play(request.path_params["id"], session.person)})
        except KeyError as error:
            raise Refused(404, "web_no_story") from error

    async def _place(self, thread: str) -> Thread:
        if place := await self._channel.place(thread):
            return place
        raise Refused(404, "web_no_thread")

    def _who(self, session: Session) -> dict[str, Any]:
        person = session.person
        return {
            "signed_in": True,
            "needs_token": self._sessions.needs_token,
            "id": person.id,
            "name": person.name,
            "roles": sorted(person.roles),
            "language": person.language,
            "zone": person.zone,
            "csrf": session.csrf,
            "seats": [
                {"id": each.id, "name": each.name, "roles": sorted(each.roles)} for each in self._sessions.seats()
            ],
            "story": self._story is not None,
            "most_letters": self._settings.most_letters,
        }

    @staticmethod
    def _with_cookie(response: Response, request: Request, cookie: str) -> Response:
        response.set_cookie(
            cookie_name(request),
            cookie,
            max_age=30 * 86_400,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response


def _number(request: Request, name: str) -> int | None:
    told = request.query_params.get(name, "")
    return int(told) if told.isdigit() and len(told) < 20 else None


def _opened_by(key: str, person: Person) -> Thread:
    """A new thread, the same however often the page sends the message that opens it."""
    return Thread("web", f"t-{hashlib.sha256(f'{person.id} {key}'.encode()).hexdigest()[:20]}")
