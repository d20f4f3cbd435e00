"""The one place that maps a take to what the header of one of its files says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from capture.journal.errors import JournalError
from capture.journal.folding import real, text
from capture.journal.record import Part, TakeRecord
from capture.wav.meta import FileMeta, GapMeta, MarkerMeta, TrackMeta, file_uid, usid


def file_meta(record: TakeRecord, part: int, file_index: int) -> FileMeta:
    """The header fields of file `file_index` (from 0) of part `part` (from 1); raises JournalError.

    Frames of markers and gaps count from the first frame of this file.
    """
    try:
        place = next(p for p in record.parts if p.number == part)
        name = place.files[file_index]
        uid = file_uid(record.take, part, file_index)
    except (StopIteration, IndexError, ValueError):
        raise JournalError(f"{record.name} has no file {file_index} in part {part}") from None
    originated = _originated(record, place)
    interface = text(record.interface.get("name"))
    return FileMeta(
        sample_rate=record.rate,
        format="float32" if record.format == "float32" else "pcm24",
        tracks=_tracks(record, file_index),
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
        engineer=_person(record, "engineer"),
        location=_person(record, "studio"),
        recorder_model=interface,
        recorder_serial=text(record.interface.get("serial")),
        temperature_c=_air(record, "temperature", "°C"),
        humidity_percent=_air(record, "relative_humidity", "%RH"),
        pressure_hpa=_air(record, "pressure", "hPa"),
    )


def _originated(record: TakeRecord, part: Part) -> datetime:
    seconds = part.first / record.rate if record.rate else 0.0
    try:
        zone = timezone(timedelta(minutes=record.utc_offset_minutes))
        return (record.started + timedelta(seconds=seconds)).astimezone(zone)
    except (OverflowError, ValueError):
        raise JournalError(f"{record.name} names a time that cannot be") from None


def _tracks(record: TakeRecord, file_index: int) -> tuple[TrackMeta, ...]:
    here = sorted((t for t in record.tracks if t.file == file_index), key=lambda track: track.channel)
    return tuple(TrackMeta(track.input, track.channel + 1, track.name) for track in here)


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


def _air(record: TakeRecord, quantity: str, unit: str) -> float | None:
    for reading in record.air_at_begin:
        if (reading.get("quantity"), reading.get("unit"), reading.get("quality")) == (quantity, unit, "ok"):
            return real(reading.get("value"))
    return None
