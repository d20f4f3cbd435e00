"""The figures a piece of gear can have: name, words, unit, and the range outside which it is a slip.

Names carry their unit. A figure that holds for one pattern of a microphone has it behind an `@`
(`sensitivity_mv_pa@omni`); without one it holds for the pattern its condition says, or for all.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from capture.chain.errors import ChainError
from capture.chain.fields import clean_number, clean_text
from capture.chain.vocabulary import PATTERNS
from capture.gear.errors import GearError


@dataclass(frozen=True)
class SpecName:
    """A figure in words, its unit ("" for a text), and its least and greatest sensible value."""

    label: str
    unit: str
    least: float = 0.0
    most: float = 0.0

    @property
    def is_text(self) -> bool:
        """Whether it is said in words, not as a number."""
        return self.least == self.most


SPEC_NAMES: dict[str, SpecName] = {
    "sensitivity_mv_pa": SpecName("sensitivity", "mV/Pa", 0.001, 10_000),
    "self_noise_dba": SpecName("self-noise", "dB(A)", -20, 80),
    "max_spl_db": SpecName("maximum SPL", "dB", 60, 200),
    "impedance_ohm": SpecName("impedance", "Ω", 0.01, 1e7),
    "load_ohm": SpecName("least load", "Ω", 1, 1e7),
    "frequency_low_hz": SpecName("lowest frequency", "Hz", 0.01, 10_000),
    "frequency_high_hz": SpecName("highest frequency", "Hz", 100, 500_000),
    "current_ma": SpecName("current at 48 V", "mA", 0.01, 100),
    "channels": SpecName("channels", "", 1, 1024),
    "gain_min_db": SpecName("least gain", "dB", -100, 120),
    "gain_max_db": SpecName("most gain", "dB", -100, 120),
    "gain_step_db": SpecName("gain step", "dB", 0.01, 40),
    "ein_dbu": SpecName("EIN, A-weighted", "dBu", -145, -60),
    "ein_dbu_unweighted": SpecName("EIN, unweighted", "dBu", -145, -60),
    "max_input_dbu": SpecName("greatest input", "dBu", -60, 60),
    "max_output_dbu": SpecName("greatest output", "dBu", -60, 60),
    "full_scale_dbu": SpecName("full scale", "dBu", -60, 60),
    "dynamic_range_db": SpecName("dynamic range, A-weighted", "dB", 20, 200),
    "dynamic_range_db_unweighted": SpecName("dynamic range, unweighted", "dB", 20, 200),
    "rate_max_hz": SpecName("highest rate", "Hz", 8000, 1_000_000),
    "clock": SpecName("clock", ""),
    "ratio_db": SpecName("loss", "dB", -60, 60),
    "length_m": SpecName("length", "m", 0.01, 10_000),
    "capacitance_pf_m": SpecName("capacitance", "pF/m", 0.1, 10_000),
    "accuracy": SpecName("accuracy", ""),
    "accuracy_c": SpecName("accuracy of the temperature, ±", "°C", 0.001, 50),
    "accuracy_rh_pct": SpecName("accuracy of the humidity, ±", "%RH", 0.01, 50),
    "accuracy_hpa": SpecName("accuracy of the pressure, ±", "hPa", 0.001, 500),
}
_PARTED = re.compile(r"([a-z_]+)(?:@([a-z0-9-]+))?")


def clean_name(name: str) -> str:
    """The name of a figure in its one spelling; raises GearError with the nearest name there is."""
    found = _PARTED.fullmatch(name.strip().lower())
    base, pattern = (found[1], found[2]) if found else (name, None)
    if base not in SPEC_NAMES:
        near = difflib.get_close_matches(base, SPEC_NAMES, 1)
        do = f"did you mean {near[0]}?" if near else f"it is one of: {', '.join(SPEC_NAMES)}"
        raise GearError(f"there is no figure {name!r}", do)
    if pattern is None:
        return base
    if pattern not in PATTERNS:
        raise GearError(f"there is no pattern {pattern!r}", f"it is one of: {', '.join(pattern_words())}")
    return f"{base}@{PATTERNS[pattern]}"


def clean_figure(name: str, value: object) -> int | float | str:
    """The value of a figure: a number within its range, or a text; raises GearError."""
    spec = SPEC_NAMES[name.partition("@")[0]]
    try:
        if spec.is_text:
            text = clean_text(value)
            if text:
                return text
            raise GearError(f"{spec.label} is empty")
        number = clean_number(value)
    except ChainError as error:
        raise GearError(f"{spec.label}: {error.what}", error.do) from error
    if not spec.least <= number <= spec.most:
        unit = f" {spec.unit}" if spec.unit else ""
        raise GearError(
            f"{spec.label} of {number}{unit} does not exist",
            f"{name.partition('@')[0]} lies between {spec.least:g} and {spec.most:g}{unit}",
        )
    return number


def unit_of(name: str) -> str:
    """The unit of a figure; empty for a text and a count."""
    return SPEC_NAMES[name.partition("@")[0]].unit


def spec_words(name: str) -> str:
    """The figure in words: `sensitivity (omni)`."""
    base, _, pattern = name.partition("@")
    return SPEC_NAMES[base].label + (f" ({pattern})" if pattern else "")


def pattern_words() -> list[str]:
    """The patterns a microphone can have, each once."""
    return list(dict.fromkeys(PATTERNS.values()))
