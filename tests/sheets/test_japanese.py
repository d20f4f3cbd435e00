"""Titles in Japanese on paper: the letters are there, embedded, copied out right, and drawn as themselves."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from capture.sheets import as_pdf, build_provenance, build_session, build_take, glyphs, render
from tests.support.sheet_readers import pdf_text, pdf_words, squeezed
from tests.support.takes import build_take as make_take

TITLE = "春の海・第三楽章（尺八と箏）"
TRACKS = ("尺八", "十三絃箏")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chain = {"input.1.source.player": "宮城道雄", "session.title": TITLE, "input.1.place.room": "スタジオA"}
    return make_take(tmp_path_factory.mktemp("library"), slate=TITLE, tracks=TRACKS, chain=chain)


@pytest.fixture(autouse=True)
def without_fonts_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package alone has to do it, wherever the tests run."""
    fonts = as_pdf._fonts
    monkeypatch.setattr(as_pdf, "_fonts", lambda places: fonts(min(places, as_pdf.PACKAGED)))


def test_every_kind_of_sheet_shows_them(journal: Path, tmp_path: Path) -> None:
    sheets = (build_take(journal), build_session(journal.parent.parent), build_provenance(journal).page)
    for sheet in sheets:
        report = render(sheet, "pdf", tmp_path / "sheet.pdf")
        assert (report.missing_glyphs, report.words, report.do) == ("", "", "")
        text = squeezed(pdf_text(report.path))
        for word in (TITLE, TRACKS[0], "宮城道雄", "スタジオA"):
            assert word in text


def test_the_font_goes_with_the_file(journal: Path, tmp_path: Path) -> None:
    path = render(build_take(journal), "pdf", tmp_path / "sheet.pdf").path
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, check=True, text=True).stdout
    row = next(line for line in fonts.splitlines() if "NotoSansCJKjp" in line)
    assert re.search(r"\byes yes yes\b", row)  # embedded, a subset, with the letters it stands for
    assert path.stat().st_size < 1_000_000  # the letters used, not sixteen megabytes


def drawn(title: str, folder: Path) -> np.ndarray:
    """The ink of the sheet's title, 0 to 1, as poppler draws it."""
    journal = make_take(folder, slate=title)
    path = render(build_take(journal), "pdf", folder / "sheet.pdf").path
    word = max(pdf_words(path), key=lambda word: word.bottom - word.top)
    command = ["pdftoppm", "-r", "144", "-gray", "-f", "1", "-l", "1", str(path)]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", raw)
    assert head
    page = np.frombuffer(raw, np.uint8, offset=head.end()).reshape(int(head[2]), int(head[1]))
    top, bottom, left, right = (int(at * 2) for at in (word.top, word.bottom, word.left, word.right))
    return 1 - page[top:bottom, left:right] / 255


def test_each_letter_is_drawn_as_itself(tmp_path: Path) -> None:
    """A box in place of a letter has the same ink whatever the letter: these three differ as they should."""
    ink = {}
    for letter in "一目鬱":  # 1, 5 and 29 strokes
        folder = tmp_path / letter
        folder.mkdir()
        ink[letter] = float(drawn(letter, folder).sum())
    assert ink["一"] < ink["目"] < ink["鬱"]


def test_without_the_package_it_is_said_how_to_get_it(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fonts = as_pdf._fonts
    monkeypatch.setattr(as_pdf, "_fonts", lambda places: fonts(as_pdf.BUNDLED))
    report = render(build_take(journal), "pdf", tmp_path / "sheet.pdf")
    assert set("春海第三楽章尺八箏") <= set(report.missing_glyphs)
    assert "could not be shown" in report.words
    assert "takechain[japanese]" in report.do


@pytest.mark.parametrize(("signs", "hinted"), [("日", True), ("ア", True), ("🎙", False), ("", False)])
def test_only_what_the_package_has_is_promised(signs: str, hinted: bool) -> None:
    assert bool(glyphs.hint(signs)) is hinted
