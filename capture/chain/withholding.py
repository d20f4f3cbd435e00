"""Which fields of a chain a person means who wants serial numbers, names or addresses left out of a copy.

A word is one of `GROUPS`, a field of every input (`preamp.gain_db`), or one whole path (`people.2.name`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from capture.chain.errors import ChainError
from capture.chain.fields import SESSION_FIELDS, SPECS

GROUPS: dict[str, re.Pattern[str]] = {
    "serial": re.compile(r".*\.(serial|gear)"),  # a locker's id names one piece of gear as a serial does
    "names": re.compile(r"people\.\d+\.name|.*\.(player|owner)|session\.(artist|client)"),
    "address": re.compile(r"session\.(studio|place)|.*\.address"),
    "rooms": re.compile(r".*\.place\.room"),
    "notes": re.compile(r".*\.note"),
}
_WHOLE_PATH = re.compile(r"input\.[1-9][0-9]{0,3}\.([a-z0-9_.]+)|people\.[1-9][0-9]{0,3}\.(?:role|name)")


def wanted_words(text: str) -> tuple[str, ...]:
    """The words of a list like `serial,names`, each once; raises ChainError for one that means no field."""
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for word in words:
        place = _WHOLE_PATH.fullmatch(word)
        known = word in GROUPS or word in SPECS or word.removeprefix("session.") in SESSION_FIELDS
        if not known and not (place and (place[1] is None or place[1] in SPECS)):
            raise ChainError(
                f"{word!r} is no field that can be withheld",
                f"write {', '.join(GROUPS)}, or fields like preamp.gain_db or people.1.name",
            )
    return words


def paths_of(word: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths among `paths` that a word means, in order; none where the take declared no such thing."""
    group = GROUPS.get(word)
    if group is not None:
        return tuple(sorted(path for path in paths if group.fullmatch(path)))
    return tuple(
        sorted(
            path
            for path in paths
            if path in (word, f"session.{word}") or re.fullmatch(rf"input\.\d+\.{re.escape(word)}", path)
        )
    )
