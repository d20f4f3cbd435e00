"""Every form says what the model says, as independent readers of that form see it."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from capture.sheets import FORMS, SessionSheet, Sheet, TakeSheet, build_session, build_take, draw, render
from tests.support import sheet_takes
from tests.support.sheet_readers import (
    html_text,
    md_text,
    pdf_info,
    pdf_text,
    pdf_words,
    read_csv,
    read_html,
    squeezed,
)
from tests.support.takes import build_take as make_take

needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
MINUS = "\u2212"


def shown(sheet: Sheet, form: str, folder: Path) -> str:
    """What a reader of the form sees, white space left out."""
    path = render(sheet, form, folder / f"sheet.{form}").path
    if form == "pdf":
        return squeezed(pdf_text(path))
    if form == "html":
        return squeezed(html_text(path.read_bytes()))
    if form == "md":
        return squeezed(md_text(path.read_bytes()))
    if form == "csv":
        return squeezed(" ".join(cell for row in read_csv(path.read_bytes()) for cell in row))
    return squeezed(json.dumps(json.loads(path.read_text("utf-8")), ensure_ascii=False))


def take_words(sheet: TakeSheet) -> list[str]:
    """What every form of a take sheet promises."""
    head = sheet.head
    words = [
        head.name,
        head.project,
        head.session,
        head.slate,
        head.kind,
        head.verdict,
        head.condition,
        head.covers,
    ]
    words += [
        head.inputs,
        head.interface,
        head.origin,
        head.take,
        head.chain_digest,
        head.audio_digest,
        head.signer,
    ]
    words += [
        sheet.by,
        sheet.host,
        sheet.library,
        sheet.reason,
        *sheet.rooms,
        *sheet.sensors,
        *sheet.warnings,
    ]
    words += [text for person in sheet.people for text in (person.role, person.name)]
    words += [text for row in sheet.tracks for text in (row.name, row.chain)]
    words += [row.floor.take for row in sheet.tracks if row.floor]
    words += [text for curve in head.air for text in (curve.unit, curve.source)]
    words += [text for m in sheet.markers for text in (m.at, m.text)]
    words += [text for gap in sheet.gaps for text in (gap.at, gap.cause)]
    words += [text for row in sheet.signals for text in (row.at, row.words)]
    words += [text for c in sheet.changes for text in (c.at, c.words, c.before, c.after, c.by)]
    words += [text for d in sheet.devices for text in (d.what, d.value, d.source)]
    words += [text for note in sheet.notes for text in (note.by, note.text)]
    words += [text for row in head.files for text in (row.name, row.sha256 or row.state)]
    words += [text for pair in sheet.software for text in pair]
    box = sheet.evidence
    words += [
        t
        for part in (box.measured, box.declared, box.not_known)
        for c in part
        for t in (c.what, c.value, c.source)
    ]
    return [word for word in words if word]


def session_words(sheet: SessionSheet) -> list[str]:
    """What every form of a session log promises."""
    words = [sheet.project, sheet.session, *sheet.rooms, *sheet.warnings]
    words += [text for person in sheet.people for text in (person.role, person.name)]
    for take in sheet.takes:
        words += [take.name, take.kind, take.verdict, take.condition, take.covers, take.note, take.chain]
        words += [take.chain_digest[:12], take.audio_digest[:12], take.signer[:12]]
    for chain in sheet.chains:
        words += [line for _, line in chain.lines] + list(chain.changes)
    words += [text for curve in sheet.air for text in (curve.unit, curve.source)]
    words += [floor.take for floor in sheet.floors]
    return [word for word in words if word]


@needs_poppler
@pytest.mark.parametrize("form", FORMS)
def test_every_word_of_a_take_is_in_every_form(take_sheet: TakeSheet, form: str, tmp_path: Path) -> None:
    text = shown(take_sheet, form, tmp_path)
    assert [word for word in take_words(take_sheet) if squeezed(word) not in text] == []


@needs_poppler
@pytest.mark.parametrize("form", FORMS)
def test_every_word_of_a_session_is_in_every_form(
    session_sheet: SessionSheet, form: str, tmp_path: Path
) -> None:
    text = shown(session_sheet, form, tmp_path)
    assert [word for word in session_words(session_sheet) if squeezed(word) not in text] == []


@needs_poppler
@pytest.mark.parametrize("form", FORMS)
def test_simulated_and_gap_are_on_every_form(form: str, tmp_path: Path) -> None:
    lost = {"first": 100, "frames": 50, "first_pm": 8, "frames_pm": 1, "cause": "ring full", "filled": True}
    journal = make_take(tmp_path, origin="simulated", lines=[("gap", 100, lost)])
    for sheet in (build_take(journal), build_session(journal.parent.parent)):
        text = shown(sheet, form, tmp_path)
        assert squeezed("SIMULATED – not a physical recording") in text
        assert "GAP" in text


@needs_poppler
@pytest.mark.parametrize("form", ["pdf", "html", "md"])
def test_figures_are_rounded_for_people(take_sheet: TakeSheet, form: str, tmp_path: Path) -> None:
    text = shown(take_sheet, form, tmp_path)
    for row in take_sheet.tracks:
        assert f"{row.peak_dbfs:.1f}".replace("-", MINUS) in text
        assert row.floor is not None
        assert f"{row.floor.rms_dbfs:.1f}".replace("-", MINUS) in text
    assert "21.4" in text
    assert squeezed("24 000 ± 64") in text
    assert "0:00:10.000" in text


@needs_poppler
@pytest.mark.parametrize("form", ["pdf", "html", "md"])
def test_times_are_local_with_their_offset(session_sheet: SessionSheet, form: str, tmp_path: Path) -> None:
    text = shown(session_sheet, form, tmp_path)
    assert squeezed("2026-11-25 15:03:12 +01:00") in text
    assert "15:10:12" in text
    assert "0:00:04" in text


@needs_poppler
@pytest.mark.parametrize(
    ("paper", "size"), [("a4", "595.276 x 841.89 pts (A4)"), ("letter", "612 x 792 pts (letter)")]
)
def test_paper(take_sheet: TakeSheet, paper: str, size: str, tmp_path: Path) -> None:
    info = pdf_info(render(take_sheet, "pdf", tmp_path / "sheet.pdf", paper).path)
    assert info["Page size"] == size
    assert info["Title"] == "Take sheet Aurora_T077"
    assert info["Tagged"] == "yes"


@needs_poppler
def test_norwegian_greek_and_cyrillic_come_out_right(take_sheet: TakeSheet, tmp_path: Path) -> None:
    report = render(take_sheet, "pdf", tmp_path / "sheet.pdf")
    text = pdf_text(report.path)
    for word in ("Vox Åse", "Blåbær & Sønner", "Ρυθμός", "Μαρία Παππά", "Гитара", "Юрий Чернов"):
        assert word in text
    assert report.missing_glyphs == ""


@needs_poppler
def test_a_64_track_take_repeats_its_heads_and_loses_no_track(tmp_path: Path) -> None:
    names = [f"Fiolin {number}" for number in range(1, 65)]
    journal = sheet_takes.one_take(
        tmp_path, tracks=names, chain=sheet_takes.chain_of(range(1, 65)), lines=[], frames=4000
    )
    path = render(build_take(journal), "pdf", tmp_path / "sheet.pdf").path
    pages = pdf_text(path).split("\f")
    holding = [page for page in pages if re.search(r"^\d+ \d+ Fiolin \d+$", page, re.MULTILINE)]
    assert len(holding) >= 2
    assert all("Track and chain" in page for page in holding)
    found = re.findall(r"^\d+ \d+ (Fiolin \d+)$", "\n".join(pages), re.MULTILINE)
    assert found == names


@needs_poppler
def test_equal_takes_give_equal_bytes(take_sheet: TakeSheet) -> None:
    for form in FORMS:
        assert draw(take_sheet, form) == draw(take_sheet, form)


def test_html_is_one_file_that_asks_for_nothing(take_sheet: TakeSheet) -> None:
    page = read_html(draw(take_sheet, "html")[0])
    assert not {"script", "link", "iframe", "object", "img", "form"} & set(page.tags)
    named = {name for name, _ in page.attributes}
    assert not {"src", "href", "style"} & named
    assert not [name for name in named if name.startswith("on")]
    assert page.tags.count("svg") == len(take_sheet.tracks) + 1  # a strip for each track, one air chart


def test_json_is_the_model(session_sheet: SessionSheet) -> None:
    whole = json.loads(draw(session_sheet, "json")[0])
    assert whole["format"] == "takechain-sheet/1"
    assert whole["sheet"] == "session"
    assert [take["chain_digest"] for take in whole["takes"]] == [
        take.chain_digest for take in session_sheet.takes
    ]
    assert datetime.fromisoformat(whole["started"]) == session_sheet.started
    assert len(whole["takes"][0]["files"][0]["data_sha256"]) == 64
    assert len(whole["air"][0]["points"]) == 12


def test_session_csv_has_a_row_per_take_with_figures_that_stay_figures(session_sheet: SessionSheet) -> None:
    head, *rows = read_csv(draw(session_sheet, "csv")[0])
    assert len({len(row) for row in (head, *rows)}) == 1
    assert len(set(head)) == len(head)
    table = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["name"] for row in table] == [take.name for take in session_sheet.takes]
    assert [float(row["peak_dbfs"]) for row in table] == [take.peak_dbfs for take in session_sheet.takes]
    assert float(table[0]["peak_dbfs"]) < 0
    assert [float(row["temperature high °C"]) for row in table] == [
        21.405,
        21.605,
        21.805,
        22.005,
        22.205,
        22.405,
    ]
    assert [len(row["sha256 of audio data"].split("\n")[0]) for row in table] == [64] * 6
    assert table[2]["clean"] == "no"


def test_take_csv_has_a_row_per_value(take_sheet: TakeSheet) -> None:
    head, *rows = read_csv(draw(take_sheet, "csv")[0])
    assert head == ["section", "row", "field", "value"]
    assert {len(row) for row in rows} == {4}
    peaks = [float(value) for section, _, field, value in rows if (section, field) == ("tracks", "peak_dbfs")]
    assert peaks == [row.peak_dbfs for row in take_sheet.tracks]
    assert ["head files", "1", "sha256", take_sheet.head.files[0].sha256] in rows


@needs_poppler
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_long_names_leave_every_column_its_place(paper: str, tmp_path: Path) -> None:
    """Margins of 17 mm are 48.19 points: no word reaches into them, and none lies on another."""
    journal = sheet_takes.one_take(
        tmp_path,
        frames=8000,
        slate="Langt" * 40,
        project="P" * 120,
        covers="takt " * 60,
        tracks=["x" * 150] + ["b"] * 7,
    )
    for sheet in (build_take(journal), build_session([journal])):
        words = pdf_words(render(sheet, "pdf", tmp_path / "sheet.pdf", paper).path)
        width = {"a4": 595.28, "letter": 612.0}[paper]
        assert min(word.left for word in words) >= 48.1
        assert max(word.right for word in words) <= width - 48.1
        assert [(a.text, b.text) for a, b in pairwise(words) if a.overlaps(b)] == []
