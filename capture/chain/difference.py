"""What changed between two chains, field by field and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from capture.chain.fields import Value, path_words, split_path, value_words

TYPED = (".distance_text", ".position_text")  # what is said in metres as well


class HasValues(Protocol):
    """A patch or a snapshot."""

    def values(self) -> dict[str, Value]:
        """Path to value."""


@dataclass(frozen=True)
class Change:
    """One field before and after; None is *not declared*."""

    path: str
    before: Value | None
    after: Value | None


def diff(a: HasValues, b: HasValues) -> list[Change]:
    """The changes that lead from `a` to `b`, by input and path; how a place was typed is no change."""
    before, after = a.values(), b.values()
    paths = {path for path in before.keys() | after.keys() if not path.endswith(TYPED)}
    changed = [Change(path, before.get(path), after.get(path)) for path in sorted(paths, key=_order)]
    return [c for c in changed if c.before != c.after or type(c.before) is not type(c.after)]


def words(change: Change) -> str:
    """The change in words: `input 3 gain: +42 dB → +45 dB`."""
    return (
        f"{path_words(change.path)}: "
        f"{value_words(change.path, change.before)} → {value_words(change.path, change.after)}"
    )


def _order(path: str) -> tuple[int, str]:
    place = split_path(path)
    return (place[0], place[1]) if place else (0, path)
