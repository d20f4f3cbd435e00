"""Reads WAV files of any maker: RIFF, RF64 and BW64, whole or as a crash left them, with limits throughout.

Audio is never searched for chunk names. When the size of `data` cannot be true (FFFFFFFF, past the end, or
nothing like a chunk behind it), the audio runs to the end of the file.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from capture.wav import bext, cue, guano, ixml_read
from capture.wav.errors import WavError
from capture.wav.header import EXTENSIBLE, GUID_TAIL, IEEE_FLOAT, PCM
from capture.wav.sizes import UNKNOWN

_CHUNKS = 1000
_CHUNK_BYTES = 4 << 20  # no metadata chunk larger than this is read
_READ = (b"fmt ", b"bext", b"iXML", b"guan", b"cue ", b"LIST")


@dataclass(frozen=True)
class Chunk:
    """One chunk: its name, where its payload begins, and the size it claims."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True)
class Fmt:
    """How samples are stored; `coding` is pcm, float or other."""

    tag: int
    channels: int
    rate: int
    block_align: int
    bits: int
    coding: str


@dataclass(frozen=True)
class WavInfo:
    """What a file says and what is true: `frames` are those there are, `sizes_true` if it says the same."""

    fmt: Fmt
    chunks: tuple[Chunk, ...]
    rf64: bool
    data_offset: int
    data_bytes: int
    file_bytes: int
    sizes_true: bool
    bext: bext.Bext | None = None
    ixml: ixml_read.Ixml | None = None
    guano: dict[str, str] = field(default_factory=dict)
    cues: tuple[cue.Cue, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def block_align(self) -> int:
        """Bytes of one frame."""
        return self.fmt.block_align

    @property
    def frames(self) -> int:
        """Whole frames that are in the file."""
        return self.data_bytes // self.fmt.block_align

    @property
    def fact_offset(self) -> int | None:
        """Where the sample count of a fact chunk stands."""
        return next((c.offset for c in self.chunks if c.name == "fact" and c.size >= 4), None)

    def chunk(self, name: str) -> Chunk | None:
        """The first chunk of a name."""
        return next((c for c in self.chunks if c.name == name), None)


def read_wav(path: Path) -> WavInfo:
    """What the file says; raises WavError when it cannot be opened or is no WAV file."""
    try:
        with path.open("rb") as file:
            return parse(file)
    except OSError as error:
        raise WavError(f"{path.name} cannot be read: {error.strerror or error}") from None


@dataclass
class _Walk:
    chunks: list[Chunk] = field(default_factory=list)
    payloads: list[tuple[bytes, bytes]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ds64_data: int | None = None
    data: Chunk | None = None
    sizes_true: bool = True


def parse(file: BinaryIO) -> WavInfo:
    """What an open file says; raises WavError for anything that is no WAV file, OSError from the disk."""
    size = file.seek(0, os.SEEK_END)
    start = _at(file, 0, 12)
    if start[:4] not in (b"RIFF", b"RF64", b"BW64") or start[8:] != b"WAVE":
        raise WavError("not a WAV file: it does not begin with RIFF or RF64 and WAVE")
    big = start[:4] != b"RIFF"
    walk = _Walk()
    _walk(file, size, big, walk)
    fmt = next((_fmt(payload) for name, payload in walk.payloads if name == b"fmt "), None)
    if fmt is None or walk.data is None:
        raise WavError(
            f"no {'fmt' if fmt is None else 'data'} chunk: the file has no audio that can be found"
        )
    data_bytes = _data_bytes(walk, size)
    claimed = _riff_bytes(file, big, walk)
    sizes_true = walk.sizes_true and claimed in (size, size + 1)
    found = _metadata(walk)
    return WavInfo(
        fmt,
        tuple(walk.chunks),
        big,
        walk.data.offset,
        data_bytes,
        size,
        sizes_true,
        found.bext,
        found.ixml,
        found.guano,
        found.cues,
        tuple(walk.problems),
    )


def _walk(file: BinaryIO, size: int, big: bool, walk: _Walk) -> None:
    offset = 12
    while offset + 8 <= size:
        if len(walk.chunks) >= _CHUNKS:
            walk.problems.append(f"more than {_CHUNKS} chunks: the rest was not read")
            return
        name, claimed = struct.unpack("<4sI", _at(file, offset, 8))
        if name == b"data" and walk.data is None:
            claimed = _data(file, size, big, Chunk("data", offset + 8, claimed), walk)
            if not walk.sizes_true:
                return
        else:
            chunk = Chunk(name.decode("latin-1"), offset + 8, claimed)
            walk.chunks.append(chunk)
            if chunk.offset + claimed > size:
                walk.problems.append(f"the chunk {chunk.name!r} runs past the end of the file")
                return
            _take(file, name, chunk, walk)
        offset += 8 + claimed + claimed % 2


def _take(file: BinaryIO, name: bytes, chunk: Chunk, walk: _Walk) -> None:
    if name == b"ds64" and chunk.size >= 24 and walk.ds64_data is None:
        walk.ds64_data = struct.unpack("<Q", _at(file, chunk.offset + 8, 8))[0]
    if name not in _READ:
        return
    if sum(len(payload) for _, payload in walk.payloads) + chunk.size > _CHUNK_BYTES:
        walk.problems.append(f"the chunk {chunk.name!r} is too large and was not read")
        return
    walk.payloads.append((name, _at(file, chunk.offset, chunk.size)))


def _data(file: BinaryIO, size: int, big: bool, chunk: Chunk, walk: _Walk) -> int:
    """The true size of the data chunk; notes in the walk when the claimed one cannot be true."""
    claimed = chunk.size
    if big and claimed == UNKNOWN and walk.ds64_data is not None:
        claimed = walk.ds64_data
    unknown = claimed == UNKNOWN and not big  # RIFF has no room for so much: it says "not known yet"
    end = chunk.offset + claimed
    walk.sizes_true = not unknown and end <= size and _tiles(file, end + claimed % 2, size)
    walk.data = Chunk("data", chunk.offset, claimed)
    walk.chunks.append(walk.data)
    return claimed


def _tiles(file: BinaryIO, offset: int, size: int) -> bool:
    """Whether chunks with printable names fill the file from `offset` to its end."""
    for _ in range(_CHUNKS):
        if offset in (size, size + 1):  # + 1: the pad byte of the last chunk was never written
            return True
        if offset + 8 > size:
            return False
        name, claimed = struct.unpack("<4sI", _at(file, offset, 8))
        if not (name.isascii() and name.decode("ascii").isprintable()):
            return False
        offset += 8 + claimed + claimed % 2
    return False


def _data_bytes(walk: _Walk, size: int) -> int:
    assert walk.data is not None
    return walk.data.size if walk.sizes_true else max(0, size - walk.data.offset)


def _riff_bytes(file: BinaryIO, big: bool, walk: _Walk) -> int:
    """The length of the file as its first size field claims it."""
    claimed = int(struct.unpack("<I", _at(file, 4, 4))[0])
    ds64 = next((c for c in walk.chunks if c.name == "ds64" and c.size >= 24), None)
    if big and claimed == UNKNOWN and ds64:
        claimed = struct.unpack("<Q", _at(file, ds64.offset, 8))[0]
    return claimed + 8


def _fmt(payload: bytes) -> Fmt:
    if len(payload) < 16:
        raise WavError("the fmt chunk is too short")
    tag, channels, rate, _, align, bits = struct.unpack_from("<HHIIHH", payload)
    inner = tag
    if tag == EXTENSIBLE and len(payload) >= 40 and payload[26:40] == GUID_TAIL:
        inner = struct.unpack_from("<H", payload, 24)[0]
    if not (channels and rate and align):
        raise WavError("the fmt chunk names no channels, no rate or frames of no size")
    return Fmt(tag, channels, rate, align, bits, {PCM: "pcm", IEEE_FLOAT: "float"}.get(inner, "other"))


@dataclass
class _Metadata:
    bext: bext.Bext | None = None
    ixml: ixml_read.Ixml | None = None
    guano: dict[str, str] = field(default_factory=dict)
    cues: tuple[cue.Cue, ...] = ()


def _metadata(walk: _Walk) -> _Metadata:
    found = _Metadata()
    table, labels = b"", []
    for name, payload in walk.payloads:
        try:
            if name == b"bext":
                found.bext = found.bext or bext.decode(payload)
            elif name == b"iXML":
                found.ixml = found.ixml or ixml_read.decode(payload)
        except WavError as error:
            walk.problems.append(error.what)
        if name == b"guan":
            found.guano = found.guano or guano.decode(payload)
        table = table or (payload if name == b"cue " else b"")
        labels += [payload] if name == b"LIST" else []
    found.cues = cue.decode(table, labels)
    return found


def _at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)
