"""How levels in dB SPL and noise floors stand on a sheet, as a table and in the evidence box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from capture.evidence.check import CONSISTENT, CONTRADICTS, NOT_TESTABLE
from capture.sheets import words
from capture.sheets.document import Cell, Column, Table
from capture.sheets.model import CheckRow, Claim, LevelRow
from capture.take import format_inputs

DASH = "\N{EN DASH}"


def table(rows: Sequence[LevelRow]) -> Table:
    """Level at full scale, highest peak, and the predicted floor beside the measured one, per track."""
    return Table(
        (
            Column("No", "right"),
            Column("In", "right"),
            Column("Track and how it is known", width="1fr"),
            Column("dB SPL at 0 dBFS", "right", "18mm"),
            Column("Peak dB SPL", "right", "14mm"),
            Column("Floor predicted", "right", "28mm"),
            Column("Floor measured", "right", "28mm"),
        ),
        tuple(_row(row) for row in rows),
        _foot(rows),
    )


def _row(row: LevelRow) -> tuple[Cell, ...]:
    how = f"UNCALIBRATED: {row.uncalibrated}; {row.words}" if row.uncalibrated else row.words
    return (
        Cell(str(row.number), style="quiet"),
        Cell(str(row.input)),
        Cell(row.name, how, "strong"),
        Cell(words.level(row.spl_at_0dbfs_db), style="warn" if row.uncalibrated else ""),
        Cell(words.level(row.peak_spl_db)),
        Cell(_floor(row.predicted_dbfs_a, row.predicted_dba, row.at_least)),
        Cell(_floor(row.measured_dbfs_a, row.measured_dba)),
    )


def _floor(dbfs: float | None, dba: float | None, at_least: bool = False) -> str:
    if dbfs is None:
        return DASH
    spl = f" = {dba:.1f} dBA" if dba is not None else ""
    return f"{chr(0x2265) + ' ' if at_least else ''}{words.level(dbfs)}{spl}"


def _foot(rows: Sequence[LevelRow]) -> str:
    said = [
        "0 dBFS here is the RMS of a full-scale sine (AES17); peaks are the level of a sine with that peak",
        "Floors are dBFS, A-weighted; predicted from the figures of microphone, preamp and converter",
    ]
    if any(row.at_least for row in rows):
        said.append("\N{GREATER-THAN OR EQUAL TO}: not all of them are known")
    tones = sorted({row.tone for row in rows if row.tone})
    if tones:
        said.append(f"Measured in {words.listing(tones)}, room and all")
    return ". ".join(said) + "."


def measured(rows: Sequence[LevelRow]) -> Iterable[Claim]:
    """Levels that a calibrator told."""
    for row in rows:
        if row.how == "calibrated":
            yield Claim(
                "dB SPL at 0 dBFS", f"track {row.number}: {words.level(row.spl_at_0dbfs_db)}", row.words
            )


def declared(rows: Sequence[LevelRow]) -> Iterable[Claim]:
    """Levels that follow from declared figures."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row.how == "computed":
            told = f"track {row.number}: {words.level(row.spl_at_0dbfs_db)}"
            groups.setdefault(row.words, []).append(told)
    for how, told_all in groups.items():
        yield Claim("dB SPL at 0 dBFS", ", ".join(told_all), how)


def not_known(rows: Sequence[LevelRow]) -> Iterable[Claim]:
    """What calibrators contradict."""
    for row in rows:
        if row.uncalibrated:
            yield Claim("calibration", f"track {row.number} is uncalibrated", row.uncalibrated)


AGAINST = "samples against the chain"


def checked(rows: Sequence[CheckRow]) -> Iterable[Claim]:
    """What contradicts, each in its words, and what is consistent, by name."""
    for row in rows:
        if row.verdict == CONTRADICTS:
            yield Claim(AGAINST, f"CONTRADICTS: {row.what}{_of(row.tracks)}", row.words)
    fits = _named(rows, CONSISTENT)
    if fits:
        yield Claim(AGAINST, f"consistent: {fits}", "which does not prove that it is true")


def not_testable(rows: Sequence[CheckRow]) -> Iterable[Claim]:
    """What could not be tested, by name."""
    named = _named(rows, NOT_TESTABLE)
    if named:
        yield Claim(AGAINST, f"not testable: {named}", "takechain level check says why")


def _named(rows: Sequence[CheckRow], verdict: str) -> str:
    """`noise floor (tracks 1–3, 5)`, …"""
    groups: dict[str, list[int]] = {}
    for row in rows:
        if row.verdict == verdict:
            groups.setdefault(row.what, []).extend(row.tracks)
    return "; ".join(f"{what}{_of(sorted(set(numbers)))}" for what, numbers in groups.items())


def _of(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    return f" (track{'s' if len(numbers) > 1 else ''} {format_inputs(list(numbers))})"
