"""Loss found against the clock: true steps with place and length, and nothing where nothing was lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
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
