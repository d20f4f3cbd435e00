"""What a library's own lines tell that its takes cannot: takes that are gone, and lines that were cut out."""

from __future__ import annotations

from pathlib import Path

from capture.journal.errors import NotATake
from capture.journal.lines import ZEROS, Line, digest, parse_fields, read_lines
from capture.journal.places import first_line, journals_below
from capture.library.store import LINES

_MOST_NAMED = 20


def check_library(folder: Path) -> list[str]:
    """Doubts about a library in words; none where all is in order. Nothing here is signed: none is a proof.

    A take that others name is missed by them (`verify_takes`); the newest, which none names, is missed here.
    """
    try:
        found = read_lines(folder / LINES)
    except NotATake:
        return [
            f"{LINES} is missing: whose keys are revoked, and whether the newest take is here, is not known"
        ]
    doubts = [f"{LINES}: {problem.what}" for problem in found.problems]
    return doubts + _cut_out(found.lines) + _gone(folder, found.lines)


def _cut_out(lines: list[Line]) -> list[str]:
    """Where a line does not follow the one before it; said once, for what follows is of no use any more."""
    before = ZEROS
    for seq, line in enumerate(lines):
        if (line.fields.get("seq"), line.fields.get("prev")) != (seq, before):
            words = (
                "it does not follow the one before it; lines were changed or cut out there, and a revocation"
            )
            return [f"{LINES}, line {line.number}: {words} among them would be missed"]
        before = digest(line.raw)
    return []


def _gone(folder: Path, lines: list[Line]) -> list[str]:
    """The places in the order of takes that were reserved, and that no take here has."""
    reserved: dict[int, str] = {}
    for line in lines:
        counter, journal = line.fields.get("counter"), line.fields.get("journal")
        if line.type == "counter" and isinstance(counter, int) and isinstance(journal, str):
            reserved[counter] = journal
    for journal in journals_below(folder):
        raw = first_line(journal)
        try:
            counter = parse_fields(raw).get("counter") if raw is not None else None
        except ValueError:
            continue
        if isinstance(counter, int):
            reserved.pop(counter, None)
    why = "and no such take is here: it was removed, or never came to be"
    said = [f"{LINES} reserved place {place} for {name}, {why}" for place, name in sorted(reserved.items())]
    more = len(said) - _MOST_NAMED
    return said if more <= 0 else [*said[:_MOST_NAMED], f"and {more} more"]
