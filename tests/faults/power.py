"""A power cut without a machine to lose: a disk of its own whose file system stops dead at a chosen moment.

ext4 on a loop device, shut down by its own ioctl without flushing its log (fs/ext4/ext4.h, EXT4_IOC_SHUTDOWN
with EXT4_GOING_FLAGS_NOLOGFLUSH; file system developers test power loss the same way). What was not brought
to disk by then is gone; mounting it again replays the file system's own log, as after a real cut. A disk
that lies about what it has written cannot be made here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.clock import boottime_ns
from tests.faults import evidence
from tests.faults.evidence import RATE
from tests.faults.room import SECONDS, Room, accounted
from tests.support.poll import until
from tests.support.stations import end_processes, running

_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2
_DISK_BYTES = 96 << 20
MOST_MISSING = 1.5  # seconds; how long the disk takes to sync comes on top of what a kill costs
_SYNC_SECONDS = 0.5


class Disk:
    """A small disk at `folder`; raises OSError where this user may not mount."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder, self.image = folder, image
        with image.open("wb") as file:
            file.truncate(_DISK_BYTES)
        _must(_tool("mkfs.ext4"), "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
        self.plug_in()

    def plug_in(self) -> None:
        """Mount it, its log replayed."""
        _must(_tool("mount"), "-o", "loop", self.image, self.folder)

    def cut(self) -> None:
        """The power is gone: nothing more reaches the disk, not even what was accepted for writing."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def pull_out(self) -> None:
        """Unmount it; every process that used it is dead, or about to be."""
        until(lambda: subprocess.run([_tool("umount"), self.folder], capture_output=True).returncode == 0)


@contextlib.contextmanager
def own_disk(room: Room) -> Iterator[Disk]:
    """The room's library on a disk of its own, armed again there; skipped where nothing may be mounted."""
    end_processes(room.library)
    shutil.rmtree(room.library)
    room.library.mkdir()
    try:
        disk = Disk(room.library, room.places / "disk.img")
    except OSError as error:
        pytest.skip(f"may not mount a disk here: {error}")
    try:
        room.arm()
        yield disk
    finally:
        room.close()
        disk.pull_out()


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
        disk.cut()
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        process.communicate()
        until(lambda: not any(running(pid) for pid in victims))
        disk.pull_out()
        disk.plug_in()
        as_it_lies = [evidence.as_it_lies(journal, cut_ns) for journal in room.journals()]
        assert as_it_lies, "the take's folder is gone"
        assert max(as_it_lies) <= MOST_MISSING + _SYNC_SECONDS
        room.cli.ok("station", "start")
        room.until_settled()
        take = accounted(room)
        assert take is not None
        assert take.condition in ("clean", "recovered")
        return max(0.0, min((cut_ns - take.zero_ns) / 1e9, SECONDS) - take.frames / RATE)


def _tool(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or name


def _must(*command: str | Path) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")
