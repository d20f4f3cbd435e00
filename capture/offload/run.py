"""A whole copy: destinations looked at, every file copied and compared, a bag if wanted, reports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from capture.chain.errors import ChainError
from capture.clock import utc_text
from capture.journal.beside import chain_of
from capture.journal.durable import make_folder, write_new
from capture.journal.errors import in_words
from capture.journal.lines import Json, read_lines
from capture.journal.places import library_of
from capture.journal.record import begun, fold
from capture.journal.report import Report
from capture.journal.verify_lines import check_lines, check_seal, check_timeline
from capture.names import portable
from capture.offload.bag import close_bag, payload
from capture.offload.errors import DestinationUnfit, NoRoom, OffloadError
from capture.offload.plan import Plan
from capture.offload.reporting import as_report, report_bytes, report_name
from capture.offload.transfer import Landing, Transfer, Verdict, transfer

_SPARE = 16 << 20  # for folders, reports and what a file system keeps to itself


@dataclass
class Destination:
    """One folder on one disk: where the files go below it, and why it failed if it did."""

    path: Path
    root: Path
    why: str = ""
    device: int | None = None  # the disk it was on when the copy began
    report: Path | None = None
    bag: Path | None = None


@dataclass
class Outcome:
    """What a copy did; `faults` are words on takes that are not what was signed, at the source."""

    plan: Plan
    destinations: list[Destination]
    transfers: list[Transfer] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    started: str = ""
    ended: str = ""

    @property
    def bytes_differ(self) -> bool:
        """Whether bytes were found anywhere that are not what they should be."""
        landed = (landing for done in self.transfers for landing in done.landings)
        return bool(self.faults) or any(landing.verdict.bytes_differ for landing in landed)

    @property
    def complete(self) -> bool:
        """Whether every destination holds everything that was planned, byte for byte."""
        landed = [landing for done in self.transfers for landing in done.landings]
        whole = len(self.transfers) == len(self.plan.items) and all(one.verdict.good for one in landed)
        return whole and not self.plan.left_out and not any(place.why for place in self.destinations)


Progress = Callable[[int, int, str], None]


def copy(
    plan: Plan,
    destinations: Sequence[Path],
    *,
    bagit: bool = False,
    software: str = "Takechain",
    progress: Progress | None = None,
) -> Outcome:
    """Copy a plan to every destination; `progress` gets the bytes read, those in all, and the file's name.

    Nothing is written before all destinations are known to be fit. What one disk refuses does not keep the
    others from their copy. Raises DestinationUnfit, NoRoom, OffloadError.
    """
    name = portable(plan.title, "copy", 120)
    within = plan.source if plan.source.is_dir() else None
    places = [_place(Path(os.path.abspath(p.expanduser())), name, bagit, within) for p in destinations]  # noqa: PTH100
    if len({place.root for place in places}) != len(places):
        raise DestinationUnfit("a destination is named twice", "name each disk once")
    _check_room(plan, places)
    outcome = Outcome(plan, places, started=utc_text())
    with ThreadPoolExecutor(max_workers=1 + len(places), thread_name_prefix="copy") as pool:
        _transfer_all(outcome, pool, progress)
    outcome.faults = [fault for path in plan.takes.values() for fault in _faults(path)]
    outcome.faults += [
        f"{done.item.source.name} is not what was signed"
        for done in outcome.transfers
        if done.as_signed is False
    ]
    outcome.ended = utc_text()
    for number, place in enumerate(places):
        if bagit and not place.why:
            _bag(outcome, number, place)
        _report(outcome, number, place, name, software)
    return outcome


def _place(path: Path, name: str, bagit: bool, source: Path | None) -> Destination:
    library = library_of(path / "x")
    if library is not None:
        raise DestinationUnfit(
            f"{path} lies in the library {library}: the same take would lie there twice", "name another disk"
        )
    if source is not None and path.resolve().is_relative_to(source.resolve()):
        raise DestinationUnfit(f"{path} lies in what is to be copied", "name another disk")
    if path.exists() and not path.is_dir():
        raise DestinationUnfit(f"{path} is a file, not a folder", "name a folder")
    bag = path / name if bagit else None
    return Destination(path, payload(bag) if bag else path, bag=bag)


def _check_room(plan: Plan, places: Sequence[Destination]) -> None:
    """Raise NoRoom where a disk cannot take all that is missing on it."""
    needed: dict[int, int] = {}
    for place in places:
        above = next(folder for folder in (place.path, *place.path.parents) if folder.is_dir())
        missing = sum(i.size for i in plan.items if not os.path.lexists(place.root / i.target))
        disk = above.stat().st_dev
        needed[disk] = needed.get(disk, 0) + missing
        lacking = needed[disk] + (_SPARE if missing else 0) - shutil.disk_usage(above).free
        if missing and lacking > 0:
            raise NoRoom(
                f"{place.path} has no room for {plan.title}: {lacking / 1e6:.1f} MB are lacking",
                "make room, or name another disk; nothing was written",
            )


def _transfer_all(outcome: Outcome, pool: ThreadPoolExecutor, progress: Progress | None) -> None:
    plan, read = outcome.plan, 0
    for item in plan.items:
        for place in outcome.destinations:
            place.why = place.why or _gone(place)
        alive = [place for place in outcome.destinations if not place.why]
        if not alive:
            return

        def told(count: int, name: str = item.source.name) -> None:
            nonlocal read
            read += count
            if progress is not None:
                progress(read, plan.bytes, name)

        done = transfer(item, [place.root for place in alive], pool, told)
        for place, landing in zip(alive, done.landings, strict=True):
            if landing.disk:
                place.why = landing.why
        reached = dict(zip((id(place) for place in alive), done.landings, strict=True))
        done.landings = [
            reached.get(id(place)) or Landing(place.root / item.target, Verdict.FAILED, place.why)
            for place in outcome.destinations
        ]
        outcome.transfers.append(done)
        if done.why and not plan.source.exists():
            raise OffloadError(
                f"{plan.source} has vanished while it was copied: {read / 1e6:.1f} MB had been read",
                "put the disk back and copy again: what is verified is not copied twice",
            )


def _gone(place: Destination) -> str:
    """Why a destination is not what it was: a disk that was pulled leaves an empty folder behind."""
    try:
        if place.device is None:
            make_folder(place.root)
            place.device = place.root.stat().st_dev
        return "" if place.root.stat().st_dev == place.device else "the disk is gone"
    except FileNotFoundError:
        return "the disk is gone"
    except OSError as error:
        return in_words(error)[0]


def _faults(journal: Path) -> list[str]:
    """What in a take's journal and chain is not what was signed, in words; its audio was hashed already."""
    found = read_lines(journal)
    report = Report(journal)
    joined = check_lines(report, found)
    record = begun(fold(found.lines), journal)
    if record.sealed:
        check_seal(report, record, found.lines, joined=joined)
        check_timeline(report, record)
    if not record.chain_file:
        return [f"{record.name}: {fault}" for fault in report.faults]
    try:
        snapshot = chain_of(record)
        if snapshot.problems() or snapshot.digest != record.chain_digest:
            report.fault("it is not the chain that the take began with", record.chain_file)
    except (ChainError, OSError) as error:
        report.fault(error.what if isinstance(error, ChainError) else in_words(error)[0], record.chain_file)
    return [f"{record.name}: {fault}" for fault in report.faults]


def _bag(outcome: Outcome, number: int, place: Destination) -> None:
    assert place.bag is not None
    if not all(done.landings[number].verdict.good for done in outcome.transfers):
        place.why = "not every file is there: the bag was not closed"
        return
    try:
        place.why = close_bag(place.bag, outcome.transfers)
    except OSError as error:
        place.why = f"the bag could not be closed: {in_words(error)[0]}"


def _report(outcome: Outcome, number: int, place: Destination, name: str, software: str) -> None:
    """Write the report of one destination beside what was copied; a name that is taken is passed over."""
    if place.device is not None and _gone(place):
        place.why = place.why or _gone(place)
        return
    fields: Json = as_report(outcome, number, software)
    try:
        make_folder(place.path)
        for again in range(1000):
            path = place.path / report_name(name, outcome.ended, again)
            try:
                write_new(path, report_bytes(fields))
            except FileExistsError:
                continue
            place.report = path
            return
    except OSError as error:
        place.why = place.why or f"the report could not be written: {in_words(error)[0]}"
