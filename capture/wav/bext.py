"""The `bext` chunk, version 2 (EBU Tech 3285), with coding history (EBU R98): bytes in and out, no I/O."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from capture.take import Origin
from capture.wav.errors import WavError
from capture.wav.meta import FileMeta, Loudness
from capture.wav.text import ascii_text

FIXED_BYTES = 602
_FIXED = struct.Struct("<256s32s32s10s8sQH64s5h180x")
_NOT_MEASURED = 0x7FFF  # a loudness of 0 would be a claim of 0.0 LUFS
_GREATEST = 9999
_SUMMARY = 62


@dataclass(frozen=True)
class Bext:
    """The fields of a `bext` chunk as text and numbers; what loudness does not say is None."""

    description: str
    originator: str
    originator_reference: str
    date: str
    time: str
    time_reference: int
    version: int
    umid: bytes
    loudness: Loudness
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
        *(_loudness(value) for value in (meta.loudness or Loudness()).values),
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
    """The coding history: lines given, one ANALOGUE line per distinct chain, and the one of our own step.

    Each is ended by CR LF; a text holds no comma (EBU R98). Only sound of physical or unknown origin has
    analogue steps, and only that of physical origin an A/D of ours.
    """
    analogue = meta.origin in (Origin.PHYSICAL, Origin.UNKNOWN)
    chains = dict.fromkeys(path.analogue for path in meta.paths if path.analogue and analogue)
    before = [f"A=ANALOGUE,M=mono,T={_plain(chain)}" for chain in chains]
    return [f"{ascii_text(line)}\r\n" for line in (*meta.coding_history, *before, _own_line(meta))]


def _own_line(meta: FileMeta) -> str:
    mode = {1: "M=mono,", 2: "M=stereo,"}.get(meta.channels, "")
    converters = {path.converter for path in meta.paths}
    converter = converters.pop() if len(converters) == 1 and len(meta.paths) == meta.channels else ""
    digital = bool(meta.paths) and len(meta.paths) == meta.channels and all(p.digital for p in meta.paths)
    step = {Origin.PHYSICAL: "digital input" if digital else "A/D", Origin.UNKNOWN: ""}
    parts = [
        converter,
        meta.interface if meta.interface != converter else "",
        step.get(meta.origin, meta.origin.value),
        "" if mode else f"{meta.channels} channels",
        meta.software,
    ]
    words = "; ".join(_plain(part) for part in parts if part)
    return f"A=PCM,F={meta.sample_rate},W={meta.bits},{mode}T={words}"


def _plain(text: str) -> str:
    return ascii_text(text).replace(",", ";")


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
    summary, originator, reference, date, time, since_midnight, version, umid, *loudness = _FIXED.unpack_from(
        payload
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
        loudness=Loudness(*map(_measured, loudness)) if version >= 2 else Loudness(),
        coding_history=_cut(payload[FIXED_BYTES:]),
    )


def _loudness(value: float | None) -> int:
    """Hundredths, or *not measured*: the standard knows -99.99 to 99.99 and nothing beyond (Tech 3285)."""
    found = _NOT_MEASURED if value is None else round(100 * value)
    return found if abs(found) <= _GREATEST else _NOT_MEASURED


def _measured(value: int) -> float | None:
    return value / 100 if abs(value) <= _GREATEST else None


def _cut(field: bytes) -> str:
    raw = field.split(b"\0", 1)[0]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
