"""Asks for everything that the capacity report needs, and writes it where it is kept."""

import asyncio
from pathlib import Path

from skills.action import action
from skills.capacity import kept
from skills.capacity.advice import Advice, Unsure
from skills.capacity.kept import Memory
from skills.capacity.looks import EVENTS, Asked, Days, Looks, advised, lines_of
from skills.capacity.measures import MEASURES
from skills.capacity.outlook import Outlook, Refused, look_ahead
from skills.capacity.report import Report, Section, compose
from skills.capacity.settings import CapacitySettings
from skills.capacity.survey import Found, Survey
from skills.capacity.telling import Teller, facts
from skills.capacity.wording import Remark
from skills.errors import NotFound, SkillError
from skills.evidence import Evidence
from skills.risk import Risk


class Reporting:
    """The whole cluster on one page."""

    def __init__(self, looks: Looks, survey: Survey, settings: CapacitySettings, memory: Memory | None) -> None:
        self._memory = memory
        self._looks = looks
        self._survey = survey
        self._settings = settings

    @action(risk=Risk.READ, needs=EVENTS)
    async def capacity_report(self, days: Days = 3, language: Asked = "") -> Evidence:
        """Write the capacity report: what runs out first, what changed, and how last week's forecast did.

        Args:
            days: How many days ahead; beyond three only the trend goes on.
            language: Of the report: en or zh; empty for the usual one.
        """
        teller = self._looks.teller(language)
        report = await self.report(days, teller)
        files: tuple[str, ...] = ()
        if self._settings.report_folder:
            stamp = teller.now.strftime("%Y-%m-%d-%H%M")
            files = await asyncio.to_thread(report.keep, Path(self._settings.report_folder), stamp)
        return Evidence(
            report.summary,
            "capacity.capacity_report",
            table=report.table,
            series=tuple(line for one in report.charted for line in lines_of(one, teller)),
            lines=tuple(report.markdown.splitlines()),
            files=report.files(teller.now.strftime("%Y-%m-%d")),
            facts={
                "title": report.title,
                "outlooks": [dict(facts(one)) for one in report.charted],
                "advice": advised(report.advice, teller) if report.advice else None,
                "files": list(files),
            },
        )

    async def report(self, days: int, teller: Teller) -> Report:
        """The page itself, with its picture: for those who send it on a schedule."""
        sections: list[Section] = []
        advice: Advice = Unsure()
        for target in MEASURES:
            title = teller.say(f"target_{target}")
            try:
                found = await self._survey.of_target(target, "", "", teller)
            except SkillError as error:
                sections.append(Section(title, (), (Remark("unseen", why=str(error)),)))
                continue
            told = await asyncio.to_thread(_told, found, days, teller)
            if target == "cluster":
                advice = await self._looks.advice(found, told, teller)
            sections.append(Section(title, tuple(told), found.gaps))
        if not any(section.told for section in sections):
            raise NotFound("no_series", what=", ".join(MEASURES))
        now = teller.now.timestamp()
        before = kept.read(await self._memory.newest(kept.due(now))) if self._memory else None
        report = await asyncio.to_thread(compose, sections, advice, teller, before)
        if self._memory:
            await self._memory.keep(now, kept.written(now, report.told))
        return report


def _told(found: Found, days: int, teller: Teller) -> list[Outlook | Refused]:
    return look_ahead(found.subjects, days=days, now=teller.now.timestamp())
