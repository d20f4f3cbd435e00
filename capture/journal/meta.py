"""The one place that maps a take to what the header of one of its files says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from capture.chain import Value
from capture.journal import paths
from capture.journal.errors import JournalError
from capture.journal.folding import real, text
from capture.journal.record import Part, TakeRecord
from capture.take import Track
from capture.wav.meta import FileMeta, GapMeta, MarkerMeta, TrackMeta, file_uid, usid

_AIR = {"temperature": "°C", "relative_humidity": "%RH", "pressure": "hPa"}
_EARLY = 1000  # readings of a take: a night has a million, and Stop does not wait


def file_meta(
    record: TakeRecord, part: int, file_index: int, chain: Mapping[str, Value] | None = None
) -> FileMeta:
    """The header fields of file `file_index` (from 0) of part `part` (from 1); raises JournalError.

    Frames of markers and gaps count from the first frame of this file. Where no `chain` (path to value) is
    given, it is that of the snapshot beside the journal, if it is the one that the journal names.
    """
    try:
        place = next(p for p in record.parts if p.number == part)
        name = place.files[file_index]
        uid = file_uid(record.take, part, file_index)
    except (StopIteration, IndexError, ValueError):
        raise JournalError(f"{record.name} has no file {file_index} in part {part}") from None
    originated = _originated(record, place)
    interface = text(record.interface.get("name"))
    here = sorted((t for t in record.tracks if t.file == file_index), key=lambda track: track.channel)
    chain = paths.chain_values(record) if chain is None else chain
    linked = record.layout == "track" and len(here) == 2
    return FileMeta(
        sample_rate=record.rate,
        format="float32" if record.format == "float32" else "pcm24",
        tracks=_tracks(here, chain, linked=linked),
        linked=linked,
        take_uuid=record.take,
        file_uid=uid,
        project=record.project,
        scene=record.slate,
        take=f"{record.number:03d}",
        tape=record.session,
        kind=record.kind,
        verdict=record.verdict,
        condition=record.condition,
        origin=record.origin,
        covers=record.covers,
        note="\n".join(note.text for note in record.notes),
        originated=originated,
        time_reference=place.time_reference,
        pre_roll=max(0, record.pre_roll - place.first),
        originator_reference=usid("ZZ", "TKC", record.library.replace("-", ""), originated, uid),
        interface=interface,
        software=f"Takechain {text(record.software.get('takechain'))}".strip(),
        filename=name,
        family_uid=record.take,
        family_name=record.name,
        file_set_index="A" if record.layout == "poly" else str(file_index + 1),
        total_files=len(place.files),
        part=part,
        markers=_markers(record, place),
        gaps=_gaps(record, place),
        chain_digest=record.chain_digest,
        peak_dbfs=_peak(record, here),
        loudness=record.files[name].loudness if name in record.files else None,
        **_declared(record, chain, here),
        **_air(record),
        recorder_model=interface,
        recorder_serial=text(record.interface.get("serial")),
    )


def _declared(record: TakeRecord, chain: Mapping[str, Value], here: Sequence[Track]) -> dict[str, Any]:
    """Who, where, and the ways into these tracks."""
    studio = _person(record, "studio") or str(chain.get("session.studio", ""))
    return {
        "paths": paths.paths(chain, here),
        "people": tuple((text(p.get("role")), text(p.get("name"))) for p in record.people if p.get("name")),
        "title": str(chain.get("session.title", "")),
        "artist": _person(record, "artist") or str(chain.get("session.artist", "")),
        "producer": _person(record, "producer"),
        "engineer": _person(record, "engineer"),
        "studio": studio,
        "location": paths.place(chain, here, studio),
    }


def _originated(record: TakeRecord, part: Part) -> datetime:
    seconds = part.first / record.rate if record.rate else 0.0
    try:
        zone = timezone(timedelta(minutes=record.utc_offset_minutes))
        return (record.started + timedelta(seconds=seconds)).astimezone(zone)
    except (OverflowError, ValueError):
        raise JournalError(f"{record.name} names a time that cannot be") from None


def _tracks(here: Iterable[Track], chain: Mapping[str, Value], *, linked: bool) -> tuple[TrackMeta, ...]:
    return tuple(
        TrackMeta(t.input, t.channel + 1, t.name, paths.function(chain, t, linked=linked)) for t in here
    )


def _peak(record: TakeRecord, here: Iterable[Track]) -> float | None:
    """The greatest sample of a file; the levels of a take in several parts are not those of one file."""
    numbers = {track.number for track in here}
    found = [level.peak for level in record.levels if level.track in numbers and level.peak is not None]
    return max(found) if found and len(record.parts) == 1 else None


def _markers(record: TakeRecord, part: Part) -> tuple[MarkerMeta, ...]:
    frames = record.part_frames(part)
    return tuple(
        MarkerMeta(marker.frame - part.first, marker.text)
        for marker in sorted(record.markers, key=lambda marker: (marker.frame, marker.id))
        if part.first <= marker.frame < part.first + frames
    )


def _gaps(record: TakeRecord, part: Part) -> tuple[GapMeta, ...]:
    """The gaps inside this part, and those where nothing was written just before and behind it."""
    if not record.gaps:
        return ()
    end = part.first + record.part_frames(part)
    before = max((p.first + record.part_frames(p) for p in record.parts if p.number < part.number), default=0)
    behind = min((p.first for p in record.parts if p.number > part.number), default=record.frames)
    here = []
    for gap in record.gaps:
        first, last = gap.first, gap.first + gap.frames
        if gap.filled:
            first, last = max(first, part.first), min(last, end)
        elif not (before <= first and last <= part.first) and not (end <= first and last <= behind):
            continue
        if first < last:
            pm = (gap.first_pm, gap.frames_pm)
            here.append(GapMeta(first - part.first, last - first, gap.cause, *pm, filled=gap.filled))
    return tuple(here)


def _person(record: TakeRecord, role: str) -> str:
    return ", ".join(text(p.get("name")) for p in record.people if p.get("role") == role and p.get("name"))


def _air(record: TakeRecord) -> dict[str, Any]:
    """The first good reading of each quantity: the one from before the take, else the earliest during it."""
    found: dict[str, Mapping[str, object]] = {}
    for reading in _readings(record):
        quantity = text(reading.get("quantity"))
        good = reading.get("quality") == "ok" and reading.get("unit") == _AIR.get(quantity)
        if good and real(reading.get("value")) is not None:
            found.setdefault(quantity, reading)
    values = {quantity: real(reading.get("value")) for quantity, reading in found.items()}
    return {
        "temperature_c": values.get("temperature"),
        "humidity_percent": values.get("relative_humidity"),
        "pressure_hpa": values.get("pressure"),
        "air": _how_known(found.values()),
    }


def _readings(record: TakeRecord) -> Iterator[Mapping[str, object]]:
    yield from record.air_at_begin
    yield from map(vars, record.readings[:_EARLY])


def _how_known(readings: Iterable[Mapping[str, object]]) -> str:
    """The weakest that holds: a value that a person typed, or that was simulated, makes all of them so."""
    used = list(readings)
    if any(reading.get("simulated") is True for reading in used):
        return "simulated"
    if any(reading.get("typed") is True for reading in used):
        return "typed"
    return "measured" if used else ""
