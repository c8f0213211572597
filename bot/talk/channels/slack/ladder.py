"""From the full card down to plain words, one step for each time Slack refuses it. Buttons stand on every step."""

import re
from collections.abc import Mapping

from bot.domain.card import Card
from bot.errors import CardRefused
from bot.talk.channels.slack.blocks import Rendered, plainest, render

POINTER = re.compile(r"/blocks/(\d+)")
PATIENCE = 3
"""Times that a picture is waited for: Slack needs a moment to look at what was uploaded."""


class Ladder:
    """One card on its way to a form that is accepted."""

    def __init__(self, card: Card, pictures: Mapping[str, str]) -> None:
        self._card = card
        self._pictures = dict(pictures)
        self._plainly: frozenset[int] = frozenset()
        self._last = False
        self._waited = 0
        self.step = 0
        self.waits_for_picture = False
        self._rendered = render(card, pictures=pictures)

    def rendered(self) -> Rendered:
        return self._rendered

    def down(self, refused: CardRefused) -> bool:
        """One step simpler, at the place that Slack points to if it does. False: there is none below."""
        self.step += 1
        if self._last:
            return False
        pointed = self._pointed(refused)
        self.waits_for_picture = bool(pointed) and self._is_picture(pointed) and self._waited < PATIENCE
        if self.waits_for_picture:
            self._waited += 1
            return True
        everything = frozenset(range(len(self._card.blocks)))
        origins = frozenset(self._rendered.origins[place] for place in pointed) & everything
        if origins - self._plainly and self.step < 8:
            self._plainly |= origins
        elif everything - self._plainly:
            self._plainly, self._pictures = everything, {}
        else:
            self._last = True
        self._rendered = plainest(self._card) if self._last else render(self._card, self._plainly, self._pictures)
        return True

    def _pointed(self, refused: CardRefused) -> set[int]:
        told = " ".join(refused.values.get("messages", ()))
        return {int(found) for found in POINTER.findall(told) if int(found) < len(self._rendered.blocks)}

    def _is_picture(self, places: set[int]) -> bool:
        return all("slack_file" in self._rendered.blocks[place] for place in places)
