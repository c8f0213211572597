"""Is all that is in the books on the shelf, and can it be read back?"""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from knowledge.chroma import Chroma
from knowledge.errors import ShelfAway
from knowledge.records import Records
from knowledge.tables import leaving, passages

MOST_LOOKED_AT = 20_000
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Health:
    """What `check` saw. All well when nothing is missing, left over, waiting or damaged."""

    passages: int
    shelved: int
    waiting: int
    missing: int
    """Marked as shelved, but not there."""
    left_over: int
    """There, but in no book."""
    damaged: int
    """Can't be read back, or is not what the books say. Of very many, some are looked at."""
    trouble: str = ""

    @property
    def well(self) -> bool:
        return self.sound and not self.waiting and not self.trouble

    @property
    def sound(self) -> bool:
        """What stands on the shelf is right, even if some does not stand there yet."""
        return not (self.missing or self.left_over or self.damaged)


async def examine(records: Records, shelf: Chroma | None, model: str) -> Health:
    """Compare the books with the shelf. Changes nothing."""
    async with records.engine.connect() as connection:
        rows = (await connection.execute(select(passages.c.id, passages.c.shelved, passages.c.read_as))).all()
        going = set((await connection.execute(select(leaving.c.id))).scalars())
    marked = {row.id: row.read_as for row in rows if row.shelved}
    if shelf is None:
        return Health(len(rows), 0, 0, 0, 0, 0)
    standing = await shelf.ids()
    known = {row.id for row in rows}
    both = sorted(set(marked) & standing)
    some = {key: marked[key] for key in both[:: len(both) // MOST_LOOKED_AT + 1]}
    return Health(
        passages=len(rows),
        shelved=len(both),
        waiting=len(rows) - len(marked),
        missing=len(set(marked) - standing),
        left_over=len(standing - known - going),
        damaged=await _damaged(records, shelf, model, some),
    )


async def _damaged(records: Records, shelf: Chroma, model: str, looked_at: dict[str, str]) -> int:
    """How many vectors are not what the books say. Chroma that was killed may know an id and have lost its vector."""
    damaged, ids = 0, list(looked_at)
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        kept = await records.known_vectors(model, [looked_at[key] for key in some])
        try:
            there = await shelf.vectors(some)
        except ShelfAway:
            damaged += len(some)
            continue
        for key in some:
            right, stood = kept.get(looked_at[key]), there.get(key)
            damaged += right is None or stood is None or not np.allclose(right, stood, atol=1e-3)
    return damaged
