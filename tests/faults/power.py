"""A power cut without a machine to lose: a file system of its own that stops dead at a chosen moment."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator

import pytest

from capture.clock import boottime_ns
from tests.faults import evidence
from tests.faults.evidence import RATE
from tests.faults.room import SECONDS, Room, accounted
from tests.support.disks import SmallDisk
from tests.support.poll import until
from tests.support.stations import end_processes, running

_MEGABYTES = 96
MOST_MISSING = 1.5  # seconds; how long the disk takes to sync comes on top of what a kill costs
_SYNC_SECONDS = 0.5


@contextlib.contextmanager
def own_disk(room: Room) -> Iterator[SmallDisk]:
    """The room's library on a disk of its own, armed again there; skipped where nothing may be mounted."""
    end_processes(room.library)
    shutil.rmtree(room.library)
    room.library.mkdir()
    try:
        disk = SmallDisk(room.library, room.places / "disk.img", _MEGABYTES)
    except OSError as error:
        pytest.skip(f"may not mount a disk here: {error}")
    try:
        room.arm()
        yield disk
    finally:
        room.close()
        disk.unmount()


def power_cut(room: Room, dice: random.Random) -> float:
    """Seconds of audio missing after the cut, once the next start has mended the take.

    As it lies the header may speak of less: it reaches the disk one sync after the audio it speaks of.
    """
    with own_disk(room) as disk:
        process = room.record()
        victims = [process.pid, room.pid("station"), room.pid("recorder")]
        room.until_rolling()
        time.sleep(dice.uniform(0, SECONDS))
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
        take = accounted(room)
        assert take is not None
        assert take.condition in ("clean", "recovered")
        return max(0.0, min((cut_ns - take.zero_ns) / 1e9, SECONDS) - take.frames / RATE)
