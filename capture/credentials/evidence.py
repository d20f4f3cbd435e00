"""What is known of a file that asks for credentials: which take its sound is of, and where that came from.

Only what is signed counts: a slice's statement or a take's journal beside the file, both verified first. A
name, a header or a person's word do not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from capture.credentials.errors import NotAsSigned, NotPhysical
from capture.journal.beside import chain_of
from capture.journal.errors import JournalError
from capture.journal.lines import Json, digest, read_lines
from capture.journal.numbering import CHAIN_SUFFIX
from capture.journal.places import journals_in, library_of
from capture.journal.record import TakeRecord, load
from capture.journal.verify import verify_take
from capture.slices.statement import SIZE_LIMIT, read_statement
from capture.slices.verify import statement_of, verify_slice
from capture.take import Origin

FORMAT = "takechain-c2pa/1"
LABEL = "org.takechain.recording"


@dataclass(frozen=True)
class Evidence:
    """The assertion of our own for a file; `embed`: whether a manifest may go into the file itself."""

    assertion: Json
    embed: bool


@dataclass
class Evidences:
    """Finds it for files of many takes, each take verified once."""

    _takes: dict[Path, TakeRecord] = field(default_factory=dict)
    _whole: set[Path] = field(default_factory=set)

    def of(self, path: Path) -> Evidence:
        """The evidence for a copy or slice of physical origin; raises NotPhysical or NotAsSigned."""
        statement = statement_of(path) if path.suffix == ".wav" else None
        if statement is not None:
            return _of_slice(path, statement)
        for journal in journals_in(path.parent):
            record = self._take(journal)
            if record is not None and path.name in (name for _, _, name in record.media):
                return self._of_take(path, journal, record)
        raise NotPhysical(
            f"nothing beside {path.name} says where its sound came from",
            "put the take's journal or the slice's statement beside it",
        )

    def _take(self, journal: Path) -> TakeRecord | None:
        if journal not in self._takes:
            try:
                self._takes[journal] = load(journal)
            except JournalError:
                return None
        return self._takes[journal]

    def _of_take(self, path: Path, journal: Path, record: TakeRecord) -> Evidence:
        if library_of(journal) is not None:
            raise NotPhysical(
                f"{path.name} lies in a library, whose files get no credentials",
                "copy or slice the take first, and sign what came of it",
            )
        must_be_physical(record.origin.value, path.name)
        if journal not in self._whole:
            faults = verify_take(journal).faults
            if faults:
                raise NotAsSigned(f"{record.name} is not what was signed: {faults[0]}")
            self._whole.add(journal)
        signed = record.files.get(path.name)
        about = {
            "take": record.take,
            "name": record.recorded_name,
            "library": record.library,
            "keyid": record.keyid,
            **_line_digests(journal),
            "data_sha256": signed.data_sha256 if signed else None,
        }
        chain = json.loads(chain_of(record).to_json()) if record.chain_file else None
        return Evidence(_assertion(path, record.origin.value, about, chain), embed=False)


def _line_digests(journal: Path) -> Json:
    lines = read_lines(journal).lines
    return {
        f"{kind}_sha256": next((digest(line.raw) for line in lines if line.type == kind), None)
        for kind in ("begin", "end", "seal")
    }


def _of_slice(path: Path, statement: Path) -> Evidence:
    report = verify_slice(statement)
    if not report.ok or report.said is None:
        raise NotAsSigned(f"{path.name} is not what was signed: {report.words[1]}")
    must_be_physical(report.said.origin, path.name)
    with statement.open("rb") as file:
        said = read_statement(file.read(SIZE_LIMIT + 1)).statement
    about = {
        **said["take"],
        "slice": {name: said[name] for name in ("parent", "part", "first", "frames", "tracks", "marker")},
        "data_sha256": report.said.data_sha256,
        "signed_by": report.keyid,
    }
    chain = json.loads(path.with_name(path.name.removesuffix(".wav") + CHAIN_SUFFIX).read_bytes())
    return Evidence(_assertion(path, report.said.origin, about, chain), embed=True)


def must_be_physical(origin: str, name: str) -> None:
    """Raise NotPhysical unless sound of this origin may be signed as a digital capture."""
    if origin != Origin.PHYSICAL:
        known = {one.value: one.said for one in Origin}
        raise NotPhysical(
            f"{name} is not signed as a digital capture: {known.get(origin, known['unknown'])}",
            "only sound of physical inputs is",
        )


def _assertion(path: Path, origin: str, about: Json, chain: Json | None) -> Json:
    return {"format": FORMAT, "file": path.name, "origin": origin, **about, "chain": chain}
