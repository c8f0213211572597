"""Accounts that are one person: by the e-mail that their platforms vouch for, or by a code said from both."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.act.repairs import Repairs
from bot.domain.message import Person

LASTS = 600.0
"""Seconds that a code waits for the other account."""
MOST_NOTED = 20_000
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Kin:
    """Being one person gives no rights: it takes some away, for nobody approves what they asked for."""

    def __init__(self, marks: Repairs, now: Callable[[], datetime]) -> None:
        self._marks = marks
        self._now = now
        self._noted: dict[str, tuple[str, str]] = {}

    async def same(self, first: Person, second: Person) -> bool:
        """Whether two accounts are one person's."""
        if first.key == second.key:
            return True
        if first.email and first.email.casefold() == second.email.casefold():
            return True
        mine = await self._name(first)
        return mine != "" and mine == await self._name(second)

    async def any(self, person: Person, others: Sequence[Person]) -> bool:
        """Whether one of these is the same."""
        for each in others:
            if await self.same(person, each):
                return True
        return False

    async def offer(self, person: Person) -> str:
        """A code, to be said from the other account within ten minutes."""
        code = "".join(secrets.choice(LETTERS) for _ in range(8))
        await self._marks.mark(_code(code), self._now(), person.key)
        return code

    async def join(self, code: str, person: Person) -> str:
        """The account that the code came from, now one with this; empty when it is no code, or not any more."""
        found = await self._marks.marked(_code(code))
        if found is None or not found[1] or self._now().timestamp() - found[0] > LASTS or found[1] == person.key:
            return ""
        await self._marks.mark(_code(code), self._now(), "")
        other = found[1]
        known = await self._marks.marked(f"kin:{other}")
        name = known[1] if known and known[1] else secrets.token_hex(16)
        for key in (other, person.key):
            await self._marks.mark(f"kin:{key}", self._now(), name)
            if told := await self._marks.marked(f"profile:{key}"):
                await self._marks.mark(f"profile of kin:{name}", self._now(), told[1])
        return other

    async def seen(self, person: Person) -> Person:
        """As they are known elsewhere: where a platform tells no language and zone, those of the linked account."""
        if not person.guessed:
            await self._note(person)
            return person
        found = [await self._marks.marked(each) for each in await self._profiles(person)]
        told = max((each for each in found if each and each[1]), default=None)
        if told is None:
            return person
        language, _, zone = told[1].partition(" ")
        return replace(person, language="zh" if language == "zh" else "en", zone=zone)

    async def _note(self, person: Person) -> None:
        """What its platform tells of this account, for those that are linked with it."""
        told = (f"{person.language} {person.zone}", person.email)
        if self._noted.get(person.key) == told:
            return
        for each in (f"profile:{person.key}", *await self._profiles(person)):
            await self._marks.mark(each, self._now(), told[0])
        if len(self._noted) >= MOST_NOTED:
            self._noted.pop(next(iter(self._noted)))
        self._noted[person.key] = told

    async def _profiles(self, person: Person) -> list[str]:
        """Where the language and zone stand that this account shares with others."""
        name = await self._name(person)
        mail = hashlib.sha256(person.email.casefold().encode()).hexdigest()
        return [*([f"profile of kin:{name}"] if name else []), *([f"profile of mail:{mail}"] if person.email else [])]

    async def leave(self, person: Person) -> None:
        """This account stands alone again."""
        await self._marks.mark(f"kin:{person.key}", self._now(), "")

    async def _name(self, person: Person) -> str:
        found = await self._marks.marked(f"kin:{person.key}")
        return found[1] if found else ""


def _code(code: str) -> str:
    return f"kin code:{hashlib.sha256(code.strip().upper().encode()).hexdigest()}"
