"""air: what the air is now, or what a person read off an instrument."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from tui.commands.common import DONE, AsJson, By, InLibrary, answer, station

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
    instrument: Annotated[str, typer.Option("--instrument", help="What it was read off.")] = "",
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Show the newest readings, or declare values that a person read (marked as typed)."""
    typed = {"temperature": temperature, "humidity": humidity, "pressure": pressure}
    values = {name: _value(name, text) for name, text in typed.items() if text is not None}
    with station(library) as client:
        if values:
            result = client.call("air", **values, by=by, instrument=instrument)
        else:
            result = {"air": client.call("status")["air"]}
    lines = [
        f"{r['quantity']} {r['value']:g} {r['unit']}  {r['age_s']:.0f} s ago, "
        f"{'typed by ' + (r.get('by') or 'somebody') if r.get('typed') else r['sensor']}"
        f"{' (simulated)' if r.get('simulated') else ''}"
        for r in result["air"]
    ]
    answer(as_json, result, *(lines or ["nothing is known of the air"]))
    return DONE


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
