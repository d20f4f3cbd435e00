"""What is to be copied, and where it goes below a destination.

A copy lies as it does in a library: `<project>/<session>/<slate>/<file>`. A session is copied with everything
in its folder; a take with the files its journal names and what was kept of torn ones. With new names a take's
files carry the name that it has now; its journal says what they were recorded as.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from capture.errors import UsageError
from capture.journal.appending import is_held
from capture.journal.beside import is_plain, place_of
from capture.journal.errors import JournalError
from capture.journal.file_line import FileLine
from capture.journal.numbering import (
    FILE_NAME_BYTES,
    JOURNAL_SUFFIX,
    project_folder,
    session_folder,
    slate_folder,
)
from capture.journal.record import TakeRecord, load
from capture.names import fold, portable
from capture.offload.errors import OffloadError

PART_SUFFIX = ".takechain-copy"
_TORN = ".torn-"


@dataclass(frozen=True)
class Item:
    """One file: where it is, where it goes below the destination, and what its journal signed of it."""

    source: Path
    target: str
    size: int
    take: str = ""  # the name of the take it is of
    signed: FileLine | None = None


@dataclass
class Plan:
    """Everything to be copied; `left_out` says in words what is not, `said` what else is to be known."""

    title: str
    source: Path
    items: list[Item] = field(default_factory=list)
    takes: dict[str, Path] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """The sum of all sizes."""
        return sum(item.size for item in self.items)


def plan_take(journal: Path, rename: bool = False) -> Plan:
    """One take, whole alone; raises NotATake, OffloadError while it rolls, UsageError."""
    record = load(journal)
    if is_held(journal):
        raise OffloadError(f"{record.name} rolls, or is being written to", "copy it when that is over")
    slate = slate_folder(record.slate if rename else record.recorded_slate)
    folder = "/".join((project_folder(record.project), session_folder(record.session), slate))
    plan = Plan(_name(record, rename), journal)
    _add_take(plan, record, folder, rename)
    return _checked(plan)


def plan_session(folder: Path, rename: bool = False) -> Plan:
    """A session's folder with all that is in it; raises UsageError, OffloadError."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", "name a session, or a take")
    project, session = folder.absolute().parent.name, folder.name
    plan = Plan(f"{project} {session}", folder)
    taken: set[Path] = set()
    others = list(_files(folder, plan))
    for journal in [path for path in others if path.name.endswith(JOURNAL_SUFFIX)]:
        place = "/".join((project, session, journal.parent.relative_to(folder).as_posix())).removesuffix("/.")
        taken |= _take_of_session(plan, journal, place, rename)
    for path in others:
        if path not in taken:
            target = "/".join((project, session, path.relative_to(folder).as_posix()))
            plan.items.append(Item(path, target, path.stat().st_size))
    return _checked(plan)


def _take_of_session(plan: Plan, journal: Path, place: str, rename: bool) -> set[Path]:
    """Add a take to the plan; the files that are its own, whether they are copied or not."""
    try:
        record = load(journal)
    except JournalError as error:
        plan.said.append(f"{journal.name} is copied as it is: {error.what}")
        return set()
    own = {path for path, _ in _own_files(record)}
    if is_held(journal):
        plan.left_out.append(f"{record.name} is left out: it rolls, or is being written to")
        return own
    if rename and record.moved:
        place = "/".join((*place.split("/")[:2], slate_folder(record.slate)))
    _add_take(plan, record, place, rename)
    return own


def _add_take(plan: Plan, record: TakeRecord, place: str, rename: bool) -> None:
    assert record.path is not None
    if not record.sealed:
        plan.said.append(f"{record.name} is copied as it is: it was never sealed, run takechain recover")
    now = record.path.name.removesuffix(JOURNAL_SUFFIX)
    name = _name(record, rename)
    plan.takes[name] = record.path
    for path, signed in _own_files(record):
        target = name + path.name.removeprefix(now) if path.name.startswith(now) else path.name
        plan.items.append(Item(path, f"{place}/{target}", path.stat().st_size, name, signed))


def _name(record: TakeRecord, rename: bool) -> str:
    """The name that a take's files have in the copy."""
    assert record.path is not None
    now = record.path.name.removesuffix(JOURNAL_SUFFIX)
    if not rename or record.name == record.recorded_name:
        return now
    return portable(record.name, now, FILE_NAME_BYTES // 2)


def _own_files(record: TakeRecord) -> Iterator[tuple[Path, FileLine | None]]:
    """The files of a take that are here: journal, chain, audio, and what was kept of torn ones."""
    assert record.path is not None
    places = [(place_of(record, name), record.files.get(name)) for name in _named(record)]
    for place, signed in [(record.path, None), *places]:
        if place.is_file() and not place.is_symlink():
            yield place, signed
        for torn in sorted(place.parent.glob(f"{_escaped(place.name)}{_TORN}*")):
            if torn.is_file() and not torn.is_symlink():
                yield torn, None


def _named(record: TakeRecord) -> list[str]:
    names = [record.chain_file, *(name for _, _, name in record.media)]
    return [name for name in names if is_plain(name)]


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "[]?*" else c for c in name)


def _files(folder: Path, plan: Plan) -> Iterator[Path]:
    """Every file below a folder; links are told and not followed."""
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted([*names, *(f for f in folders if (Path(here) / f).is_symlink())]):
            path = Path(here) / name
            if path.is_symlink():
                plan.said.append(f"{path.relative_to(folder)} is a symbolic link: it is not followed")
            elif path.is_file() and not name.endswith(PART_SUFFIX):
                yield path


def _checked(plan: Plan) -> Plan:
    """Raise UsageError where two files would get one name, or one that is too long."""
    seen: dict[str, Item] = {}
    for item in plan.items:
        other = seen.setdefault(fold(item.target), item)
        if other is not item:
            raise UsageError(
                f"{other.source.name} and {item.source.name} would both be called {item.target}",
                "copy without --rename, or rename one of them",
            )
        if len(item.target.rsplit("/", 1)[-1].encode()) > FILE_NAME_BYTES:
            raise UsageError(f"the name {item.target} is too long", "copy without --rename")
    return plan
