"""sheet: the log of a session, or the sheet of a take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import DONE, AsJson, InLibrary, answer, complain, open_library

if TYPE_CHECKING:
    from capture.library import Library

_FORMS = "pdf|html|csv|json|md"
_SHEET, _PROVENANCE = "sheet", "provenance"
_LONG = 60


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
    form: Annotated[
        str, typer.Option("--form", metavar="sheet|provenance", help="provenance: one page for a buyer.")
    ] = _SHEET,
    withhold: Annotated[
        str,
        typer.Option(
            "--withhold",
            metavar="serial,names,address,…",
            help="Leave these fields off the provenance page; the rest can still be proved.",
        ),
    ] = "",
    chain: Annotated[
        bool, typer.Option("--chain", help="Write the chain file that goes with the page beside it.")
    ] = False,
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
    if form not in (_SHEET, _PROVENANCE):
        raise UsageError(f"--form {form!r} does not exist", "choose sheet or provenance")
    if form == _PROVENANCE:
        return _provenance(take, to, withhold, chain, out, paper, as_json, library)
    if withhold or chain:
        raise UsageError("only the provenance page withholds fields", "add --form provenance")
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
        folder = session_folder(open_library(library), str(session))
        made, name = build_session(folder), folder.name
    target = (out or _sheets_folder(folder) / f"{name}.{to}").expanduser().absolute()
    report = render(made, to, target, paper)
    answer(
        as_json,
        {"path": str(report.path), "form": to, "missing_glyphs": report.missing_glyphs},
        str(report.path),
    )
    if report.words:
        complain(report.words, report.do)
    return DONE


def _provenance(
    take: str | None,
    to: str,
    withhold: str,
    chain: bool,
    out: Path | None,
    paper: str,
    as_json: bool,
    library: Path | None,
) -> int:
    from capture.chain.withholding import wanted_words
    from capture.errors import UsageError
    from capture.sheets import build_provenance, render, write_reduced_chain
    from tui.commands.takes import find_journal

    if take is None:
        raise UsageError("the provenance page is of one take", "give --take T")
    words = wanted_words(withhold)
    journal = find_journal(take, library)
    made = build_provenance(journal, words)
    name = f"{journal.name.removesuffix('.take.jsonl')}.provenance.{to}"
    target = (out or _sheets_folder(journal.parent.parent) / name).expanduser().absolute()
    if chain and made.chain is None:
        raise UsageError(f"{journal.name} has no chain file to go with its page", "leave --chain out")
    report = render(made.page, to, target, paper)
    beside = None
    if chain and made.chain is not None:
        beside = str(write_reduced_chain(target.parent, made.page.chain_file, made.chain))
    answer(
        as_json,
        {
            "path": str(report.path),
            "form": to,
            "missing_glyphs": report.missing_glyphs,
            "withheld": {entry.word: list(entry.paths) for entry in made.page.withheld},
            "still_said": list(made.still_said),
            "chain": beside,
        },
        *[str(report.path), *([beside] if beside else [])],
    )
    for entry in made.page.withheld:
        if not entry.paths:
            complain(f"nothing to withhold as {entry.word!r}: the chain of this take declares no such field")
    if made.still_said:
        texts = ", ".join(
            repr(text if len(text) <= _LONG else f"{text[:_LONG]}…") for text in made.still_said
        )
        complain(f"what was withheld can still be read in {texts}", "withhold that as well, or leave it so")
    if report.words:
        complain(report.words, report.do)
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


def session_folder(library: Library, named: str) -> Path:
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
