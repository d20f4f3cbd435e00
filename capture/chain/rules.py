"""The rules that read the words of one part of a chain line; each takes its words, or leaves them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import accumulate

from capture.chain.fields import INPUT_LIMIT, parse_distance
from capture.chain.places import format_length, place_part
from capture.chain.segment import Segment, refused
from capture.chain.vocabulary import (
    ANGLE,
    FREQUENCY,
    GAIN,
    INTERFACE_INPUT,
    KIND_WORDS,
    NUMBER,
    PATTERNS,
    PHANTOM,
    PICK,
    PICKS,
    POLARITY_SIGNS,
    POLARITY_WORDS,
    SIGNED,
)


def _kind(s: Segment) -> bool:
    first = s.part == "microphone" and s.at == 0
    return first and s.token.key in KIND_WORDS and s.put("kind", KIND_WORDS[s.token.key], 1)


def _interface_input(s: Segment) -> bool:
    number = s.peek()
    if s.token.key not in {"in", "input"} or number is None or not number.text.isdecimal():
        return False
    if not s.last or s.at + 2 != len(s.tokens):
        raise refused(s.token, "the interface input ends the line", "put it behind the last >")
    if not 1 <= int(number.text) <= INPUT_LIMIT:
        raise refused(number, "is no input", "inputs count from 1")
    return s.put(INTERFACE_INPUT, int(number.text), 2)


def _serial(s: Segment) -> bool:
    if s.part == "input" or not s.token.key.startswith("#"):
        return False
    if s.token.text == "#":
        return s.put(f"{s.part}.serial", s.argument().text, 2)
    return s.put(f"{s.part}.serial", s.token.text[1:], 1)


def _channel(s: Segment) -> bool:
    if s.token.key not in {"ch", "ch.", "channel"}:
        return False
    if s.part in {"microphone", "cable", "input"}:
        raise refused(s.token, "a channel belongs to a preamp or converter", "put > before the preamp")
    return s.put(f"{s.part}.channel", s.argument().text, 2)


def _capsule(s: Segment) -> bool:
    if s.token.key not in {"cap", "capsule"}:
        return False
    return s.put(_only(s, "microphone", "a capsule") + ".capsule", s.argument().text, 2)


def _only(s: Segment, part: str, what: str) -> str:
    if s.part != part:
        hint = "write it before the first >" if part == "microphone" else f"put > before the {part}"
        raise refused(s.token, f"{what} belongs to the {part}", hint)
    return part


def _pattern(s: Segment) -> bool:
    if s.token.key == "pattern":
        word = s.argument().text
        return s.put(_only(s, "microphone", "a pattern") + ".pattern", PATTERNS.get(word.lower(), word), 2)
    if s.token.key not in PATTERNS:
        return False
    return s.put(_only(s, "microphone", "a pattern") + ".pattern", PATTERNS[s.token.key], 1)


def _pad(s: Segment) -> bool:
    if s.token.key != "pad":
        return False
    if s.part not in {"microphone", "di", "preamp"}:
        raise refused(s.token, "a pad belongs to a microphone, DI or preamp")
    amount = s.argument()
    number = GAIN.fullmatch(amount.text)
    if amount.key != "off" and not number:
        raise refused(amount, "is not a pad", "write it like pad -10 or pad off")
    unit = s.peek(2)
    words = 3 if number and not number[2] and unit and unit.key == "db" else 2
    return s.put(f"{s.part}.pad_db", number[1].replace("–", "-") if number else "off", words)


def _filter(s: Segment) -> bool:
    if s.token.key not in {"hpf", "lpf", "filter"}:
        return False
    if s.part not in {"microphone", "preamp"}:
        raise refused(s.token, "a filter belongs to a microphone or preamp")
    suffix, setting = f"{s.part}.filter", s.argument()
    if s.token.key == "filter":
        return s.put(suffix, setting.text, 2)
    words, text = 2, setting.key
    if setting.key not in {"on", "off"}:
        found = FREQUENCY.fullmatch(setting.text)
        if not found:
            raise refused(setting, "is not a frequency", "write it like hpf 80, hpf on or hpf off")
        unit = s.peek(2)
        kilo = bool(found[2])
        if not found[3] and unit and unit.key in {"hz", "khz"}:
            words, kilo = 3, kilo or unit.key == "khz"
        text = _plain(found[1], kilo)
    before = s.found.pop(suffix, None)
    if before is not None and s.token.key in str(before).split():
        raise refused(s.token, "says a filter a second time", "say it once")
    return s.put(suffix, f"{before} {s.token.key} {text}" if before else f"{s.token.key} {text}", words)


def _plain(number: str, kilo: bool) -> str:
    value = Decimal(number.replace(",", ".")) * (1000 if kilo else 1)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _metres(s: Segment, ahead: int) -> tuple[float, str, int] | None:
    """Metres, the text as typed and the words of a distance that begins so many words ahead."""
    first, following = s.peek(ahead), s.peek(ahead + 1)
    if first is None or first.sort != "word":
        return None
    tries = [(first.text, 1)]
    if following is not None and following.sort == "word":
        tries.append((f"{first.text} {following.text}", 2))
    for text, words in tries:
        bare = text.removesuffix(",")
        found = parse_distance(re.sub(r"(?<=\d)['′]$", " ft", re.sub(r"(?<=\d)[\"″]$", " in", bare)))
        if found:
            return *found, words
    return None


def _placed(s: Segment) -> bool:
    """A distance, an angle, a height or a coordinate, in the words of `places`."""
    ahead: list[str] = []
    for token in s.tokens[s.at :]:
        if token.sort != "word":
            break
        ahead.append(token.text)
    part = place_part(" ".join(ahead))
    if part is None or (s.part != "microphone" and part[0] != "angle_deg"):
        return False
    member, value, typed, end = part
    ends = list(accumulate((len(text) + 1 for text in ahead), initial=-1))
    words = next((n for n, at in enumerate(ends) if at in (end, end + 1) and at - end == _comma(ahead, n)), 0)
    if not words:
        return False
    _only(s, "microphone", "an angle")
    if member != "distance_m":
        return s.put(member, value, words)
    if value < 0:
        raise refused(s.token, "is not a distance", "write it like 4 cm or 1.2 m")
    said = parse_distance(typed) or parse_distance(format_length(typed))
    s.put(member, value, 0)
    return s.put("distance_text", said[1] if said else "", words)


def _comma(ahead: list[str], words: int) -> int:
    return int(words > 0 and ahead[words - 1].endswith(","))


def _degrees(s: Segment, ahead: int) -> tuple[str, int] | None:
    """The number and the words of an angle that begins so many words ahead."""
    first, unit = s.peek(ahead), s.peek(ahead + 1)
    found = ANGLE.fullmatch(first.key.removesuffix(",")) if first else None
    if not found:
        return None
    if found[2]:
        return _minus(found[1]), 1
    return (_minus(found[1]), 2) if unit and unit.key.removesuffix(",") in {"°", "deg"} else None


def _coordinate(s: Segment) -> bool:
    found = re.fullmatch(rf"([xyz])=([+\-−–]?{NUMBER})m?,?", s.token.key)
    if not found:
        return False
    _only(s, "microphone", "a place")
    return s.put(f"{found[1]}_m", _minus(found[2]), 1)


def _array(s: Segment) -> bool:
    word = s.token.key
    if word not in {"array", "role", "spacing", "spread"}:
        return False
    _only(s, "microphone", "an array")
    amount = s.argument()
    if word in {"array", "role"}:
        return s.put("array.kind" if word == "array" else "array.role", amount.text, 2)
    if word == "spacing":
        metres = _metres(s, 1)
        if metres is None:
            raise refused(amount, "is not a distance", "write it like spacing 17 cm")
        return s.put("array.spacing_m", metres[0], 1 + metres[2])
    degrees = _degrees(s, 1)
    number, words = degrees or (_minus(amount.text), 1)
    if degrees is None and not ANGLE.fullmatch(amount.key):
        raise refused(amount, "is not an angle", "write it like spread 110°")
    return s.put("array.angle_deg", number, 1 + words)


def _pick(s: Segment) -> bool:
    found = PICK.fullmatch(s.token.text) if s.token.sort == "word" else None
    if not found:
        return False
    part = PICKS[found[1].lower()]
    if {"source": "microphone", "insert": s.part if s.part.startswith("insert") else ""}.get(
        part, part
    ) != s.part:
        raise refused(s.token, f"is no {part} here", "put it where that stands in the signal")
    if not found[2]:
        raise refused(s.token, "names nothing", f"write it like {found[1]}=A1142")
    return s.put(f"{s.part if part == 'insert' else part}.gear", found[2], 1)


def _output(s: Segment) -> bool:
    if s.token.key == "output":
        return s.put(_only(s, "microphone", "an output") + ".output", s.argument().text, 2)
    if s.token.key != "split":
        return False
    _only(s, "microphone", "a split")
    switch = s.peek()
    if switch and switch.key in {"on", "off"}:
        return s.put("microphone.split", switch.key, 2)
    return s.put("microphone.split", True, 1)


def _impedance(s: Segment) -> bool:
    if s.token.key not in {"imp", "impedance"}:
        return False
    _only(s, "preamp", "an input impedance")
    amount, unit = s.argument(), s.peek(2)
    found = re.fullmatch(rf"({NUMBER})(k?)", amount.key)
    if not found:
        raise refused(amount, "is not an impedance", "write it in ohms, like imp 1200")
    words = 3 if unit and unit.key in {"ohm", "ohms", "ω"} else 2
    return s.put("preamp.impedance_ohm", _plain(found[1], bool(found[2])), words)


def _clock(s: Segment) -> bool:
    if s.token.key != "clock":
        return False
    return s.put(_only(s, "converter", "a clock") + ".clock", s.argument().text, 2)


def _setting(s: Segment) -> bool:
    return (
        s.part.startswith("insert")
        and s.token.sort == "quoted"
        and s.put(f"{s.part}.setting", s.token.text, 1)
    )


def _position(s: Segment) -> bool:
    if s.token.key not in {"pos", "position"}:
        return False
    _only(s, "microphone", "a position")
    return s.put("position", s.argument().text, 2)


def _phantom(s: Segment) -> bool:
    following, words = s.peek(), 1
    if s.token.key in {"48", "+48"} and following and following.key == "v":
        words = 2
    elif not PHANTOM.fullmatch(s.token.key) or (s.token.key == "+48" and following and following.key == "db"):
        return False
    _only(s, "preamp", "48 V")
    switch = s.peek(words)
    if switch and switch.key in {"on", "off"}:
        return s.put("preamp.phantom", switch.key, words + 1)
    return s.put("preamp.phantom", True, words)


def _gain(s: Segment) -> bool:
    if s.token.sort == "quoted" and s.part == "preamp":
        return s.put("preamp.gain_text", s.token.text, 1)
    if s.token.key == "gain":
        return _named_gain(s)
    found, unit = GAIN.fullmatch(s.token.key), s.peek()
    with_unit = bool(unit and unit.key == "db")
    if not found or not (SIGNED.match(s.token.key) or found[2] or with_unit):
        return False
    _only(s, "preamp", "a gain")
    return s.put("preamp.gain_db", _minus(found[1]), 2 if with_unit and not found[2] else 1)


def _named_gain(s: Segment) -> bool:
    _only(s, "preamp", "a gain")
    amount = s.argument()
    if amount.sort == "quoted":
        return s.put("preamp.gain_text", amount.text, 2)
    found, unit = GAIN.fullmatch(amount.text), s.peek(2)
    if not found:
        raise refused(amount, "is not a gain", 'write it like +42 dB, or panel text in quotes: "red 45"')
    return s.put("preamp.gain_db", _minus(found[1]), 3 if not found[2] and unit and unit.key == "db" else 2)


def _minus(number: str) -> str:
    return number.replace("–", "-").replace("−", "-")


def _polarity(s: Segment) -> bool:
    if s.token.key in POLARITY_SIGNS:
        return s.put(_only(s, "preamp", "polarity") + ".polarity", "inverted", 1)
    if s.token.key not in {"pol", "polarity"}:
        return False
    _only(s, "preamp", "polarity")
    setting = s.argument()
    if setting.key not in POLARITY_WORDS and setting.key not in POLARITY_SIGNS:
        raise refused(setting, "is no polarity", "write pol inv or pol normal")
    return s.put("preamp.polarity", POLARITY_WORDS.get(setting.key, "inverted"), 2)


RULES: tuple[Callable[[Segment], bool], ...] = (
    _kind, _interface_input, _pick, _serial, _channel, _capsule, _output, _pattern, _pad, _filter, _placed,
    _coordinate, _array, _position, _phantom, _gain, _polarity, _impedance, _setting, _clock,
)  # fmt: skip
