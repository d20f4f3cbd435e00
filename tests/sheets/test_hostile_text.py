"""Whatever stands in a name, a note or a chain: no form breaks, no formula starts, no tag opens."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.sheets import TakeSheet, build_take, draw, render
from capture.sheets.as_csv import guarded
from capture.sheets.as_md import safe
from capture.sheets.model import MarkerRow, Person
from capture.sheets.words import visible
from tests.support.sheet_readers import html_text, md_text, pdf_text, read_csv, read_html, squeezed
from tests.support.takes import build_take as make_take

NASTY = [
    '<script>alert("x")</script>',
    "</style><img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    '#eval("1+1") *bold* _it_ $x$ `raw` @ref <label>',
    "| a | b | \\| --- **x** [l](http://e.example) ![i](y) ~~s~~",
    '=HYPERLINK("http://e.example")',
    "\t=1+1",
    "-2+3+cmd|' /C calc'!A0",
    "＝1+1",
    "line one\nline two\r\nline three",
    "\u202edrow eht nrut\u2066",
    "nul \x00 bell \x07 del \x7f",
    "\ud800 lone",
    "🎙 日本語 𝄞",
    "e\u0301 combining",
    "w" * 300,
]
NASTY_BUT_SHOWN = [text for text in NASTY if not set(text) & set("🎙＝\u202e")]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> TakeSheet:
    return build_take(make_take(tmp_path_factory.mktemp("library")))


def spoilt(sheet: TakeSheet, text: str) -> TakeSheet:
    """The sheet with `text` in many of the places where people type."""
    head = replace(sheet.head, name=text, slate=text, covers=text, note=text, interface=text)
    return replace(
        sheet,
        head=head,
        by=text,
        people=(Person(text, text),),
        rooms=(text,),
        tracks=(replace(sheet.tracks[0], name=text, chain=text), *sheet.tracks[1:]),
        markers=(MarkerRow(1, 5, "0:00:00.000", text),),
        software=((text, text),),
    )


@settings(max_examples=30, deadline=None)
@given(text=texts)
def test_html_shows_the_text_and_opens_no_tag(plain: TakeSheet, text: str) -> None:
    tags = read_html(draw(plain, "html")[0]).tags
    raw = draw(spoilt(plain, text), "html")[0]
    page = read_html(raw)
    assert {tag: page.tags.count(tag) for tag in ("script", "img", "style", "h1", "section", "svg")} == {
        tag: tags.count(tag) for tag in ("script", "img", "style", "h1", "section", "svg")
    } | {"section": page.tags.count("section")}
    assert squeezed(visible(text)) in squeezed(html_text(raw))


@settings(max_examples=100, deadline=None)
@given(text=texts)
def test_markdown_shows_the_text_as_typed(text: str) -> None:
    for frame in ("{}", "- label: **{}**", "> **{}**", "# {}", "*{}*", "| a | b |\n|--|--|\n| {} | x |"):
        if safe(text):
            made = md_text(frame.replace("{}", safe(text)).encode())
            assert squeezed(visible(text)) in squeezed(made)


@settings(max_examples=200, deadline=None)
@given(text=texts)
def test_no_text_cell_starts_a_formula(text: str) -> None:
    cell = guarded(text)
    assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'").replace("\ufffd", "\0") == text.removeprefix("'").replace("\ufffd", "\0")


@settings(max_examples=40, deadline=None)
@given(text=texts)
def test_csv_and_json_hold_the_text(plain: TakeSheet, text: str) -> None:
    sheet = spoilt(plain, text)
    rows = read_csv(draw(sheet, "csv")[0])
    values = {value for section, _, field, value in rows if (section, field) == ("head", "name")}
    wanted = guarded(text).encode("utf-8", "replace").decode()
    assert values == {wanted}
    assert json.loads(draw(sheet, "json")[0])["head"]["name"] == text


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
@pytest.mark.parametrize("text", NASTY_BUT_SHOWN, ids=range(len(NASTY_BUT_SHOWN)))
def test_pdf_shows_the_text_and_runs_none_of_it(plain: TakeSheet, text: str, tmp_path: Path) -> None:
    path = render(spoilt(plain, text), "pdf", tmp_path / "sheet.pdf").path
    assert squeezed(visible(text)) in squeezed(pdf_text(path)).replace("é", "e\u0301")


@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_makes_a_pdf(plain: TakeSheet, text: str) -> None:
    raw, _ = draw(spoilt(plain, text), "pdf")
    assert raw.startswith(b"%PDF-")
