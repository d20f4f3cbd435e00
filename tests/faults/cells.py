"""The matrix: each cell is one fault on one take, and what has to hold then at whatever moment it came."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

from capture.clock import boottime_ns
from tests.faults import evidence
from tests.faults.evidence import RATE
from tests.faults.room import (
    FRAMES,
    SECONDS,
    Found,
    Room,
    accounted,
    clean,
    told_the_truth,
    untouched,
    wait_a_while,
)
from tests.support.cli import ended
from tests.support.faults import station_is_busy
from tests.support.poll import until
from tests.support.stations import running

MOST_MISSING = 1.0  # seconds, as stated


def screen_killed(room: Room, dice: random.Random) -> Found:
    """The command is killed: the take, if it rolled, goes on to its length."""
    process = room.record()
    wait_a_while(dice)
    process.kill()
    process.communicate()
    room.until_settled()
    return untouched(accounted(room))


def station_killed(room: Room, dice: random.Random) -> Found:
    """The station is killed: no frame is lost, and the command learns how the take ended."""
    process = room.record()
    wait_a_while(dice)
    _kill(room.pid("station"))
    said = ended(process)
    room.until_settled()
    take = accounted(room)
    told_the_truth(said, take)
    return untouched(take)


def recorder_killed(room: Room, dice: random.Random) -> Found:
    """The recorder is killed: what came until a second before is kept, and the take goes on."""
    process = room.record()
    wait_a_while(dice)
    killed_ns = boottime_ns()
    _kill(room.pid("recorder"))
    said = ended(process)
    room.until_settled()
    take = accounted(room)
    told_the_truth(said, take)
    if take is None or take.condition == "clean":
        return untouched(take)
    assert take.condition in ("gap", "recovered")
    due = min((killed_ns - take.zero_ns) / 1e9, SECONDS)
    missing = max(0.0, due - take.parts[0].frames / RATE)
    assert missing <= MOST_MISSING, f"{missing:.3f} s are missing before the kill"
    return Found(missing, take.lost_frames / RATE)


def all_killed(room: Room, dice: random.Random) -> Found:
    """Everything is killed at once: the files are readable as they lie, and the take is mended."""
    process = room.record()
    victims = [process.pid, room.pid("station"), room.pid("recorder")]
    dice.shuffle(victims)
    wait_a_while(dice)
    killed_ns = boottime_ns()
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    until(lambda: not any(running(pid) for pid in victims))
    before = {journal: evidence.as_it_lies(journal, killed_ns) for journal in room.journals()}
    missing = max(before.values(), default=0.0)
    assert missing <= MOST_MISSING, f"{missing:.3f} s are missing as it lies"
    if dice.random() < 0.5:
        told = room.cli.ok("recover")
        assert not told["problems"], told
    else:
        room.cli.ok("station", "start")
        until(lambda: all(_is_sealed_or_gone(journal) for journal in before))
        room.until_settled()
    take = accounted(room)
    if take is not None:
        assert take.condition == ("clean" if take.frames == FRAMES else "recovered") or not take.lost_frames
        assert len(take.parts) == 1
    return Found(missing)


def terminal_stopped(room: Room, dice: random.Random) -> Found:
    """The command is stopped as Ctrl-Z or a frozen terminal does: the take ends on time without it."""
    process = room.record()
    room.until_rolling()
    wait_a_while(dice, SECONDS)
    process.send_signal(signal.SIGSTOP)
    room.until_settled()
    process.send_signal(signal.SIGCONT)
    return clean(room, ended(process))


def station_busy(room: Room, dice: random.Random) -> Found:
    """A thread hogs the station's Python from the start: the recorder does not notice."""
    del dice
    room.restart(PYTHONPATH=station_is_busy(room.places / "fault"))
    said = ended(room.record())
    room.until_settled()
    room.restart()
    return clean(room, said)


CELLS: dict[str, Callable[[Room, random.Random], Found]] = {
    "kill -9 screen": screen_killed,
    "kill -9 station": station_killed,
    "kill -9 recorder": recorder_killed,
    "kill -9 all": all_killed,
    "terminal stopped": terminal_stopped,
    "station busy": station_busy,
}


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    until(lambda: not running(pid))


def _is_sealed_or_gone(journal: Path) -> bool:
    return not journal.exists() or any(line["type"] == "seal" for line in evidence.lines_of(journal))
