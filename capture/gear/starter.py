"""The starter catalogue: well-known devices with published figures, to copy into one's own locker.

Read from its file when it is first asked for. What no document was read for is empty there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources

from capture.gear.errors import UnknownGear
from capture.gear.locker import search
from capture.gear.record import Gear, clean_id, clean_words

FILE = "starter.yaml"


@cache
def entries() -> dict[str, Gear]:
    """Every entry by its id, in the order of the file."""
    from capture.gear.as_yaml import from_yaml

    data = resources.files("capture.gear").joinpath(FILE).read_bytes()
    return {gear.id: gear for gear in from_yaml(data)}


def find(words: Sequence[str], kind: str = "") -> list[Gear]:
    """The entries that have all these words; an id names that entry alone."""
    if len(words) == 1 and words[0] in entries():
        return [entries()[words[0]]]
    return search(entries().values(), words, kind)


def copied(words: Sequence[str], name: str, serial: str = "", owner: str = "") -> Gear:
    """The one entry with these words as a piece of one's own; raises UnknownGear for none and for several."""
    found = find(words)
    if len(found) != 1:
        said = " ".join(words)
        names = ", ".join(gear.id for gear in found[:5]) + (", …" if len(found) > 5 else "")
        raise UnknownGear(
            f"{len(found)} entries answer to {said!r}" if found else f"no entry answers to {said!r}",
            f"say one of: {names}" if found else "see: takechain gear starter",
        )
    serial, owner = clean_words("serial", serial), clean_words("owner", owner)
    return replace(found[0], id=clean_id(name), serial=serial, owner=owner)
