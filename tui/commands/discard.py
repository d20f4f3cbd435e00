"""discard: throw the audio of a take away, and keep its journal and a signed note."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import (
    DONE,
    FAILED,
    AsJson,
    InLibrary,
    answer,
    complain,
    duration,
    library_path,
    user_name,
)

if TYPE_CHECKING:
    from capture.journal.record import TakeRecord


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(discard)


def discard(
    take: Annotated[str, typer.Argument(help="A name (Aurora_T003), slate/3, a UUID, or a path.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the note.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: for scripts.")] = False,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who says so; else the user at the keyboard.")
    ] = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Throw the audio of a take away; its journal and a signed note stay."""
    from capture.journal.beside import place_of
    from capture.journal.discarding import discard_take
    from capture.journal.record import load
    from tui.commands.passphrase import own_key
    from tui.commands.takes import find_journal

    record = load(find_journal(take, library))
    if not yes and not _agreed(record):
        complain("nothing was discarded")
        return FAILED
    assert record.path is not None
    key = own_key()
    done = discard_take(record.path, key, by or user_name(), reason.strip())
    result = {
        "take": record.take,
        "name": record.name,
        "journal": str(record.path),
        "removed": [str(place_of(record, name)) for name in done.files],
        "bytes": done.bytes,
        "problems": done.problems,
        "mirror": record.mirror_journal or None,
    }
    lines = [f"{record.name}: {_many(len(done.files))} removed ({_size(done.bytes)}); the journal stays"]
    if record.mirror_journal:
        lines.append(f"its mirror was not touched: {record.mirror_journal}")
    _tell_station(record.path, library)
    answer(as_json, result, *lines)
    for problem in done.problems:
        complain(problem, "mend that, then run takechain recover")
    return FAILED if done.problems else DONE


def _tell_station(journal: Path, library: InLibrary) -> None:
    """A running station lists the take as it is now; without one the next to start will."""
    from capture.errors import TakechainError
    from capture.station.client import connect

    with contextlib.suppress(TakechainError), connect(library_path(library), start=False) as client:
        client.call("reread", journal=str(journal))


def _agreed(record: TakeRecord) -> bool:
    """Ask at the terminal; raises UsageError where there is none to ask at."""
    from capture.errors import UsageError
    from capture.journal.beside import place_of

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("this throws audio away, and nobody can be asked here", "add --yes if that is meant")
    paths = [place_of(record, name) for _, _, name in record.media]
    names = [path for path in paths if os.path.lexists(path)]
    size = sum(path.lstat().st_size for path in names)
    verdict = "" if record.verdict.value == "none" else f", {record.verdict.value}"
    what = f"{_many(len(names))}, {_size(size)}, {duration(record.seconds)}{verdict}"
    print(
        f"Throw away the audio of {record.name} ({what})? It cannot be brought back. [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _many(files: int) -> str:
    return f"{files} files" if files != 1 else "1 file"


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
