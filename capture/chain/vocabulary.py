"""The words a chain line knows, in every spelling that is taken."""

from __future__ import annotations

import re

INTERFACE_INPUT = "interface_input"
PATTERNS: dict[str, str] = {
    "cardioid": "cardioid",
    "omni": "omni",
    "omnidirectional": "omni",
    "fig-8": "fig-8",
    "fig8": "fig-8",
    "figure-8": "fig-8",
    "figure8": "fig-8",
    "figure-of-8": "fig-8",
    "figure-of-eight": "fig-8",
    "bidirectional": "fig-8",
    "hypercardioid": "hypercardioid",
    "supercardioid": "supercardioid",
    "subcardioid": "subcardioid",
    "wide-cardioid": "wide-cardioid",
    "half-omni": "half-omni",
    "lobar": "lobar",
}
KIND_WORDS = {"mic": "microphone", "di": "di", "line": "line", "digital": "digital"}
LABELS = {"adc": "converter", "conv": "converter", "cable": "cable", "insert": "insert"}
PICKS = {
    "src": "source", "mic": "microphone", "cable": "cable", "di": "di", "pre": "preamp", "insert": "insert",
    "adc": "converter",
}  # fmt: skip
PICK = re.compile(rf"({'|'.join(PICKS)})=(.*)", re.IGNORECASE | re.DOTALL)
POLARITY_WORDS = {
    "inv": "inverted", "inverted": "inverted", "rev": "inverted", "reversed": "inverted", "flip": "inverted",
    "norm": "normal", "normal": "normal", "nor": "normal",
}  # fmt: skip
POLARITY_SIGNS = ("ø", "∅", "⌀")
PHANTOM = re.compile(r"\+?48v|p48|phantom|\+48")
NUMBER = r"\d{1,7}(?:[.,]\d{1,6})?"
SIGNED = re.compile(rf"[+\-−–]{NUMBER}")
GAIN = re.compile(rf"([+\-−–]?{NUMBER})(db)?", re.IGNORECASE)
ANGLE = re.compile(rf"([+\-−–]?{NUMBER})(°|deg)?")
FREQUENCY = re.compile(rf"({NUMBER})(k?)(hz)?", re.IGNORECASE)
KEYWORDS = frozenset(
    {"ch", "ch.", "channel", "cap", "capsule", "pad", "hpf", "lpf", "filter", "pattern", "pos", "position"}
    | {"pol", "polarity", "gain", "in", "input", "/", "--", *POLARITY_SIGNS, *PATTERNS}
    | {"output", "split", "array", "role", "spacing", "spread", "imp", "impedance", "clock", "°"}
)
PREFIX_FIELDS = ("source.name", "source.player", "place.room")
SOURCE_FIELDS = (*PREFIX_FIELDS, "source.gear")
