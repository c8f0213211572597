"""Evidence -> ranked causes, with no model. `diagnose(sight)` is the whole of it."""

from bot.think.diagnosis.diagnose import diagnose
from bot.think.diagnosis.report import Chart, Diagnosis, Moment, Suspect, Verdict

__all__ = ["Chart", "Diagnosis", "Moment", "Suspect", "Verdict", "diagnose"]
