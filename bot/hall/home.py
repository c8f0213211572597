"""Where incidents are told, and in whose words."""

from dataclasses import dataclass, replace

from bot.domain.incident import Incident
from bot.domain.message import Language, Person, Thread
from bot.talk.threads import our_thread

BOT = Person("dutybot", "DutyBot", "bot")


@dataclass(frozen=True, slots=True)
class Home:
    """Where incidents live, and in whose words."""

    channel: str
    place: str
    language: Language
    zone: str

    def bot(self) -> Person:
        """Who asks where nobody asked: ourselves, speaking the language and keeping the time of this place."""
        return replace(BOT, language=self.language, zone=self.zone)

    def thread(self, incident: Incident) -> Thread:
        """The one thread of an incident."""
        return our_thread(self.channel, self.place, f"incident:{incident.id}")
