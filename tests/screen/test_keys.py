"""Every key of the table does its order; none acts when it cannot, or while something is typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.events import Key, Paste

from capture.errors import UsageError
from capture.take import Kind
from tests.support.fake_station import LINE, FakeStation
from tests.support.scenes import lively, rolling
from tests.support.screen_rig import OPENING_NS, RigMaker
from tests.support.screens import golden, rows, until
from tui import keys
from tui.screens.help import HelpScreen
from tui.screens.recording import RecordingScreen
from tui.widgets.bottom import Bottom, Line


def furnished(station: FakeStation) -> None:
    lively(station)
    station.rooms = [
        {"id": "Live Room", "state": "dry", "states": ["dry", "wet"]},
        {"id": "Booth", "state": "", "states": []},
    ]


def carried(station: FakeStation) -> None:
    lively(station)
    station.facts["tracks"][0] |= {"line": LINE, "carried": True}


def marked(station: FakeStation) -> None:
    rolling(station)
    station.facts["take"]["markers"] = [
        {"id": 1, "frame": 480, "text": "RR9"},
        {"id": 2, "frame": 960, "text": ""},
    ]


GOLDENS = Path(__file__).parent / "goldens"
LAST = {"take": "uuid-3"}
NOW = {"take": "uuid-4"}
EXPECTED: dict[str, tuple[Any, list[str], list[tuple[str, dict[str, Any]]]]] = {
    "roll": (lively, ["r"], [("roll", {"at_boottime_ns": OPENING_NS})]),
    "stop": (rolling, ["s"], [("stop", {"at_boottime_ns": OPENING_NS})]),
    "room_tone": (lively, ["o"], [("roomtone", {"at_boottime_ns": OPENING_NS})]),
    "slate": (lively, ["n", *"Bo", "tab", "enter"], [("slate", {"name": "Borealis"})]),
    "mark": (rolling, ["m"], [("mark", {"text": "", "at_boottime_ns": OPENING_NS})]),
    "name_mark": (marked, ["enter", "enter"], [("marktext", {"id": 2, "text": "RR10"})]),
    "strike_mark": (marked, ["backspace"], [("unmark", {})]),
    "circle": (rolling, ["c"], [("edit", NOW | {"field": "verdict", "value": "circled"})]),
    "no_good": (lively, ["x"], [("edit", LAST | {"field": "verdict", "value": "no good"})]),
    "hold": (lively, ["h"], [("edit", LAST | {"field": "verdict", "value": "hold"})]),
    "note": (lively, ["t", "o", "k", "enter"], [("edit", LAST | {"field": "note", "value": "ok"})]),
    "kind": (lively, ["k", "2"], [("edit", LAST | {"field": "kind", "value": list(Kind)[1]})]),
    "covers": (rolling, ["v", "v", "2", "enter"], [("edit", NOW | {"field": "covers", "value": "v2"})]),
    "move": (lively, ["L", *"Bor", "enter"], [("edit", LAST | {"field": "slate", "value": "Bor"})]),
    "undo": (lively, ["u"], [("undo", {})]),
    "arm": (lively, ["a"], [("track", {"input": 1, "armed": False})]),
    "arm_all": (lively, ["A"], [("setup", {"inputs": "none"})]),
    "name_track": (lively, ["right", "R", "!", "enter"], [("track", {"input": 2, "name": "Snare T!"})]),
    "names": (lively, ["g", *"a,b", "enter"], [("names", {"text": "a,b"})]),
    "chain": (
        lively,
        ["e", *"DI", "enter"],
        [("pieces", {}), ("chain", {"line": "DI", "inputs": "1", "when": "next"})],
    ),
    "gain_up": (lively, ["+"], [("gain", {"input": 1, "db": 1, "when": "next"})]),
    "gain_down": (lively, ["-"], [("gain", {"input": 1, "db": -1, "when": "next"})]),
    "confirm": (carried, ["y"], [("chainconfirm", {})]),
    "copy_chain": (lively, ["C", "2", "enter"], [("chaincopy", {"source": 2, "target": 1, "when": "next"})]),
    "link": (lively, ["l"], [("chainlink", {"left": 1, "right": 2})]),
    "room": (
        furnished,
        ["O", *"wet", "enter"],
        [("roomstate", {"name": "Live Room", "state": "wet", "when": "next"})],
    ),
    "people": (
        lively,
        ["P", *"engineer Kari Moe, artist Anna", "enter"],
        [
            (
                "people",
                {"people": [{"role": "engineer", "name": "Kari Moe"}, {"role": "artist", "name": "Anna"}]},
            )
        ],
    ),
    "seen": (rolling, ["w"], [("ack", {"id": 1})]),
}
ON_THE_SCREEN_ONLY = {
    "path", "clear", "setup", "input_left", "input_right", "input_back", "input_on", "take_up", "take_down",
    "aside", "escape", "help", "quit", "scale", "changes",
}  # fmt: skip


def test_the_table_is_covered() -> None:
    assert set(EXPECTED) | ON_THE_SCREEN_ONLY == set(keys.BY_ID)
    assert set(EXPECTED).isdisjoint(ON_THE_SCREEN_ONLY)


def test_no_two_actions_share_a_key() -> None:
    used = [key for action in keys.ACTIONS for key in action.keys]
    assert len(used) == len(set(used))


def test_every_action_has_a_handler_and_words() -> None:
    for action in keys.ACTIONS:
        assert callable(getattr(RecordingScreen, f"do_{action.id}"))
        assert action.help
        assert action.label


@pytest.mark.parametrize("name", EXPECTED)
async def test_a_key_does_its_order(rig: RigMaker, name: str) -> None:
    prepare, pressed, wanted = EXPECTED[name]
    async with rig(prepare=prepare) as made:
        await made.press(*pressed)
        assert made.orders == wanted
        assert made.app.screen.trouble == ""  # type: ignore[attr-defined]


async def test_impossible_keys_do_nothing(rig: RigMaker) -> None:
    """With nothing set up, nothing rolling and nothing wrong, hardly a key may order anything."""

    def empty(station: FakeStation) -> None:
        station.facts |= {"state": "idle", "tracks": [], "next": None}

    async with rig(prepare=empty) as made:
        impossible = [a for a in keys.ACTIONS if a.id in EXPECTED and not a.when(made.app.view)]
        assert len(impossible) > 20
        for action in impossible:
            await made.pilot.press(*action.keys)
            assert not made.app.screen.query_one(Bottom).busy, action.id
        await made.settle()
        assert made.orders == []


async def test_r_while_rolling_does_nothing(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        before = rows(made.app)
        await made.press("r")
        assert made.orders == []
        assert rows(made.app) == before


async def test_a_mark_takes_the_moment_of_its_key_press(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        made.now_ns = 77
        await made.press("m")
        made.now_ns = 99
        await made.press("enter", *"solo", "enter")
        assert made.orders == [
            ("mark", {"text": "", "at_boottime_ns": 77}),
            ("marktext", {"id": 1, "text": "solo"}),
        ]


async def test_the_stop_guard_wants_two_presses_within_a_second(rig: RigMaker) -> None:
    def guarded(station: FakeStation) -> None:
        rolling(station)
        station.facts["setup"]["stop_guard"] = True

    async with rig(prepare=guarded) as made:
        await made.press("s")
        assert made.orders == []
        assert "once more" in "\n".join(rows(made.app))
        made.now_ns += 1_500_000_000
        await made.press("s")
        assert made.orders == []
        made.now_ns += 900_000_000
        await made.press("s")
        assert [do for do, _ in made.orders] == ["stop"]


async def test_the_same_verdict_twice_is_none(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        await made.press("c")
        await made.press("c")
        assert [args["value"] for _, args in made.orders] == ["circled", "none"]


async def test_keys_act_on_the_chosen_take(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("up", "up", "c")
        assert made.orders == [("edit", {"take": "uuid-1", "field": "verdict", "value": "circled"})]
        await made.press("escape", "h")
        assert made.orders[-1][1]["take"] == "uuid-3"


async def test_a_chain_change_while_rolling_asks_now_or_next(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        await made.press("e", *"DI", "enter")
        assert made.orders == [("pieces", {})]
        golden(made.app, GOLDENS / "asking_now_or_next.txt")
        await made.press("enter")
        assert made.orders[1:] == [("chain", {"line": "DI", "inputs": "1", "when": "next"})]
        await made.press("+", "+", "-", "-", "-", "w")
        assert made.orders[2:] == [("gain", {"input": 1, "db": -1, "when": "now"})]


async def test_a_range_in_the_chain_line(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("e", *"5-8: SM57 > 1073 ch 1", "enter")
        assert made.orders[1:] == [("chain", {"line": "SM57 > 1073 ch 1", "inputs": "5-8", "when": "next"})]


async def test_escape_never_loses_what_was_typed(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("t", *"vocal ", "escape")
        assert made.orders == []
        await made.press("t", *"pop", "enter")
        assert made.orders == [("edit", {"take": "uuid-3", "field": "note", "value": "vocal pop"})]
        await made.press("t")
        assert made.app.screen.query_one(Line).value == ""


async def test_a_refused_text_comes_back_and_the_reason_is_said(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        made.station.refusal = UsageError("note: 10001 letters are too many", "use at most 10000")
        await made.press("t", *"long", "enter")
        assert "note: 10001 letters are too many · use at most 10000" in "\n".join(rows(made.app))
        await made.press("t")
        assert made.app.screen.query_one(Line).value == "long"
        await made.press("enter")
        assert "too many" not in "\n".join(rows(made.app))


async def test_meters_go_on_while_typing(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        await made.beat(*[-60.0] * 8, take=4800)
        await made.press("t", *"slow")
        before = rows(made.app)
        await made.beat(*[-3.0] * 8, take=9600)
        after = rows(made.app)
        assert after[6:14] != before[6:14]
        assert after[22:] == before[22:]
        assert "slow" in after[22]


async def test_letters_are_text_at_once_when_the_line_is_open(rig: RigMaker) -> None:
    """A fast typist's `t r s` writes "rs" and neither rolls nor stops."""
    async with rig(prepare=rolling) as made:
        for key in ("t", "r", "s", "q"):
            made.app.post_message(Key(key, key))
        await made.settle()
        assert made.app.screen.query_one(Line).value == "rsq"
        assert made.orders == []


@pytest.mark.parametrize(
    ("answer", "orders", "ended"),
    [("enter", [], False), ("escape", [], False), ("l", [], True), ("s", ["stop"], True), ("r", [], False)],
)
async def test_q_asks_while_rolling(rig: RigMaker, answer: str, orders: list[str], ended: bool) -> None:
    async with rig(prepare=rolling) as made:
        await made.press("q")
        assert "A take is rolling. Quit?" in "\n".join(rows(made.app))
        if ended:
            await made.pilot.press(answer)
            await until(made.pilot, lambda: made.app._exit, "the screen ends")
        else:
            await made.press(answer)
        assert [do for do, _ in made.orders] == orders
        assert made.app._exit is ended


async def test_q_leaves_at_once_when_nothing_rolls(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.pilot.press("q")
        await made.pilot.pause()
        assert made.app._exit


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_the_usual_keys_to_leave_ask_too(rig: RigMaker, key: str) -> None:
    async with rig(prepare=rolling) as made:
        await made.press(key)
        assert made.app.screen.query_one(Bottom).busy
        assert not made.app._exit


async def test_p_shows_and_copies_the_path(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("p")
        path = "/music/Winter Songs/2026-11-25/Aurora/Aurora_T003.take.jsonl"
        assert made.app.clipboard == path
        assert "copied" in rows(made.app)[22]
        await made.press("r", "p")
        assert made.app.clipboard == "/music/Winter Songs/2026-11-25/Aurora/Aurora_T004_01_Kick.wav"


async def test_the_selection_moves_and_stays_inside(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("left")
        assert made.app.view.input == 1
        await made.press("right", "pagedown")
        assert made.app.view.input == 8
        await made.press("pageup", "right")
        assert made.app.view.input == 2


async def test_footer_shows_only_what_is_possible(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.settle()
        foot = "\n".join(rows(made.app)[22:])
        assert "r Roll" in foot
        assert "s Stop" not in foot
        assert "m Mark" not in foot
        await made.press("r")
        foot = "\n".join(rows(made.app)[22:])
        assert "r Roll" not in foot
        assert "s Stop" in foot
        assert "m Mark" in foot
        assert "? Help" in foot


async def test_help_lists_every_key(rig: RigMaker) -> None:
    async with rig(size=(100, 90), prepare=lively) as made:
        await made.press("?")
        assert isinstance(made.app.screen, HelpScreen)
        text = "\n".join(rows(made.app))
        assert all(action.help in text for action in keys.ACTIONS)
        await made.press("escape")
        assert isinstance(made.app.screen, RecordingScreen)


async def test_people_with_an_unknown_role_are_not_lost(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("P", *"drums Bo", "enter")
        assert made.orders == []
        assert "roles are artist, client" in "\n".join(rows(made.app))
        await made.press("P")
        assert made.app.screen.query_one(Line).value == "drums Bo"


async def test_the_room_of_an_input_and_its_state(rig: RigMaker) -> None:
    async with rig(prepare=furnished) as made:
        await made.press("right", "O")
        line = made.app.screen.query_one(Line)
        assert line.value == "Live Room: "
        assert "dry, wet" in "\n".join(rows(made.app))
        line.value = ""
        await made.press(*"Booth", "enter")
        assert made.orders == [("room", {"name": "Booth", "inputs": [2], "when": "next"})]
        await made.press("O")
        made.app.screen.query_one(Line).value = ""
        made.station.refusal = UsageError("Live Room has no state 'loud'", "known: dry, wet")
        await made.press(*"Live Room: loud", "enter")
        assert "known: dry, wet" in "\n".join(rows(made.app))
        await made.press("O")
        assert made.app.screen.query_one(Line).value == "Live Room: loud"  # not lost


async def test_no_room_is_known_yet(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("O")
        assert not made.app.screen.query_one(Bottom).busy
        assert "takechain room add" in "\n".join(rows(made.app))


async def test_a_pasted_list_becomes_one_line(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.press("g")
        line = made.app.screen.query_one(Line)
        line.post_message(Paste("Kick\nSnare T\r\n\n Hat "))
        await made.press("enter")
        assert made.orders == [("names", {"text": "Kick, Snare T, Hat"})]


def test_the_manual_has_every_key() -> None:
    text = keys.markdown()
    assert all(f"| `{action.shown}` | {action.help} |" in text for action in keys.ACTIONS)


async def test_a_click_on_a_meter_selects_it(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.pilot.click("#bank", offset=(5 + 9 * 2 + 3, 4))
        await made.settle()
        assert made.app.view.input == 3
        await made.pilot.click("#bank", offset=(1, 4))
        await made.settle()
        assert made.app.view.input == 3


async def test_every_possible_action_is_a_sentence_in_the_palette(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        commands = {command.title: command for command in made.app.get_system_commands(made.app.screen)}
        assert commands["Stop"].help == "End the rolling take and seal it"
        assert "Roll" not in commands
        commands["Circle"].callback()
        await made.settle()
        assert made.orders[0][0] == "edit"
        await made.press("ctrl+p")
        assert made.app.screen.is_modal
        await made.press("escape")


async def test_ctrl_q_on_another_page_comes_back_to_ask(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        await made.press("?")
        await made.press("ctrl+q")
        assert isinstance(made.app.screen, RecordingScreen)
        assert "A take is rolling. Quit?" in "\n".join(rows(made.app))


async def test_a_demo_says_so(tmp_path: Path) -> None:
    from tui.app import TakechainApp

    station = FakeStation()
    app = TakechainApp(tmp_path, connect=station.connect, pulse=False, poll_seconds=None, demo=True)
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.view.connected, "connected")
        assert "nothing here is real" in "\n".join(rows(app))
