"""Who somebody is: name, language, time zone and e-mail from the profile, roles from user groups."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from bot.domain.message import Language, Person
from bot.errors import ChannelError
from bot.talk.answered import Answered
from bot.talk.channels.slack.client import SlackClient

log = structlog.get_logger()
TEXTS = dict.fromkeys(("id", "name", "locale", "tz", "display_name", "real_name", "email"), str)
PROFILE = {**TEXTS, "profile": TEXTS}
KEPT = 3_600.0
MOST = 20_000
PATIENCE = 1.0
"""Seconds: the event that names them must be acknowledged within three."""
GROUPS_EVERY = 120.0
GROUPS_KEPT = 900.0
"""A group that could not be read for so long gives no role any more."""


class People:
    """Profiles are kept for an hour; nobody is made to wait for them."""

    def __init__(self, client: SlackClient, roles: Mapping[str, str]) -> None:
        self._client = client
        self._roles = roles
        self._known: dict[tuple[str, str], tuple[float, Person]] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self.read = asyncio.Event()
        """Set once every group has been asked for."""
        self.home = ""
        """Our own workspace: roles are given to its people only."""

    async def of(self, user: str, workspace: str) -> Person:
        """The person behind an id of a signed event; without a profile if Slack does not tell it in time."""
        until, person = self._known.get((workspace, user), (0.0, None))
        if person is None or until < time.monotonic():
            person = await self._read(user, workspace) or person or Person(user, user, "slack", workspace, guessed=True)
        return replace(person, roles=self._roles_of(user, workspace))

    async def keep_groups(self) -> None:
        """Read the members of the groups that mean something, again and again."""
        while True:
            for group in self._roles:
                try:
                    told = await self._client.call("usergroups.users.list", usergroup=group)
                    self._members[group] = (time.monotonic() + GROUPS_KEPT, frozenset(told.get("users", ())))
                except ChannelError as error:
                    log.warning("a user group could not be read", group=group, why=str(error))
            self.read.set()
            await asyncio.sleep(GROUPS_EVERY)

    def members(self, roles: frozenset[str]) -> tuple[Person, ...]:
        """Everyone in the groups that give one of these roles."""
        now = time.monotonic()
        known = [
            members for group, (until, members) in self._members.items() if until > now and self._roles[group] in roles
        ]
        return tuple(Person(user, user, "slack", self.home) for user in sorted(frozenset().union(*known)))

    def _roles_of(self, user: str, workspace: str) -> frozenset[str]:
        if self.home and workspace != self.home:
            return frozenset()
        now = time.monotonic()
        groups = [group for group, (until, members) in self._members.items() if until > now and user in members]
        return frozenset(self._roles[group] for group in groups)

    async def _read(self, user: str, workspace: str) -> Person | None:
        with contextlib.suppress(ChannelError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                told = await self._client.call("users.info", user=user, include_locale="true")
            person = person_of(Answered(told["user"], PROFILE, "slack_unreachable"), workspace)
            if len(self._known) >= MOST:
                self._known.pop(next(iter(self._known)))
            self._known[workspace, user] = (time.monotonic() + KEPT, person)
            return person
        return None


def person_of(user: Mapping[str, Any], workspace: str) -> Person:
    """A profile in our words."""
    profile = user.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or user.get("name") or user["id"]
    locale, zone, email = str(user.get("locale") or ""), user.get("tz") or "UTC", profile.get("email") or ""
    language: Language = "zh" if locale.startswith("zh") else "en"
    return Person(user["id"], name, "slack", workspace, frozenset(), language, zone, email, guessed=not locale)
