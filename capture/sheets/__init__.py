"""Take sheets and session logs, drawn from take folders alone: one model, five forms."""

from capture.sheets.errors import NoPrinter, NoSuchTake, SheetError, UnknownForm
from capture.sheets.model import SessionSheet, Sheet, TakeSheet
from capture.sheets.rendering import FORMS, PAPERS, RenderReport, draw, render
from capture.sheets.session_sheet import build_session
from capture.sheets.take_sheet import build_take

__all__ = [
    "FORMS",
    "PAPERS",
    "NoPrinter",
    "NoSuchTake",
    "RenderReport",
    "SessionSheet",
    "Sheet",
    "SheetError",
    "TakeSheet",
    "UnknownForm",
    "build_session",
    "build_take",
    "draw",
    "render",
]
