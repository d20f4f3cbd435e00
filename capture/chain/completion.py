"""Completion of a chain line from what was typed before."""

from __future__ import annotations

from collections.abc import Iterable

from capture.chain.vocabulary import KIND_WORDS, PATTERNS

SHOWN = 20
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
)


def complete(text: str, known: Iterable[str]) -> list[str]:
    """Longer lines that begin with `text`: first whole lines typed before (newest last in `known`), then
    lines whose present part is completed from such parts, then keywords. At most 20, each once."""
    lines = list(dict.fromkeys(line.strip() for line in reversed(list(known)) if line.strip()))
    before, part = _present_part(text)
    found = [line for line in lines if _begins(line, text)]
    found += [before + other for line in lines for other in _parts(line) if part and _begins(other, part)]
    stem, _, word = text.rpartition(" ")
    if word:
        found += [f"{stem} {key}".strip() for key in _WORDS if _begins(key, word)]
    return list(dict.fromkeys(found))[:SHOWN]


def _begins(whole: str, start: str) -> bool:
    return len(whole) > len(start) and whole.casefold().startswith(start.casefold())


def _present_part(text: str) -> tuple[str, str]:
    cut = max(text.rfind(">"), text.rfind("→"), text.rfind(": "))
    part = text[cut + 1 :].lstrip() if cut >= 0 else text.lstrip()
    return text[: len(text) - len(part)], part


def _parts(line: str) -> list[str]:
    _, _, rest = line.partition(": ")
    return [part.strip() for part in (rest or line).replace("→", ">").split(">") if part.strip()]
