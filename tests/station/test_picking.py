"""Gear picked from the locker through the station: the patch keeps what it is, and needs no locker then."""

from __future__ import annotations

import pytest

from capture.errors import TakechainError
from capture.gear.locker import Locker
from capture.gear.record import make_gear
from capture.library import Library
from tests.support.stations import Desk, lines

MICROPHONE = {
    "id": "A1142",
    "kind": "microphone",
    "make": "Neumann",
    "model": "KM 184",
    "serial": "1142",
    "powering": "required",
    "specs": {"sensitivity_mv_pa": {"value": 15, "source": "data sheet"}},
}


def test_a_piece_of_the_locker_in_the_patch(studio: Desk) -> None:
    locker = Locker(Library.open(studio.library))
    locker.put(make_gear(MICROPHONE), "Ida")
    done = studio.call("chain", line="OH: mic=A1142 cardioid 2 m > 1073 +40 dB > in 1")
    assert done["lines"]["1"] == "OH: Neumann KM 184 #1142 mic=A1142 cardioid 2 m > 1073 +40 dB > in 1"
    assert studio.call("pieces") == {"pieces": {"A1142": "microphone"}}
    assert "mic=A1142" in studio.call("chain", line="mic=a1142 > in 3")["lines"]["3"]
    locker.remove("A1142", "Ida")
    studio.call("chain", line=done["lines"]["1"])
    fields = studio.call("chainfields")["fields"]
    assert fields["input.1.microphone.sensitivity_mv_pa"]["value"] == 15
    assert fields["input.1.microphone.powering"]["value"] == "required"
    with pytest.raises(TakechainError, match="no 'A1142'"):
        studio.call("chain", line="mic=A1142 > in 2")


def test_cautions_when_set_and_when_armed(studio: Desk) -> None:
    studio.set_up(inputs="1-2")
    studio.call("chainfields", fields={"input.1.microphone.powering": "harmful"})
    done = studio.call("chain", line="Coles 4038 #1 > Grace m801 ch 1 48V > in 1")
    assert done["cautions"] == []  # another device than the one of which it was known
    studio.call("chainfields", fields={"input.1.microphone.powering": "harmful"})
    done = studio.call("chain", line="Coles 4038 #1 > Grace m801 ch 1 48V > in 1")
    assert [c["kind"] for c in done["cautions"]] == ["harmful"]
    done = studio.call("chain", line="SM57 > Grace m801 ch 1 > in 3")
    assert [(c["kind"], c["inputs"]) for c in done["cautions"]] == [("preamp channel", [1, 3])]
    assert studio.call("track", input=2, armed=True)["cautions"] == []
    assert len(studio.call("track", input=3, armed=True)["cautions"]) == 1
    assert len(studio.call("setup", inputs="1-3")["cautions"]) == 2
    assert len(studio.status()["tracks"][2]["cautions"]) == 1
    assert [c["kind"] for c in studio.call("setup", inputs="1-2")["cautions"]] == ["harmful"]
    tracks = studio.status()["tracks"]
    assert tracks[0]["cautions"] == ["in 1: 48 V is on and can harm Coles 4038 #1"]
    assert (tracks[1]["cautions"], tracks[2]["cautions"]) == ([], [])  # the third is not armed any more


def test_what_changed_since_the_last_take(studio: Desk) -> None:
    studio.set_up(inputs="1-2")
    studio.call("chain", line="SM57 4 cm > 1073 +40 dB > in 1")
    assert (studio.status()["since"], studio.status()["tracks"][0]["changed"]) == ("", [])
    take = studio.take()
    assert (studio.status()["since"], studio.status()["tracks"][0]["changed"]) == ("Aurora_T001", [])
    studio.call("chain", line="SM57 6 cm > 1073 +43 dB > in 1")
    studio.call("chain", line="SM58 > in 3")  # which the take did not have
    changed = ["distance: 0.04 m → 0.06 m", "gain: +40 dB → +43 dB"]
    assert studio.status()["tracks"][0]["changed"] == changed
    assert studio.status()["tracks"][2]["changed"] == []
    studio.call("edit", field="chain.input.1.preamp.gain_db", value="43", take=take["take"])
    assert studio.status()["tracks"][0]["changed"] == changed[:1]


def test_a_linked_pair_is_edited_once(studio: Desk) -> None:
    studio.set_up(inputs="1-2")
    studio.call("chain", line="OH: KM 184 #7 2 m > 1073 ch 1 +30 dB > in 1")
    done = studio.call("chainlink", left=1, right=2)
    assert done["lines"]["2"] == "OH R: KM 184 2 m > 1073 +30 dB > in 2"
    assert studio.call("gain", input=2, db=3)["lines"]["1"] == "OH L: KM 184 #7 2 m > 1073 ch 1 +33 dB > in 1"
    studio.call("track", input=1, name="Room")
    assert [track["name"] for track in studio.status()["tracks"][:2]] == ["Room L", "Room R"]
    assert [track["linked"] for track in studio.status()["tracks"][:3]] == [2, 1, None]
    journal = studio.call("roll")["journal"]
    studio.call("gain", input=1, db=1, when="now")
    changes = lines(journal, "change")
    assert sorted((c["path"], c["to"]) for c in changes) == [
        ("input.1.preamp.gain_db", 34),
        ("input.2.preamp.gain_db", 34),
    ]
    studio.call("stop")
    studio.call("chainunlink", input=2)
    studio.call("gain", input=1, db=1)
    assert "+34 dB" in studio.status()["tracks"][1]["line"]
