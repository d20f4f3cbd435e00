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
