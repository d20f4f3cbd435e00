"""Lays a take sheet out: which figures stand where, in which words."""

from __future__ import annotations

from capture.sheets import charts, levels_layout, sound, words
from capture.sheets.document import (
    Block,
    Box,
    BoxPart,
    Cell,
    Chart,
    Column,
    Document,
    Facts,
    Lines,
    Section,
    Table,
)
from capture.sheets.model import AirCurve, Claim, EvidenceBox, FileRow, TakeLine, TakeSheet, TrackRow

DOT = " \N{MIDDLE DOT} "
DASH = "\N{EN DASH}"
SIMULATED = " \N{EN DASH} SIMULATED"
DIGEST_SIGNS = 64
FORMATS = {"pcm24": "24-bit PCM", "float32": "32-bit float"}
FOOT = "Drawn from the take folders alone. Times are local, as the computer had them."


def lay_out(sheet: TakeSheet) -> Document:
    """The document of one take."""
    head = sheet.head
    sections = [
        Section("", (_head_facts(sheet), *_moved(head))),
        Section("Evidence", (evidence(sheet.evidence),)),
        Section("Tracks", (_tracks(sheet),)),
        Section("Levels", (levels_layout.table(sheet.levels),)),
        Section("Air", (*_air(sheet), *sound.figures_block(sheet.sound))),
        Section("Distances and arrival times", (sound.distances_table(sheet.sound),)),
        Section("Markers", (_markers(sheet),)),
        Section("Gaps", (_gaps(sheet),)),
        Section("Noticed of the inputs", (_signals(sheet),)),
        Section("Changes while rolling", (_changes(sheet),)),
        Section("Devices", (_devices(sheet),)),
        Section("Notes", (_notes(sheet),)),
        Section("Files", (_files(sheet),)),
        Section("Origin of this record", (_origin(sheet),)),
    ]
    return Document(
        title=head.name,
        kicker="Take sheet",
        subtitle=DOT.join(part for part in (head.project, head.session, head.slate) if part),
        warnings=sheet.warnings,
        sections=tuple(s for s in sections if not _empty(s)),
        foot=FOOT,
    )


def _empty(section: Section) -> bool:
    return all(isinstance(block, Table) and not block.rows for block in section.blocks)


def _head_facts(sheet: TakeSheet) -> Facts:
    head = sheet.head
    lost = f", {words.count(head.lost_frames)} lost" if head.lost_frames else ""
    items = [
        ("Kind", head.kind),
        ("Verdict", head.verdict or "none"),
        ("Condition", head.condition),
        ("Covers", head.covers or DASH),
        ("Started", words.stamp(head.started)),
        ("Length", f"{words.exact_length(head.frames, head.rate)} (h:mm:ss)"),
        *_rolls(head),
        ("Frames", f"{words.count(head.frames)}{lost}"),
        ("Format", audio(head)),
        ("Interface", head.interface or "not named"),
        ("Inputs", head.inputs),
        ("Recorded by", sheet.by or "not declared"),
        ("Rooms", ", ".join(sheet.rooms) or "not declared"),
    ]
    items += [(person.role or "person", person.name) for person in sheet.people] or [
        ("People", "not declared")
    ]
    return Facts(tuple(items))


def _rolls(head: TakeLine) -> list[tuple[str, str]]:
    rolls = (("Pre-roll", head.pre_roll, "before Record"), ("Post-roll", head.post_roll, "behind Stop"))
    rate = max(1, head.rate)
    return [(name, f"{frames / rate:.1f} s {where}") for name, frames, where in rolls if frames > 0]


def audio(head: TakeLine) -> str:
    """`48 000 Hz, 24-bit PCM, one file per track`."""
    layout = "poly" if head.layout == "poly" else "one file per track"
    return f"{words.count(head.rate)} Hz, {FORMATS.get(head.format, head.format)}, {layout}"


def _moved(head: TakeLine) -> tuple[Block, ...]:
    if not head.recorded_as or head.recorded_as == head.name:
        return ()
    return (Lines((f"The files keep the name they were recorded under: {head.recorded_as}",)),)


def evidence(box: EvidenceBox) -> Box:
    """The evidence box."""

    def claims(rows: tuple[Claim, ...]) -> tuple[tuple[str, str, str], ...]:
        return tuple((row.what, row.value, row.source) for row in rows)

    return Box(
        (
            BoxPart("Measured", "by counters and instruments", claims(box.measured)),
            BoxPart("Declared", "by people", claims(box.declared)),
            BoxPart("Not known", "nobody and nothing says it", claims(box.not_known)),
        )
    )


def _tracks(sheet: TakeSheet) -> Table:
    waves = {wave.track: wave for wave in sheet.waveform.tracks} if sheet.waveform else {}
    rows = tuple(
        (
            Cell(str(track.number), style="quiet"),
            Cell(str(track.input)),
            Cell(track.name, track.chain or "chain not declared", "strong"),
            Cell("", svg=charts.wave_strip(waves[track.number]) if track.number in waves else ""),
            Cell(words.level(track.peak_dbfs)),
            Cell(words.level(track.rms_dbfs)),
            Cell(
                DASH if track.overs is None else words.count(track.overs), style="warn" if track.overs else ""
            ),
            _floor(track),
        )
        for track in sheet.tracks
    )
    return Table(
        (
            Column("No", "right"),
            Column("In", "right"),
            Column("Track and chain", width="1fr"),
            Column("Waveform", width="36mm"),
            Column("Peak dBFS", "right", "12mm"),
            Column("RMS dBFS", "right", "12mm"),
            Column("Overs", "right"),
            Column("Floor dBFS", "right", "14mm"),
        ),
        rows,
        _track_foot(sheet),
    )


def _floor(track: TrackRow) -> Cell:
    if track.floor is None:
        return Cell(DASH)
    return Cell(words.level(track.floor.rms_dbfs) + ("" if track.floor.same_chain else " \N{DAGGER}"))


def _track_foot(sheet: TakeSheet) -> str:
    said = [_wave_words(sheet)]
    floors = {(t.floor.take, words.stamp(t.floor.when)) for t in sheet.tracks if t.floor}
    if floors:
        tones = ", ".join(f"{name} ({when})" for name, when in sorted(floors))
        said.append(f"Floor: RMS of the room tone take {tones}")
    if any(track.floor and not track.floor.same_chain for track in sheet.tracks):
        said.append("\N{DAGGER} the chain of that input was another one then")
    said.append("Overs: three or more full-scale samples in a row")
    return ". ".join(said) + "."


def _wave_words(sheet: TakeSheet) -> str:
    if sheet.waveform is None:
        return "Waveform: no file could be read here"
    said = "Waveform: lowest and highest sample, edge 0 dBFS, middle \N{MINUS SIGN}60 dBFS and below"
    if sheet.waveform.share < 1:
        read = f"{sheet.waveform.share * 100:.1f} %"
        said += f"; sampled, {read} of the frames were read, so short peaks may be missing"
    return said


def _air(sheet: TakeSheet) -> tuple[Block, ...]:
    head = sheet.head
    if not head.air:
        return (Lines(("Not measured: no sensor, and nobody typed it.",)),)
    table = air_table(head.air)
    drawn = [curve for curve in head.air if len(curve.points) > 1]
    if not drawn:
        return (table,)
    svg = charts.air_chart(drawn, 0.0, head.seconds, words.length)
    return (Chart(svg, f"Air during the take: {air_words(drawn)}", "Time into the take, h:mm:ss"), table)


def air_words(curves: list[AirCurve]) -> str:
    """The curves in words, for those who cannot see them."""
    return "; ".join(f"{words.quantity(curve.quantity)} {_from_to(curve)}" for curve in curves)


def _from_to(curve: AirCurve) -> str:
    first, last = (words.figure(value, curve.quantity) for value in (curve.start, curve.end))
    return f"from {first} to {last} {curve.unit}"


def air_table(curves: tuple[AirCurve, ...]) -> Table:
    """Start, end and range of every quantity and source."""
    rows = tuple(
        (
            Cell(
                words.quantity(curve.quantity),
                curve.source + (SIMULATED if curve.simulated else ""),
            ),
            *(
                Cell(words.figure(value, curve.quantity))
                for value in (curve.start, curve.end, curve.low, curve.high)
            ),
            Cell(curve.unit),
            Cell(words.count(len(curve.points))),
            Cell(words.count(curve.suspect)),
        )
        for curve in curves
    )
    heads = ("Start", "End", "Lowest", "Highest")
    return Table(
        (
            Column("Quantity and source", width="1fr"),
            *(Column(name, "right") for name in heads),
            Column("Unit"),
            Column("Readings", "right"),
            Column("Left out", "right"),
        ),
        rows,
        "Left out: readings marked suspect, without a value, or in another unit.",
    )


def _markers(sheet: TakeSheet) -> Table:
    rows = tuple(
        (Cell(str(m.id)), Cell(m.at), Cell(words.count(m.frame)), Cell(m.text or DASH)) for m in sheet.markers
    )
    return Table(
        (Column("No", "right"), Column("At", "right"), Column("Frame", "right"), Column("Text", width="1fr")),
        rows,
    )


def _gaps(sheet: TakeSheet) -> Table:
    rows = tuple(
        (
            Cell(gap.at, style="warn"),
            Cell(_pm(gap.first, gap.first_pm)),
            Cell(_pm(gap.frames, gap.frames_pm)),
            Cell("digital silence stands there" if gap.filled else "nothing was written"),
            Cell(gap.cause or "not known"),
        )
        for gap in sheet.gaps
    )
    return Table(
        (
            Column("At", "right"),
            Column("First frame", "right"),
            Column("Frames lost", "right"),
            Column("In the file"),
            Column("Cause", width="1fr"),
        ),
        rows,
    )


def _signals(sheet: TakeSheet) -> Table:
    rate = sheet.head.rate
    rows = tuple(
        (
            Cell(row.inputs),
            Cell(row.words, f"{row.stretches} stretches in all" if row.stretches > 1 else "", "warn"),
            Cell(row.at),
            Cell(words.count(row.first)),
            Cell(words.exact_length(row.frames, rate)),
            Cell(words.count(row.frames)),
        )
        for row in sheet.signals
    )
    return Table(
        (
            Column("In", "right"),
            Column("What", width="1fr"),
            Column("At", "right"),
            Column("First frame", "right"),
            Column("Length", "right"),
            Column("Frames", "right"),
        ),
        rows,
        "Noticed in the samples as they came while recording; why they were so is not known.",
    )


def _pm(value: int, margin: int) -> str:
    return f"{words.count(value)} \N{PLUS-MINUS SIGN} {words.count(margin)}"


def _changes(sheet: TakeSheet) -> Table:
    rows = tuple(
        (
            Cell(change.at),
            Cell(words.count(change.frame)),
            Cell(change.words),
            Cell(change.before),
            Cell(change.after),
            Cell(change.by or "nobody named"),
        )
        for change in sheet.changes
    )
    return Table(
        (
            Column("At", "right"),
            Column("From frame", "right"),
            Column("What", width="1fr"),
            Column("Before"),
            Column("After"),
            Column("By"),
        ),
        rows,
    )


def _devices(sheet: TakeSheet) -> Table:
    rows = tuple((Cell(d.source), Cell(d.what), Cell(d.value)) for d in sheet.devices)
    return Table((Column("At", "right"), Column("Device"), Column("What happened", width="1fr")), rows)


def _notes(sheet: TakeSheet) -> Table:
    rows = tuple(
        (
            Cell(words.stamp(note.when)),
            Cell(note.by or "nobody named"),
            Cell(note.text, "written after the end" if note.after_end else ""),
        )
        for note in sheet.notes
    )
    return Table((Column("When"), Column("By"), Column("Note", width="1fr")), rows)


def _files(sheet: TakeSheet) -> Table:
    return Table(
        (
            Column("File and SHA-256", width="1fr"),
            Column("Part", "right"),
            Column("Bytes", "right"),
            Column("Frames", "right"),
        ),
        tuple(_file(row) for row in sheet.head.files),
        "SHA-256 of the whole file as it lies there now; those signed are in the CSV and JSON forms.",
    )


def _file(row: FileRow) -> tuple[Cell, ...]:
    number = DASH if row.size is None else words.count(row.size)
    frames = DASH if row.frames is None else words.count(row.frames)
    digest = row.sha256 or ("not hashed" if row.state == "here" else row.state)
    return (Cell(row.name, digest, "mono"), Cell(str(row.part)), Cell(number), Cell(frames))


def _origin(sheet: TakeSheet) -> Table:
    head = sheet.head
    items = [
        ("Take", head.take),
        ("Library", sheet.library),
        ("Take of the library", str(sheet.counter)),
        ("Origin", head.origin),
        ("Host", sheet.host),
        ("Time reference", f"{words.count(sheet.time_reference)} frames since local midnight"),
        ("Ended by", sheet.reason or "not known"),
        ("Sealed with key", head.signer if head.sealed else "not sealed"),
        ("Chain, SHA-256", head.chain_digest),
        ("Audio blocks, SHA-256", head.audio_digest),
    ]
    if sheet.expected_frames is not None:
        items.append(("Frames ordered", words.count(sheet.expected_frames)))
    items += [("Sensor", sensor) for sensor in sheet.sensors]
    items.append(("Software", DOT.join(f"{name} {value}" for name, value in sheet.software)))
    rows = tuple((Cell(label, style="quiet"), _value(value)) for label, value in items if value)
    return Table((Column("What", width="36mm"), Column("Value", width="1fr")), rows, bare=True)


def _value(value: str) -> Cell:
    return Cell(value, style="mono" if len(value) == DIGEST_SIGNS and value.isalnum() else "")
