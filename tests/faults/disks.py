"""What disks do to a take: the library lies on a real file system of its own, which fails on request.

A disk that lies about what it has written cannot be made here.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capture.clock import boottime_ns
from tests.faults import evidence
from tests.faults.evidence import RATE
from tests.faults.room import FRAMES, SECONDS, Found, Room, accounted, told_the_truth
from tests.support.cli import Result, ended
from tests.support.disks import SmallDisk
from tests.support.poll import until
from tests.support.stations import end_processes, running

MOST_MISSING = 1.5  # seconds; how long the disk takes to sync comes on top of what a kill costs
_SYNC_SECONDS = 0.5
_MEGABYTES = 96
_LONGEST_FREEZE = 5.0


@contextlib.contextmanager
def own_disk(room: Room, image: Path | None = None) -> Iterator[SmallDisk]:
    """The room's library on a disk of its own, armed again there; skipped where nothing may be mounted."""
    end_processes(room.library)
    shutil.rmtree(room.library)
    room.library.mkdir()
    try:
        disk = SmallDisk(room.library, image or room.places / "disk.img", _MEGABYTES)
    except OSError as error:
        pytest.skip(f"may not mount a disk here: {error}")
    try:
        room.arm()
        yield disk
    finally:
        room.close()
        disk.unmount()


def power_cut(room: Room, dice: random.Random) -> Found:
    """The power goes: what was brought to disk until shortly before is there, and the take is mended.

    As it lies the header may speak of less: it reaches the disk one sync after the audio it speaks of.
    """
    with own_disk(room) as disk:
        process = _rolling(room, dice)
        victims = [process.pid, room.pid("station"), room.pid("recorder")]
        cut_ns = boottime_ns()
        disk.cut_power()
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        process.communicate()
        until(lambda: not any(running(pid) for pid in victims))
        disk.mount_again()
        as_it_lies = [evidence.as_it_lies(journal, cut_ns) for journal in room.journals()]
        assert as_it_lies, "the take's folder is gone"
        assert max(as_it_lies) <= MOST_MISSING + _SYNC_SECONDS
        room.cli.ok("station", "start")
        room.until_settled()
        return _kept(room, cut_ns)


def disk_full(room: Room, dice: random.Random) -> Found:
    """Another program takes all the room but some rest: the take ends, and is mended once there is room."""
    with own_disk(room) as disk:
        process = _rolling(room, dice)
        full_ns = boottime_ns()
        filler = disk.fill(leave=dice.choice([0, 1 << 12, 1 << 16, 1 << 20, dice.randrange(8 << 20)]))
        said = ended(process)
        filler.unlink()
        return _mended(room, said, full_ns, by_hand=dice.random() < 0.5)


def write_error(room: Room, dice: random.Random) -> Found:
    """Blocks of the disk can no longer be written: the image's own file system has no room for them."""
    under = room.places / "under"
    under.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES // 2}m", "tmpfs", str(under)]
    if subprocess.run(small, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a tmpfs here")
    try:
        with own_disk(room, under / "disk.img") as disk:
            process = _rolling(room, dice)
            failed_ns = boottime_ns()
            filler = _fill(under / "filler")
            said = ended(process)
            filler.unlink()
            _plug_in_again(room, disk)
            return _mended(room, said, failed_ns)
    finally:
        subprocess.run(["umount", "-l", str(under)], check=True)


def read_only(room: Room, dice: random.Random) -> Found:
    """The kernel finds the file system damaged and makes it read-only at once."""
    with own_disk(room) as disk:
        process = _rolling(room, dice)
        failed_ns = boottime_ns()
        disk.turn_read_only()
        said = ended(process)
        _plug_in_again(room, disk)
        return _mended(room, said, failed_ns)


def disk_frozen(room: Room, dice: random.Random) -> Found:
    """The disk answers nobody for seconds: the take waits in memory, and not a frame is lost."""
    with own_disk(room) as disk:
        process = _rolling(room, dice)
        with disk.frozen():
            time.sleep(dice.uniform(0.1, _LONGEST_FREEZE))
        said = ended(process)
        room.until_settled()
        take = accounted(room)
        assert take is not None
        assert (said.code, take.condition, take.frames, len(take.parts)) == (0, "clean", FRAMES, 1), said
        told_the_truth(said, take)
        return Found()


CELLS: dict[str, Callable[[Room, random.Random], Found]] = {
    "power cut": power_cut,
    "disk full": disk_full,
    "write error": write_error,
    "read-only remount": read_only,
    "frozen disk": disk_frozen,
}


def _rolling(room: Room, dice: random.Random) -> subprocess.Popen[str]:
    """The command, at a random moment of its take."""
    process = room.record()
    room.until_rolling()
    time.sleep(dice.uniform(0, SECONDS))
    return process


def _fill(filler: Path) -> Path:
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    return filler


def _plug_in_again(room: Room, disk: SmallDisk) -> None:
    """As the engineer does it: everything ended, the disk checked and mounted anew, Takechain started."""
    end_processes(room.library)
    disk.mount_again()
    room.cli.ok("station", "start")


def _mended(room: Room, said: Result, failed_ns: int, *, by_hand: bool = False) -> Found:
    """The command says what is not clean; the take is made whole by the station, or by `recover`."""
    assert said.code in (0, 3), said
    assert said.said or said.code == 0
    if by_hand:
        told = room.cli.ok("recover")
        assert not told["problems"], told
    room.until_settled()
    found = _kept(room, failed_ns)
    assert said.code == 3 or not found.missing
    return found


def _kept(room: Room, failed_ns: int) -> Found:
    """What came until shortly before the moment of the fault is there."""
    take = accounted(room)
    assert take is not None
    assert take.condition in ("clean", "gap", "recovered")
    due = min((failed_ns - take.zero_ns) / 1e9, SECONDS)
    missing = max(0.0, due - take.parts[0].frames / RATE)
    assert missing <= MOST_MISSING, f"{missing:.3f} s are missing before the fault"
    return Found(missing)
