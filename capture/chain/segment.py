"""One part of a chain line (microphone, cable, DI, preamp, insert, converter, input), read word by word."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from capture.chain.errors import ChainError
from capture.chain.fields import Value, clean_value
from capture.chain.makes import known_make
from capture.chain.tokens import Token
from capture.chain.vocabulary import INTERFACE_INPUT

Found = dict[str, Value]


class Segment:
    """The words of one station of the path, read from left to right into `found`."""

    def __init__(self, tokens: list[Token], part: str, last: bool, found: Found) -> None:
        self.tokens = tokens
        self.part = part  # microphone, cable, di, preamp, insert.1 …, converter or input
        self.last = last
        self.found = found
        self.at = 0
        self.free: list[Token] = []
        self.free_end = -1

    @property
    def token(self) -> Token:
        """The present word."""
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token | None:
        """A word further on, if there is one."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def put(self, suffix: str, value: object, words: int) -> bool:
        """Keep a value of this part and step over its words; raises ChainError if it is said twice."""
        where = self.token
        if suffix in self.found:
            raise refused(
                where, f"says {suffix.rpartition('.')[2].replace('_', ' ')} a second time", "say it once"
            )
        if suffix != INTERFACE_INPUT:
            try:
                value = clean_value(f"input.1.{suffix}", value)
            except ChainError as error:
                raise refused(where, error.what.split(": ", 1)[-1], error.do) from error
        if value != "":
            assert isinstance(value, str | int | float)
            self.found[suffix] = value
        self.at += words
        return True

    def argument(self) -> Token:
        """The word after the present keyword; raises ChainError when the part ends there."""
        following = self.peek()
        if following is None:
            raise refused(self.token, "needs a word after it", "complete it or leave it out")
        return following

    def read(self, rules: Iterable[Callable[[Segment], bool]]) -> None:
        """Read all words of this part: each is a known make, what a rule takes, or free."""
        while self.at < len(self.tokens):
            if not self._read_make() and not any(rule(self) for rule in rules):
                self._read_free()
        self._split_free()

    def _read_make(self) -> bool:
        ahead: list[str] = []
        for token in self.tokens[self.at :]:
            if token.sort != "word":
                break
            ahead.append(token.text)
        count = 0 if self.free or self.part == "input" else known_make(ahead)
        for _ in range(count):
            self._read_free()
        return count > 0

    def _read_free(self) -> None:
        token = self.token
        if self.part == "input" or token.sort == "colon" or (self.free and self.free_end != self.at):
            raise refused(
                token, "is not known here", "make and model stand together; a \\ before it keeps it as a name"
            )
        self.free.append(token)
        self.at += 1
        self.free_end = self.at

    def _split_free(self) -> None:
        words = [t.text for t in self.free]
        strokes = [i for i, t in enumerate(self.free) if t.sort == "word" and t.text == "/"]
        if len(strokes) > 1:
            raise refused(self.free[strokes[1]], "separates make and model a second time", "say it once")
        plain = [t.text if t.sort == "word" else "\\" for t in self.free]
        cut = strokes[0] if strokes else known_make(plain)
        make, model = " ".join(words[:cut]), " ".join(words[cut + len(strokes) :])
        for suffix, text in ((f"{self.part}.make", make), (f"{self.part}.model", model)):
            if text:
                self.found[suffix] = clean_value(f"input.1.{suffix}", text)


def refused(token: Token, what: str, do: str = "") -> ChainError:
    """The error that names a word and where it stands."""
    return ChainError(f"{token.text!r} at character {token.start + 1}: {what}", do, token.start)
