"""What the page sends us, read into our words. Who sends it is known from the session, never from the body."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.domain.message import Attachment, Decision, Language, Message, Person, Press, PressKind, Thread

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
"""Made by the page for each click and message, so that one sent twice by a bad network counts once."""
ThreadId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")]


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError("not a known time zone") from error


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=100_000)


class Written(_Sent):
    """POST /web/messages."""

    key: Key
    thread: ThreadId | None = None
    text: str
    files: list[Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]] = Field(default_factory=list, max_length=10)
    """Ids that POST /web/files gave."""

    def heard(self, thread: Thread, person: Person, at: datetime, files: tuple[Attachment, ...] = ()) -> Message:
        return Message(f"web:message:{person.id}:{self.key}", thread, person, self.text.strip(), at, files)


class Decided(_Sent):
    """POST /web/decisions."""

    key: Key
    thread: ThreadId
    approval_id: str = Field(min_length=1, max_length=200)
    digest: str = Field(max_length=200)
    granted: bool
    reason: str = Field("", max_length=1000)
    typed: str = Field("", max_length=500)

    def heard(self, thread: Thread, person: Person, at: datetime) -> Decision:
        return Decision(
            f"web:decision:{person.id}:{self.key}",
            thread,
            self.approval_id,
            self.digest,
            person,
            self.granted,
            at,
            self.reason.strip(),
            self.typed,
        )


class Pressed(_Sent):
    """POST /web/presses."""

    key: Key
    thread: ThreadId
    kind: PressKind
    target: str = Field("", max_length=400)
    value: str = Field("", max_length=20_000)

    def heard(self, thread: Thread, person: Person, at: datetime) -> Press:
        return Press(f"web:press:{person.id}:{self.key}", thread, person, self.kind, self.target, at, self.value)


class Me(_Sent):
    """POST /web/me: sign in, sit down as somebody else, or say one's language and time zone."""

    token: str = Field("", max_length=400)
    seat: str = Field("", max_length=40)
    language: Language | None = None
    zone: Annotated[str, Field(max_length=64), AfterValidator(_zone)] = ""
    leave: bool = False
