"""Keeps from people what is not for them: the model's chain of thought, and the plan block that becomes a card."""

import re

THINK = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ('<details style="color:gray', "</details>"))
"""The last is how older Dify servers wrap a chain of thought."""
PLAN = ("```aiops-plan", "```")
HIDDEN = (*THINK, PLAN)
_LONGEST = max(len(opening) for opening, _ in HIDDEN)


class Veil:
    """Feed me text as it comes; I give what may be shown. What may yet turn out to be hidden is held back."""

    def __init__(self) -> None:
        self._held = ""
        self._until = ""

    def feed(self, text: str) -> str:
        """What can be shown by now."""
        self._held += text
        shown = []
        while self._held:
            if self._until:
                _, closing, rest = self._held.partition(self._until)
                if not closing:
                    self._held = self._held[-(len(self._until) - 1) :]
                    break
                self._held, self._until = rest, ""
                continue
            at, opening, until = self._next_opening()
            shown.append(self._held[:at])
            self._held = self._held[at + len(opening) :]
            if not opening:
                break
            self._until = until
        return "".join(shown)

    def rest(self) -> str:
        """What was held back, now that the text is at its end."""
        shown, self._held, self._until = "" if self._until else self._held, "", ""
        return shown

    def _next_opening(self) -> tuple[int, str, str]:
        if "<" not in self._held and "`" not in self._held:
            return len(self._held), "", ""
        found = [(self._held.find(opening), opening, closing) for opening, closing in HIDDEN]
        openings = [each for each in found if each[0] >= 0]
        if openings:
            return min(openings)
        tail = self._held[-_LONGEST:]
        for start in range(len(tail)):
            if any(opening.startswith(tail[start:]) for opening, _ in HIDDEN):
                return len(self._held) - len(tail) + start, "", ""
        return len(self._held), "", ""


_BLOCK = re.compile(r"```aiops-plan[^\n`]*\n(.*?)\n?[ \t]*```", re.DOTALL)


def without_thinking(text: str) -> str:
    """A whole text without its chain of thought; an unclosed one ends it."""
    for opening, closing in THINK:
        while opening in text:
            before, _, rest = text.partition(opening)
            text = before + rest.partition(closing)[2]
    return text


def shown_and_blocks(text: str) -> tuple[str, tuple[str, ...]]:
    """A whole answer as people see it, and the plan blocks that were in it. A block that does not close is none."""
    text = without_thinking(text)
    blocks = tuple(_BLOCK.findall(text))
    shown = _BLOCK.sub("", text)
    shown, cut, _ = shown.partition(PLAN[0])
    shown = re.sub(r"\n{3,}", "\n\n", shown).strip()
    return shown, () if cut else blocks
