"""The Set-up page: opens when nothing is set, sends what changed, keeps what was typed, says faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.events import Key
from textual.widgets import Input, OptionList, Select

from capture.errors import EnvironmentLacking, UsageError
from hardware.errors import PortAudioMissing
from hardware.interfaces import Listing
from tests.support.fake_station import FakeStation
from tests.support.scenes import lively
from tests.support.screen_rig import Rig, RigMaker
from tests.support.screens import golden, rows, until
from tui.screens.recording import RecordingScreen
from tui.screens.setup import SetupScreen
from tui.screens.setup_orders import orders_for

GOLDENS = Path(__file__).parent / "goldens"


def nothing(station: FakeStation) -> None:
    station.facts |= {"state": "idle", "tracks": [], "next": None}
    station.facts["setup"] |= {"interface": None, "interface_state": "none", "inputs": ""}
    station.facts["setup"] |= {"project": "", "session": "", "slate": "", "day": ""}


def another_day(station: FakeStation) -> None:
    lively(station)
    station.facts["offer"] = {"kind": "new day", "last_session": "2026-11-24", "today": "2026-11-25"}


async def opened(made: Rig) -> SetupScreen:
    if not isinstance(made.app.screen, SetupScreen):
        await made.pilot.press("S")
    await until(made.pilot, lambda: isinstance(made.app.screen, SetupScreen), "the page opens")
    await until(
        made.pilot, lambda: made.app.screen.query_one(OptionList).option_count, "interfaces are listed"
    )
    screen = made.app.screen
    assert isinstance(screen, SetupScreen)
    await until(made.pilot, lambda: screen.query_one("#sensor", Input).suggester, "ports are listed")
    return screen


def put(screen: SetupScreen, **values: str) -> None:
    for name, value in values.items():
        entry = screen.query_one(f"#{name}")
        assert isinstance(entry, Input | Select)
        entry.value = value


async def test_it_opens_when_nothing_is_set(rig: RigMaker) -> None:
    async with rig(prepare=nothing) as made:
        screen = await opened(made)
        put(screen, session="2026-11-25")
        golden(made.app, GOLDENS / "setup_80x24.txt")


async def test_first_set_up_by_keys(rig: RigMaker) -> None:
    async with rig(prepare=nothing) as made:
        screen = await opened(made)
        assert screen.focused is screen.query_one(OptionList)
        await made.pilot.press("enter")
        put(screen, project="Winter Songs", session="Day 1", slate="Aurora")
        await made.press("ctrl+s")
        assert made.orders == [
            (
                "setup",
                {
                    "project": "Winter Songs",
                    "session": "Day 1",
                    "slate": "Aurora",
                    "interface": "alsa:ufx",
                    "inputs": "",
                },
            )
        ]
        assert isinstance(made.app.screen, RecordingScreen)


async def test_the_simulated_interface_is_marked(rig: RigMaker) -> None:
    async with rig(prepare=nothing) as made:
        await opened(made)
        listed = [line for line in rows(made.app) if "inputs" in line and "·" in line]
        assert "SIMULATED · Simulated interface, 8 inputs" in listed[1]
        assert "physical · Fireface UFX · ALSA · 24 inputs · 44.1k–96k" in listed[0]


async def test_an_absent_interface_is_shown_and_stays_the_one_that_is_meant(rig: RigMaker) -> None:
    def away(station: FakeStation) -> None:
        lively(station)
        station.facts["setup"]["interface"] |= {"id": "alsa:hw:[Gone],0"}
        station.facts["setup"]["interface_state"] = "absent"

    async with rig(prepare=away) as made:
        screen = await opened(made)
        assert any("alsa:hw:[Gone],0 · ✖ absent" in line for line in rows(made.app))
        put(screen, slate="Borealis")
        await made.press("ctrl+s")
        assert made.orders == [("setup", {"slate": "Borealis"})]


async def test_nothing_changed_sends_nothing(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await opened(made)
        await made.press("ctrl+s")
        assert made.orders == []
        assert isinstance(made.app.screen, RecordingScreen)


async def test_everything_changed(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        screen = await opened(made)
        put(screen, rate="96000", format="float32", layout="poly", inputs="1-4,8", links="1-2", prefix="A")
        put(
            screen,
            people="engineer Kari",
            sensor="sim, /dev/ttyACM0=text",
            temperature="21,4",
            pressure="1009",
        )
        put(screen, instrument="Testo 622", stop_guard="yes", numbering="project", split_mb="2000")
        put(screen, pre_roll="10", post_roll="2,5", lost_grace="30")
        await made.press("ctrl+s")
        setup = {"rate": 96000, "format": "float32", "layout": "poly", "inputs": "1-4,8", "links": "1-2"}
        setup |= {"prefix": "A", "stop_guard": True, "numbering": "project", "split_mb": 2000}
        setup |= {"pre_roll": 10.0, "post_roll": 2.5, "lost_grace": 30.0}
        assert made.orders == [
            ("setup", setup),
            ("people", {"people": [{"role": "engineer", "name": "Kari"}]}),
            ("sensor", {"port": "sim"}),
            ("sensor", {"port": "/dev/ttyACM0", "driver": "text"}),
            ("air", {"temperature": 21.4, "pressure": 1009.0, "instrument": "Testo 622"}),
        ]


async def test_a_refusal_is_said_and_nothing_is_lost(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        screen = await opened(made)
        put(screen, inputs="1-99", slate="Borealis")
        made.station.refusal = UsageError(
            "input 99 does not exist: the interface has 8 inputs", "choose from 1-8"
        )
        await made.press("ctrl+s")
        assert made.app.screen is screen
        assert "input 99 does not exist" in "\n".join(rows(made.app))
        assert screen.values()["slate"] == "Borealis"


async def test_a_number_that_is_none_is_said(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        screen = await opened(made)
        put(screen, temperature="warm")
        await made.press("ctrl+s")
        assert "temperature: 'warm' is not a number" in "\n".join(rows(made.app))
        assert made.orders == []


async def test_escape_keeps_what_was_typed(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        put(await opened(made), slate="Borealis", temperature="21.4")
        await made.press("escape")
        assert made.orders == []
        assert isinstance(made.app.screen, RecordingScreen)
        again = await opened(made)
        assert again.values()["slate"] == "Borealis"
        assert again.values()["temperature"] == "21.4"


@pytest.mark.parametrize(("keys", "session"), [(["enter"], "2026-11-24"), (["tab", "enter"], "2026-11-25")])
async def test_a_new_day_is_offered(rig: RigMaker, keys: list[str], session: str) -> None:
    async with rig(prepare=another_day) as made:
        await opened(made)
        assert "carry on with 2026-11-24" in "\n".join(rows(made.app))
        await made.press(*keys)
        assert made.orders == [("setup", {"session": session})]
        assert isinstance(made.app.screen, RecordingScreen)


async def test_without_portaudio_the_page_says_how_to_get_it(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        known = made.listing().interfaces[:1]
        missing = PortAudioMissing("PortAudio is not installed", "sudo apt install libportaudio2")
        made.listing = lambda: Listing(known, missing)
        await opened(made)
        text = "\n".join(rows(made.app))
        assert "PortAudio is not installed · sudo apt install libportaudio2" in text
        assert "SIMULATED" in text


async def test_a_listing_that_fails_is_said(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:

        def fail() -> Listing:
            raise EnvironmentLacking("the audio system does not answer", "restart it")

        made.listing = fail
        await made.pilot.press("S")
        await until(made.pilot, lambda: "does not answer · restart it" in "\n".join(rows(made.app)), "said")


@pytest.mark.parametrize(
    ("before", "now", "orders"),
    [
        ({"sensor": "a, b"}, {"sensor": "b, c"}, [("unsensor", {"port": "a"}), ("sensor", {"port": "c"})]),
        ({"sensor": "a"}, {"sensor": "none"}, [("unsensor", {"port": "a"})]),
        ({"inputs": "1-8"}, {"inputs": "all"}, [("setup", {"inputs": ""})]),
        ({"stop_guard": "yes"}, {"stop_guard": "no"}, [("setup", {"stop_guard": False})]),
    ],
)
def test_orders(before: dict[str, str], now: dict[str, str], orders: list[tuple[str, Any]]) -> None:
    assert [(order.do, order.args) for order in orders_for(before, now)] == orders


async def test_leaving_while_a_page_beats_is_quiet(rig: RigMaker) -> None:
    """A beat or a status that comes while screens are taken down finds no widgets and says nothing."""
    async with rig(prepare=lively) as made:
        screen = await opened(made)
        await made.press("escape")
        screen.on_view()
        screen.on_beat(None, 0.05, 0.0)
        assert not screen.ready
        assert isinstance(made.app.screen, RecordingScreen)


async def test_a_quick_typist_lands_in_the_right_fields(rig: RigMaker) -> None:
    async with rig(prepare=nothing) as made:
        screen = await opened(made)
        screen.query_one("#project").focus()
        await made.pilot.pause()
        for key in ("a", "tab", "b", "tab", "c"):
            made.app.post_message(Key(key, None if key == "tab" else key))
        await made.settle()
        values = screen.values()
        assert (values["project"], values["slate"]) == ("a", "c")
        assert values["session"].endswith("b")


async def test_ports_that_are_plugged_in_complete(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        screen = await opened(made)
        line = screen.query_one("#sensor", Input)
        await until(made.pilot, lambda: line.suggester, "ports are listed")
        assert line.placeholder == "/dev/ttyACM0, /dev/ttyS0, sim, or none"
        line.focus()
        await made.press(*"/dev/ttyA", "right")
        assert line.value == "/dev/ttyACM0"
