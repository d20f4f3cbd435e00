"""PDF by typst: the document goes in as data, never as markup, so no text of a take can become a command."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from capture.sheets import glyphs, words
from capture.sheets.document import Document
from capture.sheets.errors import NoPrinter, SheetError

TEMPLATE = Path(__file__).parent / "templates" / "sheet.typ"
FONT_PACKAGE = "noto_cjk_sans_jp_regular"  # Noto Sans CJK JP, OFL-1.1: the extra `japanese`
BUNDLED, PACKAGED, OF_THE_SYSTEM = range(3)
LONG_CELL = 30
_LONG = re.compile(r"(?<!\S)(?![0-9a-f-]{36,64}(?!\S))\S{31,}")
_PIECE = re.compile(r".{8}(?=.)")
PAPERS = {"a4": "a4", "letter": "us-letter"}


def write(document: Document, paper: str, moment: datetime) -> tuple[bytes, str]:
    """The PDF bytes of a document and the characters that could not be shown.

    `moment` is the time the file claims to have been made, so that equal takes give equal bytes.
    """
    try:
        import typst
    except ImportError:
        raise NoPrinter("PDF sheets need typst", "pip install typst") from None
    data = _visible(asdict(document))
    _share_widths(data)
    for places in (BUNDLED, PACKAGED, OF_THE_SYSTEM):
        fonts = _fonts(places)
        missing = glyphs.missing(_texts(data), fonts)
        if not missing:
            break
    data["missing"] = glyphs.words(missing)
    try:
        made = typst.compile(
            TEMPLATE.read_bytes(),
            format="pdf",
            font_paths=fonts,
            ignore_system_fonts=True,
            timestamp=int(moment.timestamp()),
            sys_inputs={"document": json.dumps(data, ensure_ascii=False), "paper": PAPERS[paper]},
        )
    except typst.TypstError as error:
        raise SheetError(
            f"the PDF could not be set: {error.message}", "make the sheet as HTML instead"
        ) from error
    return bytes(made), missing


@lru_cache(maxsize=3)
def _fonts(places: int) -> Any:
    """The fonts that typst brings along, with those of a package and of the system where they are needed."""
    import typst

    return typst.Fonts(
        include_system_fonts=places >= OF_THE_SYSTEM,
        include_embedded_fonts=True,
        font_paths=_packaged() if places >= PACKAGED else [],
    )


def _packaged() -> list[Path]:
    """The folder of the Japanese font, where its package is installed."""
    spec = importlib.util.find_spec(FONT_PACKAGE)
    return [Path(place) for place in spec.submodule_search_locations or ()] if spec else []


def _visible(value: Any, name: str = "") -> Any:
    if isinstance(value, str):
        return value if name == "svg" else _breakable(words.visible(value))
    if isinstance(value, dict):
        return {key: _visible(inner, key) for key, inner in value.items()}
    return [_visible(inner) for inner in value] if isinstance(value, list | tuple) else value


def _share_widths(data: dict[str, Any]) -> None:
    """A column of long texts shares the width instead of pushing the others off the page."""
    for section in data["sections"]:
        for table in (block for block in section["blocks"] if block["type"] == "table"):
            for place, column in enumerate(table["columns"]):
                longest = max(
                    (max(len(row[place][part]) for part in ("text", "sub")) for row in table["rows"]),
                    default=0,
                )
                if column["width"] == "auto" and longest > LONG_CELL:
                    column["width"] = "1fr"


def _breakable(text: str) -> str:
    """Very long words may break; digests and identities stay whole, so that they can be copied."""
    return _LONG.sub(lambda word: _PIECE.sub("\\g<0>\N{ZERO WIDTH SPACE}", word[0]), text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
