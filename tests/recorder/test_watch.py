"""Each detector against signals made with plain arithmetic, and none of them on sound as it is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.journal.record import Signal
from capture.recorder.meter import Meter
from capture.recorder.noticed import MOST_STRETCHES
from capture.recorder.watch import Watch
from hardware.virtual_sources import Sources

RATE = 8000
FULL = 1 - 2**-23


def noise(
    seconds: float, channels: int = 3, level: float = 0.05, bits: int = 24, seed: int = 1
) -> np.ndarray:
    """White noise on the grid of so many bits."""
    made = np.random.default_rng(seed).normal(0, level, (round(seconds * RATE), channels))
    return (np.rint(np.clip(made, -0.9, 0.9) * 2 ** (bits - 1)) / 2 ** (bits - 1)).astype(np.float32)


class Take:
    """Feeds a watch looks of uneven length, as an engine does."""

    def __init__(self, channels: int, inputs: list[int] | None = None, seed: int = 1, first: int = 0) -> None:
        self.lines: list[Signal] = []
        self.watch = Watch(inputs or range(1, channels + 1), RATE, first, self.lines.append)
        self.frames = first
        self._meter, self._random = Meter(channels), np.random.default_rng(seed)

    def feed(self, samples: np.ndarray) -> Take:
        at = 0
        while at < len(samples):
            chunk = np.ascontiguousarray(samples[at : at + self._random.integers(200, 600)])
            self.watch.look(self.frames, chunk, self._meter.measure(chunk))
            self.frames += len(chunk)
            at += len(chunk)
        return self

    def end(self) -> list[Signal]:
        """What a reader of the journal is left with: the newest line of each stretch."""
        self.watch.finish(self.frames)
        newest = {line.key: line for line in self.lines}
        assert all(line.frames > 0 and not line.open for line in newest.values())
        return list(newest.values())


def seen(samples: np.ndarray, seed: int = 1) -> list[Signal]:
    return Take(samples.shape[1], seed=seed).feed(samples).end()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 3 * RATE),
    st.integers(1, 3 * RATE),
    st.sampled_from([0.0, 0.25, -(2**-23), FULL, -1.0]),
    st.integers(0, 2**32 - 1),
)
def test_a_value_that_stands_is_told_to_the_frame(first: int, frames: int, value: float, seed: int) -> None:
    samples = noise(7)
    samples[first : first + frames, 1] = value
    samples[[first - 1, first + frames], 1] = 0.03125  # so that noise does not prolong it by chance
    found = [signal for signal in seen(samples, seed) if signal.kind in ("zeros", "stuck")]
    if frames < RATE + 600:  # between a second and a look more it may be found or not
        assert len(found) <= (frames >= RATE)
        return
    kind = "stuck" if value else "zeros"
    assert found == [Signal(2, kind, first, frames, np.float32(value).item() if value else None)]


def test_a_standing_value_is_said_within_a_second_and_a_look() -> None:
    take = Take(3).feed(noise(2))
    samples = noise(1.1, seed=2)
    samples[:, 2] = 0
    take.feed(samples)
    assert [(s.input, s.kind, s.open) for s in take.watch.told()] == [(3, "zeros", True)]
    assert take.watch.told() == take.lines
    samples = noise(1, seed=3)
    take.feed(samples)
    assert [(s.open, s.frames) for s in take.watch.told()] == [(False, round(1.1 * RATE))]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10 * RATE), st.integers(1, 9)), min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_runs_of_full_scale_samples_are_counted_and_joined(runs: list[tuple[int, int]], seed: int) -> None:
    samples = noise(11)
    full = np.zeros(len(samples) + 1, np.bool_)
    for first, frames in runs:
        full[first : first + frames] = True
    samples[full[:-1], 0] = FULL
    edges = np.flatnonzero(np.diff(np.concatenate(([False], full)).astype(int)))
    long = [(a, b) for a, b in edges.reshape(-1, 2) if b - a >= 3]
    found = [signal for signal in seen(samples, seed) if signal.kind == "clipping"]
    assert sum(int(signal.value or 0) for signal in found) == len(long)
    firsts = [signal.first for signal in found]
    assert firsts == [a for a, _ in long if a in firsts]  # each stretch begins at the first sample of a run
    assert all(any(s.first <= a and a + 3 <= s.end for s in found) for a, _ in long)
    assert all(a.end + RATE < b.first for a, b in pairwise(found))


@pytest.mark.parametrize("bits", [8, 12, 16, 20])
def test_low_bits_that_are_never_used_are_counted(bits: int) -> None:
    samples = noise(35)
    samples[:, 1] = noise(35, 1, bits=bits)[:, 0]
    (found,) = seen(samples)
    assert (found.input, found.kind, found.value, found.first) == (2, "low bits", bits, 0)
    assert found.frames == len(samples)


def test_low_bits_end_where_they_are_used() -> None:
    samples = noise(30)
    samples[: 15 * RATE, 2] = noise(15, 1, bits=16, seed=5)[:, 0]
    (found,) = seen(samples)
    assert (found.input, found.kind, found.value, found.first) == (3, "low bits", 16, 0)
    assert found.end == pytest.approx(15 * RATE, abs=0.5 * RATE)  # every fourth look


def test_21_bits_and_pauses_of_a_16_bit_source_say_nothing() -> None:
    samples = noise(30)
    samples[:, 0] = noise(30, 1, bits=21)[:, 0]
    samples[:, 1] = 0
    samples[::2000, 1] = 0.5  # hardly anything but zeros: too little to judge by
    assert seen(samples) == []


def test_floats_off_the_24_bit_grid_have_no_low_bits() -> None:
    samples = np.random.default_rng(1).normal(0, 0.1, (25 * RATE, 3)).astype(np.float32)
    samples[:, 1] = np.rint(samples[:, 1] * 100) * 256  # whole numbers far beyond full scale
    samples[5000, 2] = np.nan
    samples[6000, 2] = np.inf
    assert {signal.kind for signal in seen(samples)} <= {"clipping", "dc"}


@pytest.mark.parametrize("mean", [0.006, -0.02, 0.4])
def test_a_mean_away_from_zero_is_told_with_its_size(mean: float) -> None:
    samples = noise(40)
    samples[:, 1] += np.float32(mean)
    (found,) = seen(samples)
    assert (found.input, found.kind, found.first) == (2, "dc", 0)
    assert found.value == pytest.approx(mean, abs=0.001)
    assert found.frames > 20 * RATE


def test_a_mean_that_comes_and_goes_is_told_for_the_windows_it_was_seen_in() -> None:
    samples = noise(150)
    samples[30 * RATE : 100 * RATE, 2] += np.float32(0.05)
    (found,) = seen(samples)
    assert (found.input, found.kind) == (3, "dc")
    assert 30 * RATE <= found.first < 51 * RATE
    assert 75 * RATE < found.end <= 100 * RATE


@pytest.mark.parametrize("hertz", [5.0, 20.0, 41.2, 50.0, 100.0, 1000.0, 3000.0])
def test_deep_tones_and_half_waves_of_any_phase_are_no_dc(hertz: float) -> None:
    t = np.arange(60 * RATE) / RATE
    samples = noise(60)
    samples[:, 0] += (0.7 * np.sin(2 * np.pi * hertz * t)).astype(np.float32)
    samples[:, 1] += (0.003 + 0.5 * np.cos(2 * np.pi * (hertz + 0.013) * t)).astype(np.float32)
    assert seen(samples) == []


def test_the_same_samples_are_told_of_all_inputs_that_carry_them() -> None:
    samples = noise(12, 6)
    samples[2 * RATE : 9 * RATE, [3, 5]] = samples[2 * RATE : 9 * RATE, [1]]
    samples[5 * RATE : 7 * RATE, [1, 3, 5]] = 0  # silent together: that speaks for nothing
    found = [signal for signal in seen(samples) if signal.kind == "identical"]
    assert [(s.input, s.inputs) for s in found] == [(2, (4, 6))]
    assert 2 * RATE <= found[0].first < 2.6 * RATE
    assert 8.4 * RATE < found[0].end <= 9 * RATE


def test_silence_constants_and_a_single_other_sample_are_not_the_same() -> None:
    samples = noise(8, 8)
    samples[:, 0:2] = 0
    samples[:, 2:4] = 0.5
    samples[:, 5] = samples[:, 4]
    samples[::300, 5] += np.float32(2**-20)
    samples[:, 7] = -samples[:, 6]  # one of them turned over: the same sums, not the same samples
    assert {signal.kind for signal in seen(samples)} == {"zeros", "stuck"}


def test_a_floor_is_dead_while_others_play_and_until_it_gives_a_sound() -> None:
    samples = noise(60, 4)
    samples[:, 1] = noise(60, 1, level=1e-5, seed=2)[:, 0]
    samples[:, 2] = noise(60, 1, level=1e-5, seed=3)[:, 0]
    samples[45 * RATE : 46 * RATE, 2] = noise(1, 1, seed=4)[:, 0]
    samples[:, 3] = noise(60, 1, level=1e-3, seed=5)[:, 0]  # -60 dBFS: too loud to be called a floor
    found = {signal.input: signal for signal in seen(samples)}
    assert {number: signal.kind for number, signal in found.items()} == {2: "dead", 3: "dead"}
    assert (found[2].first, found[2].frames) == (0, len(samples))
    assert found[2].value == pytest.approx(-100, abs=1)
    assert found[3].end == pytest.approx(45 * RATE, abs=700)


def test_a_quiet_room_is_not_dead() -> None:
    """Nobody plays at all; or a floor moves, as that of an open microphone does."""
    assert seen(noise(40, 3, level=1e-5)) == []
    samples = noise(40, 2)
    steps = np.repeat(10 ** (np.random.default_rng(9).uniform(-12, 0, 40) / 20), RATE)
    samples[:, 1] = noise(40, 1, level=1e-4, seed=7)[:, 0] * steps
    assert seen(samples) == []


def test_only_the_takes_inputs_are_watched() -> None:
    samples = noise(3, 6)
    samples[:, [1, 4]] = 0
    take = Take(6, inputs=[5, 3]).feed(samples)
    assert [(s.input, s.kind) for s in take.end()] == [(5, "zeros")]


def test_zeros_from_before_the_take_do_not_count() -> None:
    take = Take(1, first=4000)
    silence = np.zeros((RATE, 1), np.float32)
    take._meter.measure(silence)
    take.feed(silence)
    assert [(s.first, s.frames) for s in take.end()] == [(4000, RATE)]


def test_stretches_have_a_bound_and_the_last_takes_in_the_rest() -> None:
    piece = np.concatenate([np.zeros((2 * RATE, 1), np.float32), noise(1, 1)])
    take = Take(1)
    for _ in range(20):
        take.feed(piece)
    found = take.end()
    assert len(take.lines) <= 2 * MOST_STRETCHES + 1
    assert [s.stretches for s in found] == [1] * (MOST_STRETCHES - 1) + [20 - MOST_STRETCHES + 1]
    assert found[-1].end == 20 * len(piece) - RATE


def test_frames_that_were_left_out_end_what_went_on() -> None:
    take = Take(1).feed(np.zeros((2 * RATE, 1), np.float32))
    take.frames += 5000  # dropped, as when the disk is too slow
    take.feed(np.zeros((2 * RATE, 1), np.float32))
    assert [(s.first, s.end) for s in take.end()] == [(0, 2 * RATE), (2 * RATE + 5000, 4 * RATE + 5000)]


def test_silence_put_in_later_ends_what_went_on_and_moves_what_followed() -> None:
    samples = noise(4, 2)
    samples[:, 0] = 0
    samples[4 * RATE - 300 : 4 * RATE - 290, 1] = FULL
    take = Take(2).feed(samples)
    place = 4 * RATE - 2000
    take.watch.put_in(place, 700)
    take.frames += 700
    take.feed(np.zeros((RATE // 2, 2), np.float32))
    told = {(s.input, s.kind): s for s in take.watch.told()}
    assert (told[1, "zeros"].first, told[1, "zeros"].end) == (0, place)
    assert told[2, "clipping"].first == 4 * RATE - 300 + 700


def test_a_band_plays_ten_minutes_and_nothing_is_said() -> None:
    """Drums, voices with breaths, pauses, a floor of -75 to -60 dBFS under it."""
    sources, take = Sources(RATE, 10), Take(10)
    chunk = np.empty((RATE, 10), np.float32)
    for second in range(10 * 60):
        sources.render(second * RATE, chunk)
        take.feed(chunk)
    assert take.end() == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_no_samples_at_all_make_it_stumble(seed: int, channels: int) -> None:
    random = np.random.default_rng(seed)
    take = Take(channels, seed=seed)
    for _ in range(6):
        kind = random.integers(0, 5)
        piece = random.normal(0, 10.0 ** random.integers(-9, 3), (random.integers(1, 2 * RATE), channels))
        piece[random.random(piece.shape) < 0.01] = [np.nan, np.inf, -np.inf, 1e30, 0][kind]
        take.feed(piece.astype(np.float32))
        if kind == 3:
            take.watch.put_in(int(random.integers(0, take.frames + 1)), 100)
            take.frames += 100
    take.watch.finish(take.frames)
