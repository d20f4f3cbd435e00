"""The size fields of a WAV file, kept true while it grows, from RIFF into RF64 in place (EBU Tech 3306).

Every file begins with a JUNK chunk of 28 bytes. Beyond 4 GiB it becomes `ds64`; the order of the patches is
such that each state between is a file whose audio is found by its length.
"""

from __future__ import annotations

import struct
from typing import Protocol

RIFF_LIMIT = 2**32 - 2**16 - 8  # a RIFF file ends 64 KiB below 4 GiB: room for what other programs add
UNKNOWN = 0xFFFFFFFF
DS64_PAYLOAD = 20
_DS64 = struct.Struct("<QQQI")


class Sized(Protocol):
    """Where a file keeps its sizes; `fact_offset` is the place of the sample count, if there is one."""

    @property
    def data_offset(self) -> int: ...  # noqa: D102
    @property
    def block_align(self) -> int: ...  # noqa: D102
    @property
    def fact_offset(self) -> int | None: ...  # noqa: D102


Patch = tuple[int, bytes]


def riff_size(file: Sized, frames: int) -> int:
    """The RIFF size with `frames` frames: all after the first 8 bytes, the pad byte of odd data included."""
    data = frames * file.block_align
    return file.data_offset - 8 + data + data % 2


def needs_rf64(file: Sized, frames: int) -> bool:
    """Whether `frames` frames no longer fit into RIFF."""
    return riff_size(file, frames) > RIFF_LIMIT


def tail(file: Sized, frames: int) -> bytes:
    """What stands behind the last frame of a finished file: a NUL when the data is odd (mono 24-bit)."""
    return bytes(frames * file.block_align % 2)


def all_sizes(file: Sized, frames: int) -> list[Patch]:
    """Patches (offset, bytes) that make every size field true, whatever stood there before."""
    if needs_rf64(file, frames):
        ids = b"RF64" + struct.pack("<I", UNKNOWN) + b"WAVEds64"
        data_size = (file.data_offset - 4, struct.pack("<I", UNKNOWN))
        return [(DS64_PAYLOAD, _ds64(file, frames)), *_fact(file, frames), data_size, (0, ids)]
    data_size = (file.data_offset - 4, struct.pack("<I", frames * file.block_align))
    ids = b"RIFF" + struct.pack("<I", riff_size(file, frames)) + b"WAVEJUNK"
    return [*_fact(file, frames), data_size, (0, ids), (DS64_PAYLOAD, bytes(_DS64.size))]


def size_patches(file: Sized, frames_before: int, frames_now: int) -> list[Patch]:
    """Patches that carry the sizes from one length to a greater one, in the order they are to be written."""
    if needs_rf64(file, frames_now):
        if needs_rf64(file, frames_before):
            return [(DS64_PAYLOAD, _ds64(file, frames_now)), *_fact(file, frames_now)]
        return all_sizes(file, frames_now)
    sizes = struct.pack("<I", riff_size(file, frames_now)), struct.pack("<I", frames_now * file.block_align)
    return [(4, sizes[0]), *_fact(file, frames_now), (file.data_offset - 4, sizes[1])]


def _ds64(file: Sized, frames: int) -> bytes:
    return _DS64.pack(riff_size(file, frames), frames * file.block_align, frames, 0)


def _fact(file: Sized, frames: int) -> list[Patch]:
    return [] if file.fact_offset is None else [(file.fact_offset, struct.pack("<I", min(frames, UNKNOWN)))]
