"""Who is at the page: a cookie that the page's own script cannot read, kept in the database by its hash only."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, String, Table, select
from starlette.requests import Request

from bot.database import Database, metadata
from bot.domain.message import Language, Person
from bot.talk.channels.web.settings import Seat, WebSettings
from bot.talk.refused import Refused, language_of
from bot.talk.visits import Visits

SESSIONS = Table(
    "web_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", String(40), nullable=False),
    Column("language", String(8), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
LASTS = timedelta(days=30)
DOOR = "web"
MOST_CACHED = 5000


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that has come in."""

    id: str
    """Hash of what the cookie holds."""
    person: Person
    csrf: str


class Sessions:
    """Opens, finds and changes them."""

    def __init__(
        self, database: Database, settings: WebSettings, now: Callable[[], datetime], visits: Visits | None = None
    ) -> None:
        self._database = database
        self._visits = visits
        self._now = now
        self._seats = {seat.id: seat for seat in settings.people}
        self._tokens = {who: token.get_secret_value() for who, token in settings.tokens.items()}
        self._known: dict[str, Session] = {}

    @property
    def needs_token(self) -> bool:
        return bool(self._tokens)

    def seats(self) -> list[Seat]:
        """Where one may sit down without a token; none when tokens are used."""
        return [] if self.needs_token else list(self._seats.values())

    async def holder(self, request: Request, token: str) -> Seat:
        """Whose token it is; each is compared, so that the time tells nothing. Raises Refused."""
        found = [who for who, secret in self._tokens.items() if hmac.compare_digest(_hash(secret), _hash(token))]
        if not found or found[0] not in self._seats:
            if self._visits:
                await self._visits.refused("unknown", DOOR, "a wrong token", request)
            raise Refused(401, "web_wrong_token")
        return self._seats[found[0]]

    def seat(self, id: str) -> Seat:
        if self.needs_token or id not in self._seats:
            raise Refused(403, "web_not_your_seat")
        return self._seats[id]

    async def of(self, request: Request) -> Session | None:
        """The session of this request, if its cookie is one of ours."""
        cookie = request.cookies.get(cookie_name(request), "")
        if not cookie or len(cookie) > 200:
            return None
        key = _hash(cookie)
        if key not in self._known:
            async with self._database.read() as connection:
                row = (await connection.execute(select(SESSIONS).where(SESSIONS.c.id == key))).one_or_none()
            if row is None or row.person not in self._seats or _aware(row.until, self._now()) < self._now():
                return None
            found = Session(key, _person(self._seats[row.person], row.language, row.zone), csrf_of(cookie))
            self._remember(found)
            return found
        return self._known[key]

    async def open(self, request: Request, seat: Seat, zone: str) -> tuple[Session, str]:
        """A new session and the cookie that holds it."""
        cookie = secrets.token_urlsafe(32)
        language = language_of(request.headers.get("accept-language", ""))
        session = Session(_hash(cookie), _person(seat, language, zone), csrf_of(cookie))
        await self._came(session, request)
        await self._keep(session)
        return session, cookie

    async def _came(self, session: Session, request: Request) -> None:
        if self._visits:
            how = "with a token" if self.needs_token else "took a seat"
            await self._visits.came(session.person.key, DOOR, how, request)

    async def change(
        self, session: Session, request: Request, seat: Seat | None, language: Language | None, zone: str
    ) -> Session:
        """The same browser, as somebody else or in another language."""
        person = session.person
        if seat:
            person = _person(seat, person.language, person.zone)
        person = replace(person, language=language or person.language, zone=zone or person.zone)
        changed = replace(session, person=person)
        if person.key != session.person.key:
            await self._came(changed, request)
        if changed != session:
            await self._keep(changed)
        return changed

    async def close(self, session: Session, request: Request) -> None:
        if self._visits:
            await self._visits.left(session.person.key, DOOR, request)
        self._known.pop(session.id, None)
        async with self._database.begin() as connection:
            await connection.execute(SESSIONS.delete().where(SESSIONS.c.id == session.id))

    async def _keep(self, session: Session) -> None:
        person, now = session.person, self._now()
        row = {"person": person.id, "language": person.language, "zone": person.zone, "until": now + LASTS}
        statement = self._database.insert(SESSIONS).values(id=session.id, **row)
        async with self._database.begin() as connection:
            await connection.execute(SESSIONS.delete().where(SESSIONS.c.until < now))
            await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))
        self._remember(session)

    def _remember(self, session: Session) -> None:
        if not self._database.is_sqlite:
            return  # another replica may change or close it
        if len(self._known) >= MOST_CACHED:
            self._known.pop(next(iter(self._known)))
        self._known[session.id] = session


def cookie_name(request: Request) -> str:
    """Browsers share cookies between the ports of one machine; two bots on it must not share theirs."""
    return f"dutybot_{request.url.port or 0}"


def csrf_of(cookie: str) -> str:
    """What a page of ours must send along; it follows from the cookie, which other sites cannot read."""
    return hashlib.sha256(b"csrf:" + cookie.encode()).hexdigest()[:40]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _person(seat: Seat, language: str, zone: str) -> Person:
    known: Language = "zh" if language == "zh" else "en"
    return Person(seat.id, seat.name, "web", "", seat.roles, known, zone, seat.email)


def _aware(moment: datetime, like: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=like.tzinfo)
