"""Small disks of a test's own: ext4 on loop devices, whose power is cut or that freeze on request.

A disk that lies about what it has written cannot be made here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.poll import until

_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2


class SmallDisk:
    """An ext4 of `megabytes` mounted at `folder`; raises OSError where this user may not mount."""

    def __init__(self, folder: Path, image: Path, megabytes: int) -> None:
        self.folder, self.image = folder, image
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        _must("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
        self._mount()

    def mount_again(self) -> None:
        """Unmount it when nobody uses it any more, and mount it anew, its log replayed."""
        self.unmount()
        self._mount()

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

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """As a disk that does not answer any more: who writes waits, in the kernel."""
        _must("fsfreeze", "-f", self.folder)
        try:
            yield
        finally:
            _must("fsfreeze", "-u", self.folder)

    def unmount(self) -> None:
        """Unmount it once nobody uses it any more."""
        umount = [_tool("umount"), str(self.folder)]
        until(lambda: subprocess.run(umount, capture_output=True, check=False).returncode == 0)

    def _mount(self) -> None:
        _must("mount", "-o", "loop", self.image, self.folder)


def _tool(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or name


def _must(command: str, *words: str | Path) -> None:
    done = subprocess.run([_tool(command), *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{command}: {done.stderr.strip()}")
