"""What the chain snapshot of a take gives to its headers: the way into each channel, and the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from capture.chain import ChainError, Value, format_line
from capture.chain.fields import gain_words
from capture.chain.snapshot import SIZE_LIMIT, Snapshot
from capture.journal.beside import beside
from capture.journal.record import TakeRecord
from capture.take import Track
from capture.wav.meta import PathMeta

_FUNCTIONS = {
    "l": "LEFT", "left": "LEFT", "r": "RIGHT", "right": "RIGHT", "c": "CENTER", "centre": "CENTER",
    "center": "CENTER", "m": "M-MID_SIDE", "mid": "M-MID_SIDE", "s": "S-MID_SIDE", "side": "S-MID_SIDE",
}  # fmt: skip


def chain_values(record: TakeRecord) -> Mapping[str, Value]:
    """Path to value of the chain beside a take; empty where there is none, or not the one that was sealed.

    Fields that this version does not know, or that a copy leaves out, are absent.
    """
    path = beside(record, record.chain_file)
    if path is None:
        return {}
    try:
        return _values(path, record.chain_digest)
    except (ChainError, OSError):
        return {}


@lru_cache(maxsize=8)
def _values(path: Path, digest: str) -> Mapping[str, Value]:
    """Kept by digest, so that 64 files do not read the same snapshot 64 times."""
    with path.open("rb") as stream:
        found = Snapshot.load(stream.read(SIZE_LIMIT + 1))
    if found.digest != digest or found.problems():
        raise ChainError(f"{path.name} is not the chain that the journal names")
    return {name: field.value for name, field in found.patch().fields.items()}


def paths(values: Mapping[str, Value], tracks: Sequence[Track]) -> tuple[PathMeta, ...]:
    """The way into each of these tracks, those left out of which nothing was declared."""
    found = []
    for track in tracks:
        prefix = f"input.{track.input}."
        here = {path[len(prefix) :]: value for path, value in values.items() if path.startswith(prefix)}
        if here:
            found.append(_path(track.input, here))
    return tuple(found)


def function(values: Mapping[str, Value], track: Track, *, linked: bool) -> str:
    """The iXML dictionary's word for a track's part in its array or pair; empty where none is declared."""
    role = str(values.get(f"input.{track.input}.array.role", ""))
    if role:
        return _FUNCTIONS.get(role.casefold(), "")
    if (side := str(values.get(f"input.{track.input}.pair.side", ""))) in _FUNCTIONS:
        return _FUNCTIONS[side]
    return ("LEFT", "RIGHT")[track.channel] if linked and track.channel < 2 else ""


def place(values: Mapping[str, Value], tracks: Sequence[Track], studio: str) -> str:
    """Where it was recorded: place of the session, studio, and the room, where all tracks share one."""
    rooms = {str(values.get(f"input.{track.input}.place.room", "")) for track in tracks}
    names = [str(values.get("session.place", "")), studio, rooms.pop() if len(rooms) == 1 else ""]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _path(number: int, fields: Mapping[str, Value]) -> PathMeta:
    distance = fields.get("distance_m")
    return PathMeta(
        input=number,
        line=format_line(fields),
        analogue=_analogue(fields),
        converter=_named(fields, "converter"),
        digital=fields.get("kind") == "digital",
        source=str(fields.get("source.name", "")),
        microphone=_words(fields, "microphone.make", "microphone.model"),
        distance_m=float(distance) if isinstance(distance, int | float) else None,
        array=str(fields.get("array.kind", "")),
    )


def _analogue(fields: Mapping[str, Value]) -> str:
    """Microphone and preamp in a few words, as the coding history has them; `;` between devices."""
    if fields.get("kind") == "digital":
        return ""
    microphone = " ".join(filter(None, (_named(fields, "microphone"), _text(fields, "microphone.pattern"))))
    gain = fields.get("preamp.gain_db")
    words = gain_words(float(gain)).replace(" ", "") if isinstance(gain, int | float) else ""
    preamp = " ".join(filter(None, (_named(fields, "preamp"), words or _text(fields, "preamp.gain_text"))))
    return "; ".join(filter(None, (microphone, preamp)))


def _named(fields: Mapping[str, Value], part: str) -> str:
    serial = _text(fields, f"{part}.serial")
    name = _words(fields, f"{part}.make", f"{part}.model")
    return " ".join(filter(None, (name, f"SN{serial}" if serial else "")))


def _words(fields: Mapping[str, Value], *names: str) -> str:
    return " ".join(filter(None, (_text(fields, name) for name in names)))


def _text(fields: Mapping[str, Value], name: str) -> str:
    return str(fields.get(name, ""))
