"""Linked stereo pairs: what is changed on one input changes on the other, where both sides are alike.

A pair is two inputs that name each other in `pair.input`. What is a side's own stays so: name, serial number
and locker id of a microphone, channels, coordinates, polarity, note. Of an M/S pair the microphones too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from capture.chain.errors import ChainError
from capture.chain.fields import Field, input_path
from capture.chain.patch import OWN_OF_A_TRACK, Patch
from capture.chain.specs import FACTS, INPUT_LIMIT, INSERT_PARTS, SIDES, SPECS
from capture.clock import utc_text

_PER_SIDE = OWN_OF_A_TRACK | {"preamp.polarity", "microphone.split"}
_SPECIMENS = ("microphone", "di", *INSERT_PARTS)  # of these each side has one of its own
_SIDED = re.compile(r"(.*\S[ _-])(L|R|l|r|Left|Right|left|right|LEFT|RIGHT)")
_OTHER = {"L": "R", "l": "r", "Left": "Right", "left": "right", "LEFT": "RIGHT"}
_OTHER |= {right: left for left, right in _OTHER.items()}


def partner(patch: Patch, number: int) -> int | None:
    """The input that this one is linked with; a link that is not mutual is none."""
    other = patch.get(input_path(number, "pair.input"))
    if not isinstance(other, int) or other == number or patch.get(input_path(other, "pair.input")) != number:
        return None
    return other


def link(patch: Patch, left: int, right: int, by: str, at: str | None = None) -> None:
    """Make two inputs a pair; a right one without a chain gets that of the left. Raises ChainError."""
    if left == right or not all(1 <= number <= INPUT_LIMIT for number in (left, right)):
        raise ChainError(f"inputs {left} and {right} are no pair", "link them like 5-6")
    for number, other in ((left, right), (right, left)):
        linked = partner(patch, number)
        if linked not in (None, other):
            raise ChainError(f"input {number} is linked with {linked}", f"unlink {number} first")
    bare = not patch.of_input(right).keys() - {"source.name", "source.player", "place.room", "note"}
    if bare and patch.of_input(left):
        patch.copy(left, right, by, at)
    for number, other, side in ((left, right, SIDES[0]), (right, left, SIDES[1])):
        patch.set(input_path(number, "pair.input"), other, by, at=at)
        patch.set(input_path(number, "pair.side"), side, by, at=at)
    _name_both(patch, left, right, by, at)


def unlink(patch: Patch, number: int) -> int:
    """Let an input and its partner go; returns the partner. Raises ChainError for one that is in no pair."""
    other = partner(patch, number)
    if other is None:
        raise ChainError(f"input {number} is in no pair", "link it first, like 5-6")
    for one in (number, other):
        for suffix in ("pair.input", "pair.side"):
            patch.fields.pop(input_path(one, suffix), None)
    return other


def mirror(before: Mapping[str, Field], patch: Patch, by: str, at: str | None = None) -> None:
    """Carry what changed on one side of a pair since `before` to the other; what changed on both stays."""
    at = at or utc_text()
    changed = {number: _changed(before, patch, number) for number in patch.inputs()}
    for number, suffixes in changed.items():
        other = partner(patch, number)
        if other is None or not suffixes or suffixes & {"pair.input", "pair.side"}:
            continue
        alone = suffixes - changed[other]
        _carry(patch, number, other, alone, by, at)
        if "source.name" in alone:
            _rename(before, patch, number, other, by, at)


def _changed(before: Mapping[str, Field], patch: Patch, number: int) -> set[str]:
    def value(fields: Mapping[str, Field], suffix: str) -> object:
        field = fields.get(input_path(number, suffix))
        return None if field is None else (type(field.value), field.value)

    return {suffix for suffix in SPECS if value(before, suffix) != value(patch.fields, suffix)}


def _carry(patch: Patch, number: int, other: int, changed: set[str], by: str, at: str) -> None:
    mine, theirs = patch.of_input(number), patch.of_input(other)
    carried = changed - _PER_SIDE
    array = mine.get("array.kind") or theirs.get("array.kind")
    if array is not None and str(array.value).replace("/", "").casefold() == "ms":
        carried = {suffix for suffix in carried if not suffix.startswith("microphone.")}
    for part in _SPECIMENS:
        facts = set(FACTS.get(part, ()))
        names = {f"{part}.{member}" for member in ("make", "model", "capsule")}
        if any(_value(mine, name) != _value(theirs, name) for name in carried & names):
            for suffix in facts | {f"{part}.serial", f"{part}.gear"}:  # it becomes another device
                patch.fields.pop(input_path(other, suffix), None)
        elif f"{part}.gear" in theirs:
            carried -= facts  # the other side's specimen has figures of its own
    for suffix in carried:
        path = input_path(other, suffix)
        if suffix in mine:
            patch.fields[path] = Field(mine[suffix].value, "declared", by, at, None)
        else:
            patch.fields.pop(path, None)


def _value(fields: Mapping[str, Field], suffix: str) -> object:
    return fields[suffix].value if suffix in fields else None


def _rename(before: Mapping[str, Field], patch: Patch, number: int, other: int, by: str, at: str) -> None:
    """`OH L` makes the other `OH R`, and so does `OH`; a name of its own stays."""
    path, theirs = (input_path(n, "source.name") for n in (number, other))
    name, there = str(patch.get(path) or ""), str(patch.get(theirs) or "")
    old = str(before[path].value) if path in before else ""
    if not name or (there and not _sided(there) and there != old):
        return
    if not _sided(name):
        side = "L" if patch.get(input_path(number, "pair.side")) == SIDES[0] else "R"
        name = f"{name} {side}"
        patch.set(path, name, by, at=at)
    patch.set(theirs, _sided(name), by, at=at)


def _name_both(patch: Patch, left: int, right: int, by: str, at: str | None) -> None:
    one, other = (patch.get(input_path(number, "source.name")) for number in (left, right))
    if one is not None and other in (None, one):
        stem = str(one)
        name = stem if _sided(stem) else f"{stem} L"
        patch.set(input_path(left, "source.name"), name, by, at=at)
        patch.set(input_path(right, "source.name"), _sided(name), by, at=at)


def _sided(name: str) -> str:
    """The name of the other side; empty for a name that says no side."""
    found = _SIDED.fullmatch(name)
    return f"{found[1]}{_OTHER[found[2]]}" if found else ""
