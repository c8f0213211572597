"""Which service is to blame: every file here accuses services from one kind of signal; the accusations are summed."""

from bot.think.diagnosis.suspects.rank import rank_services

__all__ = ["rank_services"]
