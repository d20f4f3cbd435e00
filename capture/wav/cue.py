"""Markers and gaps as `cue ` and `LIST/adtl` chunks: bytes in and out, no I/O.

A cue position has 32 bits. Points past 2^32 frames (a day at 48 kHz) are left out here and stay in iXML.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from capture.wav.meta import GapMeta, MarkerMeta

POINT_LIMIT = 10_000
_POINT = struct.Struct("<II4sIII")
_LTXT = struct.Struct("<II4sHHHH")


@dataclass(frozen=True)
class Cue:
    """A point of the file: frame, label, and length in frames (0: a point, else a stretch)."""

    frame: int
    text: str
    frames: int = 0


def points(markers: tuple[MarkerMeta, ...], gaps: tuple[GapMeta, ...]) -> list[Cue]:
    """Markers and gaps of one file as points, by frame; what lies outside of it has none."""
    cues = [Cue(m.frame, m.text) for m in markers]
    cues += [Cue(g.frame, f"gap: {g.cause}" if g.cause else "gap", g.frames) for g in gaps if g.filled]
    return sorted(cues, key=lambda cue: cue.frame)


def encode(cues: list[Cue], room: int) -> tuple[bytes, list[str]]:
    """Both chunks in at most `room` bytes, and words for what was left out.

    Points are dropped whole: markers from the end before any gap. No point, no chunk.
    """
    wanted = [cue for cue in cues if 0 <= cue.frame < 2**32 and cue.frames < 2**32]
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i].frames == 0, i))
    kept, used = set[int](), len(_chunks([]))
    for index in order[:POINT_LIMIT]:
        size = len(_chunks([wanted[index]])) - len(_chunks([]))
        if used + size > room:
            break
        used += size
        kept.add(index)
    left = len(cues) - len(kept)
    words = [f"cue points {left} of {len(cues)}"] if left else []
    return (_chunks([wanted[i] for i in sorted(kept)]) if kept else b""), words


def _chunks(cues: list[Cue]) -> bytes:
    table = struct.pack("<I", len(cues))
    labels = b"adtl"
    for number, cue in enumerate(cues, 1):
        table += _POINT.pack(number, cue.frame, b"data", 0, 0, cue.frame)
        labels += _chunk(b"labl", struct.pack("<I", number) + _text(cue.text))
        if cue.frames:
            labels += _chunk(b"ltxt", _LTXT.pack(number, cue.frames, b"rgn ", 0, 0, 0, 0) + _text(cue.text))
    return _chunk(b"cue ", table) + _chunk(b"LIST", labels)


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload


def _text(text: str) -> bytes:
    """NUL ended UTF-8 of even length, so that no pad byte is needed anywhere."""
    raw = text.replace("\0", "").encode(errors="replace") + b"\0"
    return raw + b"\0" * (len(raw) % 2)


def decode(table: bytes, labels: list[bytes]) -> tuple[Cue, ...]:
    """The points of a `cue ` payload with the texts and lengths of `LIST` payloads; never raises."""
    found: dict[int, Cue] = {}
    for at in range(4, min(len(table), POINT_LIMIT * _POINT.size) - _POINT.size + 1, _POINT.size):
        number, _position, _chunk_id, _start, _block, frame = _POINT.unpack_from(table, at)
        found.setdefault(number, Cue(frame, ""))
    for payload in labels:
        if payload[:4] == b"adtl":
            _add_labels(payload, found)
    return tuple(sorted(found.values(), key=lambda cue: cue.frame))


def _add_labels(payload: bytes, found: dict[int, Cue]) -> None:
    at = 4
    while at + 12 <= len(payload):
        name, size, number = struct.unpack_from("<4sII", payload, at)
        body = payload[at + 12 : at + 8 + size]
        cue = found.get(number)
        if cue and name == b"labl":
            found[number] = replace(cue, text=_read(body))
        elif cue and name == b"ltxt" and len(body) >= 4:
            found[number] = replace(cue, frames=struct.unpack_from("<I", body)[0])
        at += 8 + size + size % 2


def _read(raw: bytes) -> str:
    text = raw.split(b"\0", 1)[0]
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")
