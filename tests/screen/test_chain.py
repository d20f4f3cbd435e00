"""What the screen says of chains: cautions, what changed."""

from __future__ import annotations

from tests.support.fake_station import FakeStation
from tests.support.scenes import lively
from tests.support.screen_rig import RigMaker
from tests.support.screens import rows


async def test_a_caution_at_arming_is_one_quiet_line(rig: RigMaker) -> None:
    def disarmed(station: FakeStation) -> None:
        lively(station)
        station.facts["tracks"][0]["armed"] = False
        station.cautions = [
            {"kind": "harmful", "inputs": [1], "text": "in 1: 48 V is on and can harm Coles 4038"},
            {"kind": "output", "inputs": [1, 2], "text": "in 1 and 2: SM57 #1 is used twice"},
        ]

    async with rig(prepare=disarmed) as made:
        await made.press("a")
        assert "in 1: 48 V is on and can harm Coles 4038 (and 1 more)" in "\n".join(rows(made.app))
        assert made.station.facts["tracks"][0]["armed"] is True
        await made.press("right")
        assert "can harm" not in "\n".join(rows(made.app))


async def test_chains_of_a_template_a_session_or_a_take(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("C", *"last", "enter")
        assert made.orders == [("chainuse", {"source": "last", "when": "next"})]
        await made.press("C", "enter")
        assert len(made.orders) == 1


def changed(station: FakeStation) -> None:
    lively(station)
    station.facts["since"] = "Aurora_T003"
    station.facts["tracks"][1]["changed"] = ["gain: +42 dB → +45 dB"]
    station.facts["tracks"][2] |= {"line": "SM57 > in 3", "changed": ["source: Tom → Snare B"]}


async def test_what_changed_since_the_last_take_stands_beside_the_chain(rig: RigMaker) -> None:
    async with rig(prepare=changed, size=(80, 24)) as made:
        await made.press("right")
        line = next(row for row in rows(made.app) if "SM57" in row)
        assert "Δ 1 · D says what" in line  # there is no room for more
        await made.press("right")
        assert "SM57 > in 3  Δ source: Tom → Snare B" in "\n".join(rows(made.app))
        await made.press("D")
        assert "since Aurora_T003: in 2 gain: +42 dB → +45 dB; in 3 source" in "\n".join(rows(made.app))


async def test_where_there_is_room_the_column_says_it(rig: RigMaker) -> None:
    async with rig(prepare=changed, size=(140, 40)) as made:
        await made.press("right")
        shown = "\n".join(rows(made.app))
        assert "Δ since Aurora_T003" in shown
        assert "gain: +42 dB → +45 dB" in shown


async def test_nothing_changed_or_no_take_yet(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("D")
        assert "there is no take before" in "\n".join(rows(made.app))
        made.station.facts["since"] = "Aurora_T003"
        await made.settle()
        await made.press("D")
        assert "the chains are as they were in Aurora_T003" in "\n".join(rows(made.app))


async def test_a_caution_stands_beside_the_chain_while_the_input_is_armed(rig: RigMaker) -> None:
    def cautioned(station: FakeStation) -> None:
        changed(station)
        station.facts["tracks"][1]["cautions"] = ["in 2: 48 V is on and can harm Coles 4038"]

    for size in ((80, 24), (140, 40)):
        async with rig(prepare=cautioned, size=size) as made:
            await made.press("right")
            shown = "\n".join(rows(made.app))
            assert "! 48 V is on and can harm" in shown
            assert "SM57 #A1142" in shown
