"""All that can happen: what comes in from outside, and what we tell ourselves so that it is not forgotten."""

from dataclasses import dataclass

from bot.domain.alert import Alert
from bot.domain.message import Decision, Message, Press, PressKind, Thread


@dataclass(frozen=True, slots=True)
class Granted:
    """Leave was given: take the steps. Kept like any event, so that a restart takes them too."""

    key: str
    thread: Thread
    approval_id: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The steps of an approval were taken, or not: go on with its case."""

    key: str
    thread: Thread
    approval_id: str


@dataclass(frozen=True, slots=True)
class Look:
    """An incident is new or has grown: find out why."""

    key: str
    thread: Thread
    incident_id: str


@dataclass(frozen=True, slots=True)
class Burst:
    """Alerts that waited in line together: each is kept as its own event, and all are handled at once."""

    alerts: tuple[Alert, ...]

    @property
    def key(self) -> str:
        return self.alerts[0].key


Event = Message | Decision | Press | Alert | Granted | Finished | Look


def lane(event: Event) -> str:
    """Events of one lane are handled one after another, in the order they came."""
    match event:
        case Alert():
            return "alerts"
        case Granted(approval_id=id):
            return f"approval:{id}"
        case Decision(approval_id=id):
            return f"decision:{id}"
        case Press(kind=PressKind.STOP, target=id):
            return f"stop:{id}"
        case _:
            return event.thread.key
