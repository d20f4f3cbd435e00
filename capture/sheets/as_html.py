"""HTML: one self-contained file; every text is escaped by the template engine, drawings are our own SVG."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from capture.sheets import words
from capture.sheets.document import Document
from capture.sheets.errors import NoPrinter

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"


def write(document: Document) -> bytes:
    """The HTML bytes of a document."""
    return _template().render(document=document).encode("utf-8", "replace")


@lru_cache(maxsize=1)
def _template() -> Template:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise NoPrinter("HTML sheets need Jinja2", "pip install jinja2") from None
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = words.visible
    return environment.get_template("sheet.html")
