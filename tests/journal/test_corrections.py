"""What is said of a chain after the end: signed notes beside the snapshot, never over it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from capture.errors import TakechainError, UsageError
from capture.journal.beside import chain_of
from capture.journal.corrections import cleaned, corrected, corrections
from capture.journal.finish import edit_after_end
from capture.journal.record import load
from capture.journal.verify import verify_take
from capture.sheets import build_session, build_take
from tests.support import takes
from tests.support.takes import KEY

MODEL, GAIN = "chain.input.1.microphone.model", "chain.input.1.preamp.gain_db"


def said(journal: Path) -> list[tuple[str, Any, Any, str]]:
    record = load(journal)
    return [(c.path, c.before, c.after, c.by) for c in corrections(record, chain_of(record).patch())]


def test_both_what_was_recorded_and_what_was_said_later_are_there(tmp_path: Path) -> None:
    journal = takes.build_take(tmp_path)
    snapshot = journal.with_name(load(journal).chain_file)
    before = hashlib.sha256(snapshot.read_bytes()).hexdigest()
    edit_after_end(journal, KEY, MODEL, "SM58", "anna")
    edit_after_end(journal, KEY, GAIN, None, "bo")
    assert said(journal) == [
        ("input.1.microphone.model", "SM57", "SM58", "anna"),
        ("input.1.preamp.gain_db", 42, None, "bo"),
    ]
    assert hashlib.sha256(snapshot.read_bytes()).hexdigest() == before
    record = load(journal)
    patch = corrected(record, chain_of(record).patch())
    assert patch.line(1) == "Shure SM58 > 48V off > in 1"
    assert chain_of(record).patch().line(1) == "Shure SM57 > +42 dB 48V off > in 1"
    assert verify_take(journal).ok


def test_the_last_one_counts_and_can_be_undone(tmp_path: Path) -> None:
    journal = takes.build_take(tmp_path)
    edit_after_end(journal, KEY, MODEL, "SM58", "anna")
    last = edit_after_end(journal, KEY, MODEL, "Beta 58", "anna").record.edits[-1].seq
    assert said(journal) == [("input.1.microphone.model", "SM57", "Beta 58", "anna")]
    edit_after_end(journal, KEY, "undo", last, "anna")
    assert said(journal) == [("input.1.microphone.model", "SM57", "SM58", "anna")]


def test_a_forged_correction_is_found(tmp_path: Path) -> None:
    journal = takes.build_take(tmp_path)
    edit_after_end(journal, KEY, MODEL, "SM58", "anna")
    journal.write_bytes(journal.read_bytes().replace(b'"value":"SM58"', b'"value":"U 87"'))
    assert not verify_take(journal).ok


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chain.input.1.colour", "red"),
        ("chain.input.7.microphone.model", "SM58"),  # not an input of this take
        (GAIN, "much"),
        (GAIN, "42"),  # a note holds the value as the chain does
        (MODEL, ""),
        ("chain.", "x"),
    ],
)
def test_what_cannot_be_corrected(tmp_path: Path, field: str, value: object) -> None:
    journal = takes.build_take(tmp_path)
    before = journal.read_bytes()
    with pytest.raises(UsageError):
        edit_after_end(journal, KEY, field, value, "anna")
    assert journal.read_bytes() == before


def test_what_a_person_types_is_made_clean() -> None:
    assert cleaned(GAIN, "+45") == 45
    assert cleaned(MODEL, " ") is None
    assert cleaned(MODEL, None) is None
    with pytest.raises(TakechainError):
        cleaned("chain.input.1.colour", "red")


def test_a_note_that_is_none_is_passed_over(tmp_path: Path) -> None:
    lines = [("note", 600, {"field": GAIN, "value": "loud", "by": "anna"})]
    assert said(takes.build_take(tmp_path, lines=lines)) == []


def test_sheets_show_both(tmp_path: Path) -> None:
    journal = takes.build_take(tmp_path)
    edit_after_end(journal, KEY, MODEL, "SM58", "anna")
    rows = [(r.value, r.how, r.by) for r in build_take(journal).chain if r.path == "input.1.microphone.model"]
    assert rows == [("SM57", "declared", "anna"), ("SM58", "corrected after the end", "anna")]
    block = build_session([journal]).chains[0]
    assert block.lines[0] == (1, "Shure SM57 > +42 dB 48V off")
    assert block.changes == ("Aurora_T001, corrected after the end by anna: input 1 microphone: SM57 → SM58",)
