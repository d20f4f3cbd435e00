"""The set-up of a library: what is recorded from, in which form, under which names; kept in library.jsonl."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from capture.errors import UsageError
from capture.take import format_inputs, parse_inputs

NAME_LENGTH = 300
_PATH_LENGTH = 4000
_RATES = (8000, 768_000)
_MOST_SPLIT_MB = 1_000_000


@dataclass
class Settings:
    """Every setting with its default; `inputs` "" means all of the interface, `day` is the session's date."""

    interface: str = ""
    rate: int = 48000
    format: str = "pcm24"
    layout: str = "track"
    inputs: str = ""
    project: str = ""
    session: str = ""
    slate: str = ""
    stop_guard: bool = False
    links: list[list[int]] = field(default_factory=list)
    numbering: str = "slate"
    name_prefix: str = ""
    day: str = ""
    pre_roll: float = 0.0  # seconds before the Record key that a take begins with
    post_roll: float = 0.0  # seconds that a take rolls on behind Stop
    lost_grace: float = 120.0  # seconds a take is kept open for a lost interface to come back
    split_mb: int = 0  # a take goes on in new files before one exceeds so many 10^6 bytes; 0: never
    mirror: str = ""  # a folder that every take is written into as well; "" for none
    tsa: str = ""  # the time stamp server (RFC 3161) that seals are stamped by; "" for none
    sensors: list[dict[str, str]] = field(default_factory=list)

    @staticmethod
    def remembered(stored: dict[str, Any]) -> Settings:
        """The settings a library remembers; a value that no longer makes sense counts as never set."""
        settings = Settings()
        for name, value in stored.items():
            if name in NAMES:
                try:
                    setattr(settings, name, check(name, value))
                except UsageError:
                    continue
        return settings

    def armed(self, available: int) -> list[int]:
        """The inputs to record of an interface that has `available` of them, in the order they were given."""
        if not self.inputs:
            return list(range(1, available + 1))
        if self.inputs == "none":
            return []
        return [number for number in parse_inputs(self.inputs) if number <= available]

    def arm(self, number: int, armed: bool, available: int) -> str:
        """The value of `inputs` with one input more or less."""
        now = self.armed(available)
        left = [n for n in now if n != number]
        if armed:
            left = now if number in now else sorted([*now, number])
        return format_inputs(left) if left else "none"

    def pairs(self, armed: list[int]) -> list[tuple[int, int]]:
        """The linked pairs of inputs that are both armed."""
        return [(left, right) for left, right in self.links if left in armed and right in armed]

    def partner(self, number: int) -> int | None:
        """The input this one is linked with."""
        for left, right in self.links:
            if number in (left, right):
                return right if number == left else left
        return None


NAMES = {entry.name for entry in fields(Settings)}


def check(name: str, value: Any) -> Any:
    """The value of one setting in its stored form; raises UsageError with words for one that cannot be."""
    checker = _CHECKS.get(name)
    if checker is None:
        raise UsageError(f"there is no setting {name!r}", f"there are: {', '.join(sorted(NAMES))}")
    return checker(name, value)


def today() -> str:
    """The local date."""
    return datetime.now().astimezone().date().isoformat()


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name}: {value!r} is not a text")
    clean = " ".join(value.split())
    if len(clean) > NAME_LENGTH:
        raise UsageError(f"{name}: {len(clean)} letters are too many", f"use at most {NAME_LENGTH}")
    return clean


def _one_of(*allowed: str) -> Callable[[str, Any], str]:
    def checker(name: str, value: Any) -> str:
        if value not in allowed:
            raise UsageError(f"{name}: there is no {value!r}", f"choose {' or '.join(allowed)}")
        return str(value)

    return checker


def _folder(name: str, value: Any) -> str:
    if not isinstance(value, str) or "\0" in value or len(value) > _PATH_LENGTH:
        raise UsageError(f"{name}: {value!r} is not a folder")
    folder = os.path.normpath(Path(value).expanduser()) if value.strip() else ""
    if folder and not Path(folder).is_absolute():
        raise UsageError(f"{name}: {value!r} is not a whole path", "give it from the root on")
    return folder


def _server(name: str, value: Any) -> str:
    text = _text(name, value)
    if text and not (text.startswith(("http://", "https://")) and text.isascii() and " " not in text):
        raise UsageError(
            f"{name}: {value!r} is not the address of a server", "give it like http://tsa.example/tsr"
        )
    return text


def _rate(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not _RATES[0] <= value <= _RATES[1]:
        raise UsageError(f"{name}: {value!r} is not a sampling rate", "give it in Hz, such as 48000")
    return value


def _inputs(name: str, value: Any) -> str:
    text = _text(name, value)
    return text if text in ("", "none") else format_inputs(parse_inputs(text))


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name}: {value!r} is neither on nor off")
    return value


def _links(name: str, value: Any) -> list[list[int]]:
    if isinstance(value, str):
        value = [parse_inputs(pair) for pair in value.replace(" ", "").split(",") if pair]
    if not isinstance(value, list):
        raise UsageError(f"{name}: {value!r} is not a list of pairs", "link them like 1-2,3-4")
    seen: set[int] = set()
    pairs = []
    for pair in value:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(_is_input(n) for n in pair):
            raise UsageError(f"{name}: {pair!r} is not a pair of inputs", "link them like 1-2")
        if pair[0] == pair[1] or seen & set(pair):
            raise UsageError(f"{name}: an input can be in one pair only", "unlink the other pair first")
        seen |= set(pair)
        pairs.append([int(pair[0]), int(pair[1])])
    return pairs


def _is_input(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _sensors(name: str, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not all(isinstance(s, dict) and s.get("port") for s in value):
        raise UsageError(f"{name}: {value!r} is not a list of sensors")
    return [{key: _text(key, text) for key, text in sensor.items() if text} for sensor in value]


def _split(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_SPLIT_MB:
        raise UsageError(
            f"{name}: {value!r} is not a size of files",
            f"give megabytes from 1 to {_MOST_SPLIT_MB}, or 0 not to split",
        )
    return value


def _seconds(most: float) -> Callable[[str, Any], float]:
    def checked(name: str, value: Any) -> float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 <= value <= most:
            raise UsageError(f"{name}: {value!r} is not a time", f"give seconds from 0 to {most:.0f}")
        return float(value)

    return checked


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "interface": _text,
    "rate": _rate,
    "format": _one_of("pcm24", "float32"),
    "layout": _one_of("track", "poly"),
    "inputs": _inputs,
    "project": _text,
    "session": _text,
    "slate": _text,
    "stop_guard": _flag,
    "links": _links,
    "numbering": _one_of("slate", "project"),
    "name_prefix": _text,
    "day": _text,
    "pre_roll": _seconds(120),
    "post_roll": _seconds(30),
    "lost_grace": _seconds(600),
    "split_mb": _split,
    "mirror": _folder,
    "tsa": _server,
    "sensors": _sensors,
}
