"""An append-only file of chained lines under a lock: what journals, library and room log have in common."""

from __future__ import annotations

import fcntl
import os
import stat
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from capture.clock import utc_text
from capture.journal.durable import sync_folder
from capture.journal.errors import JournalError, JournalLocked, NameTaken, NotATake, in_words
from capture.journal.lines import (
    LINE_BYTES,
    ZEROS,
    Json,
    Line,
    ReadResult,
    digest,
    line_bytes,
    parse_fields,
    plain,
    read_stream,
)

PATIENCE_S = 10.0
GLANCE_S = 0.1  # longer than `is_held` of another process holds on


class ChainedFile:
    """Lines with `seq`, `prev`, `type` and `utc`, each one write; the lock is held until `close`.

    `torn` holds the bytes of a torn last line that was cut on opening; they also lie beside the file.
    """

    def __init__(self, path: Path, fd: int, found: ReadResult) -> None:
        self.path = path
        self.torn = b""
        self._fd = fd
        self._mutex = threading.RLock()
        self._seq = found.lines[-1].fields["seq"] + 1 if found.lines else 0
        self._prev = digest(found.lines[-1].raw) if found.lines else ZEROS
        self._length = os.fstat(fd).st_size
        self._unsynced = bytearray()  # the lines since the last sync
        self._broken = False

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new file; raises NameTaken when one of that name exists."""
        fd = _open(path, os.O_CREAT | os.O_EXCL)
        try:
            _lock(fd, path, wait=False)
            sync_folder(path.parent)
            return cls(path, fd, ReadResult())
        except BaseException as error:
            os.close(fd)
            raise _as_journal_error(error, path) from error

    @classmethod
    def reopen(cls, path: Path, *, wait: bool = False) -> Self:
        """An existing file whose chain holds; a torn last line is kept beside it and cut.

        Raises JournalLocked when another process has it (unless `wait`), JournalError when it is damaged.
        """
        fd = _open(path, 0)
        try:
            _lock(fd, path, wait=wait)
            found = _read(fd)
            check_chain(path, found)
            torn = found.torn
            if torn:
                keep_torn(path, torn)
                os.ftruncate(fd, found.torn_offset)
                os.fsync(fd)
            made = cls(path, fd, found)
            made.torn = torn
            made._resume(found.lines)
        except BaseException as error:
            os.close(fd)
            raise _as_journal_error(error, path) from error
        return made

    @classmethod
    def extend(cls, path: Path) -> Self:
        """A file to add a line to, made if need be; waits for its lock and reads only its last line.

        Raises JournalError when the last line is damaged, JournalLocked after `PATIENCE_S`.
        """
        fd = _open(path, os.O_CREAT)
        try:
            _lock(fd, path, wait=True)
            if os.fstat(fd).st_size == 0:
                sync_folder(path.parent)
            return cls(path, fd, _tail(fd, path))
        except BaseException as error:
            os.close(fd)
            raise _as_journal_error(error, path) from error

    def _resume(self, lines: list[Line]) -> None:
        """Take up the state that the lines already written give."""

    @property
    def seq(self) -> int:
        """The `seq` of the next line."""
        return self._seq

    @property
    def last_sha256(self) -> str:
        """Hex SHA-256 of the last line."""
        return self._prev

    def write(self, kind: str, fields: Json, *, sync: bool = False) -> Json:
        """Append one line with `seq`, `prev`, `type` and `utc` added; returns all its fields as written.

        Raises JournalError; what was written of the line is taken back then.
        """
        return self.write_all(kind, [fields], sync=sync)[0]

    def write_all(self, kind: str, several: Iterable[Json], *, sync: bool = False) -> list[Json]:
        """Append a line for each of `several` in one write: all of them, or none.

        Returns their fields as written. Raises JournalError; what was written is taken back then.
        """
        with self._mutex:
            made: list[Json] = []
            raws: list[bytes] = []
            for seq, fields in enumerate(several, self._seq):
                prev = digest(raws[-1]) if raws else self._prev
                stamp = {"utc": utc_text(), **fields, "seq": seq, "prev": prev, "type": kind}
                made.append(plain(stamp))
                raws.append(line_bytes(made[-1]))
            if raws:
                self._put(raws)
            if sync:
                self.sync()
            return made

    def _put(self, raws: list[bytes]) -> None:
        if self._fd < 0 or self._broken:
            raise JournalError(
                f"{self.path} is closed or could not be written before", "run takechain recover"
            )
        lines = b"".join(raw + b"\n" for raw in raws)
        try:
            written = os.write(self._fd, lines)
        except OSError as error:
            self._take_back()
            what, do = in_words(error)
            raise JournalError(f"a line of {self.path.name} was not written: {what}", do) from error
        if written != len(lines):
            self._take_back()
            raise JournalError(
                f"a line of {self.path.name} was written only in part: the disk is full",
                "make room on the disk",
            )
        self._length += len(lines)
        self._unsynced += lines
        self._seq += len(raws)
        self._prev = digest(raws[-1])

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._fd, self._length)
        except OSError:
            self._broken = True  # the next line would hang on to half a one

    def sync(self) -> None:
        """Make all lines durable; raises JournalError."""
        synced = len(self._unsynced)
        try:
            os.fsync(self._fd)
        except OSError as error:
            with self._mutex:
                self._sync_again(error)
        with self._mutex:
            del self._unsynced[:synced]

    def _sync_again(self, first: OSError) -> None:
        """Write the lines since the last sync once more, in their place, and sync them.

        After a sync that failed the system holds for written what never reached the disk: a line that
        followed would hang on to a hole.
        """
        lines, place = bytes(self._unsynced), self._length - len(self._unsynced)
        try:
            flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags & ~os.O_APPEND)  # which would win over the place
            try:
                if os.pwrite(self._fd, lines, place) != len(lines):
                    raise first
                os.fsync(self._fd)
            finally:
                fcntl.fcntl(self._fd, fcntl.F_SETFL, flags)
        except OSError:
            self._broken = True
            what, do = in_words(first)
            raise JournalError(f"{self.path.name} was not made durable: {what}", do) from first

    @property
    def vanished(self) -> bool:
        """Whether the file was deleted, so that nothing written to it can be found again (not: renamed)."""
        return self._fd >= 0 and os.fstat(self._fd).st_nlink == 0 and not self.path.exists()

    def close(self) -> None:
        """Release the lock; safe to call twice."""
        with self._mutex:
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_held(path: Path) -> bool:
    """Whether another process holds a journal for writing."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def check_chain(path: Path, found: ReadResult) -> None:
    """Raise JournalError unless every whole line follows the one before it."""
    if found.problems:
        raise JournalError(f"{path} is damaged: {found.problems[0].what}", f"run: takechain verify '{path}'")
    prev = ZEROS
    for seq, line in enumerate(found.lines):
        if line.fields.get("seq") != seq or line.fields.get("prev") != prev:
            raise JournalError(
                f"{path} is damaged: line {line.number} does not follow the one before it",
                f"run: takechain verify '{path}'",
            )
        prev = digest(line.raw)


def keep_torn(path: Path, torn: bytes) -> Path:
    """Keep the bytes of a torn line beside its file, durable, as `<name>.torn-<n>`."""
    number = 1
    while True:
        beside = path.with_name(f"{path.name}.torn-{number}")
        try:
            fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(fd, "wb") as out:
            out.write(torn)
            out.flush()
            os.fsync(out.fileno())
        sync_folder(path.parent)
        return beside


def _open(path: Path, flags: int) -> int:
    try:
        fd = os.open(
            path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | flags, 0o644
        )
    except FileExistsError:
        raise NameTaken(f"{path} exists already", "nothing was overwritten; choose the next number") from None
    except FileNotFoundError:
        raise NotATake(f"{path} does not exist", "check the path") from None
    except OSError as error:
        what, do = in_words(error)
        raise JournalError(f"{path} cannot be opened: {what}", do) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotATake(f"{path} is not a file", "check the path")
    return fd


def _lock(fd: int, path: Path, *, wait: bool) -> None:
    deadline = time.monotonic() + (PATIENCE_S if wait else GLANCE_S)
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise JournalLocked(
                    f"{path} is in use by another process", "try again when it is done"
                ) from None
            time.sleep(0.005)  # flock has no time-out of its own
    here, there = os.fstat(fd), path.stat()
    if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):
        raise JournalError(f"{path} was replaced by another file while it was opened", "try again")


def _read(fd: int) -> ReadResult:
    with os.fdopen(os.dup(fd), "rb") as stream:
        stream.seek(0)
        return read_stream(stream)


def _tail(fd: int, path: Path) -> ReadResult:
    """The last whole line alone; a torn one behind it is kept beside the file and cut."""
    size = os.fstat(fd).st_size
    for reach in (64 * 1024, 2 * LINE_BYTES):
        start = max(0, size - reach)
        data = os.pread(fd, size - start, start)
        if data.count(b"\n") > 1:
            break
    body, newline, torn = data.rpartition(b"\n")
    if torn:
        keep_torn(path, torn)
        os.ftruncate(fd, size - len(torn))
    if not newline:
        return ReadResult()
    raw = body.rpartition(b"\n")[2]
    try:
        fields = parse_fields(raw)
        if not isinstance(fields.get("seq"), int):
            raise ValueError("without a number")
    except ValueError as error:
        do = "move the file away; a new one is begun then, and the old one keeps what it says"
        raise JournalError(f"the last line of {path} is {error}", do) from None
    return ReadResult([Line(0, 0, raw, fields)])


def _as_journal_error(error: BaseException, path: Path) -> BaseException:
    if isinstance(error, OSError):
        what, do = in_words(error)
        return JournalError(f"{path} cannot be used: {what}", do)
    return error
