"""Chains of before that a patch can be made from: a template, a session, a take."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from capture.chain.fields import Field, is_fit, split_path
from capture.chain.patch import Patch
from capture.errors import NothingRecorded, UsageError
from capture.journal.corrections import corrected
from capture.journal.folding import mapping, objects, text, whole
from capture.journal.lines import parse_fields
from capture.journal.numbering import project_folder, session_folder
from capture.journal.places import first_line
from capture.journal.record import summary
from capture.library import Library
from capture.library.errors import UnknownTake
from capture.names import fold
from capture.station.patch import rolling_patch
from capture.wire import Json

TEMPLATE = "template"
LAST = "last"  # the session before the present one


@dataclass(frozen=True)
class Earlier:
    """The chains of inputs, and where they are from, as `carried_from` says it."""

    patch: Patch
    origin: str


def earlier(library: Library, source: str, project: str, session: str) -> Earlier:
    """What `source` names: a template, a session (`S` of the project, or `P/S`), a take, or the last session.

    Raises NothingRecorded where there is no last session, UsageError for a name that nothing has.
    """
    if source in ("", LAST):
        return _last_session(library, project, session)
    if (template := library.records(TEMPLATE).get(source)) is not None:
        return Earlier(_of_template(template), f"template {source}")
    above, _, name = source.rpartition("/")
    if journals := list(library.journals(above or project or None, name)):
        return _of_takes(journals)
    try:
        return _of_takes([library.find_take(source)])
    except UnknownTake as error:
        raise UsageError(
            f"no template, session or take is called {source!r}", "see: takechain takes"
        ) from error


def _of_template(line: Json) -> Patch:
    by, at = text(line.get("by")), text(line.get("utc"))
    fields = mapping(line.get("fields"))
    return Patch({p: Field(v, by=by, at=at) for p, v in fields.items() if split_path(p) and is_fit(p, v)})


def _last_session(library: Library, project: str, session: str) -> Earlier:
    present = (fold(project_folder(project)), fold(session_folder(session)))
    sessions: dict[Path, list[Path]] = {}
    for journal in library.journals(project or None):
        if (fold(journal.parents[2].name), fold(journal.parents[1].name)) != present:
            sessions.setdefault(journal.parents[1], []).append(journal)
    if not sessions:
        raise NothingRecorded("there is no session before this one", "name a session, a take or a template")
    return _of_takes(
        max(sessions.values(), key=lambda journals: max(place for place, _ in _begins(journals)))
    )


def _begins(journals: Iterable[Path]) -> list[tuple[tuple[int, Path], set[int]]]:
    """Each take's place in the order of its library, and its inputs, from its first line alone."""
    found = []
    for journal in journals:
        begin: Json = {}
        with contextlib.suppress(ValueError):
            begin = parse_fields(first_line(journal) or b"")
        inputs = {whole(track.get("input")) for track in objects(begin.get("tracks"))}
        found.append(((whole(begin.get("counter")), journal), inputs))
    return sorted(found, reverse=True)


def _of_takes(journals: list[Path]) -> Earlier:
    """Of each input the chain at the end of the newest take that has it, with what was corrected since."""
    patch, known, origin = Patch(), set[int](), ""
    for (_, journal), inputs in _begins(journals):
        if inputs <= known and origin:
            continue
        record = summary(journal)
        origin = origin or text(record.session)
        chain = corrected(record, rolling_patch(record, Patch()))
        for number in inputs - known:
            patch.fields |= {
                f"input.{number}.{suffix}": field for suffix, field in chain.of_input(number).items()
            }
        if not known:
            patch.fields |= {path: field for path, field in chain.fields.items() if not split_path(path)}
        known |= inputs
    return Earlier(patch, origin)
