"""Samples from the interface into the bytes of the files: float32 frames in, little endian PCM out.

24-bit samples are round(x · 2^23) to the nearest integer, ties to even, clipped to −2^23 … 2^23 − 1; so every
integer / 2^23 comes back as that integer. NaN becomes 0. Float files get the bits that came in.

The cast writes each sample as a 32-bit integer into a view whose elements overlap: they stand 3 bytes apart,
and each covers the spare fourth byte of the one before it: one pass where slicing bytes takes several. Blocks
are worked on in stretches that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capture.wav.meta import SAMPLE_BYTES, Format

_SCALE = np.float32(2**23)
_LOW, _HIGH = np.float32(-(2**23)), np.float32(2**23 - 1)
_STRETCH_POLY = 1 << 16  # samples worked on at a time: 256 KB of float32
_STRETCH_MONO = 1 << 14  # less for mono files: reading down the columns wants the nearest cache

Samples = NDArray[np.float32]


class Packer:
    """Packs blocks of an interface's frames into the bytes of several files at once.

    `files` names for each file the columns of the block it takes, from 0, in the order of its channels:
    `[[0, 1, 2]]` is one poly file, `[[2], [4], [15]]` three mono files, `[[0], [1, 2]]` a mono and a
    linked pair. `max_frames` is the largest block.
    """

    def __init__(self, files: Sequence[Sequence[int]], format: Format, max_frames: int) -> None:  # noqa: A002
        self._format, self._max = format, max_frames
        mono = [i for i, columns in enumerate(files) if len(columns) == 1]
        wide = [i for i, columns in enumerate(files) if len(columns) > 1]
        order = [c for i in (*mono, *wide) for c in files[i]]  # mono files first: one pass takes all of them
        self._columns: slice | NDArray[np.intp] = _run(order)
        self._inputs = max(order, default=-1) + 1
        self._width, self._mono = len(order), len(mono)
        self._files = len(files)
        self._whole = self._files == 1 and order == list(range(len(order)))
        self._rows_of_mono = dict(enumerate(mono))
        ends = np.cumsum([len(mono), *(len(files[i]) for i in wide)])
        self._wide = [(i, int(a), int(b)) for i, a, b in zip(wide, ends, ends[1:], strict=False)]
        size = SAMPLE_BYTES[format]
        spare = 4 - size
        self._mono_bytes = np.zeros((len(mono), max_frames * size + spare), np.uint8)
        self._wide_bytes = {i: np.zeros(max_frames * len(files[i]) * size + spare, np.uint8) for i in wide}
        stretch = _STRETCH_MONO if mono else _STRETCH_POLY
        self._stretch = max(1, min(max_frames, stretch // max(1, self._width)))
        self._work = np.empty((self._stretch, self._width), np.float32)

    def pack(self, block: Samples) -> list[memoryview]:
        """The bytes of each file, in the order of `files`; they stand until the next call.

        `block` is float32 of shape (frames, inputs), at most `max_frames` long; raises ValueError.
        """
        frames = len(block)
        if (
            block.dtype != np.float32
            or block.ndim != 2
            or frames > self._max
            or block.shape[1] < self._inputs
        ):
            wanted = f"float32, up to {self._max} frames of at least {self._inputs} inputs"
            raise ValueError(f"a block of {block.dtype} {block.shape} does not fit: {wanted}")
        if self._format == "float32":
            return self._float(block)
        with np.errstate(invalid="ignore", over="ignore"):  # a NaN casts to an integer whose lower 24 bits are 0
            for first in range(0, frames, self._stretch):
                self._cast(first, self._scaled(block[first : first + self._stretch]))
        return self._results(frames)

    def _scaled(self, part: Samples) -> Samples:
        work = self._work[: len(part)]
        if isinstance(self._columns, slice):
            np.multiply(part[:, self._columns], _SCALE, out=work)
        else:
            np.take(part, self._columns, axis=1, out=work, mode="clip")
            np.multiply(work, _SCALE, out=work)
        np.clip(work, _LOW, _HIGH, out=work)
        return np.rint(work, out=work)

    def _cast(self, first: int, work: Samples) -> None:
        if self._mono:
            row = self._mono_bytes.strides[0]
            mono = _overlapping(self._mono_bytes, first * 3, (self._mono, len(work)), (row, 3))
            np.copyto(mono, work[:, : self._mono].T, casting="unsafe")
        for i, start, end in self._wide:
            samples = len(work) * (end - start)
            wide = _overlapping(self._wide_bytes[i], first * (end - start) * 3, (samples,), (3,))
            np.copyto(wide, work[:, start:end].reshape(-1), casting="unsafe")

    def _float(self, block: Samples) -> list[memoryview]:
        frames = len(block)
        if frames and self._whole and block.shape[1] == self._inputs and block.flags.c_contiguous:
            return [block.data.cast("B")]
        for first in range(0, frames, self._stretch):
            part = block[first : first + self._stretch]
            self._copy(first, part[:, self._columns])
        return self._results(frames)

    def _copy(self, first: int, work: Samples) -> None:
        last = first + len(work)
        if self._mono:
            np.copyto(self._mono_bytes.view("<f4")[:, first:last], work[:, : self._mono].T)
        for i, start, end in self._wide:
            rows = self._wide_bytes[i].view("<f4").reshape(-1, end - start)
            np.copyto(rows[first:last], work[:, start:end])

    def _results(self, frames: int) -> list[memoryview]:
        size = SAMPLE_BYTES[self._format]
        results: list[memoryview] = [memoryview(b"")] * self._files
        for row, i in self._rows_of_mono.items():
            results[i] = self._mono_bytes[row].data[: frames * size]
        for i, start, end in self._wide:
            results[i] = self._wide_bytes[i].data[: frames * (end - start) * size]
        return results


def _run(columns: list[int]) -> slice | NDArray[np.intp]:
    """Columns as a slice when they count up by one: that needs no gathering."""
    if columns and columns == list(range(columns[0], columns[0] + len(columns))):
        return slice(columns[0], columns[0] + len(columns))
    return np.array(columns, np.intp)


def _overlapping(
    buffer: NDArray[np.uint8], offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> NDArray[Any]:
    return np.ndarray(shape, "<i4", buffer=buffer.data, offset=offset, strides=strides)
