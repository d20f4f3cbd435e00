"""Reads the `iXML` of any recorder: tolerant of the unknown, closed to entities, bounded in size."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from capture.wav.errors import WavError
from capture.wav.meta import TrackMeta

XML_BYTES = 4 << 20
_DEPTH = 32
_ELEMENTS = 100_000


@dataclass(frozen=True)
class SyncPoint:
    """A sync point: its frame, its words, and how many frames it lasts (0: a moment)."""

    frame: int
    comment: str
    frames: int
    function: str
    kind: str


@dataclass(frozen=True)
class Ixml:
    """What an iXML chunk says: plain fields by path (`SPEED/NOTE`), tracks, sync points, what is left out."""

    fields: dict[str, str]
    tracks: tuple[TrackMeta, ...] = ()
    sync_points: tuple[SyncPoint, ...] = ()
    truncated: str = ""


@dataclass
class _Reading:
    path: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    tracks: list[dict[str, str]] = field(default_factory=list)
    points: list[dict[str, str]] = field(default_factory=list)
    truncated: str = ""
    elements: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > _ELEMENTS or len(self.path) >= _DEPTH:
            raise WavError("the iXML chunk is nested too deep or has too many elements")
        self.path.append(name)
        self.text.clear()
        if name == "TRACK":
            self.tracks.append({})
        elif name == "SYNC_POINT":
            self.points.append({})
        elif name == "TAKECHAIN":
            self.truncated = attributes.get("truncated", "")

    def end(self, name: str) -> None:
        value = "".join(self.text).strip()
        self.text.clear()
        inside = self.path[1:-1]
        if value and inside[:2] == ["TRACK_LIST", "TRACK"]:
            self.tracks[-1].setdefault(name, value)
        elif value and inside[:2] == ["SYNC_POINT_LIST", "SYNC_POINT"]:
            self.points[-1].setdefault(name, value)
        elif value:
            self.fields.setdefault("/".join(self.path[1:]), value)
        self.path.pop()


def _refuse(*_: object) -> None:
    raise WavError("the iXML chunk declares a DOCTYPE, which is refused")


def decode(payload: bytes) -> Ixml:
    """The content of a payload; raises WavError when it is not XML we read: no DOCTYPE, at most 4 MiB."""
    if len(payload) > XML_BYTES:
        raise WavError("the iXML chunk is larger than 4 MiB")
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text.append
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(payload.rstrip(b"\0 \r\n\t"), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise WavError(f"the iXML chunk is not XML: {error}") from None
    return Ixml(
        reading.fields,
        tuple(_track(t, i) for i, t in enumerate(reading.tracks, 1)),
        tuple(map(_point, reading.points)),
        reading.truncated,
    )


def _track(tags: dict[str, str], place: int) -> TrackMeta:
    index = _whole(tags.get("INTERLEAVE_INDEX", "")) or place
    words = (tags.get(name, "") for name in ("NAME", "FUNCTION"))
    return TrackMeta(_whole(tags.get("CHANNEL_INDEX", "")) or index, index, *words)


def _point(tags: dict[str, str]) -> SyncPoint:
    low, high = (_whole(tags.get(f"SYNC_POINT_{part}", "")) & 0xFFFFFFFF for part in ("LOW", "HIGH"))
    duration = _whole(tags.get("SYNC_POINT_EVENT_DURATION", ""))
    words = (tags.get(f"SYNC_POINT_{part}", "") for part in ("FUNCTION", "TYPE"))
    return SyncPoint(high << 32 | low, tags.get("SYNC_POINT_COMMENT", ""), duration, *words)


def _whole(text: str) -> int:
    """A number as recorders write it (some write unsigned values as negative ones); 0 for anything else."""
    try:
        return int(text[:20])
    except ValueError:
        return 0
