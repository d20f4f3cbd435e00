"""The patch: what is declared of every input, of the people and of the session, right now.

It is a flat mapping of paths to fields. It lives in memory; the station keeps it between runs with
`to_fields` and `from_fields`, and Record copies it whole into the take (`snapshot.snapshot`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from capture.chain.errors import ChainError
from capture.chain.fields import (
    INPUT_LIMIT,
    SPECS,
    Field,
    Value,
    clean_text,
    clean_value,
    input_path,
    is_fit,
    parse_distance,
    split_path,
)
from capture.chain.grammar import parse_line
from capture.chain.picking import Locker, picked
from capture.chain.places import MEMBERS, SOURCE_MEMBERS, parse_place, source_place
from capture.chain.printing import format_line
from capture.chain.segment import Found
from capture.chain.specs import FACTS, IDENTITY, INSERT_PARTS, KEPT
from capture.chain.vocabulary import INTERFACE_INPUT, PREFIX_FIELDS, SOURCE_FIELDS
from capture.clock import utc_text

OWN_OF_A_TRACK = frozenset(
    {suffix for suffix in SPECS if suffix.split(".")[0] == "pair" or suffix.endswith(".channel")}
    | {f"{part}.{member}" for part in ("microphone", "di", *INSERT_PARTS) for member in ("serial", "gear")}
    | {"source.name", "microphone.output", "microphone.sensitivity_mv_pa", "array.role", "note"}
    | {"x_m", "y_m", "z_m", "position_text"}
)


class Patch:
    """All declared fields; every change says who made it, and when (now, unless `at` is given)."""

    def __init__(self, fields: Mapping[str, Field] | None = None) -> None:
        self.fields: dict[str, Field] = dict(fields or {})

    def get(self, path: str) -> Value | None:
        """The value at a path; None means not declared."""
        field = self.fields.get(path)
        return None if field is None else field.value

    def set(self, path: str, value: object, by: str, how: str = "declared", at: str | None = None) -> None:
        """Declare one field; None or an empty text takes it back. Raises ChainError."""
        clean = "" if value is None else clean_value(path, value)
        if clean == "":
            self.fields.pop(path, None)
        else:
            self._declare(path, clean, by, how, at or utc_text())
            self._keep_distance_true(path, by, how, at or utc_text())
            self._keep_place_true(path, by, how, at or utc_text())

    def _keep_distance_true(self, path: str, by: str, how: str, at: str) -> None:
        """A distance is kept in metres and as typed; the one set last makes the other agree."""
        stem, _, leaf = path.rpartition(".")
        metres, typed = f"{stem}.distance_m", f"{stem}.distance_text"
        found = parse_distance(str(self.get(typed))) if typed in self.fields else None
        if found is None or found[0] == self.get(metres):
            return
        if leaf == "distance_text":
            self._declare(metres, found[0], by, how, at)
        elif leaf == "distance_m":
            del self.fields[typed]

    def _keep_place_true(self, path: str, by: str, how: str, at: str) -> None:
        """A place typed in a line says all of it: a part that is set later takes that line away."""
        number, suffix = split_path(path) or (0, "")
        stem = "source." if suffix.startswith("source.") else ""
        leaf, typed = suffix.removeprefix(stem), input_path(number, f"{stem}position_text")
        if leaf == "position_text":
            place = (source_place if stem else parse_place)(str(self.get(path)))
            for member in SOURCE_MEMBERS if stem else MEMBERS:
                part = input_path(number, stem + member)
                if member in place.values:
                    self._declare(part, place.values[member], by, how, at)
                else:
                    self.fields.pop(part, None)
            if not stem:
                self._say_distance(number, place.text, by, how, at)
        elif leaf in MEMBERS and typed in self.fields:
            self._forget_place_text(number, stem)

    def _forget_place_text(self, number: int, stem: str) -> None:
        """Drop a typed place that no longer says what its numbers say."""
        typed, members = input_path(number, f"{stem}position_text"), SOURCE_MEMBERS if stem else MEMBERS
        read = source_place if stem else parse_place
        here = {m: v for m in members if (v := self.get(input_path(number, stem + m))) is not None}
        if typed in self.fields and read(str(self.get(typed))).values != here:
            del self.fields[typed]

    def _say_distance(self, number: int, place: str, by: str, how: str, at: str) -> None:
        """The distance in a typed place, as it was typed there."""
        typed = input_path(number, "distance_text")
        found = next((d for part in place.split(", ") if (d := parse_distance(part)) is not None), None)
        if found is None:
            self.fields.pop(typed, None)
        else:
            self._declare(typed, found[1], by, how, at)

    def _declare(self, path: str, value: Value, by: str, how: str, at: str) -> None:
        known = self.fields.get(path)
        same = known is not None and known.value == value and type(known.value) is type(value)
        if not same or (known is not None and known.carried_from is not None):
            self.fields[path] = Field(value, how, by, at, None)

    def values(self) -> dict[str, Value]:
        """Path to value, without how and by whom."""
        return {path: field.value for path, field in self.fields.items()}

    def inputs(self) -> list[int]:
        """The inputs of which anything is declared."""
        return sorted({place[0] for path in self.fields if (place := split_path(path))})

    def of_input(self, number: int) -> dict[str, Field]:
        """The fields of one input by suffix."""
        prefix = f"input.{number}."
        return {p[len(prefix) :]: field for p, field in self.fields.items() if p.startswith(prefix)}

    def line(self, number: int, source: bool = True, interface: bool = True) -> str:
        """The one line that says an input's chain; empty when nothing is declared."""
        values = {suffix: field.value for suffix, field in self.of_input(number).items()}
        if not source:
            values = {k: v for k, v in values.items() if k not in SOURCE_FIELDS}
        if not values:
            return ""
        return format_line({**values, **({INTERFACE_INPUT: number} if interface else {})}, source)

    def set_line(
        self, text: str, number: int | None, by: str, at: str | None = None, locker: Locker | None = None
    ) -> int:
        """Make an input's chain what the line says; returns the input.

        What the line can say and does not say becomes *not declared*, but a line without a source prefix
        leaves source, player and room as they are, and what is known of a device stays for as long as the
        line names the same device. A piece of gear that it names is looked up in `locker`. Raises ChainError,
        then nothing has changed.
        """
        found = parse_line(text)
        target = _target(found, number)
        self._apply({target: found}, by, at, locker)
        return target

    def set_range(
        self, text: str, first: int, last: int, by: str, at: str | None = None, locker: Locker | None = None
    ) -> None:
        """The line for each of the inputs first to last; channels of devices count up with them."""
        if not 1 <= first <= last <= INPUT_LIMIT:
            raise ChainError(f"inputs {first}-{last} are no range", "write it like 5-8")
        found = parse_line(text)
        _target(found, first)
        whole: dict[int, Found] = {}
        for step in range(last - first + 1):
            whole[first + step] = {k: _counted(k, v, step) for k, v in found.items()}
        self._apply(whole, by, at, locker)

    def _apply(self, lines: Mapping[int, Found], by: str, at: str | None, locker: Locker | None) -> None:
        at = at or utc_text()
        whole = {
            number: picked(found, self._values_of(number), locker) if locker else found
            for number, found in lines.items()
        }
        for number, found in whole.items():
            before = self._values_of(number)
            kept = KEPT if found.keys() & set(PREFIX_FIELDS) else KEPT | (set(SOURCE_FIELDS) - found.keys())
            for suffix in (suffix for suffix in SPECS if suffix not in kept):
                self._put(input_path(number, suffix), found.get(suffix, ""), by, at)
            self._forget_facts(number, before)
            self._forget_place_text(number, "")
            for suffix in KEPT & found.keys():
                self._put(input_path(number, suffix), found[suffix], by, at)

    def _put(self, path: str, clean: Value, by: str, at: str) -> None:
        if clean == "":
            self.fields.pop(path, None)
        else:
            self._declare(path, clean, by, "declared", at)

    def _values_of(self, number: int) -> dict[str, Value]:
        return {suffix: field.value for suffix, field in self.of_input(number).items()}

    def _forget_facts(self, number: int, before: Mapping[str, Value]) -> None:
        """What is known of a device is not known of another one."""
        after = self._values_of(number)
        for part, facts in FACTS.items():
            if any(before.get(suffix) != after.get(suffix) for suffix in IDENTITY[part]):
                for suffix in facts:
                    self.fields.pop(input_path(number, suffix), None)

    def copy(self, source: int, target: int, by: str, at: str | None = None) -> None:
        """Give an input another's chain, except what is a track's own: name, serial, channels, note."""
        if source == target:
            raise ChainError(f"input {source} cannot be copied onto itself", "choose another input")
        taken = self.of_input(source)
        if not taken:
            raise ChainError(f"nothing is declared of input {source}", "choose an input that has a chain")
        for suffix in SPECS:
            if suffix in OWN_OF_A_TRACK:
                continue
            path = input_path(target, suffix)
            if suffix in taken:
                self._declare(path, taken[suffix].value, by, "declared", at or utc_text())
            else:
                self.fields.pop(path, None)

    def carry_over(self, carried_from: str) -> None:
        """Mark every field as carried over from a session; what was carried before keeps its origin."""
        for path, field in self.fields.items():
            if field.carried_from is None:
                self.fields[path] = replace(field, carried_from=carried_from)

    def take_over(self, earlier: Patch, places: Mapping[int, int], carried_from: str) -> None:
        """Give inputs the whole chains of an earlier patch, marked as carried over from there.

        `places` leads from an input of that patch to one of this. People come with it where there are none.
        """
        marked = Patch(earlier.fields)
        marked.carry_over(carried_from)
        for source, target in places.items():
            for suffix in self.of_input(target):
                del self.fields[input_path(target, suffix)]
            taken = marked.of_input(source)
            if partner := taken.pop("pair.input", None):
                if (place := places.get(int(partner.value))) is None:
                    taken.pop("pair.side", None)
                else:
                    taken["pair.input"] = replace(partner, value=place)
            self.fields |= {input_path(target, suffix): field for suffix, field in taken.items()}
        if not self.people():
            self.fields |= {
                path: field for path, field in marked.fields.items() if path.startswith("people.")
            }

    def carried(self, number: int | None = None) -> bool:
        """Whether anything (of one input) is carried over and not confirmed yet."""
        return any(field.carried_from is not None for field in self._chosen(number).values())

    def confirm(self, number: int | None, by: str, at: str | None = None) -> int:
        """Declare anew what was carried over, of one input or (None) of all; returns how many fields."""
        carried = [p for p, field in self._chosen(number).items() if field.carried_from is not None]
        for path in carried:
            self.fields[path] = replace(self.fields[path], by=by, at=at or utc_text(), carried_from=None)
        return len(carried)

    def _chosen(self, number: int | None) -> dict[str, Field]:
        prefix = "" if number is None else f"input.{number}."
        return {path: field for path, field in self.fields.items() if path.startswith(prefix)}

    def nudge_gain(self, number: int, db: float, by: str, at: str | None = None) -> float:
        """Raise or lower an input's declared gain; returns the new gain in dB. Panel text no longer holds."""
        path = input_path(number, "preamp.gain_db")
        present = self.get(path)
        if present is None:
            raise ChainError(f"no gain in dB is declared of input {number}", "type it first, like > +42 dB")
        self.set(path, float(present) + db, by, at=at)
        self.fields.pop(input_path(number, "preamp.gain_text"), None)
        return float(self.fields[path].value)

    def set_names(self, names: Sequence[str], inputs: Sequence[int], by: str, at: str | None = None) -> None:
        """Name the sources of the inputs in order; an empty name leaves its input alone."""
        if len(names) > len(inputs):
            raise ChainError(f"{len(names)} names for {len(inputs)} inputs", "leave out what has no input")
        for name, number in zip(names, inputs, strict=False):
            if name:
                self.set(input_path(number, "source.name"), name, by, at=at)

    def people(self) -> list[tuple[str, str]]:
        """Role and name of everybody, in the order they were declared; players stand with their source."""
        numbers = sorted({int(p.split(".")[1]) for p in self.fields if p.startswith("people.")})
        pairs = [(self.get(f"people.{n}.role"), self.get(f"people.{n}.name")) for n in numbers]
        return [(str(role or ""), str(name or "")) for role, name in pairs]

    def set_people(self, people: Iterable[tuple[str, str]], by: str, at: str | None = None) -> None:
        """Make the list of people this one."""
        clean = [(clean_text(role).casefold(), clean_text(name)) for role, name in people]
        clean = [(role, name) for role, name in clean if name]
        for path in [p for p in self.fields if p.startswith("people.")]:
            if int(path.split(".")[1]) > len(clean):
                del self.fields[path]
        for number, (role, name) in enumerate(clean, start=1):
            self.set(f"people.{number}.role", role, by, at=at)
            self.set(f"people.{number}.name", name, by, at=at)

    def to_fields(self) -> dict[str, dict[str, Any]]:
        """The patch as plain JSON, to be kept in the library."""
        return {
            path: {"value": f.value, "how": f.how, "by": f.by, "at": f.at, "carried_from": f.carried_from}
            for path, f in sorted(self.fields.items())
        }

    @staticmethod
    def from_fields(fields: Mapping[str, Mapping[str, Any]]) -> Patch:
        """The patch that `to_fields` wrote; raises ChainError for anything else."""
        try:
            return Patch({path: _field(path, kept) for path, kept in fields.items()})
        except (KeyError, TypeError, AttributeError) as error:
            raise ChainError(f"the kept patch cannot be read: {error!r}") from error


def _field(path: str, kept: Mapping[str, Any]) -> Field:
    value, carried = kept["value"], kept.get("carried_from")
    if not is_fit(path, value):
        raise ChainError(f"the kept patch cannot be read: {path!r} does not hold {value!r}")
    return Field(
        value,
        str(kept.get("how", "declared")),
        str(kept.get("by", "")),
        str(kept.get("at", "")),
        None if carried is None else str(carried),
    )


def _target(found: Found, number: int | None) -> int:
    said = found.pop(INTERFACE_INPUT, None)
    if number is None and said is None:
        raise ChainError(
            "the line does not say which input it is of", "end it with > in 3, or choose the input"
        )
    if number is not None and said is not None and said != number:
        raise ChainError(
            f"the line says in {said}, but it is for input {number}", "change or leave out the in"
        )
    target = int(said if number is None else number)  # type: ignore[arg-type]  # one of them is there
    if not 1 <= target <= INPUT_LIMIT:
        raise ChainError(f"input {target} does not exist", "inputs count from 1")
    return target


def _counted(suffix: str, value: Value, step: int) -> Value:
    return value + step if suffix.endswith(".channel") and isinstance(value, int) else value
