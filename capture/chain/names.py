"""All track names pasted in one line."""

from __future__ import annotations

import re

from capture.chain.errors import ChainError
from capture.chain.fields import clean_text

NAMES_LIMIT = 1024


def parse_names(text: str) -> list[str]:
    """The names in order, separated by commas, semicolons, tabs or new lines; an empty one skips its input.

    A text with tabs comes from a table: there only tabs and new lines separate, so names may hold commas.
    """
    separators = r"\t|\r\n|\n|\r" if "\t" in text else r"[,;][ ]*(?:\r\n|\n|\r)?|\r\n|\n|\r"
    names = [clean_text(name) for name in re.split(separators, text)]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise ChainError("there is no name in this text", "write them like Kick, Snare T, Snare B")
    if len(names) > NAMES_LIMIT:
        raise ChainError(f"{len(names)} names are too many", f"paste at most {NAMES_LIMIT}")
    return names
