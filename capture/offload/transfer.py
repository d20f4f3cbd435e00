"""One file to several disks at once: read once, hashed as it is read, read back from each, then named.

A file that is there already is hashed and left; it is never written over. What a crash leaves has a name of
its own (`.<file>.takechain-copy`) and is written anew by the next copy.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from capture.journal.durable import give_name, make_folder
from capture.journal.errors import in_words
from capture.journal.file_line import FileLine
from capture.offload.plan import PART_SUFFIX, Item

_PIECE = 4 << 20
_DISK_FAILED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENODEV, errno.ENXIO}


class Verdict(StrEnum):
    """What became of a file at one destination."""

    COPIED = "copied"
    THERE = "was there"
    DIFFERS = "another file of that name is there"
    MISREAD = "reads back differently"
    CHANGED = "changed while it was copied"
    FAILED = "not copied"

    @property
    def good(self) -> bool:
        """Whether the destination holds the bytes of the source."""
        return self in (Verdict.COPIED, Verdict.THERE)

    @property
    def bytes_differ(self) -> bool:
        """Whether bytes were found that are not those of the source."""
        return self in (Verdict.DIFFERS, Verdict.MISREAD, Verdict.CHANGED)


@dataclass
class Landing:
    """A file at one destination: its path, what became of it, and why."""

    path: Path
    verdict: Verdict = Verdict.FAILED
    why: str = ""
    disk: bool = False  # the disk itself failed or is full: nothing more is written to it


@dataclass
class Transfer:
    """A file after it was copied: hash and size as read, and whether they are what its journal signed."""

    item: Item
    sha256: str = ""
    size: int = 0
    as_signed: bool | None = None  # None: nothing is signed of it
    landings: list[Landing] = field(default_factory=list)
    why: str = ""  # why the source could not be read


def transfer(
    item: Item, roots: Sequence[Path], pool: ThreadPoolExecutor, progress: Callable[[int], None]
) -> Transfer:
    """Copy one file below each of `roots`; never raises for what the disks do. `progress` gets bytes read."""
    done = Transfer(item, landings=[Landing(root / item.target) for root in roots])
    with contextlib.ExitStack() as stack:
        parts = [_opened(stack, landing) for landing in done.landings]
        try:
            unchanged = _read(done, [part for part in parts if part is not None], pool, progress)
        except OSError as error:
            done.why = f"it cannot be read: {in_words(error)[0]}"
            return done
        if not unchanged:
            for landing in done.landings:
                landing.verdict = Verdict.CHANGED
            return done
        pairs = zip(done.landings, parts, strict=True)
        for one in [pool.submit(_land, done, landing, part) for landing, part in pairs]:
            one.result()
    return done


class _Part:
    """A file that is being written under a name of its own, locked for as long as that takes."""

    def __init__(self, landing: Landing) -> None:
        self.landing = landing
        self.path = landing.path.with_name(f".{landing.path.name}{PART_SUFFIX}")
        make_folder(self.path.parent)
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            _lock(self.fd)
            if os.fstat(self.fd).st_ino != self.path.lstat().st_ino:
                raise BlockingIOError(errno.EAGAIN, "another copy is writing it")
            os.ftruncate(self.fd, 0)
        except OSError:
            os.close(self.fd)
            raise
        self.named = False

    def write(self, piece: memoryview) -> None:
        """Write all of a piece; what the disk refuses is kept in the landing."""
        try:
            while len(piece) and not self.landing.disk:
                piece = piece[os.write(self.fd, piece) :]
        except OSError as error:
            _failed(self.landing, error)

    def close(self) -> None:
        if not self.named:
            with contextlib.suppress(OSError):
                self.path.unlink()
        with contextlib.suppress(OSError):
            os.close(self.fd)


def _lock(fd: int) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(errno.EAGAIN, "another copy is writing it") from None
    except OSError as error:  # a network disk without locks
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            raise


def _opened(stack: contextlib.ExitStack, landing: Landing) -> _Part | None:
    """A part to write, or None where a file of that name is there or none can be made."""
    try:
        if os.path.lexists(landing.path):
            return None
        part = _Part(landing)
    except OSError as error:
        _failed(landing, error)
        return None
    stack.callback(part.close)
    return part


def _failed(landing: Landing, error: OSError) -> None:
    landing.verdict, landing.why = Verdict.FAILED, in_words(error)[0]
    landing.disk = error.errno in _DISK_FAILED


def _read(
    done: Transfer, parts: Sequence[_Part], pool: ThreadPoolExecutor, progress: Callable[[int], None]
) -> bool:
    """Read the source once, hash it, write it to all; whether it stayed the same. Raises OSError."""
    whole, signed = hashlib.sha256(), _Signed(done.item.signed)
    fd = os.open(done.item.source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.ENOENT, "it is not a file")
        for piece in _pieces(fd):
            running = [pool.submit(part.write, piece) for part in parts if not part.landing.disk]
            running.append(pool.submit(signed.update, piece, done.size))
            whole.update(piece)
            done.size += len(piece)
            for one in running:
                one.result()
            progress(len(piece))
        after = os.fstat(fd)
    finally:
        os.close(fd)
    done.sha256, done.as_signed = whole.hexdigest(), signed.holds(done.size)
    for part in parts:
        with contextlib.suppress(OSError):  # a disk that keeps no such times
            os.utime(part.fd, ns=(before.st_atime_ns, before.st_mtime_ns))
    return (
        (before.st_size, before.st_mtime_ns)
        == (after.st_size, after.st_mtime_ns)
        == (done.size, before.st_mtime_ns)
    )


def _pieces(fd: int) -> Iterator[memoryview]:
    buffer = bytearray(_PIECE)
    while count := os.readv(fd, [buffer]):
        yield memoryview(buffer)[:count]


class _Signed:
    """Header and audio hashed beside the whole, to be compared with what the journal signed of the file."""

    def __init__(self, line: FileLine | None) -> None:
        self._line = line
        self._head, self._data = hashlib.sha256(), hashlib.sha256()

    def update(self, piece: memoryview, at: int) -> None:
        if self._line is None:
            return
        offset, end = self._line.data_offset, self._line.size - len(self._line.rest)
        self._head.update(piece[: max(0, offset - at)])
        self._data.update(piece[max(0, offset - at) : max(0, end - at)])

    def holds(self, size: int) -> bool | None:
        """Whether the file is what was signed; None where nothing is."""
        line = self._line
        if line is None:
            return None
        found = (size, self._head.hexdigest(), self._data.hexdigest())
        return found == (line.size, line.header_sha256, line.data_sha256)


def _land(done: Transfer, landing: Landing, part: _Part | None) -> None:
    """Make a part durable, read it back and name it; compare a file that was there."""
    if landing.why:
        return
    try:
        if part is None:
            same = _sha256(landing.path) == done.sha256
            landing.verdict = Verdict.THERE if same else Verdict.DIFFERS
            return
        os.fsync(part.fd)
        if _sha256(part.path) != done.sha256:
            landing.verdict = Verdict.MISREAD
            return
        give_name(part.path, landing.path)
        part.named = True
        landing.verdict = Verdict.COPIED
    except FileExistsError:
        landing.verdict = Verdict.DIFFERS
    except OSError as error:
        _failed(landing, error)


def _sha256(path: Path) -> str:
    """The hash of a file as its disk has it: what the system still holds of it in memory is dropped first."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ""
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        found = hashlib.sha256()
        for piece in _pieces(fd):
            found.update(piece)
        return found.hexdigest()
    finally:
        os.close(fd)
