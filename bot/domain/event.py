"""All that can come in."""

from bot.domain.alert import Alert
from bot.domain.message import Decision, Message, Press

Event = Message | Decision | Press | Alert
