"""What a take says of the wall clock: steps from half a second on, local time, and nothing of other boots."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from capture.clock import ClockPair, boot_id, utc_text
from capture.journal.record import TakeRecord
from capture.recorder.wall_clock import WallClock

START = datetime(2026, 11, 25, 14, tzinfo=UTC)


def pair(passed: float, wall: float | None = None, offset: int = 60) -> ClockPair:
    """The clocks after so many seconds, the wall clock perhaps after others."""
    when = START + timedelta(seconds=passed if wall is None else wall)
    return ClockPair(utc_text(when), round((1000 + passed) * 1e9), offset)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (0.4, None),
        (-0.6, "set back by 0.6 s"),
        (90.0, "set forward by 1 min 30 s"),
        (-3600.0, "set back by 1 h"),
        (90_061.0, "set forward by 1 d 1 h 1 min 1 s"),
    ],
)
def test_a_step_is_said_with_its_length(step: float, text: str | None) -> None:
    clock = WallClock()
    assert clock.look(pair(0)) == []
    assert clock.look(pair(1)) == []
    said = clock.look(pair(2, 2 + step))
    if text is None:
        assert said == []
    else:
        assert said == [{"state": "set", "text": f"the computer's clock was {text}", "by_s": step}]
    assert clock.look(pair(3, 3 + step)) == []


def test_half_hours_and_the_west_are_named() -> None:
    clock = WallClock()
    clock.look(pair(0, offset=-210))
    assert clock.look(pair(1, offset=-150))[0]["text"] == "local time went from UTC-3:30 to UTC-2:30"


@pytest.mark.parametrize(("boot", "seen"), [(boot_id(), True), ("another", False)])
def test_a_step_in_a_hole_is_seen_but_no_other_boot_is_compared(boot: str, seen: bool) -> None:
    clock, record = WallClock(), TakeRecord()
    record.heartbeat = {"clock": {**asdict(pair(0)), "boot_id": boot}}
    clock.remember(record)
    assert bool(clock.look(pair(10, 70))) is seen


def test_a_damaged_pair_is_none() -> None:
    clock, record = WallClock(), TakeRecord()
    record.heartbeat = {"clock": {"utc": "never", "boottime_ns": [], "boot_id": boot_id()}}
    record.clock = {"boot_id": boot_id()}
    clock.remember(record)
    assert clock.look(pair(0)) == []
