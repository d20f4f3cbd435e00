"""Builds the log of a session from its take folders alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from capture.journal.errors import JournalError
from capture.journal.record import TakeRecord, load
from capture.sheets import air, chains, floors, levels, words
from capture.sheets.errors import NoSuchTake
from capture.sheets.model import Person, SessionSheet, TakeLine
from capture.sheets.take_sheet import file_rows, people, rooms, take_line, take_warnings


def build_session(source: Path | Iterable[Path]) -> SessionSheet:
    """The sheet of a session folder, or of the journals named; raises NoSuchTake when there is no take.

    A journal that cannot be read is named on the sheet; the others are shown all the same.
    """
    paths = sorted(source.glob(floors.JOURNALS)) if isinstance(source, Path) else list(source)
    records, unreadable = _read(paths)
    if not records:
        place = f" in {source}" if isinstance(source, Path) else ""
        raise NoSuchTake(
            f"there is no take{place} that can be read", "name a session folder that holds takes"
        )
    read = [(record, chains.read_chain(record)) for record in records]
    blocks, labels = chains.blocks(read)
    lines = tuple(
        take_line(record, chain, label, file_rows(record, hash_files=False))
        for (record, chain), label in zip(read, labels, strict=True)
    )
    return SessionSheet(
        project=records[0].project,
        session=records[0].session,
        warnings=(*_warnings(records, lines, unreadable), *levels.uncalibrated(records)),
        people=_people(read),
        rooms=tuple(dict.fromkeys(room for record, chain in read for room in rooms(record, chain))),
        started=lines[0].started,
        ended=max(words.later(line.started, line.seconds) for line in lines),
        seconds=sum(line.seconds for line in lines),
        takes=lines,
        chains=blocks,
        air=air.session_air(records, records[0].started),
        floors=floors.rows(floors.from_records(records)),
        unreadable=tuple(unreadable),
        software=tuple(dict.fromkeys((k, str(v)) for r in records for k, v in r.software.items() if v)),
    )


def _read(paths: Sequence[Path]) -> tuple[list[TakeRecord], list[str]]:
    records, unreadable = [], []
    for path in paths:
        try:
            records.append(load(path))
        except JournalError as error:
            unreadable.append(f"{path.name}: {error.what}")
    return sorted(records, key=lambda r: (r.started, r.counter)), unreadable


def _people(read: Sequence[tuple[TakeRecord, chains.TakeChain]]) -> tuple[Person, ...]:
    """Everybody named in a begin line, then the players that the chains name."""
    named = [person for record, chain in read for person in people(record, chain)]
    players: dict[str, list[str]] = {}
    for record, chain in read:
        for track in record.tracks:
            values = chain.of_input(track.input)
            if values.get("source.player"):
                what = str(values.get("source.name") or track.name)
                seen = players.setdefault(str(values["source.player"]), [])
                if what and what not in seen:
                    seen.append(what)
    known = {person.name for person in named}
    named += [
        Person(", ".join(what) or "player", name) for name, what in players.items() if name not in known
    ]
    return tuple(dict.fromkeys(named))


def _warnings(
    records: Sequence[TakeRecord], lines: Sequence[TakeLine], unreadable: Sequence[str]
) -> tuple[str, ...]:
    """What some of the takes shout, each once, with the takes it is true of."""
    said: dict[str, list[str]] = {}
    for record in records:
        for warning in take_warnings(record):
            head = warning if _of_origin(warning) else warning.split(" \N{EN DASH} ")[0]
            said.setdefault(head, []).append(record.name)
    everyone = len(lines)
    warnings = [
        f"{what}: {'all takes' if len(names) == everyone else ', '.join(names)}"
        for what, names in said.items()
    ]
    warnings.sort(key=lambda warning: not _of_origin(warning))
    return (*warnings, *(f"NOT READ: {name}" for name in unreadable))


def _of_origin(warning: str) -> bool:
    return warning.startswith((*words.ORIGINS.values(), "SIMULATED AIR"))
