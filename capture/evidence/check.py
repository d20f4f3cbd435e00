"""One check of a take against its declared chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONSISTENT, CONTRADICTS, NOT_TESTABLE = "consistent", "contradicts", "not testable"
VERDICTS = (CONTRADICTS, CONSISTENT, NOT_TESTABLE)


@dataclass(frozen=True)
class Check:
    """What was checked, of which tracks (none: of the take), the verdict, and why, in words and numbers."""

    what: str
    tracks: tuple[int, ...]
    verdict: str
    words: str
    numbers: Mapping[str, float] = field(default_factory=dict)


def judged(
    what: str, tracks: tuple[int, ...], fits: bool, words: str, numbers: Mapping[str, float] | None = None
) -> Check:
    """A check that could be made."""
    rounded = {name: round(value, 4) for name, value in (numbers or {}).items()}
    return Check(what, tracks, CONSISTENT if fits else CONTRADICTS, words, rounded)


def untestable(what: str, tracks: tuple[int, ...], why: str) -> Check:
    """A check that could not be made, and why."""
    return Check(what, tracks, NOT_TESTABLE, why)


def counts(checks: Iterable[Check]) -> dict[str, int]:
    """How many of each verdict."""
    found = list(checks)
    return {verdict: sum(check.verdict == verdict for check in found) for verdict in VERDICTS}
