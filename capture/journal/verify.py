"""Verification of a take from its folder alone: no database, no settings, no network.

lines   form, order, chain, seal, signatures           verify_lines.py
files   headers, blocks, whole audio, nothing behind   verify_files.py
here    the chain snapshot, the take before it, and the words for what is not a fault
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capture.chain.errors import ChainError
from capture.chain.snapshot import SIZE_LIMIT, Snapshot
from capture.journal.appending import is_held
from capture.journal.beside import is_plain, place_of
from capture.journal.discarding import FIELD as DISCARD
from capture.journal.errors import NotATake, in_words
from capture.journal.lines import digest, parse_fields, read_lines
from capture.journal.numbering import journal_name
from capture.journal.places import first_line, journals_below, library_of, mirror_of
from capture.journal.record import TakeRecord, begun, fold
from capture.journal.report import Report
from capture.journal.signals import brief
from capture.journal.signers import Signers
from capture.journal.verify_files import check_files
from capture.journal.verify_lines import check_lines, check_pre_roll, check_seal, check_timeline
from capture.journal.verify_signer import check_signer
from capture.take import Condition, Origin

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


@dataclass(frozen=True)
class Begin:
    """A take by its begin line: journal, library UUID and place in that library's order."""

    path: Path
    library: str
    counter: int


class Begins:
    """The begin lines of folders by hex SHA-256, each folder read once for any number of takes."""

    def __init__(self) -> None:
        self._of: dict[tuple[Path, int], dict[str, Begin]] = {}

    def below(self, folder: Path, depth: int) -> dict[str, Begin]:
        """The takes in a folder and `depth` levels below it."""
        if (folder, depth) not in self._of:
            self._of[folder, depth] = dict(_begins(folder, depth))
        return self._of[folder, depth]


def _begins(folder: Path, depth: int) -> Iterator[tuple[str, Begin]]:
    for path in journals_below(folder, depth):
        raw = first_line(path)
        if raw is None:
            continue
        try:
            fields = parse_fields(raw)
        except ValueError:
            continue
        counter = fields.get("counter")
        yield digest(raw), Begin(path, str(fields.get("library")), counter if isinstance(counter, int) else 0)


def verify_take(
    path: Path,
    *,
    begins: Begins | None = None,
    own_keyid: str = "",
    signers: Signers | None = None,
    roots: Sequence[Certificate] = (),
) -> Report:
    """Recompute everything that a take's folder can prove; never raises for what is in it.

    `own_keyid` is the key that the person knows to be theirs, `signers` all that they know of signers, the
    library's own lines included, `roots` the certificates that time stamps have to lead to. Raises NotATake
    when there is no journal.
    """
    found = read_lines(path)
    report = Report(path)
    if is_held(path):
        report.fault("it is being recorded just now, and not sealed yet", path.name, incomplete=True)
    try:
        record = begun(fold(found.lines), path)
    except NotATake as error:
        check_lines(report, found)
        report.fault(error.what)
        return report
    report.record = record
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="files") as beside:
        aside = Report(path, record)
        hashing = beside.submit(check_files, aside, record)  # it leaves the interpreter to the lines
        joined = check_lines(report, found)
        check_seal(report, record, found.lines, joined=joined)
        check_timeline(report, record)
        check_pre_roll(report, record, found.lines)
        hashing.result()
    report.findings += aside.findings
    report.gone += aside.gone
    _check_chain_file(report, record)
    _check_predecessor(report, record, found.lines[0].raw, begins or Begins())
    _describe(report, record)
    known = signers or Signers({own_keyid: ""} if own_keyid else {}).with_library(library_of(path))
    check_signer(report, record, found.lines, known, roots)
    return report


def verify_takes(
    paths: Iterable[Path], *, signers: Signers | None = None, roots: Sequence[Certificate] = ()
) -> list[Report]:
    """Reports on several takes. Where they are all the takes of a library, a missing one is a fault."""
    begins, paths, known = Begins(), list(paths), signers or Signers()
    of = {library: known.with_library(library) for library in {library_of(path) for path in paths}}
    reports = [verify_take(path, begins=begins, signers=of[library_of(path)], roots=roots) for path in paths]
    _check_places(reports)
    given = {path.resolve() for path in paths}
    libraries = {library_of(report.path) for report in reports if report.alone}
    for library in libraries - {None}:
        assert library is not None
        if not {path.resolve() for path in journals_below(library)} <= given:
            continue
        for report in reports:
            if report.alone and library_of(report.path) == library and not _mirrored(library, report):
                words = "the take before it is missing from this library, and nothing says why"
                report.fault(words, library.name, incomplete=True, order=True)
    return reports


def _check_places(reports: Iterable[Report]) -> None:
    """One take alone has each place in the order of a library, and lies there once."""
    taken: dict[tuple[Path, str, int], Report] = {}
    for report in reports:
        library, record = library_of(report.path), report.record
        if library is None or record is None:
            continue
        other = taken.setdefault((library, record.library, record.counter), report)
        if other is report or other.record is None:
            continue
        if other.record.take == record.take:
            words = "the same take lies in this library twice: one of the two was put there"
        else:
            words = f"another take has the same place in the library's order (number {record.counter})"
        report.fault(words, str(other.path), order=True)


def _mirrored(library: Path, report: Report) -> bool:
    """Whether a take lies in the mirror of its library, which holds only what was taken while it was set."""
    return report.record is not None and mirror_of(library) == report.record.library


def _check_chain_file(report: Report, record: TakeRecord) -> None:
    name = record.chain_file
    if not name:
        return
    if not is_plain(name):
        report.fault(f"the journal names a chain snapshot outside the take's folder ({name!r})")
        return
    path = place_of(record, name)
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()) or path.stat().st_size > SIZE_LIMIT:
            report.fault("this is not a chain snapshot", name)
            return
        raw = path.read_bytes()
        snapshot = Snapshot.load(raw)
    except OSError as error:
        report.fault(f"the chain snapshot is missing ({in_words(error)[0]})", name, incomplete=True)
        return
    except ChainError as error:
        report.fault(f"the chain snapshot was altered: {error.what}", name)
        return
    for problem in snapshot.problems():
        report.fault(problem, name)
    if snapshot.digest != record.chain_digest:
        report.fault("the chain snapshot is not the one the take began with (its digest differs)", name)
    elif raw.rstrip(b"\n") != snapshot.to_json().rstrip(b"\n"):
        report.fault("the chain snapshot is not in canonical form: it was altered", name)
    left_out = sum(kept.field is None for kept in snapshot.fields.values())
    if left_out:
        report.warn(f"{left_out} fields of the chain were left out of this copy", name)


def _check_predecessor(report: Report, record: TakeRecord, begin: bytes, begins: Begins) -> None:
    previous = record.previous_begin
    if previous is None:
        if record.counter > 1:
            report.warn(f"it names no take before it, though it is number {record.counter} of its library")
        return
    library = library_of(report.path)
    known = begins.below(record.folder, 0)
    if previous not in known and library is not None:
        known = begins.below(library, 3)
    if previous in known:
        report.info(f"the take before it is here and is the one it names ({known[previous].path.name})")
        return
    for sha256, other in known.items():
        if (other.library, other.counter + 1) == (record.library, record.counter) and sha256 != digest(begin):
            words = "the take before it is not the one it names: its first line differs"
            report.fault(words, str(other.path), order=True)
            return
    report.alone = True
    report.warn("its predecessor is not here and was not checked")


def _describe(report: Report, record: TakeRecord) -> None:
    """Words for what is so, and no fault."""
    _describe_sound(report, record)
    if record.mirror_lost:
        report.warn(f"its mirror was lost: {record.mirror_lost}")
    if record.main_lost:
        report.warn(f"this is the mirror, which went on when the library's side was lost: {record.main_lost}")
    if record.condition is Condition.LOST_DEVICE:
        report.warn("the interface was lost while it rolled")
    recovered = sum(block.frames for block in record.blocks if block.recovered)
    if record.reason == "recovered" or recovered:
        report.warn(f"it was recovered after a crash ({recovered} frames were hashed only afterwards)")
    for edit in record.edits:
        if edit.after_end and edit.field != DISCARD:
            undone = " (undone)" if edit.undone else ""
            report.info(
                f"edited after the end by {edit.by or 'somebody'}: {edit.field} = {edit.value!r}{undone}"
            )
    if report.path.name != journal_name(record.recorded_name):
        report.warn(f"its journal was renamed: it was {journal_name(record.recorded_name)}", report.path.name)
    if record.moved:
        report.info(f"recorded under the name {record.recorded_name}")


def _describe_sound(report: Report, record: TakeRecord) -> None:
    if record.origin is not Origin.PHYSICAL:
        report.warn(record.origin.said)
    told = record.interface.get("origin")
    if isinstance(told, str) and told != record.origin.value:
        report.fault(f"it calls its origin {record.origin.value}, and its interface was {told}")
    if record.lost_frames:
        gaps = f"{len(record.gaps)} gap{'s' if len(record.gaps) != 1 else ''}"
        report.warn(f"{record.lost_frames} frames were lost in {gaps}")
    elif record.gaps:
        report.warn(f"it has {len(record.gaps)} gaps")
    if record.wrong_rate:
        report.warn(f"the interface {record.wrong_rate}")
    if record.signals:
        report.info(f"noticed of its inputs: {brief(record.signals)}")
