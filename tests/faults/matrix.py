"""All cells: each is one fault on one take, and what has to hold then at whatever moment it came.

Another cell is a function of a room and dice that returns what it found, and a line in its module's `CELLS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.faults import cells, clocks, databases, disks, interfaces, mirrors
from tests.faults.room import Found, Room, room

CELLS: dict[str, Callable[[Room, random.Random], Found]] = {
    **cells.CELLS,
    **disks.CELLS,
    **databases.CELLS,
    **clocks.CELLS,
    **mirrors.CELLS,
    **interfaces.CELLS,
}


def play(cell: str, places: Path, seed: int) -> Found:
    """One round of a cell in a fresh library below `places`."""
    with room(places) as opened:
        return CELLS[cell](opened, random.Random(f"{cell} {seed}"))
