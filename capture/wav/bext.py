"""The `bext` chunk, version 2 (EBU Tech 3285), with coding history (EBU R98): bytes in and out, no I/O."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from capture.wav.errors import WavError
from capture.wav.meta import FileMeta
from capture.wav.text import ascii_text

FIXED_BYTES = 602
_FIXED = struct.Struct("<256s32s32s10s8sQH64s5h180x")
_NOT_MEASURED = 0x7FFF  # a loudness of 0 would be a claim of 0.0 LUFS
_SUMMARY = 62


@dataclass(frozen=True)
class Bext:
    """The fields of a `bext` chunk as text and numbers; loudness is None where the file says nothing."""

    description: str
    originator: str
    originator_reference: str
    date: str
    time: str
    time_reference: int
    version: int
    umid: bytes
    loudness: float | None
    coding_history: str


def encode(meta: FileMeta, payload_bytes: int) -> tuple[bytes, list[str]]:
    """The chunk's payload, NUL padded to `payload_bytes`, and words for what had no room."""
    text, left_out = description(meta)
    lines, dropped = _fit_history(history(meta), payload_bytes - FIXED_BYTES)
    local = meta.originated
    fixed = _FIXED.pack(
        text.encode("ascii"),
        _field(meta.originator, 32),
        _field(meta.originator_reference, 32),
        f"{local:%Y-%m-%d}".encode("ascii"),
        f"{local:%H:%M:%S}".encode("ascii"),
        meta.time_reference,
        2,
        meta.umid,
        *[_NOT_MEASURED] * 5,
    )
    tracks = sum(key.startswith("sTRK") for key in left_out)
    others = [key for key in left_out if not key.startswith("sTRK")]
    others += [f"sTRK {tracks} of {len(meta.tracks)}"] if tracks else []
    words = [f"description {', '.join(others)}"] if others else []
    words += [f"coding history {dropped} lines"] if dropped else []
    return (fixed + "".join(lines).encode("ascii")).ljust(payload_bytes, b"\0"), words


def description(meta: FileMeta) -> tuple[str, list[str]]:
    """The 256 characters of Description and the names of the lines that had no room.

    64 characters for people, then the `sKEY=value` lines field recorders write. Scene, take and circle
    are given room before the rest; a line stands whole or not at all.
    """
    marks = {"circled": meta.circled, "no good": meta.no_good}
    words = [
        meta.scene,
        f"take {meta.take}" if meta.take else "",
        *(word for word, on in marks.items() if on),
    ]
    summary = meta.description or " ".join(filter(None, words))
    head = ascii_text(summary)[:_SUMMARY].ljust(_SUMMARY) + "\r\n"
    lines = _description_lines(meta)
    room, kept = 256 - len(head), set[str]()
    for key in sorted(lines, key=lambda k: k not in ("sSCENE", "sTAKE", "sCIRCLED")):
        size = len(_line(key, lines[key]))
        if size <= room:
            kept.add(key)
            room -= size
    text = head + "".join(_line(key, value) for key, value in lines.items() if key in kept)
    return text, [key for key in lines if key not in kept]


def _description_lines(meta: FileMeta) -> dict[str, str]:
    values = {"sSCENE": meta.scene, "sTAKE": meta.take, "sTAPE": meta.tape}
    values |= {f"sTRK{track.interleave_index}": track.name for track in meta.tracks}
    values["sNOTE"] = meta.note
    if meta.circled:
        values["sCIRCLED"] = "TRUE"
    return {key: value for key, value in values.items() if value}


def _line(key: str, value: str) -> str:
    return f"{key}={ascii_text(value)}\r\n"


def history(meta: FileMeta) -> list[str]:
    """The coding history: the lines given, then the one of our own conversion, each ended by CR LF."""
    mode = {1: "M=mono,", 2: "M=stereo,"}.get(meta.channels, "")
    parts = [meta.interface, "A/D", "" if mode else f"{meta.channels} channels", meta.software]
    words = "; ".join(ascii_text(part).replace(",", ";") for part in parts if part)
    own = f"A=PCM,F={meta.sample_rate},W={meta.bits},{mode}T={words}"
    return [f"{ascii_text(line)}\r\n" for line in (*meta.coding_history, own)]


def _fit_history(lines: list[str], room: int) -> tuple[list[str], int]:
    """The newest line is kept before all others: it says what made these very samples."""
    kept, free = [line for line in lines[-1:] if len(line) <= room], room
    free -= sum(map(len, kept))
    before = []
    for line in lines[:-1]:
        if len(line) <= free:
            before.append(line)
            free -= len(line)
    return before + kept, len(lines) - len(before) - len(kept)


def _field(text: str, width: int) -> bytes:
    return ascii_text(text)[:width].encode("ascii")


def decode(payload: bytes) -> Bext:
    """The fields of a payload; raises WavError when it is too short to be one.

    Text is cut at its first NUL: what recorders leave behind it is not theirs to say. What is not ASCII
    is read as UTF-8 where it is that, else as Latin-1.
    """
    if len(payload) < FIXED_BYTES:
        raise WavError(f"the bext chunk has {len(payload)} bytes instead of at least {FIXED_BYTES}")
    summary, originator, reference, date, time, since_midnight, version, umid, loudness, *_ = (
        _FIXED.unpack_from(payload)
    )
    return Bext(
        description=_cut(summary),
        originator=_cut(originator),
        originator_reference=_cut(reference),
        date=_cut(date),
        time=_cut(time),
        time_reference=since_midnight,
        version=version,
        umid=umid if version >= 1 else b"",
        loudness=loudness / 100 if version >= 2 and loudness != _NOT_MEASURED else None,
        coding_history=_cut(payload[FIXED_BYTES:]),
    )


def _cut(field: bytes) -> str:
    raw = field.split(b"\0", 1)[0]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
