"""What sound did in the air of a take, and how long it was on its way, as a take sheet shows it."""

from __future__ import annotations

from collections.abc import Callable

from capture.chain.fields import Value, input_path, is_fit, plain_number
from capture.journal.record import TakeRecord
from capture.rooms.air import Figures, of_take
from capture.rooms.distances import Way, geometry
from capture.sheets.chains import TakeChain
from capture.sheets.document import Block, Cell, Column, Facts, Table
from capture.sheets.sound_model import DistanceRow, Sound, SoundFigure

DASH = "\N{EN DASH}"


def of(record: TakeRecord, chain: TakeChain) -> Sound:
    """The figures of the take's air, and the distances of its recorded inputs."""
    figures = of_take(record).figures()
    found = geometry({t.input: _fit(t.input, chain) for t in record.tracks}, figures)
    rows = [_row(f"{s.source} to its microphone", f"in {s.input}", s.way) for s in found.sources]
    rows += [
        _row(f"between the microphones ({b.array})", f"in {b.inputs[0]}, {b.inputs[1]}", b.way)
        for b in found.microphones
    ]
    rows += [
        _row(f"{v.source}, farther than at in {v.near}", f"in {v.far}", v.way, v.level_db, v.air_db)
        for v in found.later
    ]
    missing = (
        [SoundFigure(what, f"not computed: {why}") for what, why in figures.missing]
        if figures.dew_point
        else []
    )
    return Sound((*_claims(figures), *missing), figures.assumed, tuple(rows))


def _fit(number: int, chain: TakeChain) -> dict[str, Value]:
    """The values of an input that the chain's own rules allow: a file may hold anything."""
    values = chain.of_input(number)
    return {suffix: v for suffix, v in values.items() if is_fit(input_path(number, suffix), v)}


def _claims(figures: Figures) -> tuple[SoundFigure, ...]:
    said: list[SoundFigure] = []
    if figures.speed is not None and figures.speed_pm is not None:
        pm = f" \N{PLUS-MINUS SIGN}{figures.speed_pm:.2f}"
        said.append(SoundFigure("speed of sound", f"{figures.speed:.2f}{pm} m/s", figures.speed_pm_of))
    plain: tuple[tuple[str, float | None, Callable[[float], str]], ...] = (
        ("density", figures.density, lambda v: f"{v:.4f} kg/m³"),
        ("impedance", figures.impedance, lambda v: f"{v:.1f} Pa·s/m"),
        ("dew point", figures.dew_point, lambda v: f"{v:.1f} °C"),
    )
    said += [SoundFigure(what, form(value)) for what, value, form in plain if value is not None]
    bands = [
        f"{loss:.3g} at {band // 1000} kHz"
        for band, loss in figures.absorption
        if band in (2000, 8000, 16000)
    ]
    return (*said, *((SoundFigure("absorption, dB/km", ", ".join(bands)),) if bands else ()))


def _row(
    what: str, where: str, way: Way, level: float | None = None, air: float | None = None
) -> DistanceRow:
    how = way.how
    if way.other_m is not None:
        how += f"; by coordinates {plain_number(round(way.other_m, 3))} m"
    return DistanceRow(where, what, way.metres, how, way.ms, way.ms_pm, level, air)


def figures_block(sound: Sound) -> tuple[Block, ...]:
    """The figures of the air, as a sheet lists them; nothing where none could be computed."""
    items = [(c.what, f"{c.value} ({c.note})" if c.note else c.value) for c in sound.figures]
    items += [("assumed", sentence) for sentence in sound.assumed]
    return (Facts(tuple(items)),) if sound.figures else ()


def distances_table(sound: Sound) -> Table:
    """Every distance with the time sound needs for it."""
    rows = tuple(
        (
            Cell(row.where),
            Cell(row.what, "" if row.how == "declared" else row.how),
            Cell(plain_number(round(row.metres, 3))),
            Cell(DASH if row.ms is None else f"{row.ms:.3f}"),
            Cell(DASH if row.ms_pm is None else f"{row.ms_pm:.3f}"),
            Cell(DASH if row.level_db is None else f"{row.level_db:.1f}"),
            Cell(DASH if row.air_db is None else f"{row.air_db:.1f}"),
        )
        for row in sound.distances
    )
    return Table(
        (
            Column("Where", "right"),
            Column("What", width="1fr"),
            Column("m", "right"),
            Column("ms", "right"),
            Column("\N{PLUS-MINUS SIGN} ms", "right"),
            Column("dB by distance", "right"),
            Column("dB by air, 8 kHz", "right"),
        ),
        rows,
        "Times from the air of the take, ± that of the air alone; levels as of a point source in the open.",
    )
