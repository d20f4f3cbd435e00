"""Completion of a chain line from what was typed before, and of ids from the gear locker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from capture.chain.picking import fits
from capture.chain.vocabulary import KIND_WORDS, PATTERNS, PICKS

SHOWN = 20
_LAST_PICK = re.compile(rf"(?:^|[ >→])({'|'.join(PICKS)})=(\"?)([^\"]*)$", re.IGNORECASE)
_PLAIN_ID = re.compile(r"[A-Za-z0-9.]+(?:[-._/+][A-Za-z0-9.]+)*")
_WORDS = (
    *KIND_WORDS,
    *dict.fromkeys(PATTERNS.values()),
    "pad",
    "hpf",
    "cap",
    "48V",
    "48V off",
    "pol inv",
    "in",
    "split",
    "output",
    "array",
    "spacing",
    "spread",
    "role",
    "imp",
    "insert",
    "adc",
    "clock",
)


def complete(text: str, known: Iterable[str], pieces: Mapping[str, str] | None = None) -> list[str]:
    """Longer lines that begin with `text`, at most 20, each once.

    First whole lines typed before (newest last in `known`), then lines whose present part is completed from
    such parts, then ids of the locker (`pieces`: id to kind) behind `mic=` and its like, then keywords.
    """
    lines = list(dict.fromkeys(line.strip() for line in reversed(list(known)) if line.strip()))
    before, part = _present_part(text)
    found = [line for line in lines if _begins(line, text)]
    found += [before + other for line in lines for other in _parts(line) if part and _begins(other, part)]
    found += [text + rest for rest in _ids(text, pieces or {})]
    stem, _, word = text.rpartition(" ")
    if word:
        found += [f"{stem} {key}".strip() for key in _WORDS if _begins(key, word)]
    return list(dict.fromkeys(found))[:SHOWN]


def _ids(text: str, pieces: Mapping[str, str]) -> list[str]:
    """What is missing of the ids that fit the pick which `text` ends with; one in quotes may have spaces."""
    found = _LAST_PICK.search(text)
    if found is None:
        return []
    part, quote, typed = PICKS[found[1].lower()], found[2], found[3]
    return [
        gear[len(typed) :] + quote
        for gear, kind in pieces.items()
        if fits(kind, part)
        and gear.casefold().startswith(typed.casefold())
        and (quote or _PLAIN_ID.fullmatch(gear))
        and '"' not in gear
    ]


def _begins(whole: str, start: str) -> bool:
    return len(whole) > len(start) and whole.casefold().startswith(start.casefold())


def _present_part(text: str) -> tuple[str, str]:
    cut = max(text.rfind(">"), text.rfind("→"), text.rfind(": "))
    part = text[cut + 1 :].lstrip() if cut >= 0 else text.lstrip()
    return text[: len(text) - len(part)], part


def _parts(line: str) -> list[str]:
    _, _, rest = line.partition(": ")
    return [part.strip() for part in (rest or line).replace("→", ">").split(">") if part.strip()]
