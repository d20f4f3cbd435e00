"""What happens to the second copy of a take: the first one loses nothing, and says so."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capture.clock import boottime_ns
from capture.journal.appending import is_held
from tests.faults import evidence
from tests.faults.evidence import Account
from tests.faults.room import FRAMES, SECONDS, Found, Room, accounted, told_the_truth, untouched, wait_a_while
from tests.support.cli import Result, ended
from tests.support.disks import SmallDisk
from tests.support.poll import until
from tests.support.stations import running

MOST_MISSING = 1.0
_MEGABYTES = 32


def mirror_killed(room: Room, dice: random.Random) -> Found:
    """The mirror's process is killed: the take is whole, the copy readable until a second before."""
    copies = _mirrored(room)
    process = room.record()
    wait_a_while(dice)
    killed_ns = boottime_ns()
    victims = _mirror_pids(room)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(running(pid) for pid in victims))
    said = ended(process)
    room.until_settled()
    take = _whole(room, said)
    journals = evidence.journals(copies)
    missing = max((evidence.as_it_lies(journal, killed_ns) for journal in journals), default=0.0)
    assert missing <= MOST_MISSING, f"{missing:.3f} s are missing in the copy as it lies"
    if journals:
        copy = _mended(room, copies)
        assert _lost(said) or (copy.condition, copy.frames) == ("clean", take.frames)
    return Found(missing)


def mirror_gone(room: Room, dice: random.Random) -> Found:
    """The mirror's disk turns read-only or is filled by somebody else: the take is whole."""
    with _own_disk(room) as disk:
        copies = _mirrored(room)
        process = room.record()
        room.until_rolling()
        wait_a_while(dice, SECONDS)
        if dice.random() < 0.5:
            disk.turn_read_only()
        else:
            disk.fill()
        said = ended(process)
        room.until_settled()
        take = _whole(room, said)
        assert _lost(said) or evidence.account(evidence.journals(copies)[0]).frames == take.frames
        return Found()


def mirror_stopped(room: Room, dice: random.Random) -> Found:
    """The mirror's process stands still, as on a disk that does not answer: nobody waits for it."""
    copies = _mirrored(room)
    process = room.record()
    wait_a_while(dice)
    stopped = _mirror_pids(room)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    said = ended(process)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    room.until_settled()
    take = _whole(room, said)
    journals = evidence.journals(copies)
    until(lambda: not any(is_held(journal) for journal in journals))  # it ends by itself when it can
    if journals:
        copy = _mended(room, copies)
        assert _lost(said) or (copy.condition, copy.frames) == ("clean", take.frames)
    return Found()


def all_killed(room: Room, dice: random.Random) -> Found:
    """Everything is killed at once, the mirror too: both copies are mended, at most 1 s is missing."""
    copies = _mirrored(room)
    process = room.record()
    room.until_rolling()
    wait_a_while(dice)
    victims = [process.pid, room.pid("station"), room.pid("recorder"), *_mirror_pids(room)]
    dice.shuffle(victims)
    killed_ns = boottime_ns()
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    until(lambda: not any(running(pid) for pid in victims))
    lying = [*room.journals(), *evidence.journals(copies)]
    missing = max(evidence.as_it_lies(journal, killed_ns) for journal in lying)
    assert missing <= MOST_MISSING, f"{missing:.3f} s are missing as it lies"
    told = room.cli.ok("recover")
    assert not told["problems"], told
    copy, take = _mended(room, copies), accounted(room)
    assert take is not None
    assert copy.frames <= take.frames  # what the mirror had more was taken over
    return Found(missing)


CELLS: dict[str, Callable[[Room, random.Random], Found]] = {
    "kill -9 mirror": mirror_killed,
    "mirror gone": mirror_gone,
    "mirror stopped": mirror_stopped,
    "kill -9 all with mirror": all_killed,
}


def _mirrored(room: Room) -> Path:
    """Have the takes written into a second folder, and a process there that waits for one."""
    copies = room.places / "mirror"
    room.order("setup", mirror=str(copies))
    room.restart()
    until(lambda: _mirror_pids(room))
    return copies


def _mirror_pids(room: Room) -> list[int]:
    """The recorder's processes that write a mirror, or are about to."""
    tasks = Path(f"/proc/{room.pid('recorder')}/task")
    children = [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
    return [pid for pid in children if b"mirror_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _whole(room: Room, said: Result) -> Account:
    """The first copy has every frame, and the command says what became of the second."""
    take = accounted(room)
    assert take is not None
    untouched(take)
    told_the_truth(said, take, mirror_lost=bool(_lost(said)))
    return take


def _lost(said: Result) -> str | None:
    """Why the mirror was lost, by the command."""
    mirror = said.json["mirror"]
    return None if mirror is None else mirror["lost"]


def _mended(room: Room, copies: Path) -> Account:
    """The copy by itself, once it is mended: what it has is what was played."""
    told = room.cli.ok("recover", "--library", copies)
    assert not told["problems"], told
    (journal,) = evidence.journals(copies)
    verified = room.cli.run("verify", journal, "--json")
    assert verified.code == 0, verified
    copy = evidence.account(journal)
    assert copy.frames <= FRAMES
    return copy


@contextlib.contextmanager
def _own_disk(room: Room) -> Iterator[SmallDisk]:
    """A small disk for the mirror; skipped where nothing may be mounted."""
    folder = room.places / "mirror"
    folder.mkdir()
    try:
        disk = SmallDisk(folder, room.places / "mirror.img", _MEGABYTES)
    except OSError as error:
        pytest.skip(f"may not mount a disk here: {error}")
    try:
        yield disk
    finally:
        room.close()
        disk.unmount()
