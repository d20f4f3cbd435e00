"""Text of people into chunks: ASCII for bext, XML for iXML; nothing hostile gets through."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.wav.text import ascii_text, one_line, xml_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Søn & Äpfel", "Son & Apfel"),
        ("Ærø", "Aero"),
        ("Dvořák – naïve café", "Dvorak - naive cafe"),
        ("Straße “2”", 'Strasse "2"'),
        ("Чайковский", "Chaykovskiy"),
        ("Θεοδωράκης", "Theodorakis"),
        ("Łódź", "Lodz"),
        ("日本", "??"),
        ("a\0b\tc\r\n", "a b c  "),
    ],
)
def test_ascii_reads_as_a_person_expects(text: str, expected: str) -> None:
    assert ascii_text(text) == expected


@given(st.text())
def test_ascii_is_printable_ascii_and_leaves_it_alone(text: str) -> None:
    plain = ascii_text(text)
    assert plain.isascii()
    assert plain.isprintable()
    assert ascii_text(plain) == plain


@given(st.text(st.characters(exclude_categories=())))
def test_xml_text_parses_and_keeps_what_xml_can_hold(text: str) -> None:
    root = ET.fromstring(f'<a b="{xml_text(text)}">{xml_text(text)}</a>'.encode())
    kept = "".join(c for c in text.replace("\r\n", "\n").replace("\r", "\n") if _xml_char(ord(c)))
    assert (root.text or "") == kept


def _xml_char(code: int) -> bool:
    """Char of XML 1.0, section 2.2."""
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
