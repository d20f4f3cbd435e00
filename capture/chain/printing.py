"""A chain as one line, in the grammar that `grammar.parse_line` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping

from capture.chain.fields import METRES, Value, gain_words, parse_distance, plain_number
from capture.chain.makes import known_make
from capture.chain.places import agrees, place_part
from capture.chain.specs import INSERT_PARTS
from capture.chain.vocabulary import (
    INTERFACE_INPUT,
    KEYWORDS,
    KIND_WORDS,
    LABELS,
    PATTERNS,
    PHANTOM,
    PICK,
    PICKS,
)

_PLAIN = re.compile(r"[A-Za-z0-9.]+(?:[-._/+][A-Za-z0-9.]+)*")
_BARE_FILTER = re.compile(
    r"(?:(?:hpf|lpf) (?:\d{1,7}(?:\.\d{1,6})?|on|off))(?: (?:lpf|hpf) (?:\d{1,7}(?:\.\d{1,6})?|on|off))?"
)
_NUMBERISH = re.compile(r"[+\-−–#]|\d[\d.,]*(?:[a-z\"'″′°]{1,3},?)$", re.IGNORECASE)
_COORDINATE = re.compile(r"[xyz]=", re.IGNORECASE)
_UNITS = frozenset({*METRES, "feet", "foot", "inches", "inch", "db", "v", "deg", "degrees", "°"})
_PLACE_WORDS = frozenset({"x", "y", "z", "on", "on,", "on-axis", "on-axis,"})
_PICK_SHOWN = {part: word for word, part in PICKS.items()}
_KIND_SHOWN = {"microphone": "mic", "di": "DI", "line": "line", "digital": "digital"}


def format_line(fields: Mapping[str, Value], source: bool = True) -> str:
    """The line that says these fields (by path suffix); `source` decides about the prefix.

    What a line does not speak of (`specs.KEPT`) is left out.
    """
    device, preamp, di = _device(fields), _preamp(fields), _di(fields)
    cable, converter = _words(fields, "cable"), _converter(fields)
    parts = [_labelled("cable", cable)] if cable else []
    parts += [_labelled("di", di)] if di else []
    parts += [preamp] if preamp else []
    parts += [_labelled("insert", text) for text in _inserts(fields)]
    parts += [_labelled("adc", converter)] if converter else []
    if device or ((preamp or di) and not cable):
        parts.insert(0, device)
    if INTERFACE_INPUT in fields:
        parts.append(f"in {fields[INTERFACE_INPUT]}")
    line = " > ".join(parts).strip()
    prefix = _source(fields) if source else ""
    note = fields.get("note")
    return " ".join(piece for piece in (prefix, line, f"-- {note}" if note else "") if piece)


def _labelled(label: str, text: str) -> str:
    return text if text.startswith(f"{label}=") else f"{label} {text}".strip()


def _source(fields: Mapping[str, Value]) -> str:
    name, player, room = (str(fields.get(k, "")) for k in ("source.name", "source.player", "place.room"))
    shown = [_sign_safe(name)] if name else []
    shown += [f"({_sign_safe(player)})"] if player else []
    shown += [f"@ {_sign_safe(room)}"] if room else []
    return " ".join(shown) + ":" if shown else ""


def _sign_safe(text: str) -> str:
    safe = re.sub(r"([\\:()@>→]|(?<=[#=])[\"“„])", r"\\\1", text)
    return re.sub(r"(^| )(?=[\"“„=\-])", r"\1\\", safe)


def _device(fields: Mapping[str, Value]) -> str:
    shown = [_KIND_SHOWN[str(fields["kind"])]] if "kind" in fields else []
    device = _words(fields, "microphone", first=not shown)
    joined = known_make([*shown, *device.split()]) > 0 and bool(
        shown
    )  # "line" and "Audio …" are no Line Audio
    shown += [f"\\{device}" if joined else device, _picked(fields, "source")]
    if "microphone.capsule" in fields:
        shown.append(f"cap {_argument(fields['microphone.capsule'])}")
    if "microphone.output" in fields:
        shown.append(f"output {_argument(fields['microphone.output'])}")
    if "microphone.split" in fields:
        shown.append("split" if fields["microphone.split"] else "split off")
    if "microphone.pattern" in fields:
        pattern = str(fields["microphone.pattern"])
        shown.append(pattern if PATTERNS.get(pattern) == pattern else f"pattern {_quoted(pattern)}")
    shown += [*_pad_and_filter(fields, "microphone"), *_place(fields), *_array(fields)]
    if "position" in fields:
        shown.append(f"pos {_quoted(str(fields['position']))}")
    return " ".join(piece for piece in shown if piece)


def _distance(fields: Mapping[str, Value]) -> str:
    metres, typed = fields.get("distance_m"), fields.get("distance_text")
    if metres is None:
        return ""
    found = parse_distance(str(typed)) if typed is not None else None
    if found and found[0] == metres:
        return found[1]
    return f"{plain_number(float(metres))} m"


def _place(fields: Mapping[str, Value]) -> list[str]:
    typed = str(fields.get("position_text", ""))
    if typed and agrees(typed, fields):
        return [typed]
    shown = [_distance(fields)]
    if "angle_deg" in fields:
        shown.append(f"{_number(fields['angle_deg'])}°")
    if "height_m" in fields:
        height = float(fields["height_m"])
        shown.append(f"{plain_number(abs(height))} m {'up' if height >= 0 else 'down'}")
    return shown + [f"{axis}={_number(fields[f'{axis}_m'])}" for axis in "xyz" if f"{axis}_m" in fields]


def _array(fields: Mapping[str, Value]) -> list[str]:
    said = (
        ("array.kind", "array {}", _argument),
        ("array.spacing_m", "spacing {} m", _number),
        ("array.angle_deg", "spread {}°", _number),
        ("array.role", "role {}", _argument),
    )
    return [shown.format(text(fields[suffix])) for suffix, shown, text in said if suffix in fields]


def _di(fields: Mapping[str, Value]) -> str:
    return " ".join(piece for piece in (_words(fields, "di"), *_pad_and_filter(fields, "di")) if piece)


def _inserts(fields: Mapping[str, Value]) -> list[str]:
    shown = []
    for part in INSERT_PARTS:
        setting = fields.get(f"{part}.setting")
        pieces = (_words(fields, part), "" if setting is None else _quoted(str(setting)))
        shown.append(" ".join(piece for piece in pieces if piece))
    last = max((place for place, text in enumerate(shown, start=1) if text), default=0)
    return shown[:last]


def _converter(fields: Mapping[str, Value]) -> str:
    clock = fields.get("converter.clock")
    pieces = (_words(fields, "converter"), "" if clock is None else f"clock {_argument(clock)}")
    return " ".join(piece for piece in pieces if piece)


def _preamp(fields: Mapping[str, Value]) -> str:
    shown = [_words(fields, "preamp")]
    if "preamp.gain_db" in fields:
        shown.append(gain_words(float(fields["preamp.gain_db"])))
    if "preamp.gain_text" in fields:
        shown.append(_quoted(str(fields["preamp.gain_text"])))
    if "preamp.phantom" in fields:
        shown.append("48V" if fields["preamp.phantom"] else "48V off")
    shown += _pad_and_filter(fields, "preamp")
    if "preamp.polarity" in fields:
        shown.append("pol inv" if fields["preamp.polarity"] == "inverted" else "pol normal")
    if "preamp.impedance_ohm" in fields:
        shown.append(f"imp {_number(fields['preamp.impedance_ohm'])}")
    return " ".join(piece for piece in shown if piece)


def _pad_and_filter(fields: Mapping[str, Value], part: str) -> list[str]:
    shown: list[str] = []
    if (pad := fields.get(f"{part}.pad_db")) is not None:
        shown.append(f"pad {plain_number(float(pad))}" if pad else "pad off")
    if (setting := fields.get(f"{part}.filter")) is not None:
        text = str(setting)
        names = re.findall("hpf|lpf", text)
        bare = _BARE_FILTER.fullmatch(text) and len(names) == len(set(names))
        shown.append(text if bare else f"filter {_argument(text)}")
    return shown


def _words(fields: Mapping[str, Value], part: str, first: bool = True) -> str:
    make, model = str(fields.get(f"{part}.make", "")), str(fields.get(f"{part}.model", ""))
    shown = [_make_and_model(make, model, first)]
    if (serial := fields.get(f"{part}.serial")) is not None:
        shown.append("#" + _argument(serial))
    if (channel := fields.get(f"{part}.channel")) is not None:
        shown.append(f"ch {_argument(channel)}")
    shown.append(_picked(fields, part))
    return " ".join(piece for piece in shown if piece)


def _picked(fields: Mapping[str, Value], part: str) -> str:
    gear = fields.get(f"{part}.gear")
    return "" if gear is None else f"{_PICK_SHOWN[part.split('.', maxsplit=1)[0]]}={_argument(gear)}"


def _make_and_model(make: str, model: str, first: bool) -> str:
    words = f"{make} {model}".split()
    count = known_make(words)
    if make and count == len(make.split()) and " ".join(words[:count]) == make:
        return f"{make} {_free(model, False, make)}".strip()
    if make:
        return f"{_free(make, first)} / {_free(model, False)}".strip()
    return f"/ {_free(model, False)}" if count else _free(model, first)


def _free(text: str, first: bool, before: str = "") -> str:
    shown: list[str] = []
    previous = before.rsplit(" ", 1)[-1]
    for word in text.split():
        safe = re.sub(r"([\\>→])", r"\\\1", word)
        safe = re.sub(r":$", r"\\:", safe)
        if _special(word, previous, first and not shown) and not safe.startswith("\\"):
            safe = "\\" + safe
        shown.append(safe)
        previous = word
    return " ".join(shown)


def _special(word: str, previous: str, first: bool) -> bool:
    low = word.lower()
    if PICK.fullmatch(word) or _COORDINATE.match(word):
        return True
    if place_part(word) is not None or place_part(f"{previous} {word}") is not None:
        return True
    if (
        low in _PLACE_WORDS
        or low in KEYWORDS
        or PHANTOM.fullmatch(low)
        or _NUMBERISH.match(word)
        or word[0] in '"“„='
    ):
        return True
    if low.removesuffix(",") in _UNITS and previous[:1].isdigit():
        return True
    return first and (low in KIND_WORDS or low in LABELS)


def _number(value: Value) -> str:
    return plain_number(float(value))


def _argument(value: Value) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
