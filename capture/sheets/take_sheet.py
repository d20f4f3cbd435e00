"""Builds the sheet of one take from its folder alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

from capture.chain.fields import path_words
from capture.journal.beside import beside
from capture.journal.errors import JournalError, in_words
from capture.journal.record import Change, Level, TakeRecord, load
from capture.journal.signals import brief, grouped, inputs_of, what
from capture.sheets import air, chains, evidence_box, floors, levels, sound, waveform, words
from capture.sheets.errors import NoSuchTake
from capture.sheets.model import (
    ChangeRow,
    Claim,
    FileRow,
    GapRow,
    MarkerRow,
    NoteRow,
    Person,
    SignalRow,
    TakeLine,
    TakeSheet,
    TrackRow,
)
from capture.take import Condition, Origin, Verdict, format_inputs


def build_take(journal: Path, *, hash_files: bool = True) -> TakeSheet:
    """The sheet of the take whose journal this is; raises NoSuchTake.

    `hash_files` reads every audio file of a finished take whole, for its SHA-256.
    """
    record = open_take(journal)
    chain = chains.read_chain(record)
    files = file_rows(record, hash_files=hash_files)
    tones = floors.of_session(journal.parent.parent)
    rows = track_rows(record, chain, tones)
    kept, no_calibrations = levels.calibrations_of(record)
    level_rows = levels.rows(record, chain, tones, kept)
    checked, unchecked = levels.check_rows(record, chain, kept)
    curves = air.take_air(record)
    return TakeSheet(
        head=take_line(record, chain, "A", files),
        warnings=take_warnings(record),
        by=record.by,
        host=record.host,
        library=record.library,
        counter=record.counter,
        time_reference=record.time_reference,
        expected_frames=record.expected_frames,
        rate_ppm=record.rate_ppm,
        reason=record.reason,
        people=people(record, chain),
        rooms=rooms(record, chain),
        sound=sound.of(record, chain),
        interface=tuple((key, chains.as_text(key, value)) for key, value in record.interface.items()),
        sensors=evidence_box.sensor_lines(record),
        devices=tuple(
            Claim(
                d.device,
                ": ".join(part for part in (d.state, d.text) if part),
                words.exact_length(d.frame, record.rate),
            )
            for d in record.devices
        ),
        tracks=rows,
        levels=level_rows,
        checks=checked,
        chain=chain.rows(),
        waveform=waveform.overview(record),
        markers=tuple(
            MarkerRow(m.id, m.frame, words.exact_length(m.frame, record.rate), m.text)
            for m in sorted(record.markers, key=lambda m: (m.frame, m.id))
        ),
        gaps=gap_rows(record),
        signals=signal_rows(record),
        changes=tuple(_change(record, change) for change in record.changes),
        notes=tuple(
            NoteRow(words.local(n.utc, record.utc_offset_minutes), n.by, n.text, n.after_end)
            for n in record.notes
        ),
        software=tuple((key, str(value)) for key, value in record.software.items() if value),
        evidence=evidence_box.with_levels(
            evidence_box.build(record, chain, rows, curves, files),
            level_rows,
            checked,
            {"calibrations": no_calibrations, "samples against the chain": unchecked},
        ),
    )


def open_take(journal: Path) -> TakeRecord:
    """The record of a journal; raises NoSuchTake."""
    try:
        return load(journal)
    except JournalError as error:
        raise NoSuchTake(error.what, error.do) from error


def take_line(
    record: TakeRecord, chain: chains.TakeChain, label: str, files: tuple[FileRow, ...]
) -> TakeLine:
    """The head of a take: what its line in the log says."""
    peaks = [level.peak for level in record.levels if level.peak is not None and isfinite(level.peak)]
    return TakeLine(
        take=record.take,
        name=record.name,
        recorded_as=record.recorded_name,
        project=record.project,
        session=record.session,
        slate=record.slate,
        number=record.number,
        kind=record.kind.value,
        verdict="" if record.verdict is Verdict.NONE else record.verdict.value,
        condition=condition(record),
        clean=condition(record) == Condition.CLEAN,
        covers=record.covers,
        note=" \N{MIDDLE DOT} ".join(note.text for note in record.notes),
        started=words.local(record.started, record.utc_offset_minutes),
        seconds=record.seconds,
        frames=record.frames,
        lost_frames=record.lost_frames,
        pre_roll=record.pre_roll,
        post_roll=record.post_roll,
        gaps=len(record.gaps),
        noticed=brief(record.signals),
        markers=len(record.markers),
        tracks=len(record.tracks),
        rate=record.rate,
        format=record.format,
        layout=record.layout,
        inputs=format_inputs([track.input for track in record.tracks]),
        interface=str(record.interface.get("name") or record.interface.get("id") or ""),
        origin=record.origin.value,
        simulated=record.simulated,
        sealed=record.sealed,
        signer=record.keyid,
        chain=label,
        chain_digest=record.chain_digest or chain.digest,
        audio_digest=audio_digest(record),
        peak_dbfs=max(peaks, default=None),
        overs=sum(level.overs for level in record.levels) if record.levels else None,
        files=files,
        air=air.take_air(record),
        mirror_lost=record.mirror_lost,
    )


def condition(record: TakeRecord) -> str:
    """The take's condition in a word; one with a gap or without an end is never called clean."""
    if not record.ended:
        return "not finished"
    if record.condition is Condition.CLEAN:
        return Condition.GAP.value if record.gaps or record.lost_frames else Condition.CLEAN.value
    both = record.condition is not Condition.GAP and (record.gaps or record.lost_frames)
    return f"{record.condition.value}, gap" if both else record.condition.value


def audio_digest(record: TakeRecord) -> str:
    """SHA-256 over all block digests in journal order, as the end line holds it (docs/format.md)."""
    total = hashlib.sha256()
    try:
        for block in record.blocks:
            for digest in block.sha256:
                total.update(bytes.fromhex(digest))
    except ValueError:
        return ""
    return total.hexdigest() if record.blocks else ""


def take_warnings(record: TakeRecord) -> tuple[str, ...]:
    """What has to be said before anything else."""
    said = []
    if record.origin is not Origin.PHYSICAL:
        said.append(words.ORIGINS[record.origin])
    if any(curve.simulated for curve in air.take_air(record)):
        said.append("SIMULATED AIR \N{EN DASH} the readings come from a simulated sensor")
    said += _what_happened(record)
    if not record.ended:
        said.append("NOT FINISHED \N{EN DASH} the journal has no end line")
    elif not record.sealed:
        said.append("NOT SEALED YET \N{EN DASH} closed, waiting for the key: nothing vouches for this take")
    return tuple(said)


def _what_happened(record: TakeRecord) -> list[str]:
    said = []
    if record.gaps or record.lost_frames:
        lost = f"{words.count(record.lost_frames)} frames lost"
        if record.rate:
            lost += f" ({words.signed(record.lost_frames / record.rate, 3)} s)"
        where = words.plural(len(record.gaps), "stretch", "stretches")
        said.append(f"GAP \N{EN DASH} {lost} in {where}")
    if record.mirror_lost:
        said.append(f"MIRROR LOST \N{EN DASH} {record.mirror_lost}; this copy went on")
    if record.main_lost:
        said.append(f"MIRROR \N{EN DASH} it went on when the library's side was lost: {record.main_lost}")
    if record.condition is Condition.LOST_DEVICE:
        said.append("LOST DEVICE \N{EN DASH} the interface went away while the take rolled")
    if record.condition is Condition.RECOVERED:
        said.append("RECOVERED \N{EN DASH} mended after a crash or a power failure")
    if record.wrong_rate:
        said.append(f"WRONG WORD CLOCK \N{EN DASH} the interface {record.wrong_rate}")
    return said


def people(record: TakeRecord, chain: chains.TakeChain) -> tuple[Person, ...]:
    """The people that the begin line names, then artist and client of the chain."""
    rows = [Person(str(p.get("role") or ""), str(p.get("name") or "")) for p in record.people]
    rows += [Person(role, _session(chain, role)) for role in ("artist", "client")]
    return tuple(person for person in dict.fromkeys(rows) if person.name)


def rooms(record: TakeRecord, chain: chains.TakeChain) -> tuple[str, ...]:
    """The studio and every room that the chain of a recorded input names."""
    places = [_session(chain, name) for name in ("studio", "place")]
    places += [_room(chain.of_input(track.input)) for track in record.tracks]
    return tuple(dict.fromkeys(place for place in places if place))


def _room(values: Mapping[str, object]) -> str:
    """A room with the state it was in: `Live Room (dry: curtain drawn)`."""
    name, state, how = (str(values.get(f"place.{part}", "")) for part in ("room", "state", "settings"))
    known = ": ".join(part for part in (state, how) if part)
    return f"{name} ({known})" if name and known else name


def _session(chain: chains.TakeChain, name: str) -> str:
    field = chain.fields.get(f"session.{name}")
    return str(field.value) if field else ""


def track_rows(
    record: TakeRecord, chain: chains.TakeChain, measured: Sequence[floors.RoomTone]
) -> tuple[TrackRow, ...]:
    """Every track with its chain in one line, its levels and the floor of its input."""
    levels = {level.track: level for level in record.levels}
    names = record.parts[0].files if record.parts else ()
    return tuple(
        _track(record, chain, place, levels.get(track.number), names, measured)
        for place, track in enumerate(record.tracks)
    )


def _track(
    record: TakeRecord,
    chain: chains.TakeChain,
    place: int,
    level: Level | None,
    names: tuple[str, ...],
    measured: Sequence[floors.RoomTone],
) -> TrackRow:
    track = record.tracks[place]
    return TrackRow(
        track.number,
        track.input,
        track.name,
        names[track.file] if 0 <= track.file < len(names) else "",
        track.channel,
        chain.line(track.input),
        level.peak if level else None,
        level.rms if level else None,
        level.overs if level else None,
        floors.for_input(track.input, record, chain, measured),
    )


def gap_rows(record: TakeRecord) -> tuple[GapRow, ...]:
    """Every lost stretch, in the order of the timeline."""
    return tuple(
        GapRow(
            g.first,
            g.first_pm,
            g.frames,
            g.frames_pm,
            words.exact_length(g.first, record.rate),
            g.cause,
            g.filled,
        )
        for g in sorted(record.gaps, key=lambda g: g.first)
    )


def signal_rows(record: TakeRecord) -> tuple[SignalRow, ...]:
    """What was noticed of the inputs, in the order of the timeline."""
    return tuple(
        SignalRow(
            inputs_of(group),
            group[0].kind,
            what(group),
            group[0].first,
            group[0].frames,
            words.exact_length(group[0].first, record.rate),
            group[0].value,
            group[0].stretches,
        )
        for group in grouped(record.signals)
    )


def _change(record: TakeRecord, change: Change) -> ChangeRow:
    old, new = (chains.as_text(change.path, value) for value in (change.before, change.after))
    at = words.exact_length(change.frame, record.rate)
    return ChangeRow(
        change.frame, at, change.input or None, change.path, path_words(change.path), old, new, change.by
    )


def file_rows(record: TakeRecord, *, hash_files: bool) -> tuple[FileRow, ...]:
    """Every audio file of the take; whole-file hashes only of a finished take."""
    return tuple(_file(record, part.number, part.first, name, hash_files) for part, _, name in record.media)


def _file(record: TakeRecord, part: int, first: int, name: str, hash_files: bool) -> FileRow:
    signed = record.files.get(name)
    path = beside(record, name)
    size, whole, state = None, None, "not here"
    if path is not None:
        try:
            size = path.stat().st_size
            state = "here" if record.ended else "still being written"
            if hash_files and record.ended:
                with path.open("rb") as stream:
                    whole = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            state = f"cannot be read: {in_words(error)[0]}"
    frames = signed.frames if signed else None
    digests = (signed.header_sha256, signed.data_sha256) if signed else (None, None)
    return FileRow(name, part, first, frames, size, whole, digests[0] or None, digests[1] or None, state)
