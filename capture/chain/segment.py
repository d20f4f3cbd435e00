"""One part of a chain line (microphone, cable, preamp, converter, input), read word by word by rules."""

from __future__ import annotations

import re
from collections.abc import Callable

from capture.chain.errors import ChainError
from capture.chain.fields import INPUT_LIMIT, Value, clean_value, parse_distance
from capture.chain.makes import known_make
from capture.chain.tokens import Token
from capture.chain.vocabulary import (
    FREQUENCY,
    GAIN,
    INTERFACE_INPUT,
    KIND_WORDS,
    PATTERNS,
    PHANTOM,
    POLARITY_SIGNS,
    POLARITY_WORDS,
    SIGNED,
)

Found = dict[str, Value]


class Segment:
    """The words of one station of the path, read from left to right into `found`."""

    def __init__(self, tokens: list[Token], part: str, last: bool, found: Found) -> None:
        self.tokens = tokens
        self.part = part  # microphone, cable, preamp, converter or input
        self.last = last
        self.found = found
        self.at = 0
        self.free: list[Token] = []
        self.free_end = -1

    @property
    def token(self) -> Token:
        """The present word."""
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token | None:
        """A word further on, if there is one."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def put(self, suffix: str, value: object, words: int) -> bool:
        """Keep a value of this part and step over its words; raises ChainError if it is said twice."""
        where = self.token
        if suffix in self.found:
            raise refused(
                where, f"says {suffix.rpartition('.')[2].replace('_', ' ')} a second time", "say it once"
            )
        if suffix != INTERFACE_INPUT:
            try:
                value = clean_value(f"input.1.{suffix}", value)
            except ChainError as error:
                raise refused(where, error.what.split(": ", 1)[-1], error.do) from error
        if value != "":
            assert isinstance(value, str | int | float)
            self.found[suffix] = value
        self.at += words
        return True

    def argument(self) -> Token:
        """The word after the present keyword; raises ChainError when the part ends there."""
        following = self.peek()
        if following is None:
            raise refused(self.token, "needs a word after it", "complete it or leave it out")
        return following

    def read(self) -> None:
        """Read all words of this part."""
        while self.at < len(self.tokens):
            if not self._read_make() and not any(rule(self) for rule in RULES):
                self._read_free()
        self._split_free()

    def _read_make(self) -> bool:
        ahead: list[str] = []
        for token in self.tokens[self.at :]:
            if token.sort != "word":
                break
            ahead.append(token.text)
        count = 0 if self.free or self.part == "input" else known_make(ahead)
        for _ in range(count):
            self._read_free()
        return count > 0

    def _read_free(self) -> None:
        token = self.token
        if self.part == "input" or token.sort == "colon" or (self.free and self.free_end != self.at):
            raise refused(
                token, "is not known here", "make and model stand together; a \\ before it keeps it as a name"
            )
        self.free.append(token)
        self.at += 1
        self.free_end = self.at

    def _split_free(self) -> None:
        words = [t.text for t in self.free]
        strokes = [i for i, t in enumerate(self.free) if t.sort == "word" and t.text == "/"]
        if len(strokes) > 1:
            raise refused(self.free[strokes[1]], "separates make and model a second time", "say it once")
        plain = [t.text if t.sort == "word" else "\\" for t in self.free]
        cut = strokes[0] if strokes else known_make(plain)
        make, model = " ".join(words[:cut]), " ".join(words[cut + len(strokes) :])
        if self.part == "cable" and make:
            make, model = "", f"{make} {model}".strip()
        for suffix, text in ((f"{self.part}.make", make), (f"{self.part}.model", model)):
            if text:
                self.found[suffix] = clean_value(f"input.1.{suffix}", text)


def refused(token: Token, what: str, do: str = "") -> ChainError:
    """The error that names a word and where it stands."""
    return ChainError(f"{token.text!r} at character {token.start + 1}: {what}", do, token.start)


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
    if s.part not in {"preamp", "converter"}:
        raise refused(s.token, "a channel belongs to a preamp or converter", "put > before the preamp")
    return s.put(f"{s.part}.channel", s.argument().text, 2)


def _capsule(s: Segment) -> bool:
    if s.token.key not in {"cap", "capsule"}:
        return False
    return s.put(_only(s, "microphone", "a capsule") + ".capsule", s.argument().text, 2)


def _only(s: Segment, part: str, what: str) -> str:
    if s.part != part:
        hint = "put > before the preamp" if part == "preamp" else "write it before the first >"
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
    if s.part not in {"microphone", "preamp"}:
        raise refused(s.token, "a pad belongs to a microphone or preamp")
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
        text = _hertz(found[1], kilo)
    before = s.found.pop(suffix, None)
    if before is not None and s.token.key in str(before).split():
        raise refused(s.token, "says a filter a second time", "say it once")
    return s.put(suffix, f"{before} {s.token.key} {text}" if before else f"{s.token.key} {text}", words)


def _hertz(number: str, kilo: bool) -> str:
    from decimal import Decimal

    value = Decimal(number.replace(",", ".")) * (1000 if kilo else 1)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _distance(s: Segment) -> bool:
    if s.part != "microphone" or s.token.sort != "word":
        return False
    following = s.peek()
    tries = [(s.token.text, 1)]
    if following is not None and following.sort == "word":
        tries.append((f"{s.token.text} {following.text}", 2))
    for text, words in tries:
        distance = parse_distance(re.sub(r"(?<=\d)['′]$", " ft", re.sub(r"(?<=\d)[\"″]$", " in", text)))
        if distance:
            s.put("distance_m", distance[0], 0)
            return s.put("distance_text", distance[1], words)
    return False


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
    _kind, _interface_input, _serial, _channel, _capsule, _pattern, _pad, _filter, _distance, _position,
    _phantom, _gain, _polarity,
)  # fmt: skip
