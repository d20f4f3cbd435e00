"""Samples from the interface into the bytes of the files: float32 frames in, little endian PCM out.

24-bit samples are round(x · 2^23) to the nearest integer, ties to even, clipped to −2^23 … 2^23 − 1; so every
integer / 2^23 comes back as that integer. NaN becomes 0. Float files get the bits that came in.

The cast writes each sample as a 32-bit integer into a view whose elements overlap: they stand 3 bytes apart,
and each covers the spare fourth byte of the one before it: one pass where slicing bytes takes several. Blocks
are worked on in stretches that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture.wav.meta import SAMPLE_BYTES, Format

_SCALE = np.float32(2**23)
_LOW, _HIGH = np.float32(-(2**23)), np.float32(2**23 - 1)
_STRETCH_WIDE = 1 << 16  # samples worked on at a time: 256 KB of float32
_STRETCH_SPLIT = 1 << 14  # less for several files: reading down the columns wants the nearest cache

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class _Group:
    """Files of one width: their numbers, the first of their columns in the work, a row of bytes for each."""

    width: int
    files: list[int]
    start: int
    rows: NDArray[np.uint8]

    @property
    def end(self) -> int:
        return self.start + self.width * len(self.files)


class Packer:
    """Packs blocks of an interface's frames into the bytes of several files at once.

    `files` names for each file the columns of the block it takes, from 0, in the order of its channels:
    `[[0, 1, 2]]` is one poly file, `[[2], [4], [15]]` three mono files, `[[0], [1, 2]]` a mono and a
    linked pair. `max_frames` is the largest block. Packers of one thread may share the memory they work in,
    which then stays in the processor's cache: `like` is another one for the same files.
    """

    def __init__(
        self,
        files: Sequence[Sequence[int]],
        format: Format,  # noqa: A002
        max_frames: int,
        like: Packer | None = None,
    ) -> None:
        self._size, self._max, self._files = SAMPLE_BYTES[format], max_frames, len(files)
        widths = sorted({len(columns) for columns in files}, key=lambda width: (width != 2, width))
        order: list[int] = []
        self._groups: list[_Group] = []
        for width in widths:  # pairs first: they are copied as 8 bytes, and stand on even columns then
            numbers = [i for i, columns in enumerate(files) if len(columns) == width]
            row_bytes = max_frames * self._size * width + 4 - self._size
            self._groups.append(
                _Group(width, numbers, len(order), np.zeros((len(numbers), row_bytes), np.uint8))
            )
            order += [column for i in numbers for column in files[i]]
        self._columns = _run(order)
        self._inputs = max(order, default=-1) + 1
        self._whole = len(files) == 1 and order == list(range(len(order)))
        samples = _STRETCH_WIDE if self._files == 1 else _STRETCH_SPLIT
        self._stretch = max(1, min(max_frames, samples // max(1, len(order))))
        self._work: Samples
        self._pairs: NDArray[np.int64]
        if like is None:
            self._work = np.empty((self._stretch, len(order)), np.float32)
            self._pairs = np.empty(len(order) // 2 * self._stretch, np.int64)
        else:
            self._work, self._pairs = like._work, like._pairs  # noqa: SLF001

    def pack(self, block: Samples, *, within: bool = False) -> list[memoryview]:
        """The bytes of each file, in the order of `files`; they stand until the next call.

        `block` is float32 of shape (frames, inputs), at most `max_frames` long; raises ValueError. `within`
        says that every sample is known to lie inside ±1, so that none needs to be clipped.
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
        untouched = self._size == 4 and self._whole and block.shape[1] == self._inputs
        if untouched and frames and block.flags.c_contiguous:
            return [block.data.cast("B")]
        with np.errstate(
            invalid="ignore", over="ignore"
        ):  # NaN casts to an integer whose lower 24 bits are 0
            for first in range(0, frames, self._stretch):
                work = self._chosen(block[first : first + self._stretch], within)
                for group in self._groups:
                    self._write(group, first, work)
        results: list[memoryview] = [memoryview(b"")] * self._files
        for group in self._groups:
            for row, number in zip(group.rows, group.files, strict=True):
                results[number] = row.data[: frames * group.width * self._size]
        return results

    def _chosen(self, part: Samples, within: bool) -> Samples:
        """The wanted columns of a stretch, side by side; scaled, clipped and rounded for 24 bits."""
        work = self._work[: len(part)]
        if isinstance(self._columns, slice):
            part = part[:, self._columns]
        else:
            part = np.take(part, self._columns, axis=1, out=work, mode="clip")
        if self._size == 4:
            np.copyto(work, part)
            return work
        np.multiply(part, _SCALE, out=work)
        if not within:
            np.clip(work, _LOW, _HIGH, out=work)
        return np.rint(work, out=work)

    def _write(self, group: _Group, first: int, work: Samples) -> None:
        """Casts a stretch into the rows of a group; rows of 24-bit samples are seen as overlapping words."""
        count, length = len(group.files), len(work)
        samples = work[:, group.start : group.end]
        row, width = group.rows.strides[0], group.width
        kind = "<i4" if self._size == 3 else "<f4"
        out = np.ndarray(
            (count, length * width),
            kind,
            buffer=group.rows.data,
            offset=first * width * self._size,
            strides=(row, self._size),
        )
        if width == 1:
            np.copyto(out, samples.T, casting="unsafe")
        elif width == 2:
            pairs = self._pairs[: count * length].reshape(count, length)
            np.copyto(pairs, samples.view(np.int64).T)
            np.copyto(out, pairs.view(np.float32), casting="unsafe")
        else:
            for i in range(count):
                np.copyto(out[i], samples[:, i * width : (i + 1) * width].reshape(-1), casting="unsafe")


def _run(columns: list[int]) -> slice | NDArray[np.intp]:
    """Columns as a slice when they count up by one: that needs no gathering."""
    if columns and columns == list(range(columns[0], columns[0] + len(columns))):
        return slice(columns[0], columns[0] + len(columns))
    return np.array(columns, np.intp)
