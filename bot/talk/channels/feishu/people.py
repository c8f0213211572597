"""Who somebody is: name, e-mail and departments from the address book, roles from what is configured."""

import asyncio
import contextlib
import time

from bot.domain.message import Person
from bot.errors import ChannelError
from bot.talk.channels.feishu.client import FeishuClient
from bot.talk.channels.feishu.settings import FeishuSettings

KEPT = 600.0
MOST = 20_000
PATIENCE = 1.0
"""Seconds: a click must be answered within three."""


class People:
    """Profiles are kept for ten minutes: roles hang on them."""

    def __init__(self, client: FeishuClient, settings: FeishuSettings) -> None:
        self._client = client
        self._settings = settings
        self._known: dict[str, tuple[float, Person]] = {}

    async def of(self, user: str, workspace: str) -> Person:
        """The person behind an open_id of a believed event; without a profile if it cannot be had in time."""
        until, person = self._known.get(user, (0.0, None))
        if person is None or until < time.monotonic():
            person = await self._read(user, workspace)
        return person or self._person(user, user, workspace, frozenset(), "")

    async def _read(self, user: str, workspace: str) -> Person | None:
        with contextlib.suppress(ChannelError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                kinds = {"user_id_type": "open_id", "department_id_type": "open_department_id"}
                told = (await self._client.call("GET", f"/contact/v3/users/{user}", params=kinds)).get("user") or {}
            memberships = frozenset((user, *(told.get("department_ids") or ())))
            name = str(told.get("name") or user)
            person = self._person(user, name, workspace, memberships, str(told.get("email") or ""))
            if len(self._known) >= MOST:
                self._known.pop(next(iter(self._known)))
            self._known[user] = (time.monotonic() + KEPT, person)
            return person
        return None

    def _person(self, user: str, name: str, workspace: str, memberships: frozenset[str], email: str) -> Person:
        roles = {role for mark, role in self._settings.roles.items() if mark in memberships or mark == user}
        return Person(
            user,
            name,
            "feishu",
            workspace,
            frozenset(roles),
            self._settings.language,
            self._settings.zone,
            email,
        )
