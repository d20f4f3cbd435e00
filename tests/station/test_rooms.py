"""Rooms at the station: what it tells of them, and a state that reaches every input that stands there."""

from __future__ import annotations

from typing import Any

import pytest

from capture.errors import TakechainError
from capture.library import Library
from tests.support.stations import Desk, lines

DRY = {"name": "dry", "settings": [{"what": "curtain", "how": "drawn"}]}


def fields(studio: Desk) -> dict[str, Any]:
    return {path: kept["value"] for path, kept in studio.call("chainfields")["fields"].items()}


def test_a_state_reaches_every_input_in_the_room(studio: Desk) -> None:
    library = Library.open(studio.library)
    library.put("room", "Live Room", {"size_m": [8.2, 5, 3.4], "states": [DRY], "later": "kept"})
    studio.call("room", name="live room", inputs=[1, 3])
    known = studio.call("rooms", input=3)
    assert known == {"rooms": [{"id": "Live Room", "state": "", "states": ["dry"]}], "here": "Live Room"}
    done = studio.call("roomstate", name="LIVE ROOM", state="Dry", by="Ida")
    assert done == {"room": "Live Room", "state": "dry", "inputs": [1, 3]}
    assert fields(studio)["input.3.place.settings"] == "curtain drawn"
    assert studio.call("chainfields")["fields"]["input.1.place.state"]["by"] == "Ida"
    assert library.records("room")["Live Room"]["later"] == "kept"  # what a newer version may have written


def test_while_rolling_it_is_for_the_next_take_or_from_now_on(studio: Desk) -> None:
    library = Library.open(studio.library)
    wet = {"name": "wet", "settings": []}
    library.put("room", "Live Room", {"states": [DRY, wet], "state": "dry"})
    studio.set_up(inputs="1")
    studio.call("room", name="Live Room", inputs=[1])
    journal = studio.call("roll")["journal"]
    studio.call("roomstate", name="Live Room", state="wet", when="now")
    studio.call("stop")
    said = {line["path"]: (line["from"], line["to"]) for line in lines(journal, "change")}
    assert said == {"input.1.place.state": ("dry", "wet"), "input.1.place.settings": ("curtain drawn", None)}
    assert fields(studio)["input.1.place.state"] == "wet"


def test_what_is_refused_changes_nothing(studio: Desk) -> None:
    library = Library.open(studio.library)
    library.put("room", "Live Room", {"states": [DRY], "state": "dry"})
    before = library.records("room")
    for args in ({"name": "Live Room", "state": "wet"}, {"name": "Hall", "state": "dry"}):
        with pytest.raises(TakechainError):
            studio.call("roomstate", **args)
    assert library.records("room") == before
