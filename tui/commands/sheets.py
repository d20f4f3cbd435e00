"""sheet: the log of a session, or the sheet of a take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import DONE, AsJson, InLibrary, answer, complain, open_library

if TYPE_CHECKING:
    from capture.library import Library

_FORMS = "pdf|html|csv|json|md"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(sheet)


def sheet(
    session: Annotated[
        str | None,
        typer.Option("--session", metavar="S", help="A session's name, PROJECT/SESSION, or its folder."),
    ] = None,
    take: Annotated[str | None, typer.Option("--take", metavar="T", help="As for: takechain show.")] = None,
    to: Annotated[str, typer.Option("--to", metavar=_FORMS)] = "pdf",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Else it goes into the session's sheets folder."),
    ] = None,
    paper: Annotated[str, typer.Option("--paper", metavar="a4|letter")] = "a4",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Write a sheet as PDF, HTML, CSV, JSON or Markdown."""
    from capture.errors import UsageError
    from capture.sheets import FORMS, Sheet, UnknownForm, build_session, build_take, render

    if (session is None) == (take is None):
        raise UsageError("a sheet is of one session or of one take", "give --session S or --take T")
    if to not in FORMS:
        raise UnknownForm(f"sheets do not come as {to!r}", f"choose one of {', '.join(FORMS)}")
    made: Sheet
    if take is not None:
        from tui.commands.takes import find_journal

        journal = find_journal(take, library)
        made, folder, name = (
            build_take(journal),
            journal.parent.parent,
            journal.name.removesuffix(".take.jsonl"),
        )
    else:
        folder = _session_folder(open_library(library), str(session))
        made, name = build_session(folder), folder.name
    target = (out or _sheets_folder(folder) / f"{name}.{to}").expanduser().absolute()
    report = render(made, to, target, paper)
    answer(
        as_json,
        {"path": str(report.path), "form": to, "missing_glyphs": report.missing_glyphs},
        str(report.path),
    )
    if report.words:
        complain(report.words)
    return DONE


def _sheets_folder(session: Path) -> Path:
    from capture.journal.errors import in_words
    from capture.sheets import SheetError

    folder = session / "sheets"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        what, do = in_words(error)
        raise SheetError(f"{folder} cannot be made: {what}", do or "name a file with -o") from error
    return folder


def _session_folder(library: Library, named: str) -> Path:
    """The one folder of this session; raises UsageError when there is none or several."""
    from capture.errors import UsageError

    path = Path(named).expanduser()
    if ("/" in named or path.is_absolute()) and path.is_dir():
        return path.absolute()
    project, _, session = named.rpartition("/")
    folders = {j.parents[1] for j in library.journals(project=project or None, session=session)}
    if not folders:
        known = sorted({j.parents[1].name for j in library.journals()})[-5:]
        hint = f"there are: {', '.join(known)}" if known else "see: takechain takes"
        raise UsageError(f"there is no session {named!r} with takes in {library.path}", hint)
    if len(folders) > 1:
        names = ", ".join(sorted(f"{f.parent.name}/{f.name}" for f in folders))
        raise UsageError(f"{len(folders)} projects have a session {session!r}", f"name one of: {names}")
    return folders.pop()
