"""A character that no font has is found and said; those that fonts have are not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from capture.sheets import TakeSheet, as_pdf, glyphs, render
from tests.support.sheet_readers import pdf_text


@pytest.fixture(scope="module")
def bundled() -> object:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


@pytest.mark.parametrize(
    "text",
    [
        "Åse Blåbær Sønner",
        "Ρυθμός Ελένη",
        "Гитара Юрий Щ ё",
        "–—−±×°′″µΩ→≤≥½",
        "“quoted” ‘text’ « »",
        "żółć ğışçö ťžň",
    ],
)
def test_latin_greek_and_cyrillic_are_there(text: str, bundled: object) -> None:
    assert glyphs.missing([text], bundled) == ""


@pytest.mark.parametrize(
    ("text", "gone"),
    [("日本語 Take", "日本語"), ("한 a", "한"), ("🎙 on", "🎙"), ("แ", "แ"), ("\u0378", "\u0378")],
)
def test_what_no_bundled_font_has_is_found(text: str, gone: str, bundled: object) -> None:
    assert set(glyphs.missing([text], bundled)) == set(gone)


def test_the_words_count_and_name_them() -> None:
    assert glyphs.words("") == ""
    assert glyphs.words("日") == "1 character could not be shown: 日 (U+65E5)"
    assert glyphs.words("日本語").startswith("3 characters could not be shown: 日本語 (U+65E5 U+672C U+8A9E)")


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_the_foot_and_the_report_say_it(
    take_sheet: TakeSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundled: object
) -> None:
    monkeypatch.setattr(as_pdf, "_fonts", lambda places: bundled)  # as on a system without fonts
    sheet = replace(take_sheet, head=replace(take_sheet.head, covers="日本語"))
    report = render(sheet, "pdf", tmp_path / "sheet.pdf")
    assert sorted(report.missing_glyphs) == sorted("日本語")
    assert report.words.startswith("3 characters could not be shown")
    pages = pdf_text(report.path).strip("\f").split("\f")
    assert all("3 characters could not be shown" in page for page in pages)
    assert all("U+65E5" in page for page in pages)
