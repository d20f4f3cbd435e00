"""The key for rooms: how one stands, and whose source stands in it."""

from __future__ import annotations

from textual.suggester import SuggestFromList

from capture.errors import UsageError
from tui.screens.desk import Desk
from tui.screens.view import Json


def split_room(text: str) -> tuple[str, str]:
    """Room and state of `Live Room: dry`; the state is empty for a room alone. Raises UsageError."""
    room, _, state = text.rpartition(":") if ":" in text else (text, "", "")
    if not room.strip():
        raise UsageError(f"{text!r} names no room", "type it like Live Room: dry")
    return room.strip(), state.strip()


def room_lines(rooms: list[Json]) -> list[str]:
    """Every room alone and with each of its states, as they are typed."""
    return [
        line
        for room in rooms
        for line in (room["id"], *(f"{room['id']}: {s}" for s in room.get("states") or []))
    ]


class RoomOrders(Desk):
    """Handlers named `do_<id>` for the table of keys."""

    def do_room(self) -> None:
        """Say how a room stands, or that the selected input's source stands in it."""
        number = int((self.view.track or {"input": self.view.input})["input"])
        self.order("rooms", {"input": number}, then=lambda known: self._ask_room(known, number))

    def _ask_room(self, known: Json, number: int) -> None:
        rooms = list(known.get("rooms") or [])
        if not rooms:
            self.say("no room is known · takechain room add makes one")
            return
        here = str(known.get("here") or "")
        mine = next((room for room in rooms if str(room["id"]).casefold() == here.casefold()), None)
        states = ", ".join((mine or {}).get("states") or []) or ", ".join(str(room["id"]) for room in rooms)
        self.ask(
            f"room {number}",
            "room",
            lambda text: self._room(text, number),
            value=f"{mine['id']}: " if mine else "",
            suggester=SuggestFromList(room_lines(rooms), case_sensitive=False),
            hint=states,
        )

    def _room(self, text: str, number: int) -> None:
        try:
            room, state = split_room(text)
        except UsageError as error:
            self.bottom.keep_draft(f"room {number}", text)
            self.complain(error)
            return

        def send(when: str) -> None:
            do, args = ("roomstate", {"state": state}) if state else ("room", {"inputs": [number]})
            draft = (f"room {number}", text)
            self.order(do, {"name": room, **args, "when": when}, then=self._room_told, draft=draft)

        self.when("the room changes from", send)

    def _room_told(self, result: Json) -> None:
        inputs = result.get("inputs") or []
        if result.get("state"):
            where = f" · at {len(inputs)} input{'' if len(inputs) == 1 else 's'}"
            self.say(f"{result.get('room')} is {result['state']}{where}")
