"""Seeded damage to bytes and to JSON: the same `Random` gives the same damage."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

INPUT_BYTES = 256 * 1024
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_WIDTHS = (1, 2, 4, 8)
_WRONG: tuple[Callable[[Random], Any], ...] = (
    lambda _: None,
    lambda r: r.random() < 0.5,
    lambda r: r.choice((0, -1, 1, 2**31, 2**53 - 1, 2**53, -(2**63), 10**30)),
    lambda r: r.choice((0.5, -0.0, 1e-320, 1e308, -1e308, 16777217.5)),
    lambda r: r.randrange(-5, 5000),
    lambda r: r.choice(("", "\0", "../..", "/etc/passwd", "\ud800", "é" * 300, "x" * 5000, "NaN", ".")),
    lambda _: [],
    lambda _: {},
    lambda r: ["a"] * r.randrange(1, 300),
    lambda r: {str(n): n for n in range(r.randrange(1, 30))},
    lambda r: nested(r.randrange(1, 60)),
)


def nested(depth: int) -> Any:
    """Lists in lists."""
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def damage(random: Random, data: bytes, others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """One to six faults in a copy; `others` are spliced in, `tokens` are words the format knows."""
    changed = bytearray(data)
    for _ in range(1 if random.random() < 0.5 else random.randrange(2, 7)):
        _FAULTS[int(random.random() * len(_FAULTS))](random, changed, others, tokens)
    return bytes(changed[:INPUT_BYTES])


def noise(random: Random, most: int = 400) -> bytes:
    """Bytes that mean nothing."""
    return random.randbytes(random.randrange(most))


def _at(random: Random, data: bytearray) -> int:
    """A place, more often near the beginning, where the structure is."""
    length = len(data)
    return int(random.random() ** random.choice((1, 3)) * length) if length else 0


def _flip(random: Random, data: bytearray, _: Sequence[bytes], __: Sequence[bytes]) -> None:
    if data:
        data[_at(random, data)] ^= 1 << random.randrange(8)


def _byte(random: Random, data: bytearray, _: Sequence[bytes], __: Sequence[bytes]) -> None:
    if data:
        data[_at(random, data)] = random.randrange(256)


def _number(random: Random, data: bytearray, _: Sequence[bytes], __: Sequence[bytes]) -> None:
    at, width = _at(random, data), random.choice(_WIDTHS)
    value = random.choice((*_NUMBERS, len(data), random.getrandbits(8 * width)))
    data[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, random.choice(("little", "big")))


def _insert(random: Random, data: bytearray, _: Sequence[bytes], __: Sequence[bytes]) -> None:
    at = _at(random, data)
    data[at:at] = noise(random, 30)


def _token(random: Random, data: bytearray, _: Sequence[bytes], tokens: Sequence[bytes]) -> None:
    at, token = _at(random, data), random.choice(tokens)
    data[at : at + (len(token) if random.random() < 0.5 else 0)] = token


def _delete(random: Random, data: bytearray, _: Sequence[bytes], __: Sequence[bytes]) -> None:
    at = _at(random, data)
    del data[at : at + int(random.random() ** 4 * 2000) + 1]


def _repeat(random: Random, data: bytearray, _: Sequence[bytes], __: Sequence[bytes]) -> None:
    at = _at(random, data)
    piece = bytes(data[at : at + int(random.random() ** 3 * 300) + 1])
    data[at:at] = piece * (random.randrange(2, 400) if random.random() < 0.05 else 1)


def _cut(random: Random, data: bytearray, _: Sequence[bytes], __: Sequence[bytes]) -> None:
    del data[_at(random, data) :]


def _splice(random: Random, data: bytearray, others: Sequence[bytes], _: Sequence[bytes]) -> None:
    other = random.choice(others)
    start = int(random.random() * len(other))
    at = _at(random, data)
    data[at : at + random.randrange(64)] = other[start : start + random.randrange(1, 200)]


_FAULTS = (_flip, _byte, _number, _number, _insert, _token, _delete, _repeat, _cut, _splice)


def odd_value(random: Random, value: Any) -> Any:
    """The JSON value with one place changed to something it should not be, renamed or taken away."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(list(value))
        changed = dict(value)
        if random.random() < 0.1:
            changed[random.choice(("", "sig", "type", "x" * 100))] = changed.pop(name)
        elif random.random() < 0.1:
            del changed[name]
        else:
            changed[name] = odd_value(random, value[name])
        return changed
    if isinstance(value, list) and value and random.random() < 0.7:
        at = random.randrange(len(value))
        fresh = [odd_value(random, value[at])] * random.choice((0, 1, 1, 1, 2))
        return [*value[:at], *fresh, *value[at + 1 :]]
    if isinstance(value, int) and not isinstance(value, bool) and random.random() < 0.4:
        return value + random.choice((-1, 1, 1000, -1000))
    return random.choice(_WRONG)(random)


def odd_text(random: Random, value: Any) -> bytes:
    """`odd_value` as the bytes of JSON; lone surrogates stay as escapes."""
    return json.dumps(odd_value(random, value)).encode()
