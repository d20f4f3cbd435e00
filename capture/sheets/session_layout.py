"""Lays the log of a session out."""

from __future__ import annotations

from typing import Literal

from capture.sheets import charts, words
from capture.sheets.document import (
    Block,
    Cell,
    Chart,
    Column,
    Document,
    Facts,
    Lines,
    Section,
    Subhead,
    Table,
)
from capture.sheets.model import ChainBlock, FloorRow, SessionSheet, TakeLine
from capture.sheets.take_layout import DASH, DOT, FOOT, air_table, air_words, audio
from capture.take import Origin, Verdict

SHORT = 18  # signs of a take name or of what it covers that the log has room for on one line


def lay_out(sheet: SessionSheet) -> Document:
    """The document of one session."""
    sections = [
        Section("", (_head(sheet),)),
        Section("Takes", (_log(sheet),)),
        Section("Chains", tuple(block for chain in sheet.chains for block in _chain(chain, sheet))),
        Section("Air", _air(sheet)),
        Section("Noise floor", (_floors(sheet.floors),)),
        Section("Digests", (_digests(sheet),)),
    ]
    return Document(
        title=sheet.session or "Session",
        kicker="Session log",
        subtitle=sheet.project,
        warnings=sheet.warnings,
        sections=tuple(sections),
        foot=FOOT,
    )


def _head(sheet: SessionSheet) -> Facts:
    clean = sum(take.clean for take in sheet.takes)
    people = [(person.role or "person", person.name) for person in sheet.people] or [
        ("People", "not declared")
    ]
    return Facts(
        (
            *people,
            ("Rooms", ", ".join(sheet.rooms) or "not declared"),
            ("First take", words.stamp(sheet.started)),
            ("Last take ended", words.stamp(sheet.ended)),
            ("Takes", f"{len(sheet.takes)}, of which {clean} clean"),
            ("Recorded", f"{words.length(sheet.seconds)} (h:mm:ss)"),
            ("Format", DOT.join(dict.fromkeys(audio(take) for take in sheet.takes))),
            ("Interface", DOT.join(dict.fromkeys(take.interface or "not named" for take in sheet.takes))),
            ("Origin", DOT.join(dict.fromkeys(take.origin for take in sheet.takes))),
            *(("Takechain", value) for name, value in sheet.software if name == "takechain"),
        )
    )


def _log(sheet: SessionSheet) -> Table:
    days = len({take.started.date() for take in sheet.takes}) > 1
    return Table(
        (
            Column("No", "center"),
            Column("Take", width=_width([take.name for take in sheet.takes])),
            Column("Kind"),
            Column("Verdict"),
            Column("Condition"),
            Column("Start", "right"),
            Column("Length", "right"),
            Column("Covers", width=_width([take.covers for take in sheet.takes])),
            Column("Note", width="1fr"),
            Column("Chain", "center"),
        ),
        tuple(_line(take, days) for take in sheet.takes),
        "Start: local time. Length: h:mm:ss. A take is clean when every sample of its timeline arrived.",
    )


def _width(texts: list[str]) -> str:
    """A column as wide as its texts while they leave room for the notes, else a share of the width."""
    return "auto" if max(map(len, texts)) <= SHORT else "1fr"


def _line(take: TakeLine, days: bool) -> tuple[Cell, ...]:
    """A circled number is a circled take, a struck one is no good; the words say it too."""
    marks: dict[str, Literal["circled", "struck"]] = {
        Verdict.CIRCLED.value: "circled",
        Verdict.NO_GOOD.value: "struck",
    }
    mark: Literal["", "circled", "struck"] = marks.get(take.verdict, "")
    start = f"{take.started:%m-%d} {words.clock(take.started)}" if days else words.clock(take.started)
    moved = f"recorded as {take.recorded_as}" if take.recorded_as not in ("", take.name) else ""
    said = [f"{words.count(take.lost_frames)} frames lost"] if take.lost_frames else []
    said += ["mirror lost"] if take.mirror_lost else []
    said += [origin] if (origin := Origin(take.origin).mark) else []
    said += [take.noticed] if take.noticed else []
    return (
        Cell(str(take.number), style=mark),
        Cell(take.name, moved, "strong"),
        Cell(take.kind),
        Cell(take.verdict or DASH, style="strong" if mark == "circled" else ""),
        Cell(take.condition, ", ".join(said), "" if take.clean else "warn"),
        Cell(start),
        Cell(words.length(take.seconds)),
        Cell(take.covers or DASH),
        Cell(take.note or DASH),
        Cell(take.chain),
    )


def _chain(chain: ChainBlock, sheet: SessionSheet) -> list[Block]:
    takes = f"{words.plural(len(chain.takes), 'take')}: {', '.join(words.runs(chain.takes))}"
    blocks: list[Block] = [Subhead(f"Chain {chain.label}", takes)]
    if chain.changes:
        before = sheet.chains[sheet.chains.index(chain) - 1].label
        blocks.append(Lines((f"Changed since chain {before}: {'; '.join(chain.changes)}.",)))
    rows = tuple(
        (Cell(str(number), style="quiet"), Cell(line or "not declared")) for number, line in chain.lines
    )
    columns = (Column("Input", "right", "7mm"), Column("Chain", width="1fr"))
    blocks.append(Table(columns, rows, bare=True))
    return blocks


def _air(sheet: SessionSheet) -> tuple[Block, ...]:
    if not sheet.air:
        return (Lines(("Not measured: no sensor, and nobody typed it.",)),)
    spans = [
        charts.Span(str(take.number), (take.started - sheet.started).total_seconds(), _end(take, sheet))
        for take in sheet.takes
    ]
    end = max(span.end for span in spans)
    drawn = [curve for curve in sheet.air if curve.points]
    if not drawn:
        return (air_table(sheet.air),)
    svg = charts.air_chart(drawn, 0.0, end, lambda at: _clock(sheet, at), spans)
    caption = "Local time. Grey: takes, with their numbers. Dotted: no reading came in between."
    return (Chart(svg, f"Air over the session: {air_words(drawn)}", caption), air_table(sheet.air))


def _end(take: TakeLine, sheet: SessionSheet) -> float:
    return (take.started - sheet.started).total_seconds() + take.seconds


def _clock(sheet: SessionSheet, at: float) -> str:
    return words.clock(words.later(sheet.started, at))


def _floors(floors: tuple[FloorRow, ...]) -> Block:
    if not floors:
        return Lines(("Not measured: the session has no room tone take.",))
    rows = tuple(
        (
            Cell(str(f.input)),
            Cell(f.track),
            Cell(words.level(f.rms_dbfs)),
            Cell(f.take),
            Cell(words.stamp(f.when)),
        )
        for f in floors
    )
    return Table(
        (
            Column("In", "right"),
            Column("Track", width="1fr"),
            Column("RMS dBFS", "right"),
            Column("Room tone take"),
            Column("When"),
        ),
        rows,
        "RMS over the whole room tone take, unweighted.",
    )


def _digests(sheet: SessionSheet) -> Table:
    rows = tuple(
        (
            Cell(take.name),
            Cell(words.short(take.chain_digest) or DASH, style="mono"),
            Cell(words.short(take.audio_digest) or DASH, style="mono"),
            Cell(words.short(take.signer) if take.sealed else "not sealed", style="mono"),
            Cell(words.count(len(take.files))),
        )
        for take in sheet.takes
    )
    return Table(
        (
            Column("Take", width="1fr"),
            Column("Chain"),
            Column("Audio"),
            Column("Key of the seal"),
            Column("Files", "right"),
        ),
        rows,
        "The first twelve signs of each SHA-256; whole ones, of every file, are in the CSV and JSON forms.",
    )
