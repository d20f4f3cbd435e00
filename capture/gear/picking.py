"""A piece of the locker as a part of a chain: what the chain needs to know of it, complete in itself."""

from __future__ import annotations

from capture.chain.fields import SPECS
from capture.gear.record import Gear, Spec


def figures(gear: Gear, pattern: str = "") -> dict[str, Spec]:
    """What is known of a piece, by plain name: with a `pattern`, what holds for that one alone.

    What was measured on the piece itself goes before what its maker says of all of them; the newest
    calibration counts. A microphone with several patterns is known in the one its figures are told for.
    """
    known = {**gear.specs, **_measured(gear)}
    found: dict[str, Spec] = {}
    for name, spec in known.items():
        base, _, only = name.partition("@")
        if only:
            if only == pattern:
                found[base] = spec
        elif base not in found and _holds(spec, gear, pattern):
            found[base] = spec
    return found


def picked(gear: Gear, part: str, pattern: str = "") -> dict[str, str | int | float]:
    """The fields of a part of a chain (`microphone`, `insert.1`) that this piece fills, by suffix."""
    known: dict[str, str | int | float] = {name: spec.value for name, spec in figures(gear, pattern).items()}
    known |= {"gear": gear.id, "make": gear.make, "model": gear.model, "serial": gear.serial}
    known |= {"capsule": gear.capsule, "powering": gear.powering, "pattern": pattern}
    if not pattern and len(gear.patterns) == 1:
        known["pattern"] = gear.patterns[0]
    suffixes = {f"{part}.{name}": value for name, value in known.items() if value != ""}
    return {suffix: value for suffix, value in suffixes.items() if suffix in SPECS}


def _measured(gear: Gear) -> dict[str, Spec]:
    """The newest calibration of each figure, as a figure; a condition of the maker's own goes with it."""
    return {
        entry.quantity: Spec(
            entry.value, _source(entry.by), entry.date, condition=_condition(gear, entry.quantity)
        )
        for entry in sorted(gear.calibrations, key=lambda entry: entry.date)
        if entry.is_figure
    }


def _source(by: str) -> str:
    return f"calibration by {by}" if by else "calibration"


def _condition(gear: Gear, name: str) -> str:
    return gear.specs[name].condition if name in gear.specs else ""


def _holds(spec: Spec, gear: Gear, pattern: str) -> bool:
    """Whether a figure without a pattern of its own holds for that pattern.

    One that is told for another pattern does not; one that is told for none holds for all.
    """
    said = [word for word in gear.patterns if word in spec.condition.split(", ")]
    return not pattern or not said or pattern in said
