"""The parts without a screen: words, pulse, link, letters, rows."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import TakechainError, UsageError
from capture.wire import WireError
from tests.support.fake_station import FakeStation
from tui.screens import words
from tui.screens.chain_orders import split_range
from tui.screens.link import Link, Order
from tui.screens.pulse import Pulse
from tui.screens.session_orders import parse_people, people_text
from tui.screens.view import View, count
from tui.widgets import letters
from tui.widgets.facts import declared, elements
from tui.widgets.rows import cells, cut, fit, spread


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "00:00:00.0"),
        (0.06, "00:00:00.0"),
        (192.4, "00:03:12.4"),
        (59.96, "00:00:59.9"),
        (36061.1, "10:01:01.1"),
    ],
)
def test_clock(seconds: float, text: str) -> None:
    assert words.clock(seconds) == text


def test_clock_without_hours_shows_them_when_there_are_any() -> None:
    assert words.clock(192.4, hours=False) == "03:12.4"
    assert words.clock(3600, hours=False) == "01:00:00.0"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (18720, "5 h 12 m"),
        (2900, "48 m"),
        (60, "1 m"),
        (52, "52 s"),
        (0, "0 s"),
        (9 * 86400, "9 d"),
        (None, "–"),
    ],
)
def test_disk_time(seconds: float | None, text: str) -> None:
    assert words.left(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "now"), (8.9, "8 s ago"), (720, "12 min ago"), (10800, "3 h ago"), (None, "age not known")],
)
def test_age(seconds: float | None, text: str) -> None:
    assert words.age(seconds) == text


@pytest.mark.parametrize(
    ("label", "following"), [("RR3", "RR4"), ("bar 09", "bar 10"), ("4a", "5a"), ("solo", "solo"), ("", "")]
)
def test_labels_count_up(label: str, following: str) -> None:
    assert words.counted_up(label) == following


def test_a_pulse_that_is_late_slows_down_and_recovers() -> None:
    pulse = Pulse(20.0)
    for _ in range(2):
        pulse.judge(0.04)
    pulse.judge(0.0)
    assert pulse.rate == 20.0
    for _ in range(3):
        pulse.judge(0.04)
    assert pulse.rate == 10.0
    for _ in range(9):
        pulse.judge(1.0)
    assert pulse.rate == 5.0
    for _ in range(51):
        pulse.judge(0.0)
    assert pulse.rate == 10.0
    for _ in range(120):
        pulse.judge(0.0)
    assert pulse.rate == 20.0


def test_over_ssh_the_pulse_starts_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert Pulse().rate == 20.0
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    assert Pulse().rate == 10.0


class Ears:
    """Collects what a link says."""

    def __init__(self, station: FakeStation, poll_seconds: float | None = None) -> None:
        self.heard: list[Any] = []
        self._new = threading.Condition()
        self.link = Link(
            station.connect,
            on_status=lambda status: self._hear("status", status),
            on_gone=lambda error: self._hear("gone", error.what),
            on_answer=lambda order, result: self._hear("answer", order.do),
            on_refused=lambda order, error: self._hear("refused", error.what),
            poll_seconds=poll_seconds,
        )
        self.link.start()

    def _hear(self, kind: str, what: Any) -> None:
        with self._new:
            self.heard.append((kind, what))
            self._new.notify_all()

    def wait(self, kind: str, times: int = 1) -> list[Any]:
        with self._new:
            assert self._new.wait_for(lambda: sum(k == kind for k, _ in self.heard) >= times, 10), self.heard
            return [what for k, what in self.heard if k == kind]


def test_a_refusal_keeps_the_line_and_a_break_mends_it() -> None:
    station = FakeStation()
    ears = Ears(station)
    station.refusal = UsageError("no", "do")
    ears.link.order(Order("slate", {"name": "x"}))
    assert ears.wait("refused") == ["no"]
    station.refusal = WireError("the connection ended")
    ears.link.order(Order("slate", {"name": "x"}))
    ears.link.order(Order("slate", {"name": "y"}))
    assert ears.wait("answer") == ["slate"]
    assert station.orders[-1] == ("slate", {"name": "y"})
    ears.link.close()


def test_a_dead_station_is_said_and_looked_for_again() -> None:
    station = FakeStation()
    station.dead = True
    ears = Ears(station)
    assert "nobody answers" in ears.wait("gone")[0]
    station.dead = False
    ears.link.look()
    ears.wait("status")
    ears.link.close()


def test_the_screen_counts_as_one_client() -> None:
    station = FakeStation()
    ears = Ears(station)
    ears.link.order(Order("slates"))
    ears.wait("answer")
    station.facts["clients"] = 3
    ears.link.look()
    ears.wait("status", 2)
    ears.link.look()
    assert ears.wait("status", 3)[-1]["clients"] == 2
    ears.link.close()


def test_errors_that_are_not_ours_are_told_by_their_name() -> None:
    class Odd(FakeStation):
        def call(self, do: str, timeout: float = 5.0, **args: Any) -> dict[str, Any]:
            raise RuntimeError("odd")

    ears = Ears(Odd())
    assert ears.wait("gone")[0] == "RuntimeError: odd"
    ears.link.close()


@pytest.mark.parametrize(
    "text", ["⏺ ROLLING", "● ARMED", "■ READY", "◌ CLOSING", "✖ LOST", "01:23:45.6", "789"]
)
def test_every_sign_of_the_band_can_be_drawn_large(text: str) -> None:
    for scale, height in ((1, 3), (2, 5)):
        drawn = letters.drawn(text, scale)
        assert len(drawn) == height
        assert {len(row) for row in drawn} == {letters.width(text, scale)}
    plain = [sign for sign in text if sign != " "]
    pictures = {sign: tuple(letters.drawn(sign)) for sign in plain}
    assert len(set(pictures.values())) == len(pictures)


def test_rolling_and_clock_fit_80_columns() -> None:
    assert letters.width("⏺ ROLLING") + letters.width("59:59.9") + 7 <= 80
    assert letters.width("ROLLING") + letters.width("01:59:59.9") + 7 <= 80


@given(st.text(max_size=40), st.integers(0, 50))
def test_fit_is_exact(text: str, width: int) -> None:
    plain = "".join(sign for sign in text if cells(sign) in (1, 2))
    assert cells(fit(plain, width)) == width


@given(st.lists(st.text("aé漢 ", max_size=9), max_size=4), st.integers(1, 40))
def test_a_cut_row_fits(texts: list[str], width: int) -> None:
    row = [(text, "") for text in texts]
    assert sum(cells(text) for text, _ in cut(row, width)) <= width
    assert sum(cells(text) for text, _ in spread(row, [("x ", "")], width)) <= max(width, 2)


@pytest.mark.parametrize(
    ("text", "inputs", "line"),
    [
        ("5-8: SM57 > 1073", "5-8", "SM57 > 1073"),
        ("12: DI", "12", "DI"),
        ("SM57 > 1073", "3", "SM57 > 1073"),
        ("Snare (Anna) @ Live Room: SM57", "3", "Snare (Anna) @ Live Room: SM57"),
    ],
)
def test_a_range_is_told_from_a_source(text: str, inputs: str, line: str) -> None:
    assert split_range(text, 3) == (inputs, line)


def test_people_come_back_as_typed() -> None:
    people = parse_people("engineer Kari Moe,  ARTIST Anna ,")
    assert people == [{"role": "engineer", "name": "Kari Moe"}, {"role": "artist", "name": "Anna"}]
    assert people_text(people) == "engineer Kari Moe, artist Anna"
    assert people_text(None) == ""
    with pytest.raises(UsageError):
        parse_people("engineer")


def test_elements_of_a_chain() -> None:
    line = "Snare (Anna) @ Live Room: SM57 4 cm > 1073 +42 dB > in 3"
    assert elements(line) == ["Snare (Anna) @ Live Room", "SM57 4 cm", "1073 +42 dB", "in 3"]
    assert elements("") == []
    assert declared(line)
    assert declared("SM57 > in 3")
    assert not declared("Snare: in 3")
    assert not declared("in 3")
    assert not declared("")


def test_a_view_of_nothing_is_empty() -> None:
    view = View()
    assert view.state == "offline"
    assert (view.tracks, view.takes, view.markers, view.warnings, view.air) == ([], [], [], [], [])
    assert view.subject is None
    assert not view.nothing_set
    assert View(connected=True).nothing_set
    assert (count(None), count([1, 2]), count(3)) == (0, 2, 3)


def test_our_errors_carry_what_to_do() -> None:
    from tui.screens.page import in_one_line

    assert in_one_line(TakechainError("no space", "free some")) == "no space · free some"
    assert in_one_line(TakechainError("no space")) == "no space"


def test_what_goes_on_with_the_selected_input_is_known_while_it_does() -> None:
    zeros = {"input": 3, "kind": "zeros", "open": True, "text": "in 3: only zeros since 0:42"}
    same = {"input": 5, "inputs": [6], "open": True, "text": "in 5 and 6 carry the same samples since 0:00"}
    status = {"state": "rolling", "take": {"signals": [zeros, same]}}
    seen = [View(status=status, connected=True, input=n).noticed for n in (3, 4, 5, 6)]
    assert seen == [zeros["text"], "", same["text"], same["text"]]
    over = {"state": "rolling", "take": {"signals": [{**zeros, "open": False}]}}
    assert View(status=over, connected=True, input=3).noticed == ""
    assert View(status={"take": {}}, connected=True).noticed == ""
