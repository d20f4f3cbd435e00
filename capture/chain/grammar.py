"""The one-line grammar of a chain: `SM57 #A1142 cardioid 4 cm > Neve 1073 #55 ch 2 +42 dB 48V off > in 3`.

A line is what `printing.format_line` writes and what a person types. Its parts, each optional, stand in
the order of the signal: source prefix (`Snare (Anna) @ Live Room:`), microphone or `DI`/`line`/`digital`,
`cable …`, `di …` behind the first part, preamp, `insert …`, `adc …`, `in N`, ` -- note`. Words that are not
known are make and model; they stand together, so that a mistyped keyword behind a serial number or a distance
is an error and never a model. `mic=A1142` (`src=`, `cable=`, `di=`, `pre=`, `insert=`, `adc=`) names a piece
of the gear locker and says which part it is.
"""

from __future__ import annotations

import re

from capture.chain.fields import clean_value
from capture.chain.rules import RULES
from capture.chain.segment import Found, Segment, refused
from capture.chain.specs import INSERTS
from capture.chain.tokens import Token, tokenize
from capture.chain.vocabulary import LABELS, PICK, PICKS, PREFIX_FIELDS


def parse_line(text: str) -> Found:
    """The fields a line declares, by path suffix, with `interface_input` when it says `in N`.

    A prefix that is there but empty (`: SM57`) yields empty texts for source and room, which clears them.
    Raises ChainError with the word and the character it stands at.
    """
    line = tokenize(text)
    found: Found = {}
    tokens = _prefix(line.text, line.tokens, found)
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.sort == "arrow":
            parts.append([])
        else:
            parts[-1].append(token)
    unnamed = ["preamp", "converter"]
    for index, part in enumerate(parts):
        _read_part(part, index, index == len(parts) - 1, unnamed, found)
    if line.note:
        found["note"] = line.note
    return {suffix: value for suffix, value in found.items() if not suffix.endswith(".")}


def _read_part(tokens: list[Token], index: int, last: bool, unnamed: list[str], found: Found) -> None:
    part, labelled = _named_part(tokens, index, last)
    if part == "insert":
        part = _next_insert(tokens, found)
    if part in unnamed:
        unnamed[:] = unnamed[unnamed.index(part) + 1 :]
    elif not part and index == 0:
        part = "microphone"
    elif not part and not unnamed and tokens:
        raise refused(tokens[0], "nothing can follow the converter but the input", "end the line with > in 3")
    elif not part:
        part = unnamed.pop(0) if unnamed else "input"
    tokens = tokens[labelled:]
    if any(key.startswith(f"{part}.") for key in found) and tokens:
        raise refused(tokens[0], f"a second {part}", "say it once")
    if part.startswith("insert") and not tokens:
        found[f"{part}."] = ""  # an insert of which nothing is said is still one of the count
    Segment(tokens, part, last, found).read(RULES)


def _named_part(tokens: list[Token], index: int, last: bool) -> tuple[str, int]:
    """The part that the first word names, and how many words that took; an empty text where none is named."""
    head = tokens[0].key if tokens else ""
    pick = PICK.fullmatch(head)
    if pick:
        part = PICKS[pick[1]]
        return ("microphone" if part == "source" and index == 0 else part), 0
    if head in LABELS and not (head == "cable" and len(tokens) == 1):
        return LABELS[head], 1
    if head == "di" and index > 0:
        return "di", 1
    return ("input" if head in {"in", "input"} and last else ""), 0


def _next_insert(tokens: list[Token], found: Found) -> str:
    taken = {key.split(".")[1] for key in found if key.startswith("insert.")}
    if len(taken) == INSERTS:
        raise refused(tokens[0], f"is insert {INSERTS + 1}", f"a path has at most {INSERTS}")
    return f"insert.{len(taken) + 1}"


def _prefix(text: str, tokens: list[Token], found: Found) -> list[Token]:
    for index, token in enumerate(tokens):
        if token.sort == "arrow":
            break
        if token.sort == "colon":
            for suffix, value in zip(PREFIX_FIELDS, _source(text[: token.start]), strict=True):
                found[suffix] = clean_value(f"input.1.{suffix}", value)
            return tokens[index + 1 :]
    return tokens


def _source(text: str) -> tuple[str, str, str]:
    marked = re.findall(r"\\(.)|(.)", text, re.DOTALL)
    signs = "".join(sign or "\0" for _, sign in marked)  # escaped characters can't be signs
    letters = "".join(escaped or sign for escaped, sign in marked)
    at = signs.find("@")
    room = letters[at + 1 :] if at >= 0 else ""
    end = at if at >= 0 else len(signs)
    opened, closed = signs.find("(", 0, end), signs.rfind(")", 0, end)
    if 0 <= opened < closed and not signs[closed + 1 : end].strip():
        return letters[:opened], letters[opened + 1 : closed], room
    return letters[:end], "", room
