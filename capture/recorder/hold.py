"""Packed audio that waits for about half a second, so that loss seen late still gets its silence in place."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from capture.recorder.meter import Measured
from capture.wav.meta import Format
from capture.wav.pack import Packer

Pick = Callable[[memoryview], list[memoryview]]

CHUNK_SECONDS = 0.1
CHUNK_SAMPLES = 1 << 18  # metered, then packed: what was read once is still in the processor's cache
LEAST_CHUNK_FRAMES = 256


def chunk_frames(rate: int, channels: int) -> int:
    """The most frames of an interface that are worked on at once."""
    return min(round(CHUNK_SECONDS * rate), max(LEAST_CHUNK_FRAMES, CHUNK_SAMPLES // channels))


@dataclass(slots=True)
class Chunk:
    """A stretch of one take: packed bytes per file, or silence (`data` None), from frame `first` on."""

    first: int
    frames: int
    data: list[memoryview] | None
    levels: Measured | None = None
    packer: Packer | None = None  # whose buffers `data` lies in; goes back to the pool once written
    pick: Pick | None = (
        None  # takes the files' bytes out of `data`, which is one view of all inputs until then
    )
    holders: int = 1  # sides that have not written it yet

    @property
    def end(self) -> int:
        """The frame after the last."""
        return self.first + self.frames

    def split(self, frame: int) -> tuple[Chunk, Chunk]:
        """The parts before and from `frame`, which lies inside; the levels stay with the first part."""
        count = frame - self.first
        if self.data is None:
            return replace(self, frames=count), replace(self, first=frame, frames=self.frames - count)
        cuts = [len(view) // self.frames * count for view in self.data]
        head = [view[:cut] for view, cut in zip(self.data, cuts, strict=True)]
        tail = [view[cut:] for view, cut in zip(self.data, cuts, strict=True)]
        return (
            Chunk(self.first, count, head, self.levels, None, self.pick),
            Chunk(frame, self.frames - count, tail, None, self.packer, self.pick),
        )

    def picked(self) -> list[memoryview] | None:
        """The bytes of each file, picked now where that was left for later."""
        return self.data if self.data is None or self.pick is None else self.pick(self.data[0])


class PackerPool:
    """Packers with their buffers, used again and again, so that rolling asks the system for no memory.

    `files` are the columns of each file as `capture.wav.pack.Packer` takes them.
    """

    def __init__(self, files: Sequence[Sequence[int]], format: Format, max_frames: int) -> None:  # noqa: A002
        self.files, self.format, self.max_frames = files, format, max_frames
        self._free: deque[Packer] = deque()  # thread-safe at both ends
        self._counting = threading.Lock()
        self._like: Packer | None = None

    def pack(self, samples: NDArray[np.float32], first: int, levels: Measured) -> Chunk:
        """A chunk of at most `max_frames` frames, with bytes of its own."""
        try:
            packer = self._free.pop()
        except IndexError:
            packer = Packer(self.files, self.format, self.max_frames, self._like)
            self._like = packer
        data = packer.pack(samples, within=levels.within)
        if any(
            id(view.obj) == id(samples) for view in data
        ):  # float into one file needs no packing, but a copy
            data = [memoryview(bytes(view)) for view in data]
        return Chunk(first, len(samples), data, levels, packer)

    def free(self, chunk: Chunk) -> None:
        """Take back what a written or dropped chunk lies in, once no side needs it any more."""
        with self._counting:
            chunk.holders -= 1
            needed = chunk.holders > 0
        if chunk.packer is not None and not needed:
            self._free.append(chunk.packer)
            chunk.packer, chunk.data = None, None


class Hold:
    """The last `frames` of a take, in order; what is older is handed on to `out`."""

    def __init__(self, frames: int, out: Callable[[Chunk], None]) -> None:
        self._frames = frames
        self._out = out
        self._chunks: deque[Chunk] = deque()
        self.held = 0

    @property
    def first(self) -> int | None:
        """The first frame still held."""
        return self._chunks[0].first if self._chunks else None

    def add(self, chunk: Chunk) -> None:
        """Hold one more chunk, and hand on what is old enough."""
        self._chunks.append(chunk)
        self.held += chunk.frames
        while self._chunks and self.held - self._chunks[0].frames >= self._frames:
            self._pass_on()

    def insert_silence(self, first: int, frames: int) -> int:
        """Silence from frame `first` on, what follows moved back; returns where it really went.

        A place before what is held is moved to its beginning, one behind it to its end.
        """
        later: list[Chunk] = []
        while self._chunks and self._chunks[-1].end > first:
            chunk = self._chunks.pop()
            if chunk.first >= first:
                later.append(chunk)
                continue
            head, tail = chunk.split(first)
            self._chunks.append(head)
            later.append(tail)
        place = later[-1].first if later else (self._chunks[-1].end if self._chunks else first)
        self._chunks.append(Chunk(place, frames, None))
        for chunk in reversed(later):
            chunk.first += frames
            self._chunks.append(chunk)
        self.held += frames
        return place

    def move(self, frames: int) -> None:
        """Everything held came so many frames later than was thought."""
        for chunk in self._chunks:
            chunk.first += frames

    def resize(self, frames: int) -> None:
        """Hold so many frames from now on."""
        self._frames = frames
        while self._chunks and self.held - self._chunks[0].frames >= frames:
            self._pass_on()

    def since(self, first: int, measure: Callable[[Chunk], Measured | None]) -> list[Chunk]:
        """Copies of all chunks from frame `first` on, bytes shared; one that is cut is measured anew."""
        chunks = [replace(chunk) for chunk in self._chunks if chunk.end > first]
        if chunks and chunks[0].first < first:
            chunks[0] = chunks[0].split(first)[1]
            chunks[0].levels = measure(chunks[0])
        return chunks

    def clear(self) -> None:
        """Forget everything, handing nothing on."""
        self._chunks.clear()
        self.held = 0

    def flush(self, end: int, measure: Callable[[Chunk], Measured | None]) -> None:
        """Hand on everything before frame `end` and forget the rest; a chunk that is cut is measured anew."""
        while self._chunks:
            if self._chunks[0].end > end:
                chunk = self._chunks[0]
                if chunk.first < end:
                    head, tail = chunk.split(end)
                    head.packer, tail.packer = tail.packer, None
                    head.levels = measure(head)
                    self._out(head)
                break
            self._pass_on()
        self.clear()

    def _pass_on(self) -> None:
        chunk = self._chunks.popleft()
        self.held -= chunk.frames
        self._out(chunk)
