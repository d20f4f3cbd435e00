"""Orders that change the chain: for the next take (the default while one rolls), or from now on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from capture.chain.cautions import cautions, concerning
from capture.chain.fields import INPUT_LIMIT, input_path, split_path
from capture.chain.names import parse_names
from capture.chain.pairs import link, mirror, partner, unlink
from capture.chain.patch import Patch
from capture.chain.picking import Piece
from capture.clock import boottime_ns
from capture.errors import UsageError
from capture.gear.errors import UnknownGear
from capture.gear.locker import Locker
from capture.gear.picking import picked
from capture.names import fold
from capture.rooms.furnishing import furnish, inputs_in, moved, rooms_in
from capture.rooms.keeping import keep_room
from capture.rooms.record import find_room, rooms_of
from capture.station.core import Core, user_name
from capture.station.earlier import earlier
from capture.station.patch import differences
from capture.station.takes import Takes
from capture.take import parse_inputs
from capture.wire import Json

T = TypeVar("T")
_NOW, _NEXT = "now", "next"


class Patching:
    """Changes of the standing patch, and of the rolling take's chain where the person says now."""

    def __init__(self, core: Core, takes: Takes) -> None:
        self._core = core
        self._takes = takes

    def chain(self, line: str, inputs: str | int | None = None, when: str = _NEXT, by: str = "") -> Json:
        """Set the chain of one input (said in the line or in `inputs`) or of a range such as `5-8`."""
        who = by or user_name()
        numbers = parse_inputs(str(inputs)) if inputs is not None else []
        if len(numbers) > 1:
            if numbers != list(range(numbers[0], numbers[-1] + 1)):
                raise UsageError(f"inputs {inputs} are not one range", "set them one range at a time")
            self._change(
                lambda patch: patch.set_range(line, numbers[0], numbers[-1], who, locker=self._piece),
                when,
                who,
            )
        else:
            only = numbers[0] if numbers else None
            numbers = [
                self._change(lambda patch: patch.set_line(line, only, who, locker=self._piece), when, who)
            ]
        return self._lines(numbers)

    def _piece(self, gear: str, part: str, pattern: str) -> Piece | None:
        """What the locker's piece of that id is as a part of a chain."""
        locker = Locker(self._core.library)
        try:
            found = locker.get(gear)
        except UnknownGear:
            alike = [piece for name, piece in locker.all().items() if fold(name) == fold(gear)]
            if len(alike) != 1:
                return None
            found = alike[0]
        return Piece(found.kind, picked(found, part, pattern))

    def pieces(self) -> Json:
        """The ids of the locker, each with the kind of the piece."""
        return {"pieces": {gear: piece.kind for gear, piece in Locker(self._core.library).all().items()}}

    def copy(self, source: int, target: int, when: str = _NEXT, by: str = "") -> Json:
        """Give one input another's chain."""
        who = by or user_name()
        self._change(lambda patch: patch.copy(source, target, who), when, who)
        return self._lines([target])

    def use(
        self, source: str = "", inputs: str | None = None, to: int | None = None, when: str = _NEXT
    ) -> Json:
        """Take over chains of a template, a session or a take (`inputs` of it, all by default).

        They stand on their own inputs, or from input `to` on; they are carried over until confirmed.
        """
        settings = self._core.settings
        found = earlier(self._core.library, source.strip(), settings.project, settings.session)
        wanted = parse_inputs(inputs) if inputs is not None else None
        numbers = [n for n in found.patch.inputs() if wanted is None or n in wanted]
        if not numbers:
            raise UsageError(f"{found.origin} has no chain of these inputs", "choose others")
        shift = 0 if to is None else to - numbers[0]
        if not 1 <= numbers[0] + shift <= numbers[-1] + shift <= INPUT_LIMIT:
            raise UsageError(f"input {to} does not exist", "inputs count from 1")
        places = {number: number + shift for number in numbers}
        self._change(lambda patch: patch.take_over(found.patch, places, found.origin), when)
        return {"origin": found.origin, **self._lines(list(places.values()))}

    def confirm(self, input: int | None = None, by: str = "") -> Json:  # noqa: A002 - the wire's word
        """Declare anew what was carried over from an earlier session, of one input or of all."""
        count = self._change(lambda patch: patch.confirm(input, by or user_name()), _NEXT)
        return {"confirmed": count}

    def gain(self, input: int, db: float, when: str = _NEXT, by: str = "") -> Json:  # noqa: A002
        """Nudge the gain of one input by `db` decibels."""
        who = by or user_name()
        gain = self._change(lambda patch: patch.nudge_gain(input, db, who), when, who)
        return {**self._lines([input]), "gain_db": gain}

    def names(self, text: str, first: int = 1, by: str = "") -> Json:
        """Name the inputs from `first` on, with all names in one text."""
        names = parse_names(text)
        inputs = list(range(first, first + len(names)))
        who = by or user_name()
        self._change(lambda patch: patch.set_names(names, inputs, who), _NEXT, who)
        for number, name in zip(inputs, names, strict=True):
            if name:
                self._rename_rolling(number, name)
        return {"named": len([name for name in names if name])}

    def rename(self, number: int, name: str) -> None:
        """Name one input; the rolling take's track is renamed with it."""
        who = user_name()
        self._change(lambda patch: patch.set(input_path(number, "source.name"), name, who), _NEXT, who)
        if name:
            self._rename_rolling(number, name)

    def people(self, people: list[Json], by: str = "") -> Json:
        """Make the list of people this one: [{"role", "name"}, …]."""
        if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
            raise UsageError("people are a list of roles and names")
        pairs = [(str(person.get("role", "")), str(person.get("name", ""))) for person in people]
        self._change(lambda patch: patch.set_people(pairs, by or user_name()), _NEXT)
        return {"people": [{"role": role, "name": name} for role, name in self._core.patch.patch.people()]}

    def fields(self, fields: Json | None = None, when: str = _NEXT, by: str = "") -> Json:
        """Declare fields by their paths (null takes one back), or just read the whole patch."""
        if fields:
            who, wanted = by or user_name(), dict(fields)

            def declare(patch: Patch) -> None:
                for path, value in wanted.items():
                    patch.set(path, value, who)

            self._change(declare, when)
        return {"fields": self._core.patch.patch.to_fields()}

    def rooms(self, input: int | None = None) -> Json:  # noqa: A002 - the wire's word
        """The rooms of the library with the states each can be in, and (`here`) the room of an input."""
        here = None if input is None else self._core.patch.patch.get(input_path(input, "place.room"))
        known = rooms_of(self._core.library.records("room")).values()
        listed = [{"id": r.id, "state": r.state, "states": [s.name for s in r.states]} for r in known]
        return {"rooms": listed, "here": str(here or "")}

    def room_state(self, name: str, state: str, when: str = _NEXT, by: str = "") -> Json:
        """Say that a room is in one of its states now, at every input whose source stands in it."""
        who = by or user_name()
        line = keep_room(self._core.library, name, lambda room: room.in_state(state), who)
        return {"room": line["id"], "state": line["state"], **self.room(line["id"], when=when, by=by)}

    def room(self, name: str, inputs: list[int] | None = None, when: str = _NEXT, by: str = "") -> Json:
        """Say anew what the library knows of a room at every input in it; `inputs` are put there first."""
        rooms = rooms_of(self._core.library.records("room"))
        found = find_room(rooms, name)
        name = found.id if found is not None else name

        def refresh(patch: Patch) -> list[int]:
            for number in inputs or []:
                patch.set(input_path(number, "place.room"), name, by or user_name())
            there = inputs_in(patch, name)
            furnish(patch, there, rooms, patch.values(), by or user_name())
            return there

        return {"inputs": self._change(refresh, when)}

    def link(self, left: int, right: int, by: str = "") -> Json:
        """Make two inputs a stereo pair: from now on most of what is said of one is said of both."""
        self._change(lambda patch: link(patch, left, right, by or user_name()), _NEXT)
        return self._lines([left])

    def unlink(self, input: int) -> Json:  # noqa: A002
        """Let the two inputs of a pair go."""
        other = self._change(lambda patch: unlink(patch, input), _NEXT)
        return self._lines([input, other])

    def _change(self, change: Callable[[Patch], T], when: str, linked_by: str | None = None) -> T:
        """Change the patch; with `linked_by` (a name) the other side of a linked pair changes with it."""

        def work(patch: Patch) -> T:
            values, before, fields = patch.values(), rooms_in(patch), dict(patch.fields)
            result = change(patch)
            if linked_by is not None:
                mirror(fields, patch, linked_by)
            if inputs := moved(before, patch):
                furnish(patch, inputs, rooms_of(self._core.library.records("room")), values)
            return result

        if when not in (_NOW, _NEXT):
            raise UsageError(f"{when!r} is neither now nor next")
        rolling = self._core.rolling
        if rolling is None or when == _NEXT:
            return self._core.patch.change(work)
        draft = Patch(rolling.patch.fields)
        result = work(draft)
        self._tell(differences(rolling.patch, draft))
        rolling.patch = draft
        self._core.patch.change(work)
        return result

    def _tell(self, changes: list[tuple[str, Any, Any]]) -> None:
        """Write what changed into the rolling take, all at the same frame."""
        now = boottime_ns()
        lines: list[Json] = []
        for path, before, after in changes:
            place = split_path(path)
            line: Json = {"type": "change", "at_boottime_ns": now, "path": path, "by": user_name()}
            lines.append({**line, "input": place[0] if place else 0, "from": before, "to": after})
        if lines:
            self._takes.append(lines)

    def _rename_rolling(self, number: int, name: str) -> None:
        rolling = self._core.rolling
        if rolling is None:
            return
        for track in rolling.refresh().tracks:
            if track.input == number and track.name != name:
                note = {
                    "type": "note",
                    "field": f"track_name.{track.number}",
                    "value": name,
                    "by": user_name(),
                }
                self._takes.append([{**note, "at_boottime_ns": boottime_ns()}])

    def _lines(self, numbers: list[int]) -> Json:
        patch = self._core.patch.patch
        numbers = sorted({*numbers, *(other for n in numbers if (other := partner(patch, n)))})
        lines = {str(number): patch.line(number) for number in numbers}
        return {"lines": lines, "cautions": concerning(cautions(patch.values()), numbers)}

    def of_armed(self, numbers: Collection[int]) -> list[Json]:
        """The cautions of inputs that were armed, among all that are."""
        interface = self._takes.supervisor.interface
        armed = self._core.settings.armed(interface.inputs) if interface else []
        return concerning(cautions(self._core.patch.patch.values(), armed), numbers)
