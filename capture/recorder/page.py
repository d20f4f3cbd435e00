"""The levels page: a small piece of memory that the recorder writes and any screen may map.

Its name lies in the run-time folder. The page itself must not lie on a disk: writing to a mapped page waits
for a disk that syncs or hangs, inside the processor's fault, with the interpreter's lock held.

Nothing is ever sent: a reader looks when it likes. A sequence number, odd while the recorder writes, tells a
reader that it saw half an update and has to look again.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from capture.clock import boottime_ns
from capture.errors import TakechainError

PAGE_NAME = "levels.page"
BLOCKS = 32
STALE_SECONDS = 0.5
STATES = ("armed", "rolling", "closing", "lost")
NO_TAKE = -1

_MAGIC = b"TCLEVEL1"
_SEQUENCE = struct.Struct("<Q")
_HEAD = struct.Struct("<8sQIII4xqqqqq")  # magic, sequence, channels, rate, state, times and counters
_NOW = struct.Struct("<I4xqqqqq")  # the same from the state on: updated, stream, take, lost, newest block
_NOW_AT = 24
_ARRAYS_AT = 128
_TRIES = 50


class PageError(TakechainError):
    """There is no levels page, or it is not one of ours."""

    code = "levels"


@dataclass(frozen=True)
class Levels:
    """What a look at the page saw; arrays have one value per input of the interface.

    `peaks` is the largest magnitude and `mean_square` the mean over all blocks since the last look, both
    linear with 1.0 as full scale. `overs` counts runs of three full-scale samples since the recorder started,
    `zero_run` the frames of exact zeros up to now.
    """

    channels: int
    rate: int
    state: str
    stream_frames: int
    take_frames: int  # -1: no take
    lost_frames: int
    block: int  # the newest meter block: pass it to the next look
    fresh: bool  # whether a block came since the last look
    age_seconds: float
    peaks: NDArray[np.float32]
    mean_square: NDArray[np.float32]
    overs: NDArray[np.int64]
    zero_run: NDArray[np.int64]

    @property
    def stale(self) -> bool:
        """Whether the page is too old to be believed ("no data")."""
        return self.age_seconds > STALE_SECONDS

    @property
    def rms(self) -> NDArray[np.float32]:
        """Linear RMS per input."""
        return np.sqrt(self.mean_square)


class _Arrays:
    """The arrays behind the head, as views of one buffer."""

    def __init__(self, buffer: Any, channels: int) -> None:
        place = _ARRAYS_AT

        def view(kind: str, *shape: int) -> NDArray[Any]:
            nonlocal place
            array: NDArray[Any] = np.ndarray(shape, kind, buffer, place)
            place += array.nbytes
            return array

        self.numbers = view("<i8", BLOCKS)
        self.overs = view("<i8", channels)
        self.zero_run = view("<i8", channels)
        self.peaks = view("<f4", BLOCKS, channels)
        self.squares = view("<f4", BLOCKS, channels)


def page_bytes(channels: int) -> int:
    """The size of a page for so many channels."""
    return _ARRAYS_AT + 8 * BLOCKS + 16 * channels + 8 * BLOCKS * channels


class PageWriter:
    """The recorder's side: one writer, one call per meter block."""

    def __init__(self, path: Path, channels: int, rate: int) -> None:
        self._path = path
        fresh = path.with_suffix(".new")
        self._memory = _memory(fresh, page_bytes(channels))
        self._map = mmap.mmap(self._memory, 0)
        self._sequence = 0
        self._block = 0
        self._arrays = _Arrays(self._map, channels)
        self._arrays.numbers[:] = -1
        head = (_MAGIC, 0, channels, rate, 0, 0, 0, NO_TAKE, 0, 0)
        _HEAD.pack_into(self._map, 0, *head)
        fresh.replace(path)

    def state(self, state: str, stream_frames: int, take_frames: int, lost_frames: int) -> None:
        """Say how things stand without a new meter block."""
        self._begin()
        self._now(state, stream_frames, take_frames, lost_frames)
        self._end()

    def write(
        self,
        state: str,
        stream_frames: int,
        take_frames: int,
        lost_frames: int,
        peaks: NDArray[np.float32],
        mean_square: NDArray[np.float32],
        overs: NDArray[np.int64],
        zero_run: NDArray[np.int64],
    ) -> None:
        """Publish one meter block (arrays of one value per channel)."""
        self._begin()
        self._block += 1
        place, arrays = self._block % BLOCKS, self._arrays
        arrays.numbers[place] = self._block
        arrays.peaks[place] = peaks
        arrays.squares[place] = mean_square
        arrays.overs[:] = overs
        arrays.zero_run[:] = zero_run
        self._now(state, stream_frames, take_frames, lost_frames)
        self._end()

    def close(self) -> None:
        """Let go of the page and remove it."""
        del self._arrays
        with contextlib.suppress(BufferError):
            self._map.close()
        os.close(self._memory)
        self._path.unlink(missing_ok=True)

    def _now(self, state: str, stream_frames: int, take_frames: int, lost_frames: int) -> None:
        number = STATES.index(state)
        _NOW.pack_into(
            self._map, _NOW_AT, number, boottime_ns(), stream_frames, take_frames, lost_frames, self._block
        )

    def _begin(self) -> None:
        self._sequence += 1
        _SEQUENCE.pack_into(self._map, 8, self._sequence)

    def _end(self) -> None:
        self._sequence += 1
        _SEQUENCE.pack_into(self._map, 8, self._sequence)


def _memory(path: Path, size: int) -> int:
    """A descriptor of so many zero bytes that others of this user can open at `path`.

    Linux gives memory without a file, gone with its process; elsewhere it is a file.
    """
    path.unlink(missing_ok=True)
    if hasattr(os, "memfd_create"):
        memory = os.memfd_create(PAGE_NAME, os.MFD_CLOEXEC)
        path.symlink_to(f"/proc/{os.getpid()}/fd/{memory}")
    else:
        memory = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.ftruncate(memory, size)
    return memory


class PageReader:
    """Anybody's side: looks never wait for the recorder."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                self._identity = os.fstat(file.fileno()).st_ino
        except (OSError, ValueError) as error:
            raise PageError(f"there are no levels at {path}") from error
        self._path = path
        self.channels, self.rate = self._checked_head()

    def replaced(self) -> bool:
        """Whether another recorder has put its own page there since (then open it again)."""
        try:
            return self._path.stat().st_ino != self._identity
        except OSError:
            return True

    def read(self, since_block: int = 0) -> Levels | None:
        """One look: everything newer than `since_block`; None if the recorder kept writing all the while."""
        for _ in range(_TRIES):
            before = self._sequence()
            if before % 2:
                continue
            copy = self._map[:]
            if self._sequence() == before:
                return self._levels(copy, since_block)
        return None

    def close(self) -> None:
        """Let go of the page."""
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked_head(self) -> tuple[int, int]:
        if len(self._map) < _ARRAYS_AT or self._map[:8] != _MAGIC:
            raise PageError(f"{self._path} is not a levels page of this version")
        _, _, channels, rate, *_ = _HEAD.unpack_from(self._map, 0)
        if len(self._map) != page_bytes(channels):
            raise PageError(f"{self._path} has not the size its head says")
        return int(channels), int(rate)

    def _sequence(self) -> int:
        return int(_SEQUENCE.unpack_from(self._map, 8)[0])

    def _levels(self, copy: bytes, since_block: int) -> Levels:
        state, updated, stream, take, lost, block = _NOW.unpack_from(copy, _NOW_AT)
        arrays = _Arrays(copy, self.channels)
        seen = arrays.numbers > max(since_block, 0)
        fresh = bool(seen.any())
        if not fresh:
            seen = arrays.numbers == block
        some = bool(seen.any())
        silence = np.zeros(self.channels, np.float32)
        return Levels(
            channels=self.channels,
            rate=self.rate,
            state=STATES[state] if state < len(STATES) else "lost",
            stream_frames=stream,
            take_frames=take,
            lost_frames=lost,
            block=block,
            fresh=fresh,
            age_seconds=max(0.0, (boottime_ns() - updated) / 1e9),
            peaks=arrays.peaks[seen].max(0) if some else silence,
            mean_square=arrays.squares[seen].mean(0) if some else silence,
            overs=arrays.overs.copy(),
            zero_run=arrays.zero_run.copy(),
        )
