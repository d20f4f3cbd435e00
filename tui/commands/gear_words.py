"""How the gear commands read a figure that is typed in one word, and show a piece."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from capture.chain.fields import plain_number
from capture.gear import POWERING, Calibration, Gear, GearError, Spec, figures
from capture.gear.locker import certificate_state
from capture.gear.record import clean_member, clean_spec
from capture.gear.specs import clean_name, spec_words, unit_of
from tui.commands.common import Json

_TYPED = re.compile(r"([^=]*)=(.*?)(?:(?:±|\+/-)(.*?))?(?:\s+from\s+(.*))?", re.DOTALL)


def changed(known: Gear | None, name: str, members: Json, specs: list[str]) -> Gear:
    """The piece with these members in place of its own; raises GearError."""
    gear = known or Gear(name)
    clean = {key: clean_member(key, value) for key, value in members.items()}
    figures_now = dict(gear.specs)
    for typed in specs:
        figure, spec = typed_spec(typed)
        if spec is None:
            figures_now.pop(figure, None)
        else:
            figures_now[figure] = spec
    return replace(gear, **clean, specs=figures_now)


def typed_spec(text: str) -> tuple[str, Spec | None]:
    """A figure as `sensitivity_mv_pa=28 ±1 from manual 2012`; without a value it is to be forgotten."""
    found = _TYPED.fullmatch(text.strip())
    if not found:
        raise GearError(
            f"{text!r} is not a figure", "write it like: sensitivity_mv_pa=28 ±1 from manual 2012"
        )
    name = clean_name(found[1])
    if not found[2].strip():
        return name, None
    unit = unit_of(name)
    value = found[2].strip().removesuffix(unit) if unit else found[2]
    return name, clean_spec(name, {"value": value, "tolerance": found[3], "source": found[4]})


def facts(gear: Gear, library: Path) -> Json:
    """The piece as an object, with what is known of it as a whole and the state of its certificates."""
    told = gear.as_json()
    for entry, said in zip(gear.calibrations, told.get("calibrations", []), strict=True):
        if entry.certificate:
            said["state"] = certificate_state(entry, library)
    return told | {"known": {name: spec.as_json() for name, spec in figures(gear).items()}}


def lines(gear: Gear, library: Path) -> list[str]:
    """The piece for people, a line each."""
    said = [f"{gear.id}  {gear.kind}  {gear.name}".rstrip()]
    texts = [("serial", gear.serial), ("owner", gear.owner), ("capsule", gear.capsule)]
    texts += [("powering", POWERING.get(gear.powering, "")), ("patterns", ", ".join(gear.patterns))]
    texts += [("photo", gear.photo), ("note", gear.note)]
    said += [f"{label}: {text}" for label, text in texts if text]
    said += [f"{spec_words(name)}: {spec_line(name, spec)}" for name, spec in gear.specs.items()]
    said += [f"{e.date}  {e.what}{_who(e.by)}" for e in gear.service]
    return said + [_calibration_line(entry, library) for entry in gear.calibrations]


def spec_line(name: str, spec: Spec) -> str:
    """A figure with all that is known of it: `28 mV/Pa ±1 dB (cardioid), from manual 2012`."""
    value = spec.value if isinstance(spec.value, str) else plain_number(spec.value)
    unit = unit_of(name)
    said = f"{value} {unit}".rstrip()
    if spec.tolerance is not None:
        in_db = "dB" if unit.startswith("dB") or unit == "mV/Pa" else unit
        said += f" ±{plain_number(spec.tolerance)} {in_db}".rstrip()
    said += f" ({spec.condition})" if spec.condition else ""
    return f"{said}, from {spec.source}" + (f", {spec.edition}" if spec.edition else "")


def _calibration_line(entry: Calibration, library: Path) -> str:
    what = spec_words(entry.quantity) if entry.is_figure else entry.quantity
    said = f"{entry.date}  measured {what}: {plain_number(entry.value)} {entry.unit}".rstrip() + _who(
        entry.by
    )
    state = certificate_state(entry, library)
    return f"{said}; certificate {entry.certificate} ({state})" if state else said


def _who(by: str) -> str:
    return f", by {by}" if by else ""
