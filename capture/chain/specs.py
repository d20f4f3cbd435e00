"""The table of an input's fields: what each may hold, and what it is called in words.

The path of devices is source, place, microphone (or what stands for it), cable, DI, preamp, inserts,
converter, interface input. A field that is missing is *not declared*; `False`, `0` and "off" are values. What
is known of a device itself (`FACTS`: sensitivity, noise, gain range) stands in the chain as well, so that a
take explains itself without the gear locker.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from capture.chain.errors import ChainError
from capture.chain.places import place_text, source_text
from capture.chain.values import Value, clean_number, clean_text, parse_distance

KINDS = ("microphone", "di", "line", "digital")
POLARITIES = ("normal", "inverted")
POWERING = ("required", "harmful", "own supply", "none")
SIDES = ("left", "right")
INPUT_LIMIT = 9999
INSERTS = 4


def _pad(value: object) -> Value:
    number = 0 if isinstance(value, str) and value.strip().lower() == "off" else clean_number(value)
    if abs(number) > 100:
        raise ChainError(f"a pad of {number} dB does not exist")
    return -abs(number) if number else 0


def _gain(value: object) -> Value:
    number = clean_number(value)
    if abs(number) > 200:
        raise ChainError(f"a gain of {number} dB does not exist")
    return number


def _metres(value: object) -> Value:
    number = clean_number(value)
    if not 0 <= number <= 10_000:
        raise ChainError(f"a distance of {number} m cannot be used")
    return number


def _distance_text(value: object) -> Value:
    found = parse_distance(clean_text(value))
    if not found:
        raise ChainError(f"{value!r} is not a distance", "write it like 4 cm, 1.2 m, 3 in or 2 ft")
    return found[1]


def _channel(value: object) -> Value:
    if isinstance(value, bool):
        raise ChainError(f"{value!r} is not a channel")
    text = clean_text(value)
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) and str(int(text)) == text else text


def _switch(value: object) -> Value:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in {"on", "true", "yes"}:
        return True
    if word in {"off", "false", "no"}:
        return False
    raise ChainError(f"{value!r} is neither on nor off")


def _choice(*allowed: str) -> Callable[[object], Value]:
    def check(value: object) -> Value:
        word = str(value).strip().lower()
        if word not in allowed:
            raise ChainError(f"{value!r} is none of {', '.join(allowed)}")
        return word

    return check


def _within(lowest: float, highest: float, what: str) -> Callable[[object], Value]:
    """A number from lowest to highest, of a thing that cannot have another one."""

    def check(value: object) -> Value:
        number = clean_number(value)
        if not lowest <= number <= highest:
            raise ChainError(f"{what} of {number} does not exist")
        return number

    return check


def _angle(value: object) -> Value:
    number = clean_number(value)
    if abs(number) > 360:
        raise ChainError(f"an angle of {number}° cannot be used", "write it between -360 and 360")
    return number


def _coordinate(value: object) -> Value:
    number = clean_number(value)
    if abs(number) > 10_000:
        raise ChainError(f"a place at {number} m cannot be used")
    return number


def _input(value: object) -> Value:
    number = clean_number(value)
    if not isinstance(number, int) or not 1 <= number <= INPUT_LIMIT:
        raise ChainError(f"{value!r} is no input", "inputs count from 1")
    return number


@dataclass(frozen=True)
class Spec:
    """What one field is called in words, how a value is made clean, and the unit of a number."""

    label: str
    clean: Callable[[object], Value]
    unit: str = ""


_ohms = _within(0.001, 9_999_999, "an impedance in ohms")
_level = _within(-200, 200, "a level in decibels")


def _device(part: str, label: str) -> dict[str, Spec]:
    return {
        f"{part}.make": Spec(f"{label} make", clean_text),
        f"{part}.model": Spec(label, clean_text),
        f"{part}.serial": Spec(f"{label} serial", clean_text),
        f"{part}.gear": Spec(f"{label} in the locker", clean_text),
    }


def _insert(number: int) -> dict[str, Spec]:
    part, label = f"insert.{number}", f"insert {number}"
    return {
        **_device(part, label),
        f"{part}.channel": Spec(f"{label} channel", _channel),
        f"{part}.setting": Spec(f"{label} setting", clean_text),
    }


INSERT_PARTS = tuple(f"insert.{number}" for number in range(1, INSERTS + 1))
SPECS: dict[str, Spec] = {
    "source.name": Spec("source", clean_text),
    "source.player": Spec("player", clean_text),
    **_device("source", "instrument"),
    "source.position_text": Spec("place of the source as typed", source_text),
    "source.x_m": Spec("source x", _coordinate, "m"),
    "source.y_m": Spec("source y", _coordinate, "m"),
    "source.z_m": Spec("source z", _coordinate, "m"),
    "place.room": Spec("room", clean_text),
    "place.state": Spec("state of the room", clean_text),
    "place.settings": Spec("doors and curtains", clean_text),
    "place.size": Spec("size of the room", clean_text),
    "place.volume_m3": Spec("volume of the room", _within(0.1, 1e7, "a volume in cubic metres"), "m³"),
    "place.surfaces": Spec("surfaces of the room", clean_text),
    "place.rt60": Spec("reverberation time", clean_text),
    "place.noise": Spec("noise of the room", clean_text),
    "kind": Spec("kind", _choice(*KINDS)),
    **_device("microphone", "microphone"),
    "microphone.capsule": Spec("capsule", clean_text),
    "microphone.output": Spec("microphone output", clean_text),
    "microphone.split": Spec("split", _switch),
    "microphone.pattern": Spec("pattern", clean_text),
    "microphone.pad_db": Spec("microphone pad", _pad, "dB"),
    "microphone.filter": Spec("microphone filter", clean_text),
    "microphone.powering": Spec("powering", _choice(*POWERING)),
    "microphone.sensitivity_mv_pa": Spec(
        "sensitivity", _within(1e-6, 10_000, "a sensitivity in mV/Pa"), "mV/Pa"
    ),
    "microphone.self_noise_dba": Spec("self-noise", _level, "dB(A)"),
    "microphone.max_spl_db": Spec("maximum level", _level, "dB SPL"),
    "microphone.impedance_ohm": Spec("microphone impedance", _ohms, "Ω"),
    "distance_m": Spec("distance", _metres, "m"),
    "distance_text": Spec("distance as typed", _distance_text),
    "angle_deg": Spec("angle off axis", _angle, "°"),
    "height_m": Spec("height", _coordinate, "m"),
    "x_m": Spec("x", _coordinate, "m"),
    "y_m": Spec("y", _coordinate, "m"),
    "z_m": Spec("z", _coordinate, "m"),
    "position": Spec("position", clean_text),
    "position_text": Spec("place as typed", place_text),
    "array.kind": Spec("array", clean_text),
    "array.spacing_m": Spec("array spacing", _metres, "m"),
    "array.angle_deg": Spec("array angle", _angle, "°"),
    "array.role": Spec("place in the array", clean_text),
    "pair.input": Spec("paired with input", _input),
    "pair.side": Spec("side of the pair", _choice(*SIDES)),
    **_device("cable", "cable"),
    **_device("di", "DI"),
    "di.channel": Spec("DI channel", _channel),
    "di.pad_db": Spec("DI pad", _pad, "dB"),
    "di.powering": Spec("DI powering", _choice(*POWERING)),
    "di.impedance_ohm": Spec("DI impedance", _ohms, "Ω"),
    **_device("preamp", "preamp"),
    "preamp.channel": Spec("preamp channel", _channel),
    "preamp.gain_db": Spec("gain", _gain, "dB"),
    "preamp.gain_text": Spec("gain on the panel", clean_text),
    "preamp.phantom": Spec("48 V", _switch),
    "preamp.pad_db": Spec("preamp pad", _pad, "dB"),
    "preamp.filter": Spec("preamp filter", clean_text),
    "preamp.polarity": Spec("polarity", _choice(*POLARITIES)),
    "preamp.impedance_ohm": Spec("preamp impedance", _ohms, "Ω"),
    "preamp.gain_min_db": Spec("lowest gain", _gain, "dB"),
    "preamp.gain_max_db": Spec("highest gain", _gain, "dB"),
    "preamp.gain_step_db": Spec("gain step", _within(0, 200, "a gain step in decibels"), "dB"),
    "preamp.ein_dbu": Spec("EIN (A-weighted)", _level, "dBu"),
    "preamp.ein_dbu_unweighted": Spec("EIN (unweighted)", _level, "dBu"),
    **{suffix: spec for number in range(1, INSERTS + 1) for suffix, spec in _insert(number).items()},
    **_device("converter", "converter"),
    "converter.channel": Spec("converter channel", _channel),
    "converter.clock": Spec("clock", clean_text),
    "converter.full_scale_dbu": Spec("full scale", _level, "dBu"),
    "converter.dynamic_range_db": Spec("dynamic range (A-weighted)", _level, "dB"),
    "note": Spec("note", clean_text),
}
FACTS: dict[str, tuple[str, ...]] = {  # what is known of a device, and goes with it
    "source": ("source.make", "source.model", "source.serial"),
    "microphone": tuple(f"microphone.{fact}" for fact in (
        "powering", "sensitivity_mv_pa", "self_noise_dba", "max_spl_db", "impedance_ohm")),
    "di": ("di.powering", "di.impedance_ohm"),
    "preamp": tuple(f"preamp.{fact}" for fact in (
        "gain_min_db", "gain_max_db", "gain_step_db", "ein_dbu", "ein_dbu_unweighted")),
    "converter": ("converter.full_scale_dbu", "converter.dynamic_range_db"),
    "place": tuple(f"place.{fact}" for fact in (
        "state", "settings", "size", "volume_m3", "surfaces", "rt60", "noise")),
}  # fmt: skip
IDENTITY = {  # which device, or which room, a part is
    "source": ("source.gear",),
    "place": ("place.room",),
    **{part: tuple(f"{part}.{member}" for member in ("make", "model", "serial", "gear", "capsule"))
       for part in ("microphone", "di", "preamp", "converter")},
}  # fmt: skip
KEPT = frozenset(
    {fact for facts in FACTS.values() for fact in facts}
    | {suffix for suffix in SPECS if suffix.startswith("source.")}
    | {"pair.input", "pair.side", "position_text"}
) - {"source.name", "source.player", "source.gear"}  # what a line does not speak of, and leaves as it is
