"""The words for a wrong word clock, and when they are held back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from capture.recorder.drift import FEWEST_HALF, line_through, off
from capture.recorder.word_clock import WordClock, runs_at

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("nominal", "real", "words"),
    [
        (48000, 44100, "runs at 44.1 k, not 48 k"),
        (44100, 48000, "runs at 48 k, not 44.1 k"),
        (96000, 48000, "runs at 48 k, not 96 k"),
        (176400, 192000, "runs at 192 k, not 176.4 k"),
        (48000, 48000 * 1000 / 1001, "runs at 47.952 k, not 48 k: pulled down 0.1 %"),
        (48000, 48000 * 1001 / 1000, "runs at 48.048 k, not 48 k: pulled up 0.1 %"),
        (44100, 44100 * 24 / 25, "runs at 42.336 k, not 44.1 k: pulled down 4 %"),
        (48000, 48000 * 25 / 24, "runs at 50 k, not 48 k: pulled up 4 %"),
        (48000, 44100 * 1000 / 1001, "runs at 44.056 k, not 48 k: 44.1 k pulled down 0.1 %"),
        (48000, 48000 * 0.9997, "runs at 47.986 k, not 48 k (\N{MINUS SIGN}300 ppm)"),
        (96000, 91234, "runs at 91.234 k, not 96 k (\N{MINUS SIGN}49646 ppm)"),
    ],
)
@pytest.mark.parametrize("crystal_ppm", [-60.0, 0.0, 60.0])
def test_a_rate_is_said_as_engineers_say_it(
    nominal: int, real: float, words: str, crystal_ppm: float
) -> None:
    said = runs_at(nominal, (real / nominal * (1 + crystal_ppm * 1e-6) - 1) * 1e6)
    assert said == words or (crystal_ppm and "ppm" in words and "ppm" in said)


def test_the_standard_error_is_that_of_least_squares() -> None:
    """Against a textbook case by hand: y = 0, 1, 1, 2 over x = 0 … 3; slope 0.6, residuals summing to 0.2."""
    at_0, slope, error = line_through([(0, 0), (1, 1), (2, 1), (3, 2)])
    assert (at_0, slope) == (pytest.approx(0.1), pytest.approx(0.6))
    assert error == pytest.approx((0.2 / 2 / 5) ** 0.5)


def test_a_step_in_the_middle_is_no_slope() -> None:
    half = [(x / 2, 0.0) for x in range(FEWEST_HALF)]
    points = half + [(x + FEWEST_HALF / 2, 5000.0) for x, _ in half]
    assert off(points, 48000) is None
    assert off([(x, 48000 * 0.001 * x) for x, _ in points], 48000) == [(x, 48 * x) for x, _ in points]


class Clocks:
    """A clock, and one that nobody steers."""

    def __init__(self, steered_ppm: float = 0.0) -> None:
        self.now, self.steered_ppm = 10 * SECOND, steered_ppm
        self.word_clock = WordClock(
            48000, lambda: self.now, lambda: round(self.now * (1 - steered_ppm / 1e6))
        )

    def said(self, follows: int, off_ppm: float | None, error_ppm: float = 10.0) -> list[str]:
        """What is said over ten seconds."""
        timeline: Any = SimpleNamespace(follows=follows, off_ppm=off_ppm, error_ppm=error_ppm)
        found = []
        for _ in range(20):
            self.now += SECOND // 2
            found.append(self.word_clock.look(timeline))
        return [words for words in found if words is not None]


def test_it_is_said_once_and_taken_back_once() -> None:
    clocks = Clocks()
    assert clocks.said(0, None) == []
    assert clocks.said(1, -81250.0, error_ppm=60.0) == []  # the words are not sure yet
    assert clocks.said(1, -81250.0) == ["runs at 44.1 k, not 48 k"]
    assert clocks.said(2, -81240.0) == []
    assert clocks.word_clock.wrong == "runs at 44.1 k, not 48 k"
    assert clocks.said(3, None) == ["runs at 48 k again"]
    assert clocks.word_clock.wrong == ""


def test_nothing_is_said_while_the_computers_own_clock_is_steered() -> None:
    clocks = Clocks(steered_ppm=5000)
    assert clocks.said(1, 5000.0) == []
