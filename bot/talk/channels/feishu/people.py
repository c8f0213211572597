"""Who somebody is: name, e-mail and departments from the address book, roles from what is configured."""

import asyncio
import contextlib
import time
from dataclasses import replace

import structlog

from bot.domain.message import Person
from bot.errors import ChannelError
from bot.talk.channels.feishu.client import FeishuClient
from bot.talk.channels.feishu.settings import FeishuSettings

log = structlog.get_logger()
KEPT = 600.0
GROUPS_EVERY = 120.0
GROUPS_KEPT = 900.0
"""A group that could not be read for so long gives no role any more."""
MOST = 20_000
PATIENCE = 1.0
"""Seconds: a click must be answered within three."""


class People:
    """Profiles are kept for ten minutes: roles hang on them."""

    def __init__(self, client: FeishuClient, settings: FeishuSettings) -> None:
        self._client = client
        self._settings = settings
        self._known: dict[str, tuple[float, Person]] = {}
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        self.read = asyncio.Event()
        """Set once every group has been asked for."""

    async def of(self, user: str, workspace: str) -> Person:
        """The person behind an open_id of a believed event; without a profile if it cannot be had in time."""
        until, person = self._known.get(user, (0.0, None))
        if person is None or until < time.monotonic():
            person = await self._read(user, workspace)
        person = person or self._person(user, user, workspace, frozenset(), "")
        return replace(person, roles=person.roles | self._by_group(user))

    async def keep_groups(self) -> None:
        """Read the members of the group chats and user groups that mean something, again and again."""
        marks = [each for each in self._settings.roles if not each.startswith(("ou_", "od-", "od_"))]
        while True:
            for mark in marks:
                try:
                    self._groups[mark] = (time.monotonic() + GROUPS_KEPT, await self._members(mark))
                except ChannelError as error:
                    log.warning("a group could not be read", group=mark, why=str(error))
            self.read.set()
            await asyncio.sleep(GROUPS_EVERY)

    async def members(self, roles: frozenset[str]) -> tuple[Person, ...]:
        """Everyone to whom a name, a department or a group gives one of these roles."""
        now, found = time.monotonic(), set[str]()
        for mark in (mark for mark, role in self._settings.roles.items() if role in roles):
            if mark.startswith("ou_"):
                found.add(mark)
            elif mark.startswith(("od-", "od_")):
                try:
                    found |= await self._of_department(mark)
                except ChannelError as error:
                    log.warning("a department could not be read", department=mark, why=str(error))
            else:
                until, members = self._groups.get(mark, (0.0, frozenset[str]()))
                found |= members if until > now else frozenset()
        return tuple(self._person(user, user, "", frozenset(), "") for user in sorted(found))

    async def _of_department(self, department: str) -> frozenset[str]:
        """Those who belong to it themselves, page by page: the same who have its role."""
        kinds = {"user_id_type": "open_id", "department_id_type": "open_department_id", "page_size": "50"}
        found: set[str] = set()
        page: dict[str, str] = {}
        while True:
            asked = {**kinds, "department_id": department, **page}
            told = await self._client.call("GET", "/contact/v3/users/find_by_department", params=asked)
            found |= {str(each.get("open_id", "")) for each in told.get("items") or ()}
            if not told.get("has_more") or not told.get("page_token"):
                return frozenset(found - {""})
            page = {"page_token": str(told["page_token"])}

    def _by_group(self, user: str) -> frozenset[str]:
        now = time.monotonic()
        groups = [group for group, (until, members) in self._groups.items() if until > now and user in members]
        return frozenset(self._settings.roles[group] for group in groups)

    async def _members(self, group: str) -> frozenset[str]:
        """All of them, page by page. A group that could not be read to its end gives no role by this reading."""
        chat = group.startswith("oc_")
        path = f"/im/v1/chats/{group}/members" if chat else f"/contact/v3/group/{group}/member/simplelist"
        found: set[str] = set()
        page: dict[str, str] = {}
        while True:
            told = await self._client.call(
                "GET", path, params={"member_id_type": "open_id", "page_size": "100", **page}
            )
            found |= {str(each.get("member_id", "")) for each in told.get("items" if chat else "memberlist") or ()}
            if not told.get("has_more") or not told.get("page_token"):
                return frozenset(found)
            page = {"page_token": str(told["page_token"])}

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
            guessed=True,
        )
