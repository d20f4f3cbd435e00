"""Writes a sheet in one of its forms, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from capture.journal.errors import in_words
from capture.sheets import (
    as_csv,
    as_html,
    as_json,
    as_md,
    as_pdf,
    glyphs,
    provenance_layout,
    session_layout,
    take_layout,
)
from capture.sheets.document import Document
from capture.sheets.errors import SheetError, UnknownForm
from capture.sheets.model import SessionSheet, Sheet, TakeSheet
from capture.sheets.provenance import Provenance

FORMS = ("pdf", "html", "csv", "json", "md")
PAPERS = tuple(as_pdf.PAPERS)


@dataclass(frozen=True)
class RenderReport:
    """Where the sheet lies, and the characters that no font could show."""

    path: Path
    missing_glyphs: str = ""

    @property
    def words(self) -> str:
        """What has to be said about it, or nothing."""
        return glyphs.words(self.missing_glyphs)

    @property
    def do(self) -> str:
        """What can be done about it, or nothing."""
        return glyphs.hint(self.missing_glyphs)


Page = Sheet | Provenance


def render(sheet: Page, form: str, out: Path, paper: str = "a4") -> RenderReport:
    """Write `sheet` to `out`; raises UnknownForm or SheetError, and then `out` is as it was before."""
    made, missing = draw(sheet, form, paper)
    write_whole(out, made)
    return RenderReport(out, missing)


def draw(sheet: Page, form: str, paper: str = "a4") -> tuple[bytes, str]:
    """The bytes of a sheet in a form, and the characters that could not be shown."""
    if form not in FORMS:
        raise UnknownForm(f"sheets do not come as {form!r}", f"choose one of {', '.join(FORMS)}")
    if paper not in PAPERS:
        raise UnknownForm(f"sheets are not printed on {paper!r}", f"choose one of {', '.join(PAPERS)}")
    if form == "csv":
        if isinstance(sheet, Provenance):
            raise UnknownForm("the provenance page does not come as 'csv'", "choose pdf, html, md or json")
        return as_csv.write(sheet), ""
    if form == "json":
        return as_json.write(sheet), ""
    document = lay_out(sheet)
    if form == "md":
        return as_md.write(document), ""
    if form == "html":
        return as_html.write(document), ""
    return as_pdf.write(document, paper, _moment(sheet))


def _moment(sheet: Page) -> datetime:
    if isinstance(sheet, SessionSheet):
        return sheet.ended
    return sheet.head.started if isinstance(sheet, TakeSheet) else sheet.started


def lay_out(sheet: Page) -> Document:
    """The sheet as headings, tables and figures."""
    if isinstance(sheet, Provenance):
        return provenance_layout.lay_out(sheet)
    return take_layout.lay_out(sheet) if isinstance(sheet, TakeSheet) else session_layout.lay_out(sheet)


def write_whole(out: Path, made: bytes) -> None:
    """Write a file whole or not at all; raises SheetError, and then `out` is as it was before."""
    draft = out.with_name(f".{out.name[:100]}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as stream:
            stream.write(made)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(out)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        what, do = in_words(error)
        raise SheetError(f"the sheet cannot be written to {out}: {what}", do) from error
