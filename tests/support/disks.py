"""Small disks of a test's own: real file systems on loop devices, that run full, slow down or fail."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.poll import until

_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2
_ROOMY = 512
_LONGEST_FREEZE = 60  # seconds
_THROTTLES = Path("/sys/fs/cgroup/blkio")


class SmallDisk:
    """An ext4 of `megabytes` mounted at `folder`; raises OSError where this user may not mount.

    When the device under it fails, the file system turns read-only or, with `errors` "continue", goes on.
    """

    def __init__(self, folder: Path, image: Path, megabytes: int, errors: str = "remount-ro") -> None:
        self.folder = folder
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        _must("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
        _must("mount", "-o", f"loop,errors={errors}", image, folder)
        self.image = image
        self._store: Path | None = None

    @classmethod
    def failing(cls, folder: Path, store: Path, after_megabytes: int, errors: str) -> SmallDisk:
        """One whose device fails to write once it holds so much; `store` is where it lies until `unmount`."""
        _must("mount", "-t", "tmpfs", "-o", f"size={after_megabytes}m", "tmpfs", store)
        made = cls(folder, store / "disk.img", 2 * after_megabytes + 32, errors)
        made._store = store
        return made

    def turn_read_only(self) -> None:
        """As the kernel does when it finds the file system damaged: at once, whoever writes."""
        subprocess.run([_tool("mount"), "-o", "remount,abort", str(self.folder)], capture_output=True)

    def cut_power(self) -> None:
        """Nothing more reaches the disk, not even what was accepted for writing; its log is not flushed.

        The ioctl of file system developers' own tests of power loss (fs/ext4/ext4.h, EXT4_IOC_SHUTDOWN with
        EXT4_GOING_FLAGS_NOLOGFLUSH). `mount_again` replays the log, as the next start of a machine does.
        """
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(handle)

    def fill(self, leave: int = 0) -> Path:
        """Another program takes all the room but `leave` bytes: the file that it wrote."""
        filler = self.folder / "filler"
        with filler.open("wb") as file:
            size = _free(self.folder) - leave
            while size > 0:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), size)
                except OSError as error:  # somebody else was faster
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2
                size = min(size, _free(self.folder) - leave)
        return filler

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """As a disk that does not answer any more: who writes waits, in the kernel.

        It thaws after a while whatever becomes of this test: a frozen disk can hold up the whole machine.
        """
        thaw = f"sleep {_LONGEST_FREEZE}; exec {_tool('fsfreeze')} -u {self.folder}"
        sure = subprocess.Popen(["sh", "-c", thaw], start_new_session=True)
        _must("fsfreeze", "-f", self.folder)
        try:
            yield
        finally:
            os.killpg(sure.pid, signal.SIGKILL)
            sure.wait()
            _must("fsfreeze", "-u", self.folder)

    def mount_again(self) -> None:
        """Unmount it when nobody uses it any more, and mount it anew, its log replayed."""
        self.unmount()
        if self._store is not None:
            _must("mount", "-o", f"remount,size={_ROOMY}m", self._store)
        subprocess.run([_tool("e2fsck"), "-p", str(self.image)], capture_output=True)
        _must("mount", "-o", "loop", self.image, self.folder)

    def unmount(self) -> None:
        """Unmount it once nobody uses it any more."""
        until(
            lambda: subprocess.run([_tool("umount"), str(self.folder)], capture_output=True).returncode == 0
        )

    @contextlib.contextmanager
    def slow(self, bytes_per_second: int) -> Iterator[Path]:
        """A file that takes the ids of processes for which the disk is that slow; skips where none can be."""
        group = _THROTTLES / f"takechain-test-{os.getpid()}"
        device = self.folder.stat().st_dev
        try:
            group.mkdir()
            rule = f"{os.major(device)}:{os.minor(device)} {bytes_per_second}"
            (group / "blkio.throttle.write_bps_device").write_text(rule)
        except OSError as error:
            pytest.skip(f"may not slow a disk down here: {error}")
        try:
            yield group / "cgroup.procs"
        finally:
            until(lambda: not (group / "cgroup.procs").read_text())
            group.rmdir()


@contextlib.contextmanager
def failing_disk(places: Path, after_megabytes: int, errors: str) -> Iterator[SmallDisk]:
    """A disk that fails to write after some megabytes; skips where none may be mounted."""
    folder, store = places / "disk", places / "store"
    folder.mkdir()
    store.mkdir()
    try:
        disk = SmallDisk.failing(folder, store, after_megabytes, errors)
    except OSError as error:
        pytest.skip(f"may not mount a disk here: {error}")
    try:
        yield disk
    finally:
        disk.unmount()
        _must("umount", store)


@contextlib.contextmanager
def small_disk(places: Path, megabytes: int = 64) -> Iterator[SmallDisk]:
    """A small disk in a folder of a test; skips where none may be mounted."""
    folder = places / "disk"
    folder.mkdir()
    try:
        disk = SmallDisk(folder, places / "disk.img", megabytes)
    except OSError as error:
        pytest.skip(f"may not mount a disk here: {error}")
    try:
        yield disk
    finally:
        disk.unmount()


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bfree * found.f_frsize


def _tool(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or name


def _must(command: str, *words: str | Path) -> None:
    done = subprocess.run([_tool(command), *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command}: {done.stderr.strip()}")
