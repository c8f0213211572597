"""What became of one step of an approval: taken, checked, and put back where it did not help."""

from dataclasses import dataclass, replace

from bot.domain.approval import Refusal
from skills import Evidence


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was seen after a change was made, and what was done about it."""

    better: bool
    """False also where nobody could say in time."""
    why: str
    unseen: bool = False
    """Nobody could see whether it helped: it is not put back, and people have to look."""
    undone: bool | None = None
    """None: there was no reason to put it back, or it is still to be done."""
    undo_why: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """How far a step has come; grows, and never changes in place."""

    outcome: Evidence | Refusal | None = None
    """None: not yet taken, or being taken now."""
    checking: str = ""
    """What the last look said, while it is being checked."""
    aftermath: Aftermath | None = None
    """None: not yet known, or a step that only looks."""

    @property
    def good(self) -> bool:
        """The next step may be taken."""
        return isinstance(self.outcome, Evidence) and (self.aftermath is None or self.aftermath.better)

    def told(self) -> Evidence | Refusal | None:
        """For the brain and the case: what came of it, with what was seen afterwards."""
        after = self.aftermath
        if after is None or not isinstance(self.outcome, Evidence):
            return self.outcome
        failed = "whether it helped could not be seen" if after.unseen else "it did not help"
        said = f"{'verified' if after.better else failed}: {after.why}"
        if after.undone is not None:
            said += f"; {'undone' if after.undone else 'not undone'}: {after.undo_why}"
        return replace(self.outcome, summary=f"{self.outcome.summary}; {said}")
