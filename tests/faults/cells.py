"""The matrix: each cell is one fault on one take, and what has to hold then at whatever moment it came."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from capture.clock import boottime_ns
from tests.faults import evidence, power
from tests.faults.evidence import RATE, Account
from tests.faults.room import FRAMES, SECONDS, Room, accounted, room
from tests.support.cli import Result, ended
from tests.support.faults import station_is_busy
from tests.support.poll import until
from tests.support.stations import running

MOST_MISSING = 1.0  # seconds, as stated
_AROUND = SECONDS + 1.5  # a command needs less to start, and less to end


@dataclass(frozen=True)
class Found:
    """Seconds of audio missing before the fault, and of the hole it tore while a recorder was replaced."""

    missing: float = 0.0
    hole: float = 0.0


def screen_killed(room: Room, dice: random.Random) -> Found:
    """The command is killed: the take, if it rolled, goes on to its length."""
    process = room.record()
    _wait_a_while(dice)
    process.kill()
    process.communicate()
    room.until_settled()
    return _untouched(accounted(room))


def station_killed(room: Room, dice: random.Random) -> Found:
    """The station is killed: no frame is lost, and the command learns how the take ended."""
    process = room.record()
    _wait_a_while(dice)
    _kill(room.pid("station"))
    said = ended(process)
    room.until_settled()
    take = accounted(room)
    _told_the_truth(said, take)
    return _untouched(take)


def recorder_killed(room: Room, dice: random.Random) -> Found:
    """The recorder is killed: what came until a second before is kept, and the take goes on."""
    process = room.record()
    _wait_a_while(dice)
    killed_ns = boottime_ns()
    _kill(room.pid("recorder"))
    said = ended(process)
    room.until_settled()
    take = accounted(room)
    _told_the_truth(said, take)
    if take is None or take.condition == "clean":
        return _untouched(take)
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
    _wait_a_while(dice)
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


def power_cut(room: Room, dice: random.Random) -> Found:
    """The power goes: what was brought to disk until shortly before is there, and the take is mended."""
    missing = power.power_cut(room, dice)
    assert missing <= power.MOST_MISSING, f"{missing:.3f} s are missing"
    return Found(missing)


def database_locked(room: Room, dice: random.Random) -> Found:
    """Another program holds the catalogue: the take is made, and is in it once that lets go."""
    room.cli.ok("rebuild")
    holder = sqlite3.connect(room.library / "catalog.sqlite", isolation_level=None)
    try:
        process = room.record()
        room.until_rolling()
        _wait_a_while(dice, SECONDS)
        holder.execute("BEGIN EXCLUSIVE")
        said = ended(process)
        room.until_settled()
    finally:
        holder.close()
    return _clean(room, said)


def database_deleted(room: Room, dice: random.Random) -> Found:
    """The catalogue's file is deleted: it is made again."""
    room.cli.ok("rebuild")
    process = room.record()
    room.until_rolling()
    _wait_a_while(dice, SECONDS)
    for file in _database(room):
        file.unlink(missing_ok=True)
    said = ended(process)
    room.until_settled()
    return _clean(room, said)


def database_corrupt(room: Room, dice: random.Random) -> Found:
    """The catalogue's file is overwritten with noise: the take is made, and a deleted noise is made again."""
    room.cli.ok("rebuild")
    process = room.record()
    room.until_rolling()
    _wait_a_while(dice, SECONDS)
    file = _database(room)[0]
    file.write_bytes(dice.randbytes(file.stat().st_size))
    said = ended(process)
    room.until_settled()
    for broken in _database(room):
        broken.unlink(missing_ok=True)
    return _clean(room, said)


def terminal_stopped(room: Room, dice: random.Random) -> Found:
    """The command is stopped as Ctrl-Z or a frozen terminal does: the take ends on time without it."""
    process = room.record()
    room.until_rolling()
    _wait_a_while(dice, SECONDS)
    process.send_signal(signal.SIGSTOP)
    room.until_settled()
    process.send_signal(signal.SIGCONT)
    return _clean(room, ended(process))


def station_busy(room: Room, dice: random.Random) -> Found:
    """A thread hogs the station's Python from the start: the recorder does not notice."""
    del dice
    _restart_station(room, PYTHONPATH=station_is_busy(room.places / "fault"))
    said = ended(room.record())
    room.until_settled()
    _restart_station(room)
    return _clean(room, said)


CELLS: dict[str, Callable[[Room, random.Random], Found]] = {
    "kill -9 screen": screen_killed,
    "kill -9 station": station_killed,
    "kill -9 recorder": recorder_killed,
    "kill -9 all": all_killed,
    "power cut": power_cut,
    "database locked": database_locked,
    "database deleted": database_deleted,
    "database corrupt": database_corrupt,
    "terminal stopped": terminal_stopped,
    "station busy": station_busy,
}


def _wait_a_while(dice: random.Random, most: float = _AROUND) -> None:
    """Let a random time pass: the moment is the fault's, nothing is waited for."""
    time.sleep(dice.uniform(0, most))


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    until(lambda: not running(pid))


def _restart_station(room: Room, **more: str) -> None:
    """Another station, started with this in its environment."""
    station = room.pid("station")
    assert room.cli.run("station", "stop").code == 0
    until(lambda: not running(station))
    assert room.cli.run("station", "start", **more).code == 0


def _database(room: Room) -> list[Path]:
    return [room.library / f"catalog.sqlite{tail}" for tail in ("", "-wal", "-shm")]


def _is_sealed_or_gone(journal: Path) -> bool:
    return not journal.exists() or any(line["type"] == "seal" for line in evidence.lines_of(journal))


def _untouched(take: Account | None) -> Found:
    """A take that was begun has every frame that was asked for."""
    if take is not None:
        assert (take.condition, take.frames, take.lost_frames) == ("clean", FRAMES, 0)
        assert len(take.parts) == 1
    return Found()


def _clean(room: Room, said: Result) -> Found:
    """The command tells of a whole take, and there is one."""
    take = accounted(room)
    assert take is not None
    assert said.code == 0, said
    _told_the_truth(said, take)
    return _untouched(take)


def _told_the_truth(said: Result, take: Account | None) -> None:
    """The command's exit code and object are those of the take that lies there."""
    assert said.said is not None
    if take is None:
        assert said.code == 4, said
        return
    assert said.code == (0 if take.condition == "clean" else 3), said
    told = said.json
    assert (told["condition"], told["frames"]) == (take.condition, take.frames)
    assert (told["lost_frames"], told["gaps"]) == (take.lost_frames, take.gaps)


def play(cell: str, places: Path, seed: int) -> Found:
    """One round of a cell in a fresh library below `places`."""
    with room(places) as opened:
        return CELLS[cell](opened, random.Random(f"{cell} {seed}"))
