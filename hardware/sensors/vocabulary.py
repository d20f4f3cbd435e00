"""The words of sensor text: units and labels in the spellings that firmware prints.

A label counts only as a whole: `Temp` and `Room temperature` are air temperature, `Tdp`, `Heat index`,
`Absolute humidity` or `CPU temperature` are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hardware.reading import Quantity

NUMBER = r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?"
NO_VALUE = r"(?:nan|[+-]?inf(?:inity)?|null|none|n/a|err(?:or)?|fail(?:ed)?|-+(?:\.-+)?|\*+|\?+)(?![a-z0-9])"

_UNIT_SPELLINGS: list[tuple[str, str]] = [
    (r"%\s?r\.?h\.?|r\.?h\.?\s?%|rh", "%RH"),
    (r"%|percent|pct", "%"),
    (r"[°*'´`]\s?c|deg(?:rees?)?\.?\s?c(?:elsius)?|celsius|c", "°C"),
    (r"[°*'´`]\s?f|deg(?:rees?)?\.?\s?f(?:ahrenheit)?|fahrenheit|f", "°F"),
    (r"kelvin|k", "K"),
    (r"hpa|mbar|mb|millibar", "hPa"),
    (r"kpa", "kPa"),
    (r"pa|pascal", "Pa"),
    (r"bar", "bar"),
    (r"mm\s?hg|torr", "mmHg"),
    (r"in\s?hg", "inHg"),
]
_UNIT = "|".join(f"(?P<u{place}>{spelling})" for place, (spelling, _) in enumerate(_UNIT_SPELLINGS))
_UNIT_AFTER = re.compile(rf"\s*[\[(]?(?:{_UNIT})[\])]?(?![\w%°]|/[A-Za-z])", re.IGNORECASE)
_UNIT_IN_LABEL = re.compile(
    rf"(?:(?P<sep>\s*[\[(]\s*|\s+in\s+|[\s_]+|(?<=[a-z])(?=[CFK]$)|(?=[°*%])|^)(?:(?i:{_UNIT}))\s*[\])]?)$"
)
QUANTITY_OF_UNIT = {
    "%RH": Quantity.RELATIVE_HUMIDITY,
    "°C": Quantity.TEMPERATURE,
    "°F": Quantity.TEMPERATURE,
    "K": Quantity.TEMPERATURE,
    "hPa": Quantity.PRESSURE,
    "kPa": Quantity.PRESSURE,
    "Pa": Quantity.PRESSURE,
    "bar": Quantity.PRESSURE,
    "mmHg": Quantity.PRESSURE,
    "inHg": Quantity.PRESSURE,
}

_NAMES = {
    Quantity.TEMPERATURE: {"t", "ta", "temp", "temperature", "tair"},
    Quantity.RELATIVE_HUMIDITY: {"h", "rh", "hum", "humi", "humidity"},
    Quantity.PRESSURE: {"p", "pres", "press", "pressure", "baro", "barometer"},
}
_LABELS = {name: quantity for quantity, names in _NAMES.items() for name in names}
_PLACES = ("air", "ambient", "room", "booth", "studio", "indoor", "inside", "current")
_QUALIFIERS: dict[Quantity, set[str]] = {
    Quantity.TEMPERATURE: {"a", *_PLACES},
    Quantity.RELATIVE_HUMIDITY: {"a", "relative", "rel", *_PLACES},
    Quantity.PRESSURE: {
        "air",
        "ambient",
        "barometric",
        "atmospheric",
        "station",
        "absolute",
        "abs",
        "current",
    },
}
_PROBES = {"inner", "outer"}
_WHOLE = {  # labels that say their unit in a way of their own
    "%rh": (Quantity.RELATIVE_HUMIDITY, "%RH"),
    "rh%": (Quantity.RELATIVE_HUMIDITY, "%RH"),
    "at°c": (Quantity.TEMPERATURE, "°C"),
    "at°f": (Quantity.TEMPERATURE, "°F"),
    "pmb": (Quantity.PRESSURE, "hPa"),
    "phpa": (Quantity.PRESSURE, "hPa"),
}
_DALLAS = re.compile(r"temperature for the device [0-9]+ \(index [0-9]+\) is")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Label:
    """What a label speaks of; `unit` is None if the label does not say, `terse` if it is a single letter."""

    quantity: Quantity
    unit: str | None
    channel: str = ""
    terse: bool = False
    compensated: bool = False


def unit_after(text: str, at: int) -> tuple[str | None, int]:
    """The unit at this place, as we write it, and where it ends; None and `at` if there is none."""
    match = _UNIT_AFTER.match(text, at)
    if match is None:
        return None, at
    return _spelled(match), match.end()


def unit_named(text: str) -> str | None:
    """The unit that this whole text is."""
    unit, end = unit_after(text.strip(), 0)
    return unit if end == len(text.strip()) else None


def label_of(text: str) -> Label | None:
    """What a whole label, with or without its unit, speaks of; None for everything else."""
    text = text.strip().strip("#'\"<>{}|,;-").strip()
    whole = _WHOLE.get(text.lower().replace(" ", ""))
    if whole is not None:
        return Label(*whole)
    if _DALLAS.fullmatch(text.lower()):
        return Label(Quantity.TEMPERATURE, None)
    plain = _named(text)
    if plain is not None:
        return plain
    match = _UNIT_IN_LABEL.search(text)
    if match is None or match.start() == 0:
        return None
    named = _named(text[: match.start()])
    unit = _spelled(match)
    if named is None or (unit != "%" and QUANTITY_OF_UNIT[unit] is not named.quantity):
        return None
    return Label(named.quantity, unit, named.channel, compensated=named.compensated)


def _named(text: str) -> Label | None:
    words = [word.strip(".").lower() for word in re.split(r"[\s_\-]+", _CAMEL.sub(" ", text.strip())) if word]
    channel = words.pop() if len(words) > 1 and words[-1] in _PROBES else ""
    compensated = len(words) > 1 and words[0] == "compensated"
    if compensated:
        words = words[1:]
    if not words or words[-1] not in _LABELS:
        return None
    quantity = _LABELS[words[-1]]
    if not set(words[:-1]) <= _QUALIFIERS[quantity]:
        return None
    return Label(quantity, None, channel, terse=len(words[-1]) == 1, compensated=compensated)


def _spelled(match: re.Match[str]) -> str:
    for place, (_, unit) in enumerate(_UNIT_SPELLINGS):
        if match[f"u{place}"] is not None:
            return unit
    raise AssertionError(match)


_LOOKALIKES = {
    "℃": "°C",
    "℉": "°F",
    "º": "°",
    "˚": "°",
    "Â°": "°",
    "\u00a0": " ",
    "−": "-",
    "％": "%",
}
_GBK_CELSIUS = "¡æ"  # bytes A1 E6
_CP437_DEGREE = re.compile(r"ø(?=[CF])")  # byte F8
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")


def decode(line: bytes) -> tuple[str, bool]:
    """A line as text, and whether it is text at all; UTF-8, else Latin-1, degree signs made one."""
    line = line.strip(b"\x00\xff")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = _CP437_DEGREE.sub("°", line.decode("latin-1").replace(_GBK_CELSIUS, "°C"))
    text = _ESCAPES.sub("", text)
    for lookalike, plain in _LOOKALIKES.items():
        text = text.replace(lookalike, plain)
    return text, _CONTROL.search(text) is None
