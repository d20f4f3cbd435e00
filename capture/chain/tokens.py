"""The words of a chain line, each with its place in the text.

`\\` takes the next character literally, and its word is then never a keyword; quotes keep words together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from capture.chain.errors import ChainError
from capture.chain.fields import TEXT_LIMIT, clean_text
from capture.chain.vocabulary import PICKS

ARROWS = (">", "→")
_BEFORE_QUOTES = re.compile(rf"#|(?:{'|'.join(PICKS)})=", re.IGNORECASE)
QUOTES = {'"': '"', "“": '””"', "„": '“”"'}
LINE_LIMIT = 8 * TEXT_LIMIT


@dataclass(frozen=True)
class Token:
    """One word: its text, where it begins and ends, and what it is: word, literal, quoted, arrow or colon."""

    text: str
    start: int
    end: int
    sort: str = "word"

    @property
    def key(self) -> str:
        """The lower-case text if the word may be a keyword, else an empty string."""
        return self.text.lower() if self.sort == "word" else ""


@dataclass(frozen=True)
class Line:
    """The words of a line and the free note after ` -- `."""

    text: str
    tokens: list[Token]
    note: str | None


def tokenize(text: str) -> Line:
    """Split a line; raises ChainError for control characters and a quote that does not end."""
    if len(text) > LINE_LIMIT:
        raise ChainError(f"a line of {len(text)} characters is too long", f"use at most {LINE_LIMIT}")
    for at, character in enumerate(text):
        if not character.isspace() and (
            ord(character) < 32 or 0x7F <= ord(character) < 0xA0 or 0xD800 <= ord(character) < 0xE000
        ):
            raise ChainError(
                f"character {at + 1} is a control character", "type the line again without it", at
            )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text[at : at + 2] == "--" and (at + 2 == len(text) or text[at + 2].isspace()):
            return Line(text, tokens, clean_text(text[at + 2 :]))
        token = _next(text, at)
        tokens.append(token)
        at = token.end
    return Line(text, tokens, None)


def _next(text: str, at: int) -> Token:
    if text[at] in ARROWS:
        return Token(">", at, at + 1, "arrow")
    if text[at] in "-=" and text[at + 1 : at + 2] == ">":
        return Token(">", at, at + 2, "arrow")
    if _ends_prefix(text, at):
        return Token(":", at, at + 1, "colon")
    if text[at] in QUOTES:
        inside, end = _quoted(text, at)
        return Token(inside, at, end, "quoted")
    before = _BEFORE_QUOTES.match(text, at)
    if before and before.end() < len(text) and text[before.end()] in QUOTES:
        inside, end = _quoted(text, before.end())
        return Token(before[0] + inside, at, end)
    return _word(text, at)


def _quoted(text: str, at: int) -> tuple[str, int]:
    closing, inside, here = QUOTES[text[at]], "", at + 1
    while here < len(text):
        if text[here] == "\\" and here + 1 < len(text):
            inside += text[here + 1]
            here += 2
        elif text[here] in closing:
            return clean_text(inside), here + 1
        else:
            inside += text[here]
            here += 1
    raise ChainError(f"the quote at character {at + 1} does not end", 'close it with "', at)


def _word(text: str, at: int) -> Token:
    word, here, sort = "", at, "word"
    while (
        here < len(text)
        and not text[here].isspace()
        and text[here] not in ARROWS
        and not _ends_prefix(text, here)
    ):
        if text[here] == "\\" and here + 1 < len(text) and not text[here + 1].isspace():
            sort = "literal"
            here += 1
        word += text[here]
        here += 1
    return Token(word, at, here, sort)


def _ends_prefix(text: str, at: int) -> bool:
    return text[at] == ":" and (at + 1 == len(text) or text[at + 1].isspace())
