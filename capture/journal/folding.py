"""How each type of line changes the record of a take (one function per type)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from capture.clock import moment
from capture.journal.errors import NotATake, in_words
from capture.journal.file_line import FileLine
from capture.journal.keys import decoded
from capture.journal.lines import Json, parse_fields, raw_lines
from capture.journal.numbering import take_name
from capture.journal.record import (
    Block,
    Change,
    Device,
    Edit,
    Level,
    Note,
    Part,
    Reading,
    Signal,
    TakeRecord,
)
from capture.take import Condition, Gap, Kind, Marker, Origin, Track, Verdict, cut_gaps, with_gap
from capture.wav.meta import Loudness

E = TypeVar("E", bound=StrEnum)
_BLOCK = re.compile(rb'\{"first":(0|[1-9]\d{0,14}),"frame":\1,"frames":(0|[1-9]\d{0,14}),"prev":"')


def text(value: object, default: str = "") -> str:
    """A text, or the default."""
    return value if isinstance(value, str) else default


def whole(value: object, default: int = 0) -> int:
    """A whole number, or the default."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def real(value: object) -> float | None:
    """A number, or None."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def items(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[Json]:
    """The objects of a list."""
    return [entry for entry in items(value) if isinstance(entry, dict)]


def mapping(value: object) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(entry for entry in items(value) if isinstance(entry, str))


def one_of(kind: type[E], value: object, default: E) -> E:
    """A member of an enumeration, or the default."""
    try:
        return kind(value) if isinstance(value, str) else default
    except ValueError:
        return default


def apply(record: TakeRecord, fields: Json, *, light: bool = False, settled: bool = True) -> None:
    """Fold one line into the record; without `settled`, what notes change is left for one `settle` later."""
    record.lines += 1
    record.last_utc = moment(fields.get("utc"))
    kind = text(fields.get("type"))
    if light and kind in {"block", "reading"}:
        if kind == "block" and record.begin and not record.ended:
            record.frames = max(record.frames, whole(fields.get("first")) + whole(fields.get("frames")))
        return
    handler = _HANDLERS.get(kind)
    if handler is not None and (record.begin or kind == "begin"):
        handler(record, fields)
        if settled and kind == "note":
            settle(record)


def light_lines(path: Path) -> Iterator[Json]:
    """The lines of a journal; of block lines only their place, read without decoding JSON."""
    try:
        with path.open("rb") as stream:
            for raw in raw_lines(stream):
                found = _BLOCK.match(raw)
                if found and b'"type":"block"' in raw:
                    yield {"type": "block", "first": int(found[1]), "frames": int(found[2])}
                    continue
                with contextlib.suppress(ValueError):
                    yield parse_fields(raw[:-1])
    except OSError as error:
        what, do = in_words(error)
        raise NotATake(f"{path} cannot be read: {what}", do) from error


def _begin(record: TakeRecord, fields: Json) -> None:
    if record.begin:
        return
    record.begin = fields
    for name in ("take", "library", "project", "session", "by", "host", "name", "slate"):
        setattr(record, name, text(fields.get(name)))
    record.recorded_name, record.recorded_slate = record.name, record.slate
    record.number = record.recorded_number = whole(fields.get("number"))
    record.counter = whole(fields.get("counter"))
    record.previous_begin = text(fields.get("previous_begin")) or None
    record.kind = one_of(Kind, fields.get("kind"), Kind.TAKE)
    record.covers = text(fields.get("covers"))
    record.interface = mapping(fields.get("interface"))
    record.origin = one_of(Origin, fields.get("origin"), Origin.UNKNOWN)
    record.people = objects(fields.get("people"))
    record.sensors = objects(fields.get("sensors"))
    record.air_at_begin = objects(fields.get("air"))
    record.software = mapping(fields.get("software"))
    record.clock = mapping(fields.get("clock"))
    record.utc_offset_minutes = whole(record.clock.get("utc_offset_minutes"))
    record.started = moment(record.clock.get("utc") or fields.get("utc"))
    record.time_reference = whole(fields.get("time_reference"))
    record.pre_roll = whole(fields.get("pre_roll"))
    expected = fields.get("expected_frames")
    record.expected_frames = whole(expected) if expected is not None else None
    audio, chain = mapping(fields.get("audio")), mapping(fields.get("chain"))
    record.rate = whole(audio.get("rate"))
    record.format = text(audio.get("format"), "pcm24")
    record.layout = text(audio.get("layout"), "track")
    record.chain_file, record.chain_digest = text(chain.get("file")), text(chain.get("digest"))
    record.tracks = [_track(entry) for entry in objects(fields.get("tracks"))]
    record.parts = [Part(1, 0, 0, texts(fields.get("files")), "", record.time_reference)]


def _track(entry: Json) -> Track:
    numbers = {name: whole(entry.get(name)) for name in ("number", "input", "file", "channel")}
    return Track(name=text(entry.get("name")), **numbers)


def _block(record: TakeRecord, fields: Json) -> None:
    block = Block(
        whole(fields.get("first")),
        whole(fields.get("frames")),
        texts(fields.get("sha256")),
        fields.get("recovered") is True,
    )
    record.blocks.append(block)
    if not record.ended:
        record.frames = max(record.frames, block.end)


def _reading(record: TakeRecord, fields: Json) -> None:
    words = {
        name: text(fields.get(name))
        for name in ("sensor", "quantity", "unit", "quality", "raw", "by", "instrument")
    }
    record.readings.append(
        Reading(
            frame=whole(fields.get("frame")),
            utc=moment(fields.get("at") or fields.get("utc")),
            value=real(fields.get("value")),
            typed=fields.get("typed") is True,
            simulated=fields.get("simulated") is True,
            **words,
        )
    )


def _gap(record: TakeRecord, fields: Json) -> None:
    numbers = {name: whole(fields.get(name)) for name in ("first", "frames", "first_pm", "frames_pm")}
    gap = Gap(cause=text(fields.get("cause")), filled=fields.get("filled") is True, **numbers)
    if not gap.filled:
        _cut(record, gap.first)
    record.gaps = with_gap(record.gaps, gap)
    record.gap_reach = max(record.gap_reach, gap.first + max(1, gap.frames))
    if not record.ended:
        if not gap.filled:  # nothing but this line carries the timeline across it
            record.frames = max(record.frames, gap.first + gap.frames)
        record.lost_frames = record.lost_frames + gap.frames
        if record.condition is Condition.CLEAN:
            record.condition = Condition.GAP


def _cut(record: TakeRecord, end: int) -> None:
    """Silence is told of before it is written: what of it was never written is no gap."""
    if record.gap_reach <= end:
        return
    record.gaps, record.gap_reach = cut_gaps(record.gaps, end), end
    if not record.ended:
        record.lost_frames = sum(gap.frames for gap in record.gaps)


def _marker(record: TakeRecord, fields: Json) -> None:
    struck = fields.get("strike")
    if struck is not None:
        record.markers = [marker for marker in record.markers if marker.id != struck]
        return
    name, words = whole(fields.get("id")), text(fields.get("text"))
    if fields.get("edit") is True:
        record.markers = [Marker(m.id, m.frame, words) if m.id == name else m for m in record.markers]
    else:
        record.markers.append(Marker(name, whole(fields.get("frame")), words))
    record.last_marker = max(record.last_marker, name)


def _change(record: TakeRecord, fields: Json) -> None:
    record.changes.append(
        Change(
            whole(fields.get("frame")),
            moment(fields.get("utc")),
            whole(fields.get("input")),
            text(fields.get("path")),
            fields.get("from"),
            fields.get("to"),
            text(fields.get("by")),
        )
    )


def _device(record: TakeRecord, fields: Json) -> None:
    words = (text(fields.get(name)) for name in ("device", "state", "text"))
    _rate(record, fields)
    record.devices.append(Device(whole(fields.get("frame")), moment(fields.get("utc")), *words))


def signal_of(fields: Json) -> Signal:
    """What was noticed of an input, from the members of its line."""
    return Signal(
        whole(fields.get("input")),
        text(fields.get("kind")),
        max(0, whole(fields.get("first"))),
        max(0, whole(fields.get("frames"))),
        real(fields.get("value")),
        tuple(whole(entry) for entry in items(fields.get("inputs"))),
        fields.get("open") is True,
        max(1, whole(fields.get("stretches"), 1)),
    )


def _signal(record: TakeRecord, fields: Json) -> None:
    signal = signal_of(fields)
    record.noticed[signal.key] = signal


def _part(record: TakeRecord, fields: Json) -> None:
    first = whole(fields.get("first"))
    _cut(record, first)
    record.parts.append(
        Part(
            whole(fields.get("part")),
            first,
            whole(fields.get("first_pm")),
            texts(fields.get("files")),
            text(fields.get("cause")),
            whole(fields.get("time_reference")),
        )
    )
    if not record.ended:
        record.frames = max(record.frames, first)


def _heartbeat(record: TakeRecord, fields: Json) -> None:
    record.heartbeat = fields
    _rate(record, fields)
    if not record.ended:
        record.frames = max(record.frames, whole(fields.get("frames")))


def _rate(record: TakeRecord, fields: Json) -> None:
    """The newest measured rate counts; a line that knows none takes nothing away."""
    ppm = real(fields.get("rate_ppm"))
    record.rate_ppm = record.rate_ppm if ppm is None else ppm


def _note(record: TakeRecord, fields: Json) -> None:
    edit = Edit(
        whole(fields.get("seq"), -1),
        moment(fields.get("utc")),
        text(fields.get("by")),
        text(fields.get("field")),
        fields.get("value"),
        record.ended,
    )
    record.edits.append(edit)
    if edit.field == "undo":
        record.edits = [replace(e, undone=True) if e.seq == edit.value else e for e in record.edits]


def settle(record: TakeRecord) -> None:
    """Work out the present value of every field that notes may replace, from the begin line and the edits."""
    begin = record.begin
    edits = [edit for edit in record.edits if not edit.undone and edit.field != "undo"]
    now = {edit.field: edit.value for edit in edits if edit.field != "note"}
    record.fields = now
    record.notes = [
        Note(edit.utc, edit.by, edit.value, edit.after_end, edit.seq)
        for edit in edits
        if edit.field == "note" and isinstance(edit.value, str)
    ]
    record.verdict = one_of(Verdict, now.get("verdict"), Verdict.NONE)
    record.kind = one_of(Kind, now.get("kind", begin.get("kind")), Kind.TAKE)
    record.covers = text(now.get("covers", begin.get("covers")))
    record.slate = text(now.get("slate")) or record.recorded_slate
    record.number = whole(now.get("number")) or record.recorded_number
    record.name = text(now.get("name")) or present_name(record)
    names = {whole(entry.get("number")): text(entry.get("name")) for entry in objects(begin.get("tracks"))}
    record.tracks = [
        replace(t, name=text(now.get(f"track_name.{t.number}")) or names.get(t.number, t.name))
        for t in record.tracks
    ]


def present_name(record: TakeRecord) -> str:
    """The name that fits the take's present slate and number, with the prefix it was recorded under."""
    plain = take_name(record.recorded_slate, record.recorded_number)
    if (record.slate, record.number) == (record.recorded_slate, record.recorded_number):
        return record.recorded_name
    prefix = record.recorded_name[: -len(plain)] if record.recorded_name.endswith(plain) else ""
    return prefix + take_name(record.slate, record.number)


def _preroll(record: TakeRecord, fields: Json) -> None:
    record.pre_roll_safe = whole(fields.get("frames"))


def _end(record: TakeRecord, fields: Json) -> None:
    _cut(record, whole(fields.get("frames")))
    record.ended, record.ended_at = True, moment(fields.get("utc"))
    record.frames, record.lost_frames = whole(fields.get("frames")), whole(fields.get("lost_frames"))
    record.condition = one_of(Condition, fields.get("condition"), Condition.RECOVERED)
    record.reason = text(fields.get("reason"))
    _rate(record, fields)
    record.post_roll = whole(fields.get("post_roll"))
    record.levels = [
        Level(whole(e.get("track")), real(e.get("peak")), real(e.get("rms")), whole(e.get("overs")))
        for e in objects(fields.get("levels"))
    ]


def _seal(record: TakeRecord, fields: Json) -> None:
    record.sealed = True
    record.keyid, record.public_key = text(fields.get("keyid")), text(fields.get("public_key"))


def _file(record: TakeRecord, fields: Json) -> None:
    name = text(fields.get("file"))
    part, size, offset, frames = (whole(fields.get(n)) for n in ("part", "size", "data_offset", "frames"))
    header, data = text(fields.get("header_sha256")), text(fields.get("data_sha256"))
    rest, keyid = decoded(fields.get("rest")), text(mapping(fields.get("sig")).get("keyid"))
    loudness = Loudness.of(fields.get("loudness"))
    record.files[name] = FileLine(part, name, size, offset, header, data, frames, rest, keyid, loudness)
    record.rewrites.pop(name, None)


def _rewrite(record: TakeRecord, fields: Json) -> None:
    record.rewrites[text(fields.get("file"))] = text(fields.get("header_sha256"))


def _stamp(record: TakeRecord, fields: Json) -> None:
    record.stamps.append(text(fields.get("server")))


_HANDLERS: dict[str, Callable[[TakeRecord, Json], None]] = {
    "begin": _begin,
    "preroll": _preroll,
    "block": _block,
    "reading": _reading,
    "gap": _gap,
    "marker": _marker,
    "change": _change,
    "signal": _signal,
    "device": _device,
    "part": _part,
    "heartbeat": _heartbeat,
    "note": _note,
    "end": _end,
    "seal": _seal,
    "file": _file,
    "rewrite": _rewrite,
    "stamp": _stamp,
}
