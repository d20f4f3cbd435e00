"""Take sheets and session logs, drawn from take folders alone: one model, five forms."""

from capture.sheets.errors import NoPrinter, NoSuchTake, SheetError, UnknownForm
from capture.sheets.model import SessionSheet, Sheet, TakeSheet
from capture.sheets.provenance import Provenance, build_provenance
from capture.sheets.provenance_files import write_reduced_chain
from capture.sheets.rendering import FORMS, PAPERS, RenderReport, draw, render
from capture.sheets.session_sheet import build_session
from capture.sheets.take_sheet import build_take

__all__ = [
    "FORMS",
    "PAPERS",
    "NoPrinter",
    "NoSuchTake",
    "Provenance",
    "RenderReport",
    "SessionSheet",
    "Sheet",
    "SheetError",
    "TakeSheet",
    "UnknownForm",
    "build_provenance",
    "build_session",
    "build_take",
    "draw",
    "render",
    "write_reduced_chain",
]
