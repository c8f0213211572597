"""Puts back what a plan did, the last step first, where it did not help."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot.domain.course import Aftermath, Course
from skills import Evidence

PutBack = Callable[[int], Awaitable[object]]
"""Undoes the step at this place; gives Evidence, or a Refusal that says why not."""


def to_undo(courses: Mapping[int, Course], changes: frozenset[int]) -> tuple[int, ...]:
    """Places of the changes that were made and still stand, the last first."""
    made = (place for place in changes if place in courses and isinstance(courses[place].outcome, Evidence))
    return tuple(sorted((place for place in made if _stands(courses[place].aftermath)), reverse=True))


def _stands(after: Aftermath | None) -> bool:
    return after is None or after.undone is None


def put_back(course: Course, outcome: object) -> Course:
    """The course of a step after it was undone, or could not be."""
    before = course.aftermath or Aftermath(better=False, why="it was not checked")
    if isinstance(outcome, Evidence):
        return replace(course, aftermath=replace(before, undone=True, undo_why=outcome.summary))
    return replace(course, aftermath=replace(before, undone=False, undo_why=str(getattr(outcome, "why", outcome))))
