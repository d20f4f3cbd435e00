"""Independent readers of the five forms: each gives back the text that somebody sees."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path


def squeezed(text: str) -> str:
    """The text without white space and places to break, so that line ends do not matter."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def pdf_text(path: Path) -> str:
    return subprocess.run(
        ["pdftotext", "-enc", "UTF-8", "-raw", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()


def pdf_info(path: Path) -> dict[str, str]:
    out = subprocess.run(["pdfinfo", str(path)], capture_output=True, check=True, text=True).stdout
    return dict(re.findall(r"^([^:]+):\s*(.*)$", out, re.MULTILINE))


class _Html(HTMLParser):
    VOID = frozenset({"meta", "br", "link", "img", "line", "rect", "circle", "polygon", "polyline"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.pieces.append(data)


def read_html(raw: bytes) -> _Html:
    """The parsed page; fails when its tags do not nest."""
    parser = _Html()
    parser.feed(raw.decode())
    parser.close()
    assert parser.open == []
    return parser


def html_text(raw: bytes) -> str:
    return " ".join(read_html(raw).pieces)


def read_csv(raw: bytes) -> list[list[str]]:
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def md_text(raw: bytes) -> str:
    """What markdown-it shows of a Markdown file, with tables and strike-through."""
    from markdown_it import MarkdownIt

    made = (
        MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough").render(raw.decode())
    )
    parser = _Html()
    parser.feed(made.replace("&lt;br&gt;", " "))
    return " ".join(parser.pieces)


@dataclass(frozen=True)
class Word:
    """A word on a page, in points from the top left."""

    page: int
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Word) -> bool:
        """Whether both stand on the same line of the same page and cover each other by more than a point."""
        same = self.page == other.page and abs(self.top - other.top) < 2
        return same and min(self.right, other.right) - max(self.left, other.left) > 1


def pdf_words(path: Path) -> list[Word]:
    """Every word of a PDF with its place, as pdftotext sees it, in reading order."""
    out = subprocess.run(
        ["pdftotext", "-bbox", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()
    found, page = [], 0
    for line in out.splitlines():
        page += "<page " in line
        word = re.search(r'<word xMin="(\S+)" yMin="(\S+)" xMax="(\S+)" yMax="(\S+)">(.*)</word>', line)
        if word:
            left, top, right, bottom = (float(number) for number in word.groups()[:4])
            found.append(Word(page, word[5], left, top, right, bottom))
    return found
