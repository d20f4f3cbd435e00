"""The chain of a take as sheets show it: a line per input, every field with who said it, what changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from capture.chain import ChainError, Field, format_line, load, split_path, value_words
from capture.chain.difference import TYPED, Change
from capture.chain.difference import words as change_words
from capture.chain.fields import SPECS
from capture.clock import utc_text
from capture.journal.beside import beside
from capture.journal.corrections import Correction, corrections
from capture.journal.errors import in_words
from capture.journal.record import TakeRecord
from capture.sheets import words
from capture.sheets.model import ChainBlock, ChainField

CHAIN_BYTES = 16 * 1024 * 1024  # 64 inputs of twenty fields are some 300 kB


@dataclass(frozen=True)
class TakeChain:
    """The chain snapshot of one take; `why` is empty, or says why there is none."""

    fields: dict[str, Field]
    digest: str
    why: str = ""
    left_out: int = 0  # fields whose values this copy does not carry
    corrected: tuple[Correction, ...] = ()  # what was said of it after the end

    def of_input(self, number: int) -> dict[str, Any]:
        """The values declared for one input, by the rest of their path."""
        prefix = f"input.{number}."
        return {path[len(prefix) :]: f.value for path, f in self.fields.items() if path.startswith(prefix)}

    def line(self, number: int) -> str:
        """The chain of one input in the one-line form; empty where nothing is declared."""
        values = self.of_input(number)
        try:
            return format_line(values)
        except (ChainError, KeyError, TypeError, ValueError):
            return ", ".join(
                f"{path} {value}" for path, value in values.items()
            )  # not of our grammar: as it is

    def content(self, inputs: list[int]) -> tuple[tuple[str, str], ...]:
        """What two equal chains have in common: the values, whoever declared them and whenever."""
        wanted = tuple(f"input.{number}." for number in inputs)
        return tuple(
            (path, as_text(path, field.value))
            for path, field in sorted(self.fields.items())
            if path.startswith(wanted) and not path.endswith(TYPED)
        )

    def rows(self) -> tuple[ChainField, ...]:
        """Every field, in the order of inputs; a correction behind the field that it corrects."""
        rows = [
            ChainField(path, as_text(path, f.value), f.how, f.by, str(f.at), f.carried_from or "")
            for path, f in self.fields.items()
        ]
        rows += [
            ChainField(c.path, as_text(c.path, c.after), "corrected after the end", c.by, utc_text(c.utc), "")
            for c in self.corrected
        ]
        return tuple(sorted(rows, key=lambda row: path_order(row.path)))


def read_chain(record: TakeRecord) -> TakeChain:
    """The chain snapshot that lies beside a journal; a missing or broken one is said, never guessed."""
    name = record.chain_file
    if not name:
        return TakeChain({}, record.chain_digest, "no chain was kept with the take")
    path = beside(record, name)
    if path is None:
        return TakeChain({}, record.chain_digest, f"{name} is not here")
    try:
        with path.open("rb") as stream:
            raw = stream.read(CHAIN_BYTES + 1)
        if len(raw) > CHAIN_BYTES:
            return TakeChain({}, record.chain_digest, f"{name} is too large to be a chain")
        snapshot = load(raw)
    except OSError as error:
        return TakeChain({}, record.chain_digest, f"{name} cannot be read: {in_words(error)[0]}")
    except ChainError as error:
        return TakeChain({}, record.chain_digest, f"{name} cannot be read: {error.what}")
    fields = {path: kept.field for path, kept in snapshot.fields.items() if kept.field is not None}
    why = ""
    if snapshot.digest != record.chain_digest:
        why = f"{name} is not the chain that the journal names"
    elif not snapshot.verify_digest():
        why = f"{name} was altered: its digests do not match"
    said = tuple(corrections(record, snapshot.patch()))
    return TakeChain(fields, snapshot.digest, why, len(snapshot.fields) - len(fields), said)


def as_text(path: str, value: object) -> str:
    """A chain value in words; None is *not declared*, and off and 0 are values."""
    if value is None or isinstance(value, str | int | float):
        try:
            return value_words(path, value)
        except (ChainError, ValueError):
            return str(value)
    return json.dumps(value, ensure_ascii=False)


def path_order(path: str) -> tuple[tuple[int, str], ...]:
    """Sorts `input.2.…` before `input.10.…`."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in path.split("."))


def spoken(path: str) -> str:
    """`input.3.preamp.gain_db` as `gain`: the field without its input."""
    place = split_path(path)
    if place:
        return SPECS[place[1]].label if place[1] in SPECS else place[1].replace("_", " ")
    return path.replace(".", " ").replace("_", " ")


def blocks(takes: list[tuple[TakeRecord, TakeChain]]) -> tuple[tuple[ChainBlock, ...], list[str]]:
    """Each distinct chain of a session once, in the order of first use, and the label of each take's."""
    order: dict[object, list[tuple[TakeRecord, TakeChain]]] = {}
    labels = []
    for record, chain in takes:
        inputs = sorted({track.input for track in record.tracks})
        key = (tuple(inputs), chain.content(inputs))
        order.setdefault(key, []).append((record, chain))
        labels.append(label(list(order).index(key)))
    made: list[ChainBlock] = []
    before: tuple[TakeRecord, TakeChain] | None = None
    for served in order.values():
        record, chain = served[0]
        made.append(
            ChainBlock(
                label(len(made)),
                tuple(r.name for r, _ in served),
                tuple(dict.fromkeys(c.digest for _, c in served if c.digest)),
                tuple((track.input, chain.line(track.input)) for track in record.tracks),
                (changes(before, (record, chain)) if before else ()) + _corrected(served),
            )
        )
        before = (record, chain)
    return tuple(made), labels


def _corrected(served: list[tuple[TakeRecord, TakeChain]]) -> tuple[str, ...]:
    """What was said after the end of each of these takes, in words."""
    return tuple(
        f"{record.name}, corrected after the end by {c.by or 'nobody named'}: "
        f"{change_words(Change(c.path, c.before, c.after))}"
        for record, chain in served
        for c in chain.corrected
    )


def label(place: int) -> str:
    """A, B, … Z, AA, AB, …"""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def changes(before: tuple[TakeRecord, TakeChain], after: tuple[TakeRecord, TakeChain]) -> tuple[str, ...]:
    """What changed from one chain to the next, in words, equal changes of several inputs as one."""
    inputs = [sorted({track.input for track in record.tracks}) for record, _ in (before, after)]
    said: dict[str, list[int]] = {}
    for number in sorted(set(inputs[0]) & set(inputs[1])):
        old, new = before[1].of_input(number), after[1].of_input(number)
        for path in sorted(old.keys() | new.keys()):
            if old.get(path) != new.get(path) and not f".{path}".endswith(TYPED):
                sides = f"{_side(old, path)} \N{RIGHTWARDS ARROW} {_side(new, path)}"
                what = f"{spoken(f'input.1.{path}')} {sides}"
                said.setdefault(what, []).append(number)
    lines = [f"{words.inputs(numbers)}: {what}" for what, numbers in said.items()]
    for word, gone in (
        ("no longer recorded", set(inputs[0]) - set(inputs[1])),
        ("recorded from here on", set(inputs[1]) - set(inputs[0])),
    ):
        if gone:
            lines.append(f"{words.inputs(sorted(gone))} {word}")
    return tuple(lines)


def _side(values: dict[str, Any], path: str) -> str:
    return as_text(path, values[path]) if path in values else "not declared"
