"""One piece of gear as the locker keeps it: what it is, its figures, and what was done to it.

What is empty is unknown: never none, off or 0. Every figure names where it is from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from capture.chain.errors import ChainError
from capture.chain.fields import clean_number, clean_text
from capture.chain.vocabulary import PATTERNS
from capture.gear.errors import GearError
from capture.gear.specs import SPEC_NAMES, clean_figure, clean_name, pattern_words, unit_of

Json = dict[str, Any]

KINDS = (
    "microphone", "capsule", "preamp", "converter", "interface", "di", "cable", "instrument", "stand",
    "sensor", "other",
)  # fmt: skip
POWERING = {
    "required": "48 V required",
    "harmful": "48 V does harm",
    "own supply": "has its own supply",
    "none": "needs no power, 48 V does no harm",
}
TEXTS = ("make", "model", "serial", "owner", "photo", "note", "capsule")
MEMBERS = ("id", "kind", *TEXTS, "powering", "patterns", "specs", "service", "calibrations")
ID_LIMIT = 80
HISTORY_LIMIT = 999
PATH_LIMIT = 1000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OF_THE_LINE = ("seq", "prev", "type", "utc", "by", "removed")


@dataclass(frozen=True)
class Spec:
    """A figure: its value, where it is from, ± (dB for sensitivities and levels, else its own unit)."""

    value: int | float | str
    source: str
    edition: str = ""
    tolerance: int | float | None = None
    condition: str = ""

    def as_json(self) -> Json:
        """As the locker's line holds it; what is unknown is left out, a tolerance is null."""
        found: Json = {"value": self.value, "source": self.source, "tolerance": self.tolerance}
        return found | {k: v for k in ("edition", "condition") if (v := getattr(self, k))}


@dataclass(frozen=True)
class Service:
    """What was done to it, on which day (ISO 8601), and by whom."""

    date: str
    what: str
    by: str = ""


@dataclass(frozen=True)
class Calibration:
    """What was measured on this very piece; `quantity` is a figure's name or words; with its certificate.

    `certificate` is a path, relative to the library where it lies in it; `sha256` that of the file.
    """

    date: str
    quantity: str
    value: int | float
    unit: str = ""
    by: str = ""
    certificate: str = ""
    sha256: str = ""

    @property
    def is_figure(self) -> bool:
        """Whether it measures one of the figures a piece is known by."""
        return self.quantity.partition("@")[0] in SPEC_NAMES


@dataclass(frozen=True)
class Gear:
    """One piece of gear. `more` holds what this version of the program does not know of its line."""

    id: str
    kind: str = "other"
    make: str = ""
    model: str = ""
    serial: str = ""
    owner: str = ""
    photo: str = ""
    note: str = ""
    capsule: str = ""
    powering: str = ""
    patterns: tuple[str, ...] = ()
    specs: dict[str, Spec] = field(default_factory=dict)
    service: tuple[Service, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    more: Json = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Make and model in one text."""
        return f"{self.make} {self.model}".strip()

    def as_json(self) -> Json:
        """What is known of it, without what is empty."""
        found: Json = {"id": self.id, "kind": self.kind}
        found |= {key: text for key in (*TEXTS, "powering") if (text := getattr(self, key))}
        if self.patterns:
            found["patterns"] = list(self.patterns)
        if self.specs:
            found["specs"] = {name: self.specs[name].as_json() for name in in_order(self.specs)}
        for key in ("service", "calibrations"):
            if entries := getattr(self, key):
                found[key] = [{k: v for k, v in vars(entry).items() if v != ""} for entry in entries]
        return found

    def line(self) -> Json:
        """The members of its line in `library.jsonl`, with those this version does not know."""
        return {**self.more, **self.as_json()}


def in_order(specs: Iterable[str]) -> list[str]:
    """The names of figures in the order of their table, those of one pattern behind those of all."""
    places = {name: place for place, name in enumerate(SPEC_NAMES)}
    return sorted(specs, key=lambda name: (places[name.partition("@")[0]], name))


def make_gear(members: Json) -> Gear:
    """A record out of what a person or a file says of it; raises GearError for the first unfit member."""
    made = Gear(clean_id(members.get("id")))
    for key, value in members.items():
        if key not in MEMBERS:
            raise GearError(f"gear has no member {key!r}", f"it has: {', '.join(MEMBERS)}")
        if key != "id":
            made = replace(made, **{key: clean_member(key, value)})
    return made


def from_line(line: Json) -> Gear:
    """The record of a line of the library; what is unfit or unknown there is kept aside in `more`."""
    made, more = Gear(str(line.get("id", ""))), {}
    for key, value in line.items():
        if key == "id" or key in _OF_THE_LINE:
            continue
        try:
            if key not in MEMBERS:
                raise GearError(key)
            made = replace(made, **{key: clean_member(key, value)})
        except GearError:
            more[key] = value
    return replace(made, more=more)


def clean_id(value: object) -> str:
    """The id of a record: a short text of one line; raises GearError."""
    text = clean_words("id", value)
    if not text:
        raise GearError("a piece of gear needs an id", "type one, such as A1142")
    if len(text) > ID_LIMIT:
        raise GearError(f"an id of {len(text)} characters is too long", f"use at most {ID_LIMIT}")
    return text


def clean_member(key: str, value: object) -> Any:
    """The value of one member other than `id` as a record holds it; raises GearError."""
    if key == "kind":
        return _choice("kind of gear", value, KINDS) or "other"
    if key == "powering":
        return _choice("powering", value, tuple(POWERING))
    if key == "patterns":
        return _patterns(value)
    if key == "specs":
        return clean_specs(value)
    if key == "service":
        return tuple(clean_service(entry) for entry in _entries(key, value))
    if key == "calibrations":
        return tuple(clean_calibration(entry) for entry in _entries(key, value))
    return clean_path(key, value) if key == "photo" else clean_words(key, value)


def clean_words(what: str, value: object) -> str:
    """One line of text; empty for None. Raises GearError."""
    try:
        return "" if value is None else clean_text(value)
    except ChainError as error:
        raise GearError(f"{what}: {error.what}", error.do) from error


def clean_path(what: str, value: object) -> str:
    """A path, whose spaces are its own; empty for None. Raises GearError."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) > PATH_LIMIT or not value.strip():
        raise GearError(f"{what}: this is not a path", f"use at most {PATH_LIMIT} characters")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in value):
        raise GearError(f"{what}: {value!r} holds a control character", "type it again without it")
    return value


def clean_specs(value: object) -> dict[str, Spec]:
    """Figures by name; raises GearError."""
    if not isinstance(value, dict):
        raise GearError("specs are not figures by their names")
    found: dict[str, Spec] = {}
    for name, said in value.items():
        clean = clean_name(str(name))
        if clean in found:
            raise GearError(f"{clean} is there twice")
        found[clean] = clean_spec(clean, said)
    return {name: found[name] for name in in_order(found)}


def clean_spec(name: str, said: object) -> Spec:
    """One figure with its source; raises GearError."""
    entry = _members(name, said, ("value", "source", "edition", "tolerance", "condition"))
    source = clean_words(f"{name} source", entry.get("source"))
    if not source:
        raise GearError(f"{name} does not say where it is from", "name its source, such as: data sheet 2012")
    tolerance = entry.get("tolerance")
    return Spec(
        clean_figure(name, entry.get("value")),
        source,
        clean_words(f"{name} edition", entry.get("edition")),
        None if tolerance in (None, "") else abs(_number(f"{name} tolerance", _bare(tolerance))),
        clean_words(f"{name} condition", entry.get("condition")),
    )


def clean_service(said: object) -> Service:
    """One entry of the service history; raises GearError."""
    entry = _members("service", said, ("date", "what", "by"))
    what = clean_words("service what", entry.get("what"))
    if not what:
        raise GearError("a service does not say what was done")
    return Service(clean_date(entry.get("date")), what, clean_words("service by", entry.get("by")))


def clean_calibration(said: object) -> Calibration:
    """One entry of the calibration history; the unit of a known figure is its own. Raises GearError."""
    members = ("date", "quantity", "value", "unit", "by", "certificate", "sha256")
    entry = _members("calibration", said, members)
    quantity = clean_words("calibration quantity", entry.get("quantity"))
    if not quantity:
        raise GearError("a calibration does not say what was measured")
    value, unit = entry.get("value"), clean_words("calibration unit", entry.get("unit"))
    if quantity.partition("@")[0] in SPEC_NAMES:
        quantity = clean_name(quantity)
        if unit not in ("", unit_of(quantity)):
            raise GearError(f"{quantity} is not told in {unit}", f"tell it in {unit_of(quantity)}")
        unit, value = unit_of(quantity), clean_figure(quantity, value)
    sha256 = clean_words("calibration sha256", entry.get("sha256")).lower()
    if sha256 and not _SHA256.fullmatch(sha256):
        raise GearError(f"{sha256!r} is not a SHA-256", "it has 64 hex digits")
    return Calibration(
        clean_date(entry.get("date")),
        quantity,
        _number("calibration value", value),
        unit,
        clean_words("calibration by", entry.get("by")),
        clean_path("certificate", entry.get("certificate")),
        sha256,
    )


def clean_date(value: object) -> str:
    """A day as `2026-11-25`; raises GearError."""
    text = clean_words("date", value)
    try:
        if len(text) == 10:
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise GearError(f"{text!r} is not a day", "write it like 2026-11-25")


def _choice(what: str, value: object, allowed: tuple[str, ...]) -> str:
    word = clean_words(what, value).lower()
    if word and word not in allowed:
        raise GearError(f"there is no {what} {word!r}", f"choose one of: {', '.join(allowed)}")
    return word


def _patterns(value: object) -> tuple[str, ...]:
    found: list[str] = []
    for word in value if isinstance(value, list | tuple) else [value]:
        text = clean_words("pattern", word).lower()
        if text not in PATTERNS:
            raise GearError(f"there is no pattern {text!r}", f"choose among: {', '.join(pattern_words())}")
        if PATTERNS[text] not in found:
            found.append(PATTERNS[text])
    return tuple(found)


def _entries(key: str, value: object) -> list[object]:
    if not isinstance(value, list | tuple):
        raise GearError(f"{key} is not a list")
    if len(value) > HISTORY_LIMIT:
        raise GearError(f"{key} has {len(value)} entries", f"keep at most {HISTORY_LIMIT}")
    return list(value)


def _members(what: str, said: object, allowed: tuple[str, ...]) -> Json:
    if not isinstance(said, dict):
        raise GearError(f"{what} is not told by its members", f"it has: {', '.join(allowed)}")
    for key in said:
        if key not in allowed:
            raise GearError(f"{what} has no member {key!r}", f"it has: {', '.join(allowed)}")
    return said


def _bare(value: object) -> object:
    """A tolerance without the sign and the unit a person may write: `±1 dB`."""
    return re.sub(r"^\s*(±|\+/-|\+-)\s*|\s*dB\s*$", "", value) if isinstance(value, str) else value


def _number(what: str, value: object) -> int | float:
    try:
        return clean_number(value)
    except ChainError as error:
        raise GearError(f"{what}: {error.what}", error.do) from error
