"""Loss found against the clock: true steps with place and length, and nothing where nothing was lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capture.recorder.timeline import Step, Timeline

SECOND = 1_000_000_000


class Converter:
    """Callbacks of `period` frames at a true rate that is `ppm` off nominal, each up to `jitter_s` late."""

    def __init__(
        self, rate: int, period: int, ppm: float = 0.0, jitter_s: float = 0.0, seed: int = 1
    ) -> None:
        self.period, self.true_rate = period, rate * (1 + ppm * 1e-6)
        self.jitter_s = jitter_s
        self.random = random.Random(seed)
        self.lost: list[tuple[float, int]] = []  # from this second on, so many callbacks never came
        self.stalls: list[tuple[float, float]] = []  # callbacks due in between come together at its end

    def callbacks(self) -> Iterator[float]:
        """The moments of the callbacks, in seconds."""
        due, last = 0.0, 0.0
        step = self.period / self.true_rate
        losses = sorted(self.lost)
        while True:
            due += step
            if losses and due > losses[0][0]:
                due += losses.pop(0)[1] * step
            late = due + self.random.uniform(0, self.jitter_s)
            for begin, end in self.stalls:
                late = end if begin <= late < end else late
            last = max(last, late)
            yield last


def run(
    converter: Converter, rate: int, seconds: float, pause: Callable[[random.Random], float] | None = None
) -> tuple[Timeline, list[tuple[float, Step]]]:
    """Look at the converter as the engine does; every step found, with its moment."""
    timeline, found = Timeline(rate), []
    callbacks = converter.callbacks()
    due, looks = next(callbacks), random.Random(7)
    now = 0.0
    while now < seconds:
        now += pause(looks) if pause else looks.uniform(0.04, 0.06)
        came = 0
        while due <= now:
            came += converter.period
            due = next(callbacks)
        step = timeline.look(round(now * SECOND), came)
        if step is not None:
            found.append((now, step))
    return timeline, found


@pytest.mark.parametrize("rate", [44100, 48000, 96000, 192000])
@pytest.mark.parametrize("period", [64, 256, 1024, 4096])
def test_a_sound_stream_has_no_gap(rate: int, period: int) -> None:
    _, found = run(Converter(rate, period), rate, 30)
    assert found == []


@pytest.mark.parametrize(("period", "callbacks"), [(1024, 1), (1024, 3), (256, 2), (4096, 1), (480, 10)])
def test_lost_callbacks_are_found_with_place_and_length(period: int, callbacks: int) -> None:
    rate = 48000
    converter = Converter(rate, period, ppm=40, jitter_s=0.001)
    converter.lost = [(12.3, callbacks)]
    _, found = run(converter, rate, 20)
    assert len(found) == 1
    when, step = found[0]
    assert abs(step.frames - callbacks * period) <= step.frames_pm
    assert step.frames == callbacks * period  # whole callbacks are told exactly
    true_place = 12.3 * converter.true_rate
    assert abs(step.first - true_place) <= step.first_pm + period
    assert step.first_pm <= 0.08 * rate + 2 * period
    assert when - 12.3 < 0.55 + callbacks * period / rate  # while it is still held back


def test_each_of_several_losses_is_found() -> None:
    converter = Converter(48000, 1024)
    converter.lost = [(5.0, 1), (9.0, 4), (9.7, 1), (15.0, 20)]
    timeline, found = run(converter, 48000, 20)
    assert [step.frames for _, step in found] == [1024, 4096, 1024, 20480]
    assert abs(timeline.position - 20 * 48000) <= 2 * 1024


@pytest.mark.parametrize("stall", [0.03, 0.1, 0.25, 0.45, 0.8])
def test_a_delay_that_catches_up_is_no_gap(stall: float) -> None:
    converter = Converter(48000, 256, jitter_s=0.001)
    converter.stalls = [(6.0, 6.0 + stall), (8.1, 8.1 + stall)]
    _, found = run(converter, 48000, 14)
    assert found == []


def test_a_look_that_comes_late_is_no_gap() -> None:
    def pause(looks: random.Random) -> float:
        return 2.0 if looks.random() < 0.02 else looks.uniform(0.04, 0.06)

    _, found = run(Converter(48000, 1024), 48000, 60, pause)
    assert found == []


@settings(max_examples=60, deadline=None)
@given(
    rate=st.sampled_from([44100, 48000, 96000, 192000]),
    period=st.sampled_from([64, 128, 441, 480, 512, 1024, 2048, 4096]),
    ppm=st.floats(-200, 200),
    jitter=st.floats(0, 0.004),
    seed=st.integers(0, 2**32 - 1),
)
def test_drift_and_jitter_never_make_a_gap(
    rate: int, period: int, ppm: float, jitter: float, seed: int
) -> None:
    _, found = run(Converter(rate, period, ppm, jitter, seed), rate, 25)
    assert found == []


@settings(max_examples=60, deadline=None)
@given(
    period=st.sampled_from([256, 512, 1024, 2048]),
    ppm=st.floats(-200, 200),
    callbacks=st.integers(1, 40),
    at=st.floats(4, 10),
    seed=st.integers(0, 2**32 - 1),
)
@example(2048, 120.0, 3, 5.5, 0)  # looks from while the callbacks failed to come once passed for the step
def test_loss_is_never_missed(period: int, ppm: float, callbacks: int, at: float, seed: int) -> None:
    rate = 48000
    if callbacks * period < 0.008 * rate:
        callbacks = -(-round(0.008 * rate) // period)
    converter = Converter(rate, period, ppm, 0.0005, seed)
    converter.lost = [(at, callbacks)]
    _, found = run(converter, rate, 15)
    assert [abs(step.frames - callbacks * period) <= step.frames_pm for _, step in found] == [True]


def test_moments_and_frames_belong_together() -> None:
    timeline, _ = run(Converter(48000, 480, ppm=100), 48000, 60)
    for second in (1, 30, 59):
        frame = timeline.frame_at(second * SECOND)
        assert abs(frame - second * 48000 * 1.0001) < 480
        assert abs(timeline.time_of(frame) - second * SECOND) < SECOND // 1000


@pytest.mark.parametrize("ppm", [-150.0, 0.0, 80.0])
def test_the_converters_rate_is_measured(ppm: float) -> None:
    timeline, _ = run(Converter(48000, 256, ppm), 48000, 110)
    assert timeline.rate_ppm == pytest.approx(ppm, abs=15)


def test_the_rate_is_not_known_before_half_a_minute() -> None:
    timeline, _ = run(Converter(48000, 256), 48000, 20)
    assert timeline.rate_ppm is None


PULLED_DOWN = (1000 / 1001 - 1) * 1e6
WORD_CLOCKS = [(44100 / 48000 - 1) * 1e6, PULLED_DOWN, -PULLED_DOWN, -40_000.0, 1e6 / 24, 1e6, -500_000.0]


@pytest.mark.parametrize("period", [256, 1024])
@pytest.mark.parametrize("ppm", WORD_CLOCKS)
def test_another_word_clock_is_no_loss_and_its_rate_is_followed(period: int, ppm: float) -> None:
    converter = Converter(48000, period, ppm, jitter_s=0.001)
    converter.lost = [(40.0, 2048 // period)]
    timeline, found = run(converter, 48000, 50)
    assert [step.frames for _, step in found] == [2048]  # and what is really lost is still found
    assert abs(found[0][1].first - 40.0 * converter.true_rate) <= found[0][1].first_pm + period
    assert timeline.off_ppm is not None
    assert 1 + timeline.off_ppm * 1e-6 == pytest.approx(1 + ppm * 1e-6, rel=500e-6)
    assert timeline.error_ppm < 50
    for second in (35, 49):
        frame = timeline.frame_at(second * SECOND)
        assert abs(frame - second * converter.true_rate) < 2 * period
        assert abs(timeline.time_of(frame) - second * SECOND) < 5 * SECOND // 1000


def test_a_word_clock_that_changes_is_followed_there_and_back() -> None:
    """Forty seconds at 48 k, at 44.1 k, and at 48 k again; only the change itself may pass for a loss."""
    timeline, seen, now, came, made = Timeline(48000), [], 0.0, 0.0, 0
    gaps = []
    looks = random.Random(5)
    while now < 120:
        step = looks.uniform(0.04, 0.06)
        now += step
        came += step * (44100 if 40 <= now < 80 else 48000)
        found = timeline.look(round(now * SECOND), int(came // 64) * 64 - made)
        gaps += [now] if found is not None else []
        made = int(came // 64) * 64
        seen.append((now, timeline.off_ppm))
    assert all(40 < now < 55 for now in gaps)
    known = [now for now, ppm in seen if ppm is not None]
    assert 40 < known[0] < 60
    assert 80 < known[-1] < 100
    assert all(ppm == pytest.approx(-81250, abs=150) for now, ppm in seen if 65 < now < 80)


@settings(max_examples=25, deadline=None)
@given(
    rate=st.sampled_from([44100, 48000, 192000]),
    period=st.sampled_from([64, 480, 1024, 4096]),
    ppm=st.floats(-190, 190),
    jitter=st.floats(0, 0.01),
    stall=st.floats(0.05, 0.7),
    seed=st.integers(0, 2**32 - 1),
)
def test_within_the_limit_the_rate_is_never_said_to_be_wrong(
    rate: int, period: int, ppm: float, jitter: float, stall: float, seed: int
) -> None:
    converter = Converter(rate, period, ppm, jitter, seed)
    converter.stalls = [(9.0, 9.0 + stall), (21.0, 21.0 + stall)]
    converter.lost = [(15.0, 3)]
    timeline, _ = run(converter, rate, 40)
    assert timeline.off_ppm is None
