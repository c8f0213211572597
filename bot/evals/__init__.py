"""Scores: every file here scores one thing on recorded cases, and says honestly whether it ran."""

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

JSON: TypeAlias = "str | int | float | bool | list[JSON] | dict[str, JSON] | None"


def _nobody(_: str) -> None:
    """Nobody wants to know how far it is."""


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """What the caller chose: where the cases are, how many to take, and switches of one eval.

    `told` hears, in a few words, how far it is.
    """

    cases: Path | None = None
    limit: int | None = None
    only: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    told: Callable[[str], object] = _nobody


@dataclass(frozen=True, slots=True)
class CaseScore:
    """One case: right, wrong, or (passed is None) not run, and why."""

    id: str
    passed: bool | None
    why: str = ""
    facts: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvalReport:
    """All scores of one run. A figure that was not measured is not there."""

    suite: str
    cases: tuple[CaseScore, ...]
    figures: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def ran(self) -> int:
        return sum(1 for case in self.cases if case.passed is not None)

    @property
    def passed(self) -> int:
        return sum(1 for case in self.cases if case.passed)

    @property
    def failed(self) -> int:
        return self.ran - self.passed

    @property
    def not_run(self) -> int:
        return len(self.cases) - self.ran

    @property
    def exit_code(self) -> int:
        """0 only if something ran."""
        return 0 if self.ran else 2

    def as_json(self) -> dict[str, JSON]:
        """The one shape that every `dutybot eval X --json` prints."""
        return {
            "suite": self.suite,
            "ran": self.ran,
            "passed": self.passed,
            "failed": self.failed,
            "not_run": self.not_run,
            "cases": [
                {"id": case.id, "passed": case.passed, "why": case.why, **dict(case.facts)} for case in self.cases
            ],
            "figures": dict(self.figures) if self.ran else {},
        }

    def as_text(self) -> str:
        """For a person at a terminal: what failed, then the figures."""
        wrong = [f"  wrong    {case.id}: {case.why}" for case in self.cases if case.passed is False]
        unrun = [f"  not run  {case.id}: {case.why}" for case in self.cases if case.passed is None]
        head = f"{self.suite}: ran {self.ran}, passed {self.passed}, failed {self.failed}, not run {self.not_run}"
        figures = json.dumps(dict(self.figures), ensure_ascii=False, indent=2) if self.ran else "{}"
        return "\n".join([*wrong, *unrun, head, figures])


class Eval(Protocol):
    """One file in this folder offers `make()`, which returns one of these."""

    name: str

    async def run(self, options: EvalOptions) -> EvalReport:
        """Score, and never raise for a case that is wrong."""
        ...


class NoSuchEval(LookupError):
    """Asked for an eval that no file in this folder offers."""


def names() -> tuple[str, ...]:
    """All evals, by their file's name; `bench_X` files are benches."""
    found = [module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg]
    return tuple(sorted(name for name in found if not name.startswith("_")))


def load(name: str) -> Eval:
    """The eval of that name; its file is imported only now, since some need heavy libraries."""
    if name not in names():
        raise NoSuchEval(f"There is no eval called '{name}'. There are: {', '.join(names())}.")
    module = importlib.import_module(f"{__name__}.{name}")
    if not hasattr(module, "make"):
        raise NoSuchEval(f"'{name}' is not an eval: its file has no make().")
    made: Eval = module.make()
    return made


async def run_eval(name: str, options: EvalOptions | None = None) -> EvalReport:
    """What `dutybot eval NAME` and `dutybot bench NAME` (as `bench_NAME`) call."""
    return await load(name).run(options or EvalOptions())
