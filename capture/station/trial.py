"""A quick write-and-sync test of a folder's disk, in the form in which a take would be written.

A take is brought to disk in rounds: what came since, in all its files, then a sync of each. So two things
count: what a round costs however little it carries, and the bytes per second of a large one. The writer lets
rounds grow to 2 s of sound when the disk is slow; a disk that needs longer than that for 2 s falls behind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import BinaryIO

from capture.journal.errors import in_words
from capture.recorder.files import RESERVE_BYTES
from capture.recorder.writer import SYNC_SECONDS
from capture.station.disk import Form

NAME = ".takechain-write-test"
"""How its files begin: nothing that looks for takes looks at hidden ones, and they have no name for long."""
MOST_BYTES = 16 << 20
SMALL_BYTES = 1 << 20
BUDGET_SECONDS = 1.0
SLOW_SYNC_SECONDS = 0.5
_ROUNDS = 5
_LONG_ROUND_SECONDS = 2.0
_ENOUGH, _JUST_ENOUGH = 0.5, 0.9  # of the time there is
_SYNC_THREADS = 4

Clock = Callable[[], float]


class Abandoned(Exception):
    """The test was given up because something more important happened."""


@dataclass(frozen=True)
class Measured:
    """What a disk did: the seconds of a round of `round_bytes` in all files, and bytes/s of a large one."""

    files: int
    round_seconds: float
    round_bytes: int
    bytes_per_second: float

    def sync_seconds(self, form: Form) -> float:
        """What a round of so many files costs however little it carries."""
        return self.round_seconds * max(1.0, len(form.files) / self.files)

    def share(self, form: Form) -> float:
        """How much of the time a take of that form keeps the disk busy; above 1 it falls behind."""
        carried = max(0.0, _LONG_ROUND_SECONDS * form.bytes_per_second - self.round_bytes)
        return (self.sync_seconds(form) + carried / self.bytes_per_second) / _LONG_ROUND_SECONDS


@dataclass(frozen=True)
class Verdict:
    """`enough`, `just enough`, `slow sync`, `too slow` or `not tested`, and what to say."""

    word: str
    text: str
    do: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing needs to be done about it."""
        return self.word == "enough"


def judge(measured: Measured, form: Form, about: str = "the disk") -> Verdict:
    """What a disk that did this means for a take of that form."""
    share, sync = measured.share(form), measured.sync_seconds(form)
    takes = f"{about} takes {_megabytes(measured.bytes_per_second)} MB/s and syncs in {_seconds(sync)}"
    needs = f"{takes}, this take needs {_megabytes(form.bytes_per_second)} MB/s"
    if share > _JUST_ENOUGH:
        files = "to one poly file, " if len(form.files) > 8 and sync > SLOW_SYNC_SECONDS else ""
        return Verdict("too slow", f"{needs}: too slow", f"record fewer tracks, {files}or to another disk")
    if sync > SLOW_SYNC_SECONDS:
        more = f"a power cut may cost {_seconds(1 + sync)}"
        return Verdict("slow sync", f"{needs}: enough, but {more}", "use a disk that syncs faster")
    if share > _ENOUGH:
        return Verdict("just enough", f"{needs}: just enough", "let nothing else write to this disk")
    return Verdict("enough", f"{needs}: enough")


def try_disk(
    folder: Path,
    form: Form,
    abandoned: Callable[[], bool] = lambda: False,
    clock: Clock = time.monotonic,
) -> Measured | Verdict:
    """Write, sync and forget about 16 MB in about a second; a verdict where nothing can be written.

    `form` has at least one track. Nothing is written into the last `RESERVE_BYTES`. Raises Abandoned as soon
    as `abandoned()`, asked between two rounds.
    """
    round_bytes = form.bytes_per_second * SYNC_SECONDS
    least = max(len(form.files), min(SMALL_BYTES, round(round_bytes)))
    try:
        with ExitStack() as held:
            files = [held.enter_context(_nameless(folder, number)) for number in range(len(form.files))]
            found = os.fstatvfs(files[0].fileno())
            most = min(
                max(MOST_BYTES, 4 * round(round_bytes)),
                (found.f_bavail * found.f_frsize - RESERVE_BYTES) // 2,
            )
            if least > most:
                return Verdict("not tested", "the disk is too full for a write test", "make room on the disk")
            pool = held.enter_context(ThreadPoolExecutor(_SYNC_THREADS, "trial"))
            return _Rounds(files, pool, abandoned, clock).run(least, most)
    except OSError as error:
        what, do = in_words(error)
        return Verdict("too slow", f"{folder} cannot be written: {what}", do)


def _nameless(folder: Path, number: int) -> BinaryIO:
    """A file that is gone when it is closed, whatever ends the process; raises OSError."""
    path = folder / f"{NAME}-{os.getpid()}-{time.monotonic_ns()}-{number}"
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    path.unlink()
    return os.fdopen(handle, "wb")


class _Rounds:
    """Rounds of writing and syncing over open files."""

    def __init__(
        self,
        files: Sequence[BinaryIO],
        pool: ThreadPoolExecutor,
        abandoned: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._files, self._pool, self._abandoned, self._clock = files, pool, abandoned, clock
        self._noise = os.urandom(1 << 20)  # what can be compressed would flatter the disk

    def run(self, least: int, most: int) -> Measured:
        """Small rounds of `least` bytes, then ever larger ones, `most` bytes in all."""
        until, left = self._clock() + BUDGET_SECONDS, most
        times: list[float] = []
        while len(times) < _ROUNDS and left >= least and (not times or self._clock() < until):
            times.append(self._round(least))
            left -= least
        size, fastest = least, least / max(min(times), 1e-6)
        while self._clock() < until and left >= 2 * size:
            size *= 2
            fastest = max(fastest, size / max(self._round(size), 1e-6))
            left -= size
        return Measured(len(self._files), median(times), least, fastest)

    def _round(self, size: int) -> float:
        if self._abandoned():
            raise Abandoned
        began = self._clock()
        each = size // len(self._files)
        for file in self._files:
            for first in range(0, each, len(self._noise)):
                file.write(self._noise[: each - first])
            file.flush()
        for _ in self._pool.map(lambda file: os.fdatasync(file.fileno()), self._files):
            pass
        return self._clock() - began


def _megabytes(bytes_per_second: float) -> str:
    amount = bytes_per_second / 1e6
    return f"{amount:.0f}" if amount >= 10 else f"{amount:.1f}"


def _seconds(amount: float) -> str:
    return f"{amount * 1000:.0f} ms" if amount < 1 else f"{amount:.1f} s"
