"""The desk for a person at a terminal: their own file or query in, sentences, JSON or a chart out."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from skills.capacity import models
from skills.capacity.client import PrometheusReader
from skills.capacity.history import clean
from skills.capacity.outlook import Outlook, Refused, Subject, look_ahead
from skills.capacity.report import Section, compose
from skills.capacity.series_file import read_series
from skills.capacity.settings import CapacitySettings, PrometheusAddress
from skills.capacity.survey import Survey
from skills.capacity.telling import Teller, facts, urgency
from skills.capacity.wording import Remark
from skills.errors import BadArguments, NotFound
from skills.evidence import JSON

Told = list[Outlook | Refused]
BATCH = 500
"""Series worked on at once."""
MOST_TOLD = 20
"""Series told in text; JSON has all."""
TRIED = 200
"""With more series than this there are no trials on last week: they cost five times the forecast."""


class Desk:
    """One language, one time zone: those of the terminal."""

    def __init__(self, language: str = "") -> None:
        usual = CapacitySettings()
        self._settings = usual.model_copy(update={"language": language}) if language in ("en", "zh") else usual
        self._gaps: tuple[Remark, ...] = ()
        """What Prometheus did not give."""
        self._teller = Teller(self._settings.language, datetime.now().astimezone())

    def of_file(
        self,
        path: Path,
        days: int,
        ceiling: float | None,
        model: str,
        *,
        counter: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Told:
        """Every series of a file, a batch at a time; `progress` is told how many are done."""
        _check(model)
        found = list(read_series(path).items())
        told: Told = []
        for first in range(0, len(found), BATCH):
            batch = [
                Subject(name, clean(points, counter=counter), ceiling=ceiling)
                for name, points in found[first : first + BATCH]
            ]
            told += look_ahead(batch, days=days, name=model, with_trials=len(found) <= TRIED)
            if progress is not None:
                progress(len(told), len(found))
        return told

    async def of_query(
        self,
        query: str,
        days: int,
        ceiling: float | None,
        model: str,
        progress: Callable[[int, int], None] | None = None,
    ) -> Told:
        """Every series that Prometheus gives."""
        _check(model)
        reader = PrometheusReader(PrometheusAddress(), self._settings)
        try:
            found = await Survey(reader, self._settings, None).of_query(query, ceiling, self._teller, progress)
        finally:
            await reader.close()
        if not found.watched:
            raise NotFound("no_series", what=query)
        self._gaps = found.gaps
        now = self._teller.now.timestamp()
        return look_ahead(found.subjects, days=days, name=model, with_trials=len(found.watched) <= TRIED, now=now)

    def chart(self, told: Told) -> bytes:
        """As PNG, the most urgent first."""
        from skills.capacity.charts import draw

        return draw([one for one in sorted(told, key=urgency) if isinstance(one, Outlook)], self._teller)

    def keep(self, told: Told, folder: Path) -> tuple[str, ...]:
        """The page as Markdown, CSV and PNG; gives their paths."""
        page = compose([Section(self._teller.say("measure_query"), tuple(told), self._gaps)], None, self._teller)
        return page.keep(folder, self._teller.now.strftime("%Y-%m-%d-%H%M"))

    def as_text(self, told: Told) -> str:
        """The most urgent first."""
        shown = sorted(told, key=urgency)[:MOST_TOLD]
        return "\n".join([*self._lines(shown), *self._rest(shown, told), *map(str, self._unseen())])

    def as_json(self, told: Told) -> JSON:
        """All of them."""
        return {"forecasts": [dict(facts(one)) for one in sorted(told, key=urgency)], "gaps": self._unseen()}

    def _unseen(self) -> list[JSON]:
        return [gap.told(self._teller.language) for gap in self._gaps]

    @staticmethod
    def anything(told: Told) -> bool:
        """Whether anything could be told at all."""
        return any(isinstance(one, Outlook) for one in told)

    def _lines(self, shown: Told) -> Iterable[str]:
        for one in shown:
            if isinstance(one, Refused):
                yield f"{one.subject.name}: {one.why.told(self._teller.language)}"
                continue
            yield f"{self._teller.headline(one)} {self._teller.surety(one)}"
            yield from (f"  - {remark.told(self._teller.language)}" for remark in one.remarks)

    def _rest(self, shown: Told, told: Told) -> Iterable[str]:
        if len(shown) < len(told):
            yield self._teller.say("wide_file", shown=len(shown), found=len(told))


def _check(name: str) -> None:
    if name not in models.names():
        raise BadArguments("no_such_model", model=name, known=", ".join(models.names()))
    if package := models.model(name).missing():
        raise BadArguments("model_not_installed", model=name, package=package)
