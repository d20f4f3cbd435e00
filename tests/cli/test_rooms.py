"""takechain room: from the library's record into the chain of a take."""

from __future__ import annotations

from tests.support.cli import Cli

RIG = ("--interface", "sim:2", "--rate", "48000", "--project", "Nordlys", "--session", "Day 1")


def test_a_take_holds_the_room_and_the_state_it_was_in(cli: Cli) -> None:
    cli.ok("room", "add", "Live Room", "--size", "8.2x5x3.4", "--surface", "floor=oak", "--note", "wood")
    cli.ok("room", "state", "Live Room", "dry", "--set", "curtain=drawn", "--set", "door=closed")
    cli.ok("room", "state", "live room", "wet", "--set", "curtain=open")
    here = cli.ok("room", "state", "Live Room", "DRY")
    assert (here["state"], here["inputs"]) == ("dry", [])
    said = cli.ok(
        "room", "measure", "Live Room", "rt60", "125=0.61 1k=0.44", "--instrument", "REW", "--method", "t20",
        "--date", "2026-11-20", "--by", "Anna",
    )  # fmt: skip
    assert said["measured"][0] == {
        "quantity": "rt60", "unit": "s", "values": {"125": 0.61, "1000": 0.44}, "instrument": "REW",
        "date": "2026-11-20", "method": "T20", "state": "dry", "by": "Anna",
    }  # fmt: skip
    cli.ok("chain", "set", "Snare (Anna) @ live room: SM57 4 cm > in 1")  # the room is furnished by its name
    cli.ok("record", *RIG, "--inputs", "1-2", "--slate", "One", "--seconds", "0.2")
    chain = cli.ok("show", "One_T001")["chain"]
    assert chain["input.1.place.state"]["value"] == "dry"
    assert chain["input.1.place.settings"]["value"] == "curtain drawn, door closed"
    assert chain["input.1.place.volume_m3"]["value"] == 139.4
    assert chain["input.1.place.surfaces"]["value"] == "floor oak"
    assert chain["input.1.place.rt60"] | {"at": ""} == {
        "value": "125 Hz 0.61 s, 1 kHz 0.44 s; T20, REW, 2026-11-20, Anna", "how": "measured",
        "by": chain["input.1.place.room"]["by"], "at": "", "carried_from": None,
    }  # fmt: skip
    assert cli.ok("room", "state", "Live Room", "wet", "--by", "Per")["inputs"] == [1]
    cli.ok("record", *RIG, "--inputs", "1-2", "--slate", "One", "--seconds", "0.2")
    changes = [c["words"] for c in cli.ok("chain", "diff", "One_T001", "One_T002")["changes"]]
    assert "input 1 state of the room: dry → wet" in changes
    assert "input 1 doors and curtains: curtain drawn, door closed → curtain open" in changes
    assert any(
        w.startswith("input 1 reverberation time: 125 Hz") and w.endswith("not declared") for w in changes
    )


def test_what_is_known_of_a_room(cli: Cli) -> None:
    cli.ok("room", "add", "Hall", "--volume", "5000 ft3")
    cli.ok("room", "add", "Hall", "--note", "cold")  # what is not said stays
    record = cli.ok("room", "show", "hall")
    assert (record["note"], round(record["volume_m3"], 2)) == ("cold", 141.58)  # 5000 × 0.3048³
    cli.ok("room", "measure", "Hall", "noise", "A=23.5 63=41", "--instrument", "XL2", "--note", "fans off")
    lines = cli.run("room", "show", "Hall").out
    assert "noise: 63 Hz 41 dB, 23.5 dB(A); XL2" in lines
    assert "fans off" in lines
    cli.ok("room", "state", "Hall", "open", "--set", "doors=open")
    cli.ok("room", "state", "Hall", "open")
    assert "(now)" in cli.run("room", "state", "Hall").out
    assert cli.ok("room", "state", "Hall", "--inputs", "5-6")["inputs"] == [5, 6]
    assert cli.ok("chain", "show", "5")["fields"]["input.5.place.state"]["value"] == "open"
    assert "state" not in cli.ok("room", "state", "Hall", "open", "--forget")
    assert "input.5.place.state" not in cli.ok("chain", "show", "5")["fields"]
    for bad in (
        ("state", "Hall", "shut"), ("state", "Nowhere"), ("state", "Hall", "--set", "a=b"),
        ("measure", "Hall", "rt60", "1k=0", "--instrument", "x"), ("show", "Nowhere"),
        ("measure", "Hall", "rt60", "1k=1", "--instrument", " "), ("remove", "Nowhere"),
        ("measure", "Hall", "rt60", "1k=1", "--instrument", "x", "--state", "no"), ("add", " "),
    ):  # fmt: skip
        result = cli.run("room", *bad)
        assert (result.code, len(result.said)) in ((2, 1), (2, 2)), bad
    cli.ok("room", "remove", "hall")
    assert all(room["id"] != "Hall" for room in cli.ok("room", "list")["rooms"])
