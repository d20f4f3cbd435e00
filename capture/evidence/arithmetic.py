"""Level arithmetic of one input: dB SPL at 0 dBFS and the noise floor that its figures foretell.

0 dBFS is the RMS of a sine whose peaks reach full scale (AES17). Values are read from a mapping of the
chain's field names within one input (`microphone.sensitivity_mv_pa`) to values. What is not declared is
named, and nothing stands in for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]

PASCAL_DB = 20 * math.log10(1 / 20e-6)
"""The level of 1 Pa RMS: 93.9794 dB re 20 µPa."""
DBU_VOLTS = math.sqrt(0.6)
"""0 dBu: 1 mW in 600 Ω, 0.774597 V."""
SINE_DB = 20 * math.log10(math.sqrt(2))
"""How far a sine's RMS lies below its peak: 3.0103 dB."""
BOLTZMANN = 1.380649e-23
ROOM_KELVIN = 293.15
AUDIO_HZ = 20_000.0 - 20.0

SENSITIVITY = "microphone.sensitivity_mv_pa"
SELF_NOISE = "microphone.self_noise_dba"
MIC_PAD = "microphone.pad_db"
GAIN = "preamp.gain_db"
PRE_PAD = "preamp.pad_db"
EIN = "preamp.ein_dbu"
FULL_SCALE = "converter.full_scale_dbu"
DYNAMIC_RANGE = "converter.dynamic_range_db"
IMPEDANCE = "microphone.impedance_ohm"
NAMES = {
    SENSITIVITY: "the microphone's sensitivity (mV/Pa)",
    SELF_NOISE: "the microphone's self-noise (dBA)",
    MIC_PAD: "the microphone's pad",
    GAIN: "the preamp's gain in dB",
    PRE_PAD: "the preamp's pad",
    EIN: "the preamp's equivalent input noise (dBu, A-weighted)",
    FULL_SCALE: "the converter's full scale (dBu)",
    DYNAMIC_RANGE: "the converter's dynamic range (dB, A-weighted)",
    IMPEDANCE: "the microphone's impedance (Ω)",
}


@dataclass(frozen=True)
class Step:
    """One figure of a sum: what it is in words, and dB."""

    what: str
    db: float


@dataclass(frozen=True)
class Level:
    """A level that was worked out, in dB: None where a figure is `missing`; true only if `holds_if` is so."""

    db: float | None
    steps: tuple[Step, ...]
    missing: tuple[str, ...]
    holds_if: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One source of noise at the converter: dBFS (A-weighted), or None and why it is not known."""

    what: str
    dbfs_a: float | None
    why: str = ""


@dataclass(frozen=True)
class Floor:
    """The noise floor that the chain's figures foretell.

    `dbfs_a` is the power sum of all parts, None when one is not known; `least_dbfs_a` the sum of those that
    are, which the floor cannot lie below. `dba` is the same sound pressure level as `dbfs_a`, where the
    level at full scale is known. `thermal_dbfs` is what the microphone's impedance alone makes at 20 °C from
    20 Hz to 20 kHz, unweighted; microphone and preamp figures hold it already.
    """

    dbfs_a: float | None
    least_dbfs_a: float | None
    dba: float | None
    parts: tuple[Part, ...]
    thermal_dbu: float | None
    thermal_dbfs: float | None


def number(values: Values, name: str) -> float | None:
    """The number declared under a name, or None: none of a chain is beyond 1e7 or nearer to 0 than 1e-9."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value == 0 or 1e-9 <= abs(value) <= 1e7 else None


def spl_at_full_scale(values: Values) -> Level:
    """dB SPL that a sine of 0 dBFS stands for: 93.98 + full scale − gain − pads − sensitivity (all in dB).

    The sensitivity re 0.7746 V/Pa; AES17 for 0 dBFS, IEC 60268-4 for the sensitivity.
    """
    missing = list(_not_sound(values))
    sensitivity = number(values, SENSITIVITY)
    if sensitivity is None or sensitivity <= 0:
        missing.append(NAMES[SENSITIVITY])
    missing += [NAMES[name] for name in (GAIN, FULL_SCALE) if number(values, name) is None]
    if missing or sensitivity is None:
        return Level(None, (), tuple(missing), ())
    steps = [
        Step("1 Pa", PASCAL_DB),
        Step("converter's full scale, dBu", _sure(values, FULL_SCALE)),
        Step("gain", -_sure(values, GAIN)),
        Step("microphone, dBu per Pa", -sensitivity_dbu(sensitivity)),
    ]
    holds_if = []
    for name, what in ((MIC_PAD, "microphone pad"), (PRE_PAD, "preamp pad")):
        pad = number(values, name)
        if pad:
            steps.append(Step(what, -pad))
        elif pad is None:
            holds_if.append(f"no {what} is on (not declared)")
    return Level(math.fsum(step.db for step in steps), tuple(steps), (), tuple(holds_if))


def _not_sound(values: Values) -> tuple[str, ...]:
    kind = values.get("kind", "microphone")
    words = [] if kind == "microphone" else [f"a microphone (the kind is {kind})"]
    inserted = any(name.startswith("insert.") for name in values)
    words += ["what the insert does to the level"] if inserted else []
    return tuple(words)


def _sure(values: Values, name: str) -> float:
    found = number(values, name)
    assert found is not None, name
    return found


def sensitivity_dbu(mv_pa: float) -> float:
    """A sensitivity in mV/Pa as dBu per pascal."""
    return 20 * math.log10(mv_pa / 1000 / DBU_VOLTS)


def thermal_dbu(ohm: float, bandwidth: float = AUDIO_HZ, kelvin: float = ROOM_KELVIN) -> float:
    """The thermal noise of a resistance in dBu over a bandwidth in Hz: √(4 k T R B), Nyquist 1928."""
    return 20 * math.log10(math.sqrt(4 * BOLTZMANN * kelvin * ohm * bandwidth) / DBU_VOLTS)


def noise_floor(values: Values, calibrated_db: float | None = None) -> Floor:
    """What microphone, preamp and converter make of noise at the converter, each by its own figures.

    `calibrated_db` is the level at full scale where it is known better than from the figures. The pad of a
    preamp lies before its amplifier and lowers the microphone's share alone. A preamp's equivalent input
    noise is mostly stated at the highest gain, so its share is the least that it can be.
    """
    full_scale, gain = number(values, FULL_SCALE), number(values, GAIN)
    computed = spl_at_full_scale(values)
    spl = computed.db if calibrated_db is None else calibrated_db
    parts = (_microphone(values, spl, computed), _preamp(values), _converter(values))
    known = [part.dbfs_a for part in parts if part.dbfs_a is not None]
    whole = power_sum(known) if len(known) == len(parts) else None
    ohm = number(values, IMPEDANCE)
    thermal = thermal_dbu(ohm) if ohm is not None and ohm > 0 else None
    at_converter = None
    if thermal is not None and full_scale is not None and gain is not None:
        at_converter = thermal + gain + (number(values, PRE_PAD) or 0.0) - full_scale
    return Floor(
        whole,
        power_sum(known) if known else None,
        None if whole is None or spl is None else spl + whole,
        parts,
        thermal,
        at_converter,
    )


def _microphone(values: Values, spl: float | None, computed: Level) -> Part:
    what = "microphone"
    noise = number(values, SELF_NOISE)
    if noise is None:
        return Part(what, None, f"not declared: {NAMES[SELF_NOISE]}")
    if spl is None:
        return Part(what, None, f"not declared: {', '.join(computed.missing)}")
    if number(values, MIC_PAD):
        return Part(what, None, "its self-noise with the pad on is not known")
    return Part(what, noise - spl)


def _preamp(values: Values) -> Part:
    missing = [NAMES[name] for name in (EIN, GAIN, FULL_SCALE) if number(values, name) is None]
    if missing:
        return Part("preamp", None, f"not declared: {', '.join(missing)}")
    return Part("preamp", _sure(values, EIN) + _sure(values, GAIN) - _sure(values, FULL_SCALE))


def _converter(values: Values) -> Part:
    dynamic_range = number(values, DYNAMIC_RANGE)
    if dynamic_range is None:
        return Part("converter", None, f"not declared: {NAMES[DYNAMIC_RANGE]}")
    return Part("converter", -abs(dynamic_range))


def power_sum(levels: list[float]) -> float:
    """Levels of what does not hang together, added by their powers."""
    top = max(levels)
    return top + 10 * math.log10(math.fsum(10 ** ((level - top) / 10) for level in levels))


def of_input(values: Values, number_: int) -> dict[str, Any]:
    """The values of one input by the rest of their path, out of a chain's values by path."""
    prefix = f"input.{number_}."
    return {path[len(prefix) :]: value for path, value in values.items() if path.startswith(prefix)}
