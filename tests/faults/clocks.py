"""A wall clock that is set while a take rolls: the take's own time does not notice."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tests.faults import evidence
from tests.faults.room import SECONDS, Found, Room, clean, wait_a_while
from tests.support.cli import ended

_SOURCE = Path(__file__).with_name("step.c")
_STEPS = (-86_400.0, -3600.0, -1.5, 0.5, 3600.0, 31 * 86_400.0)


def clock_stepped(room: Room, dice: random.Random) -> Found:
    """All processes of the room see the wall clock jump, back or on: every frame is there, none too many."""
    step = room.places / "step"
    step.write_bytes(bytes(8))
    preload = room.places / "step.so"
    build = ["cc", "-O1", "-shared", "-fPIC", "-o", str(preload), str(_SOURCE)]
    subprocess.run(build, check=True, capture_output=True)
    room.cli.env |= {"LD_PRELOAD": str(preload), "TAKECHAIN_TEST_CLOCK": str(step)}
    room.restart()
    process = room.record()
    room.until_rolling()
    wait_a_while(dice, SECONDS / 2)
    seconds = dice.choice(_STEPS)
    with step.open("r+b") as file:  # in place: the processes have it mapped
        file.write(struct.pack("q", round(seconds * 1e9)))
    said = ended(process)
    room.until_settled()
    (journal,) = room.journals()
    times = [datetime.fromisoformat(line["utc"]) for line in evidence.lines_of(journal)]
    passed = (times[-1] - times[0]).total_seconds() - seconds
    assert 0 < passed < 120, f"the clock of these processes was not stepped by {seconds} s: {passed}"
    return clean(room, said)


CELLS: dict[str, Callable[[Room, random.Random], Found]] = {"clock stepped": clock_stepped}
