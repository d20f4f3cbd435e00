"""air: what the air is or was in a take, what a person read off, and what sound does in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import DONE, AsJson, By, InLibrary, Json, answer, open_library, station

if TYPE_CHECKING:
    from capture.rooms.air import Figures, RoomAir

_UNITS = {
    "temperature": {"": "°C", "c": "°C", "°c": "°C", "f": "°F", "°f": "°F", "k": "K"},
    "humidity": {"": "%RH", "%": "%RH", "%rh": "%RH", "rh": "%RH"},
    "pressure": {
        "": "hPa",
        "hpa": "hPa",
        "mbar": "hPa",
        "pa": "Pa",
        "kpa": "kPa",
        "mmhg": "mmHg",
        "inhg": "inHg",
    },
}
_VALUE = re.compile(r"([+\-−]?\d+(?:[.,]\d+)?) ?([^\d\s]*)")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(air)


def air(
    temperature: Annotated[
        str | None, typer.Option("--temperature", metavar="C", help="As 21.4 or 70.5F.")
    ] = None,
    humidity: Annotated[
        str | None, typer.Option("--humidity", metavar="RH", help="Relative humidity in %.")
    ] = None,
    pressure: Annotated[
        str | None, typer.Option("--pressure", metavar="HPA", help="As 1009.3 or 29.8inHg.")
    ] = None,
    take: Annotated[str | None, typer.Option("--take", metavar="T", help="The air of this take.")] = None,
    calculate: Annotated[
        bool, typer.Option("--calculate", help="Only calculate with the values: declare nothing.")
    ] = False,
    instrument: Annotated[str, typer.Option("--instrument", help="What it was read off.")] = "",
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """What the air is and does: newest readings, what a person read (marked as typed), or a take's."""
    from capture.errors import UsageError
    from capture.rooms.accuracy import with_accuracy
    from capture.rooms.air import of_newest, of_values

    typed = {"temperature": temperature, "humidity": humidity, "pressure": pressure}
    values = {name: _value(name, text) for name, text in typed.items() if text is not None}
    if take is not None:
        if values or calculate:
            raise UsageError("a take has its own air", "leave the values out, or leave out --take")
        return _of_take(take, as_json, library)
    if calculate:
        if not values:
            raise UsageError(
                "there is nothing to calculate with", "give --temperature, --humidity, --pressure"
            )
        room = of_values(*(_plausible(name, values.get(name)) for name in _UNITS))
        answer(as_json, {"air": [], **figures_json(room)}, *figure_lines(room.figures()))
        return DONE
    with station(library, create=bool(values)) as client:
        if values:
            result = client.call("air", **values, by=by, instrument=instrument)
            status = client.call("status")
        else:
            status = client.call("status")
            result = {"air": status["air"]}
    room = of_newest(result["air"], with_accuracy(status["sensors"], open_library(library).records("gear")))
    lines = [_reading_line(reading) for reading in result["air"]]
    answer(
        as_json,
        {**result, **figures_json(room)},
        *([*lines, *figure_lines(room.figures())] if lines else ["nothing is known of the air"]),
    )
    return DONE


def _reading_line(r: Json) -> str:
    source = "typed by " + (r.get("by") or "somebody") if r.get("typed") else r["sensor"]
    simulated = " (simulated)" if r.get("simulated") else ""
    return f"{r['quantity']} {r['value']:g} {r['unit']}  {r['age_s']:.0f} s ago, {source}{simulated}"


def _of_take(take: str, as_json: bool, library: InLibrary) -> int:
    from capture.journal.record import load
    from capture.rooms.air import of_take
    from tui.commands.takes import find_journal

    record = load(find_journal(take, library))
    room = of_take(record)
    lines = [
        f"{quantity.replace('_', ' ')} {known.value:g} {unit_of(quantity)}"
        + (f" ({known.low:g} to {known.high:g})" if known.low != known.high else "")
        + (f" ±{known.accuracy:g}" if known.accuracy is not None else "")
        + f"  {known.source}{' (simulated)' if known.simulated else ''}"
        for quantity, known in room.known.items()
    ]
    head = record.name if lines else f"nothing is known of the air of {record.name}"
    result = {"take": record.name, **figures_json(room)}
    answer(as_json, result, head, *lines, *room.others, *(figure_lines(room.figures()) if lines else []))
    return DONE


def unit_of(quantity: str) -> str:
    """The unit in which a quantity is kept."""
    from hardware.reading import UNITS, Quantity

    return UNITS[Quantity(quantity)]


def figures_json(room: RoomAir) -> Json:
    """What the figures were made from, and the figures: null is *not computed*, and `missing` says why."""
    figures = room.figures()
    return {
        "from": {
            name: {
                "value": k.value, "unit": unit_of(name), "low": k.low, "high": k.high, "source": k.source,
                "typed": k.typed, "simulated": k.simulated, "accuracy": k.accuracy,
            }
            for name, k in room.known.items()
        },
        "not_used": list(room.others),
        "figures": {
            "speed_of_sound_m_s": figures.speed,
            "speed_of_sound_pm": figures.speed_pm,
            "speed_of_sound_pm_note": figures.speed_pm_of,
            "density_kg_m3": figures.density,
            "impedance_pa_s_m": figures.impedance,
            "dew_point_c": figures.dew_point,
            "absorption_db_km": [{"band_hz": band, "db_km": loss} for band, loss in figures.absorption],
        },
        "assumed": list(figures.assumed),
        "missing": [{"what": what, "why": why} for what, why in figures.missing],
    }  # fmt: skip


def figure_lines(figures: Figures) -> list[str]:
    """The figures in words."""
    lines = []
    if figures.speed is not None:
        note = f" ({figures.speed_pm_of})" if figures.speed_pm_of else ""
        lines.append(f"speed of sound {figures.speed:.2f} m/s ±{figures.speed_pm:.2f}{note}")
    if figures.density is not None:
        lines.append(f"density {figures.density:.4f} kg/m³")
    if figures.impedance is not None:
        lines.append(f"impedance {figures.impedance:.1f} Pa·s/m")
    if figures.dew_point is not None:
        lines.append(
            f"dew point {figures.dew_point:.1f} °C{' (over water)' if figures.dew_point < 0 else ''}"
        )
    if figures.absorption:
        bands = ", ".join(f"{_band(band)} {loss:.3g}" for band, loss in figures.absorption)
        lines.append(f"absorption in dB/km: {bands}")
    lines += [f"assumed {sentence}" for sentence in figures.assumed]
    return [*lines, *(f"not computed: {what}: {why}" for what, why in figures.missing)]


def _band(hertz: int) -> str:
    return f"{hertz // 1000} kHz" if hertz >= 1000 else f"{hertz} Hz"


def _plausible(name: str, value: float | None) -> float | None:
    from capture.errors import UsageError
    from hardware.reading import Implausible, Quantity, gate

    if value is None:
        return None
    quantity = Quantity.RELATIVE_HUMIDITY if name == "humidity" else Quantity(name)
    try:
        return value if quantity is Quantity.RELATIVE_HUMIDITY and value == 0 else gate(quantity, value)[0]
    except Implausible as error:
        raise UsageError(f"a {name} of {value:g} cannot be: {error}", "type it again") from error


def _value(name: str, text: str) -> float:
    """The number in °C, %RH or hPa; raises UsageError."""
    from capture.errors import UsageError
    from hardware.reading import Quantity, convert

    found = _VALUE.fullmatch(text.strip())
    unit = _UNITS[name].get(found[2].lower()) if found else None
    if not found or unit is None:
        units = ", ".join(dict.fromkeys(_UNITS[name].values()))
        raise UsageError(f"--{name} {text!r} is not a {name}", f"give a number, in one of {units}")
    quantity = Quantity.RELATIVE_HUMIDITY if name == "humidity" else Quantity(name)
    return convert(quantity, float(found[1].replace(",", ".").replace("−", "-")), unit)
