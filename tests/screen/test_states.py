"""What the eye gets: goldens of the screen per state and size, and the styles beside the words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fake_station import FakeStation
from tests.support.scenes import lively, rolling
from tests.support.screen_rig import Rig, RigMaker
from tests.support.screens import golden, rows, until
from tui.app import CALM, OWN_COLOURS
from tui.widgets.band import Band

GOLDENS = Path(__file__).parent / "goldens"
LEVELS = (-2.0, -9.0, -30.0, -59.0, -200.0, -70.0, -15.0, -4.0)
DEAD = [0, 0, 0, 0, 96000, 0, 0, 0]
OVERS = [2, 0, 0, 0, 0, 0, 0, 0]


def in_state(state: str) -> object:
    def prepare(station: FakeStation) -> None:
        lively(station)
        station.facts["state"] = state

    return prepare


async def shown(rig: Rig, take_frames: int = -1) -> None:
    rig.app.choose_input(2)
    await rig.beat(*LEVELS, overs=OVERS, zero_run=DEAD, take=take_frames)


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (120, 40), (100, 30), (64, 16)], ids=str)
async def test_rolling(rig: RigMaker, size: tuple[int, int]) -> None:
    async with rig(size=size, prepare=rolling) as made:
        await shown(made, take_frames=int(192.4 * 48000))
        golden(made.app, GOLDENS / f"rolling_{size[0]}x{size[1]}.txt")


async def test_armed_with_64_inputs_fits_80_columns(rig: RigMaker) -> None:
    async with rig(64, prepare=lively) as made:
        made.app.choose_input(40)
        await made.beat(*(LEVELS * 8), overs=OVERS * 8, zero_run=DEAD * 8)
        golden(made.app, GOLDENS / "armed_64.txt")


async def test_more_inputs_than_columns_show_the_page_of_the_selected_one(rig: RigMaker) -> None:
    async with rig(160, prepare=lively) as made:
        made.app.choose_input(160)
        await made.beat(*(LEVELS * 20))
        text = "\n".join(rows(made.app))
        assert "160" in text
        assert " 64 " not in text


STATES = {
    "idle": ("■ READY", "-idle"),
    "armed": ("● ARMED", "-armed"),
    "rolling": ("⏺ ROLLING", "-rolling"),
    "closing": ("◌ CLOSING", "-closing"),
    "lost": ("✖ DEVICE LOST", "-lost"),
}


@pytest.mark.parametrize("state", STATES)
async def test_each_state_has_a_word_a_shape_and_a_colour_of_its_own(rig: RigMaker, state: str) -> None:
    prepare = rolling if state == "rolling" else in_state(state)
    async with rig(prepare=prepare) as made:  # type: ignore[arg-type]
        await shown(made)
        assert STATES[state][0] in "\n".join(rows(made.app))
        assert made.app.screen.query_one(Band).state_shown == STATES[state][1]


async def test_colours_of_the_states_differ(rig: RigMaker) -> None:
    seen = {}
    async with rig(prepare=lively) as made:
        band = made.app.screen.query_one(Band)
        for state in STATES:
            made.station.facts["state"] = state
            await made.settle()
            seen[state] = (band.styles.background.hex, band.styles.color.hex)
    assert len(set(seen.values())) == len(STATES)


async def test_the_clock_is_large_and_counts_tenths(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        await shown(made, take_frames=int(3661.5 * 48000))
        assert "01:01:01.5" in rows(made.app)[3]
        before = rows(made.app)[:3]
        await made.beat(*LEVELS, take=int(3661.6 * 48000))
        assert "01:01:01.6" in rows(made.app)[3]
        assert rows(made.app)[:3] != before


async def test_without_a_page_the_clock_goes_on_by_the_status(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        made.station.facts["page"] = None
        await made.settle()
        await made.beat(seconds=0.5)
        assert "00:03:12.9" in rows(made.app)[3]


async def test_a_very_small_window_shows_what_is_needed_most(rig: RigMaker) -> None:
    async with rig(size=(50, 10), prepare=rolling) as made:
        await shown(made, take_frames=int(192.4 * 48000))
        text = rows(made.app)
        assert text[0] == "⏺ ROLLING 00:03:12.4  s stops"
        assert "−2.0 dBFS in 1  Aurora · take 4  larger shows more" in text


@pytest.mark.parametrize("size", [(20, 5), (30, 2), (9, 3), (1, 1)], ids=str)
async def test_a_tiny_window(rig: RigMaker, size: tuple[int, int]) -> None:
    async with rig(size=size, prepare=rolling) as made:
        made.station.facts["warnings"] = []
        await made.settle()
        await shown(made, take_frames=int(192.4 * 48000))
        golden(made.app, GOLDENS / f"rolling_{size[0]}x{size[1]}.txt")


async def test_a_tiny_window_says_what_is_wrong_and_asks(rig: RigMaker) -> None:
    async with rig(size=(20, 5), prepare=rolling) as made:
        made.station.facts["take"]["lost_frames"] = 4800
        made.station.facts["warnings"] = [{"id": 2, "utc": "", "text": "the disk is nearly full"}]
        await made.settle()
        await shown(made, take_frames=int(192.4 * 48000))
        wrong = ["⏺ ROLLING 00:03:12.4", "s stops", "≈ 4800 frames lost", "the disk is nearly", "full"]
        assert rows(made.app) == wrong
        await made.press("t")
        await made.beat()
        assert rows(made.app)[3].startswith(" note on Aurora_T004")
        await made.press("escape", "q")
        await made.beat()
        assert rows(made.app)[:3] == ["⏺ ROLLING 00:03:12.4", "A take is rolling. …", "c cancel, stay here"]
        await made.press("c")
        await made.beat()
        assert rows(made.app) == wrong


async def test_no_color_still_says_everything(rig: RigMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with rig(prepare=rolling) as made:
        await shown(made, take_frames=0)
        text = "\n".join(rows(made.app))
        assert all(word in text for word in ("⏺ ROLLING", "OVER", "▲", "∅", "●", "◎ circled", "≈ gap"))


async def test_a_station_that_is_away_is_said_in_words_and_found_again(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        made.station.dead = True
        made.app.link.look()
        await until(made.pilot, lambda: made.app.gone, "the station is missed")
        text = "\n".join(rows(made.app))
        assert "the station does not answer, trying again" in text
        assert "CONNECTING" in text
        made.station.dead = False
        await until(made.pilot, lambda: made.app.view.connected, "the station is back")
        assert "does not answer" not in "\n".join(rows(made.app))


async def test_a_recorder_that_rolls_on_alone_is_still_watched(rig: RigMaker) -> None:
    """kill -9 of the station: word, clock and meters go on from the levels page."""
    async with rig(prepare=rolling) as made:
        await made.beat(*LEVELS, take=48000)
        made.station.dead = True
        made.app.link.look()
        await until(made.pilot, lambda: made.app.gone, "the station is missed")
        await made.beat(*LEVELS, take=96000)
        text = rows(made.app)
        assert "⏺ ROLLING  00:00:02.0" in text[3]
        assert "the station does not answer" in "\n".join(text)
        assert "█" in text[10]


async def test_what_the_disk_test_found_is_shown_until_the_first_take(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        text = "the disk takes 180 MB/s and syncs in 12 ms, this take needs 9.2 MB/s: enough"
        made.station.facts |= {"warnings": [], "last": None}
        made.station.facts["disk"] |= {"test": {"state": "done", "verdict": "enough", "text": text}}
        await made.settle()
        assert any(text in row for row in rows(made.app)), rows(made.app)
        made.station.facts["last"] = "0" * 8
        await made.settle()
        assert not any(text in row for row in rows(made.app))


async def test_a_long_warning_takes_two_rows_and_the_meters_keep_theirs(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        await shown(made, take_frames=0)
        bars = rows(made.app)[5:15]
        text = "the interface went away during Aurora_T004 and came back: 127228 frames (2.65 s) are lost"
        made.station.facts["warnings"].insert(0, {"id": 2, "utc": "", "text": text})
        await made.settle()
        after = rows(made.app)
        assert after[5:15] == bars
        assert text in " ".join(f"{after[18][3:62].strip()} {after[19].strip()}".split())
        assert "w seen · 1 more" in after[18]


async def test_a_later_part_shows_its_own_files(rig: RigMaker) -> None:
    async with rig(prepare=rolling) as made:
        take = made.station.facts["take"]
        take["part"] = 2
        take["files"] += ["/music/Aurora_T004-2_01_Kick.wav", "/music/Aurora_T004-2_02_Snare T.wav"]
        await made.settle()
        assert "→ Aurora_T004-2_01_Kick.wav +1" in rows(made.app)[4]


async def test_the_hues_stay_apart_in_16_colours() -> None:
    from rich.color import Color, ColorSystem

    hues = {
        name: Color.parse(hue).downgrade(ColorSystem.STANDARD).number for name, hue in OWN_COLOURS.items()
    }
    assert hues["level-ok"] in {2, 10}  # green
    assert hues["level-hot"] in {3, 11}  # yellow
    assert hues["level-over"] in {1, 9}  # red
    assert hues["armed"] in {4, 12}  # blue
    assert hues["rolling"] in {5, 13}  # magenta


async def test_without_colour_a_rolling_band_is_the_brightest(
    rig: RigMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with rig(prepare=lively) as made:
        band = made.app.screen.query_one(Band)
        brightness = {}
        for state in STATES:
            made.station.facts["state"] = state
            await made.settle()
            brightness[state] = band.styles.background.brightness
        assert max(brightness, key=lambda state: brightness[state]) == "rolling"
        assert sorted(brightness.values())[-2] < 0.6


async def test_another_theme_reaches_every_row(rig: RigMaker) -> None:
    """Rows keep styles and lines between beats; a theme makes all of them anew."""
    async with rig(prepare=rolling) as made:
        await shown(made, take_frames=0)
        words = rows(made.app)
        assert CALM.background in made.app.export_screenshot()
        made.app.theme = "textual-light"
        await made.settle()
        await made.beat(*LEVELS, overs=OVERS, zero_run=DEAD, take=0)
        picture = made.app.export_screenshot()
        assert CALM.background not in picture
        assert CALM.foreground not in picture
        assert rows(made.app) == words


async def test_the_band_says_how_much_a_take_would_begin_with_and_what_it_has(rig: RigMaker) -> None:
    async with rig(size=(100, 30), prepare=lively) as made:
        for held, said in ((4.2, "pre 4/10 s · disk"), (10.0, "pre 10 s · disk")):
            made.station.facts["pre_roll"] = {"asked": 10.0, "granted": 10.0, "held": held}
            await made.settle()
            assert said in "\n".join(rows(made.app))
        await made.press("r")
        made.station.facts["take"]["pre_roll"] = 2.5
        await made.settle()
        assert "pre 2.5 s" in "\n".join(rows(made.app))


async def test_the_post_roll_is_counted_down_and_r_carries_on(rig: RigMaker) -> None:
    async with rig(size=(100, 30), prepare=rolling) as made:
        made.station.facts["take"]["post_roll_left"] = 3.2
        await made.settle()
        text = "\n".join(rows(made.app))
        assert "take 4  ends in 4 s · r carries on" in text
        assert "r Roll" in text
        await made.press("r")
        assert [do for do, _ in made.orders] == ["roll"]
        assert "ends in" not in "\n".join(rows(made.app))
