"""Shortens what a log says, and keeps its true cause: the end of a Java stack, the beginning of a Go panic."""

import re

CAUSE = re.compile(r"Caused by:|\[cause\]:|nested exception is|--->", re.IGNORECASE)
FRAME = re.compile(r"^\s*(at\s|\.\.\.\s?\d+ (more|common)|File \"|\d+: 0x|goroutine \d+|[\w./*()@-]+\(.*\)$|/\S+:\d+)")
SUPPRESSED = re.compile(r"\s+Caused by:")
"""Indented, it is the cause of what was only suppressed."""
PYTHON = "Traceback (most recent call last)"
CHAINED = re.compile(r"The above exception was the direct cause|During handling of the above exception")
PANIC = re.compile(r"^(panic:|fatal error:|thread '.*' panicked)")
ESCAPED = re.compile(r"\\r?\\n|\\n|\r")
SHORTEST = 40
"""Less than this of a line tells nothing."""
LEFT_OUT = "…"
MOST_READ = 100_000
MOST_LINES = 3000


def shortened(text: str, most: int) -> str:
    """The text within `most` characters: its first line, its root cause, and of the rest what has room."""
    text = text.strip()
    if len(text) <= most:
        return text
    lines = [line.rstrip() for line in ESCAPED.sub("\n", _ends(text)).split("\n") if line.strip()]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES // 2], *lines[-MOST_LINES // 2 :]]
    if len(lines) == 1:
        return _one(lines[0], most)
    kept: dict[int, str] = {}
    room = most
    for place in _by_worth(lines):
        left = room - 1 - (2 if place else 0)  # its line end, and a mark of what is left out before it
        share = left if kept else left * 3 // 5
        if share >= min(len(lines[place]), SHORTEST):
            kept[place] = _one(lines[place], share)
            room -= len(kept[place]) + 1 + (2 if place else 0)
        if room < SHORTEST:
            break
    return _laid_out(kept, len(lines), most)


def is_frame(line: str) -> bool:
    """Whether it only says where in the code it was."""
    return bool(FRAME.match(line))


def true_lines(lines: list[str], most: int) -> list[int]:
    """The places of the lines that say most of what a program last wrote, in order: causes before frames."""
    return sorted(_by_worth(lines, last=True)[:most])


def _ends(text: str) -> str:
    """Of a text beyond measure both ends, for either may hold the cause."""
    return text if len(text) <= MOST_READ else f"{text[: MOST_READ // 2]}\n{text[-MOST_READ // 2 :]}"


def _by_worth(lines: list[str], *, last: bool = False) -> list[int]:
    """Places of lines, most telling first: the root cause, the first line, other causes, what is no frame, frames."""
    causes = _causes(lines)
    root = causes[:1]
    plain = [place for place, line in enumerate(lines) if not FRAME.match(line)]
    if last:
        plain.reverse()
    after = [place + 1 for place in root if place + 1 < len(lines)]
    head = [] if last else [0]
    order = [*root, *head, *causes[1:], *plain[:1], *after, *plain, *range(len(lines))]
    return list(dict.fromkeys(order))


def _causes(lines: list[str]) -> list[int]:
    """Lines that name a cause, the deepest first."""
    chained = [place for place, line in enumerate(lines) if CHAINED.search(line)]
    if chained or any(PYTHON in line for line in lines):
        ends = [_said_before(lines, place) for place in (*chained, len(lines))]
        return list(dict.fromkeys(place for place in ends if place >= 0))
    panics = [place for place, line in enumerate(lines) if PANIC.match(line.strip())]
    if panics:
        return panics
    named = [place for place in range(len(lines) - 1, -1, -1) if CAUSE.search(lines[place])]
    own = [place for place in named if not SUPPRESSED.match(lines[place])]
    return [_beneath(lines, place) for place in own or named]


def _said_before(lines: list[str], place: int) -> int:
    """The last line before this one that is not indented: where a Python stack says its error."""
    return next((each for each in range(place - 1, -1, -1) if not lines[each][0].isspace()), -1)


def _beneath(lines: list[str], place: int) -> int:
    """'Caused by:' alone on its line, and a numbered list beneath: its last one is the root."""
    if not lines[place].rstrip().endswith("Caused by:"):
        return place
    while (
        place + 1 < len(lines) and re.match(r"\s+(\d+:\s)?\S", lines[place + 1]) and not FRAME.match(lines[place + 1])
    ):
        place += 1
    return place


def _one(line: str, most: int) -> str:
    """One line within the bound: its beginning, and its deepest cause where that lies further behind."""
    if len(line) <= most:
        return line
    deepest = max((found.start() for found in CAUSE.finditer(line)), default=0)
    if deepest < most - SHORTEST or most < 2 * SHORTEST:
        return line[: most - 1] + LEFT_OUT
    cause = line[deepest:][: most * 2 // 3]
    return f"{line[: most - len(cause) - 3].rstrip()} {LEFT_OUT} {cause}"


def _laid_out(kept: dict[int, str], number: int, most: int) -> str:
    """In the order in which they were written, with a mark where lines are left out."""
    shown: list[str] = []
    before = -1
    for place in sorted(kept):
        shown.append(f"{LEFT_OUT} {kept[place]}" if place > before + 1 else kept[place])
        before = place
    text = "\n".join(shown)
    return text + LEFT_OUT if before + 1 < number and len(text) < most else text
