"""The whole header of a file, up to its first sample: bytes out, no I/O.

    RIFF|WAVE  JUNK(28) -> ds64  fmt  [fact]  bext  iXML  guan  [cue  LIST/adtl]  PAD  data

Every chunk is even, `data` is the last one and its samples begin on a multiple of 4096. Room is reserved, so
that what is said of a take after Stop (verdict, notes, markers, names) is written without moving audio:

    bext    602 + 512 + 96 per channel, at most 8792     coding history
    iXML    24576 + 512 per channel
    guan    2048
    cue     16384 for cue, LIST and PAD together, and what is left to the next multiple of 4096
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from capture.wav import bext, cue, guano, ixml
from capture.wav.errors import WavError
from capture.wav.meta import SAMPLE_BYTES, FileMeta, Format
from capture.wav.sizes import all_sizes

ALIGNMENT = 4096
PCM, IEEE_FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
GUID_TAIL = bytes.fromhex("0000000010008000" + "00AA00389B71")
_DS64_BYTES = 28
_CUE_ROOM = 16384


@dataclass(frozen=True)
class Layout:
    """Where things stand in a file: the payload sizes of the reserved chunks and the offset of the audio."""

    channels: int
    format: Format
    bext_bytes: int
    ixml_bytes: int
    guan_bytes: int
    data_offset: int

    @staticmethod
    def plan(channels: int, format: Format) -> Layout:  # noqa: A002
        """The layout of a new file; raises WavError for a channel count that WAV cannot hold."""
        if not 1 <= channels <= 1024:
            raise WavError(f"a file of {channels} channels cannot be written", "choose 1 to 1024 inputs")
        history = min(512 + 96 * channels, 8190)
        sizes = bext.FIXED_BYTES + history, 24576 + 512 * channels, 2048
        bare = Layout(channels, format, *sizes, data_offset=0)
        end = bare.room_offset + _CUE_ROOM + 8
        return Layout(channels, format, *sizes, data_offset=-(-end // ALIGNMENT) * ALIGNMENT)

    @property
    def block_align(self) -> int:
        """Bytes of one frame."""
        return self.channels * SAMPLE_BYTES[self.format]

    @property
    def tag(self) -> int:
        """The format tag: plain PCM or float for mono and stereo, WAVE_FORMAT_EXTENSIBLE above."""
        if self.channels > 2:
            return EXTENSIBLE
        return PCM if self.format == "pcm24" else IEEE_FLOAT

    @property
    def fmt_bytes(self) -> int:
        """Payload bytes of the fmt chunk."""
        return {PCM: 16, IEEE_FLOAT: 18, EXTENSIBLE: 40}[self.tag]

    @property
    def fact_offset(self) -> int | None:
        """Where the fact chunk's sample count stands; plain PCM has none."""
        return None if self.tag == PCM else 12 + 8 + _DS64_BYTES + 8 + self.fmt_bytes + 8

    @property
    def room_offset(self) -> int:
        """Where the room for cue, LIST and PAD begins; it ends where the data chunk does."""
        before = 12 + 8 + _DS64_BYTES + 8 + self.fmt_bytes + (0 if self.fact_offset is None else 12)
        return before + sum(8 + size for size in (self.bext_bytes, self.ixml_bytes, self.guan_bytes))


def header(meta: FileMeta, frames: int = 0, layout: Layout | None = None) -> bytes:
    """All bytes before the first sample, `layout.data_offset` of them, with sizes true for `frames` frames.

    Raises WavError when `meta` describes another format or channel count than `layout`.
    """
    layout = layout or Layout.plan(meta.channels, meta.format)
    if (layout.channels, layout.format) != (meta.channels, meta.format):
        raise WavError(
            f"a header for {meta.channels} channels of {meta.format} does not fit a file with "
            f"{layout.channels} channels of {layout.format}"
        )
    _check(meta, layout)
    room = layout.data_offset - 8 - layout.room_offset
    points, no_points = cue.encode(cue.points(meta.markers, meta.gaps), room - 8)
    about, no_words = bext.encode(meta, layout.bext_bytes)
    air, no_air = guano.encode(meta, frames, layout.guan_bytes)
    body = bytearray(b"RIFF\0\0\0\0WAVE")
    body += _chunk(b"JUNK", bytes(_DS64_BYTES)) + _chunk(b"fmt ", _fmt(meta, layout))
    body += b"" if layout.fact_offset is None else _chunk(b"fact", bytes(4))
    body += _chunk(b"bext", about)
    body += _chunk(b"iXML", ixml.encode(meta, layout.ixml_bytes, [*no_points, *no_words, *no_air]))
    body += _chunk(b"guan", air) + points
    body += _chunk(b"PAD ", bytes(room - len(points) - 8)) + b"data\0\0\0\0"
    for offset, patch in all_sizes(layout, frames):
        body[offset : offset + len(patch)] = patch
    return bytes(body)


def _check(meta: FileMeta, layout: Layout) -> None:
    if not 1 <= meta.sample_rate < 2**32 or meta.sample_rate * layout.block_align >= 2**32:
        raise WavError(f"a rate of {meta.sample_rate} Hz at {layout.channels} channels does not fit into WAV")
    if not 0 <= meta.time_reference < 2**64:
        raise WavError(f"{meta.time_reference} is not a time reference")


def _fmt(meta: FileMeta, layout: Layout) -> bytes:
    rate, align, bits = meta.sample_rate, layout.block_align, meta.bits
    plain = struct.pack("<HHIIHH", layout.tag, layout.channels, rate, rate * align, align, bits)
    if layout.tag == PCM:
        return plain
    if layout.tag == IEEE_FLOAT:
        return plain + bytes(2)
    inner = PCM if layout.format == "pcm24" else IEEE_FLOAT
    return (
        plain + struct.pack("<HHIH", 22, bits, 0, inner) + GUID_TAIL
    )  # mask 0: close mics have no positions


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload
