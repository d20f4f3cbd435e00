"""A wall clock that is set while a take rolls: the take's own time does not notice."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from tests.faults import evidence
from tests.faults.room import SECONDS, Found, Room, clean, wait_a_while
from tests.support.cli import ended
from tests.support.clocks import Clocks

_STEPS = (-86_400.0, -3600.0, -1.5, 0.5, 3600.0, 31 * 86_400.0)


def clock_stepped(room: Room, dice: random.Random) -> Found:
    """All processes of the room see the wall clock jump, back or on: every frame is there, none too many."""
    clock = Clocks(room.places / "clock")
    room.cli.env |= clock.environment
    room.restart()
    process = room.record()
    room.until_rolling()
    wait_a_while(dice, SECONDS / 2)
    seconds = dice.choice(_STEPS)
    clock.set_by(seconds)
    said = ended(process)
    room.until_settled()
    (journal,) = room.journals()
    times = [datetime.fromisoformat(line["utc"]) for line in evidence.lines_of(journal)]
    passed = (times[-1] - times[0]).total_seconds() - seconds
    assert 0 < passed < 120, f"the clock of these processes was not stepped by {seconds} s: {passed}"
    return clean(room, said)


CELLS: dict[str, Callable[[Room, random.Random], Found]] = {"clock stepped": clock_stepped}
