"""The meters: fall, hold, over, dead, stale, scale, and how little of the screen a beat draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.geometry import Region

from capture.recorder.page import PageReader
from tests.support.fake_station import FakeStation, HandPage
from tests.support.scenes import lively, rolling
from tests.support.screen_rig import RigMaker
from tests.support.screens import rows
from tui.screens.levels import LevelSource
from tui.widgets.ballistics import Ballistics
from tui.widgets.bank import Bank
from tui.widgets.columns import height_of, scale_labels, zone_of


def look(path: Path, *db: float, **more: Any) -> Any:
    page = HandPage(path / "p", len(db))
    page.write(list(db), **more)
    return PageReader(page.path).read()


def test_a_peak_falls_20_db_in_1_7_s(tmp_path: Path) -> None:
    """IEC 60268-18: the return of a peak meter."""
    meters = Ballistics(1)
    meters.feed(look(tmp_path, -6.0), 48000, 0.05)
    silence = look(tmp_path, -200.0)
    for _ in range(34):
        meters.feed(silence, 48000, 0.05)
    assert meters.shown[0] == pytest.approx(-26.0, abs=0.01)
    assert meters.held[0] == pytest.approx(-6.0, abs=0.01)


def test_a_peak_rises_at_once(tmp_path: Path) -> None:
    meters = Ballistics(2)
    meters.feed(look(tmp_path, -60.0, -6.0), 48000, 0.05)
    meters.feed(look(tmp_path, -1.0, -30.0), 48000, 0.05)
    assert meters.shown[0] == pytest.approx(-1.0, abs=0.01)
    assert meters.shown[1] == pytest.approx(-6.0 - 20 / 1.7 * 0.05, abs=0.01)
    assert meters.worst() == (1, pytest.approx(-1.0, abs=0.01))


def test_overs_stay_until_cleared_and_survive_a_new_recorder(tmp_path: Path) -> None:
    meters = Ballistics(2)
    meters.feed(look(tmp_path, 0.0, -9.0, overs=[3, 0]), 48000, 0.05)
    meters.feed(look(tmp_path, -40.0, -9.0, overs=[3, 0]), 48000, 0.05)
    assert meters.overs.tolist() == [3, 0]
    meters.clear()
    assert meters.overs.tolist() == [0, 0]
    meters.feed(look(tmp_path, -40.0, -9.0, overs=[4, 0]), 48000, 0.05)
    assert meters.overs.tolist() == [1, 0]
    meters.feed(look(tmp_path, -40.0, -9.0, overs=[2, 0]), 48000, 0.05)  # a new one counts from zero
    assert meters.overs.tolist() == [2, 0]


def test_dead_is_a_second_of_exact_zeros(tmp_path: Path) -> None:
    meters = Ballistics(3)
    meters.feed(look(tmp_path, -200.0, -200.0, -120.0, zero_run=[48000, 47999, 0]), 48000, 0.05)
    assert meters.dead.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("db", "percent"),
    [(0, 100), (-5, 87.5), (-10, 75), (-20, 50), (-25, 40), (-30, 30), (-35, 22.5), (-40, 15), (-50, 7.5)],
)
def test_the_scale_is_that_of_the_standard(db: float, percent: float) -> None:
    """Deflections of IEC 60268-18, 2.5 % per dB down to −20, 2 to −30, 1.5 to −40, 0.75 to −50."""
    assert height_of(db) * 100 == pytest.approx(percent)


def test_below_the_scale_is_nothing_and_above_is_full() -> None:
    assert height_of(-60.0) == height_of(-200.0) == 0
    assert height_of(3.0) == 1


def test_zones_are_rows() -> None:
    zones = [zone_of(row, 20) for row in range(20)]
    assert zones == ["ok"] * 14 + ["hot"] * 5 + ["over"]


def test_labels_stand_where_a_bar_of_that_level_ends() -> None:
    labels = scale_labels(20)
    assert labels[19] == "0"
    assert labels[9] == "−20" or labels[10 - 1] in {"", "−18"}
    assert labels[0] == "−60"
    assert len([label for label in labels if label]) == len(set(labels) - {""})


def test_labels_in_db_spl_are_whole_fives_and_stand_where_their_level_is() -> None:
    """0 dBFS is 100.8 dB SPL, so that 100 stands at −0.8 dBFS and 80 just below half of the scale (−20)."""
    labels = scale_labels(40, 100.8)
    assert [labels.index(text) for text in ("100", "80", "50")] == [
        int(np.ceil(height_of(level - 100.8) * 40)) - 1 for level in (100, 80, 50)
    ]
    assert labels.index("80") in (18, 19)
    assert {int(text.replace("−", "-")) % 5 for text in labels if text} == {0}
    assert "−10" in scale_labels(20, -3.0)


async def test_d_says_db_spl_where_it_is_known(rig: RigMaker) -> None:
    def prepare(station: FakeStation) -> None:
        lively(station)
        station.facts["tracks"][0] |= {"spl_at_0dbfs_db": 100.82, "spl_words": "computed from the chain"}
        station.facts["tracks"][1] |= {"spl_at_0dbfs_db": None, "spl_words": "not known: the gain"}

    async with rig(prepare=prepare) as made:
        await made.beat(*[-6.82] * 8)
        assert "dBFS" in "\n".join(rows(made.app))
        await made.press("d")
        shown = rows(made.app)
        assert shown[5].startswith(" SPL│")
        assert any(row.startswith(" 100│") for row in shown)
        assert "peak   94.0  hold   94.0 dB SPL" in "\n".join(shown)
        assert "dB SPL, 100.8 at 0 dBFS: computed from the chain" in "\n".join(shown)
        await made.press("right")
        shown = rows(made.app)
        assert shown[5].startswith("    │")  # of this input it is not known: dBFS again
        assert "hold   −6.8 dBFS" in "\n".join(shown)
        await made.press("d", "d")
        assert "not known: the gain" in "\n".join(rows(made.app))
        await made.press("left", "d")
        assert any(row.startswith("   0│") for row in rows(made.app))


async def test_over_is_lit_until_0_is_pressed(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.beat(*[-3.0] * 8, overs=[0, 0, 2, 0, 0, 0, 0, 0])
        await made.beat(*[-50.0] * 8, overs=[0, 0, 2, 0, 0, 0, 0, 0])
        bank = rows(made.app)[5]
        assert bank.startswith("OVER│")
        assert bank.count("▲") == 1
        await made.press("right", "right")
        assert "▲ OVER 2" in "\n".join(rows(made.app))
        await made.press("0")
        assert "▲" not in "\n".join(rows(made.app))
        assert "OVER" not in rows(made.app)[5]


async def test_dead_quiet_and_unarmed_look_different(rig: RigMaker) -> None:
    def prepare(station: FakeStation) -> None:
        lively(station)
        station.facts["tracks"][2]["armed"] = False

    async with rig(3, prepare=prepare) as made:
        await made.beat(-200.0, -90.0, -90.0, zero_run=[96000, 0, 0])
        lowest, marks = rows(made.app)[12:14]
        assert "░" in lowest
        assert "▁" in lowest
        assert [sign for sign in marks if sign in "●○∅"] == ["∅", "●", "○"]
        assert "exact zeros" in "\n".join(rows(made.app))


async def test_a_stale_page_is_no_data(rig: RigMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig(prepare=rolling) as made:
        await made.beat(*[-3.0] * 8)
        assert "no data" not in "\n".join(rows(made.app))
        monkeypatch.setattr("capture.recorder.page.STALE_SECONDS", -1.0)
        await made.beat(seconds=0.05)
        text = "\n".join(rows(made.app))
        assert text.count("no data") == 2
        assert "█" not in "\n".join(rows(made.app)[6:13])


async def test_only_rows_that_changed_are_drawn(rig: RigMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig(64, prepare=lively) as made:
        await made.beat(*[-12.0] * 64)
        drawn: list[Region] = []
        bank = made.app.screen.query_one(Bank)
        monkeypatch.setattr(bank, "refresh", lambda *regions, **_: drawn.extend(regions))
        made.page.write([-12.0] * 64)
        made.app.beat()
        assert drawn == []
        made.page.write([-12.0] * 63 + [-11.0])
        made.app.beat()
        assert 0 < len(drawn) <= 2
        assert all(region.height == 1 for region in drawn)


async def test_a_page_is_opened_again_when_a_new_recorder_replaced_it(tmp_path: Path) -> None:
    first = HandPage(tmp_path / "levels.page", 2)
    first.write([-6.0, -6.0])
    source = LevelSource()
    assert source.read(str(first.path)) is not None
    second = HandPage(tmp_path / "levels.page", 4)
    second.write([-6.0] * 4)
    source._reader._levels = lambda *_: _stale()  # type: ignore[union-attr,method-assign]
    source.read(str(first.path))
    levels = source.read(str(first.path))
    assert levels is not None
    assert levels.channels == 4


def _stale() -> Any:
    class Stale:
        stale, block = True, 1

    return Stale()


def test_no_page_is_none(tmp_path: Path) -> None:
    source = LevelSource()
    assert source.read(None) is None
    assert source.read(str(tmp_path / "nothing")) is None


async def test_another_interface_begins_with_fresh_meters(rig: RigMaker) -> None:
    async with rig(prepare=lively) as made:
        await made.beat(*[-3.0] * 8)
        made.station.facts["tracks"] = made.station.facts["tracks"][:2]
        await made.settle()
        await made.beat()
        assert made.app.screen.query_one(Bank).meters.channels == 2
        assert np.all(made.app.screen.query_one(Bank).meters.held == -200.0)
        assert "no data" in "\n".join(rows(made.app))
