"""The simulated interface: frames owed by the clock, equal samples from equal seeds, believable sound."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import NotGranted, UnknownInterface
from hardware.interfaces import CaptureStream, find, open_capture
from hardware.virtual import SimulatedStream, simulated_interface
from hardware.virtual_sources import Sources


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns


def stream(channels: int = 8, rate: int = 48000) -> tuple[SimulatedStream, Clock]:
    clock = Clock()
    made = SimulatedStream(simulated_interface(f"sim:{channels}"), rate, channels, clock_ns=clock)
    made.start()
    return made, clock


def drained(source: CaptureStream) -> np.ndarray:
    chunks = []
    while got := source.read():
        chunks += [chunk.copy() for chunk in got]
    return np.concatenate(chunks) if chunks else np.empty((0, source.channels), np.float32)


def test_the_frames_are_those_owed_by_the_clock_and_none_is_dropped() -> None:
    source, clock = stream()
    assert source.read() == []
    clock.now_ns += 1_000_000_000
    assert len(drained(source)) == 48000
    clock.now_ns += 3_700_000_000  # a machine that stood still for seconds
    assert len(drained(source)) == 177600
    assert source.frames == 225600
    assert source.alive()
    assert source.close()
    assert not source.alive()
    assert source.read() == []


def test_a_long_stall_gives_the_same_samples_as_reading_in_time() -> None:
    late, late_clock = stream()
    late_clock.now_ns += 2_000_000_000
    steady, steady_clock = stream()
    pieces = []
    for _ in range(200):
        steady_clock.now_ns += 10_000_000
        pieces.append(drained(steady))
    np.testing.assert_array_equal(drained(late), np.concatenate(pieces))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=12), st.integers(0, 10_000_000))
def test_samples_depend_on_the_frame_and_not_on_the_pieces(sizes: list[int], first: int) -> None:
    sources = _band()
    whole = np.empty((sum(sizes), 9), np.float32)
    sources.render(first, whole)
    at = 0
    for size in sizes:
        piece = np.empty((size, 9), np.float32)
        sources.render(first + at, piece)
        np.testing.assert_array_equal(piece, whole[at : at + size])
        at += size


_BANDS: list[Sources] = []


def _band() -> Sources:
    if not _BANDS:
        _BANDS.append(Sources(44100, 9))
    return _BANDS[0]


def test_every_value_is_a_24_bit_integer_over_2_to_the_23() -> None:
    out = np.empty((96000, 9), np.float32)
    _band().render(12345, out)
    scaled = out.astype(np.float64) * 2**23
    assert np.array_equal(scaled, np.round(scaled))
    assert scaled.min() >= -(2**23)
    assert scaled.max() <= 2**23 - 1


def test_levels_are_those_of_a_session() -> None:
    """Peaks with headroom, a noise floor of -80 to -58 dBFS in the pauses, and no two inputs alike."""
    sources = Sources(48000, 16)
    out = np.empty((48000 * 20, 16), np.float32)
    sources.render(0, out)
    peaks = 20 * np.log10(np.abs(out).max(axis=0))
    assert peaks.max() < -2
    assert peaks.min() > -45
    blocks = out.reshape(-1, 480, 16)
    quietest = 20 * np.log10(np.sqrt((blocks**2).mean(axis=1)).min(axis=0))
    percussive_and_sung = [0, 1, 2, 6]
    assert all(-80 < quietest[place] < -58 for place in percussive_and_sung)
    assert len({round(float(level), 2) for level in quietest}) > 12
    room, loudest = peaks[7], peaks[:7].max()
    assert room < loudest - 6
    correlation = np.corrcoef(out[:, 0], out[:, 8])[0, 1]
    assert abs(correlation) < 0.9


def test_the_noise_floor_does_not_audibly_repeat() -> None:
    sources = Sources(48000, 1)
    pause = np.empty((48000, 1), np.float32)
    later = np.empty((48000, 1), np.float32)
    loop = len(sources._loops[0])
    sources.render(0, pause)
    sources.render(loop, later)  # the same beat, one loop on
    assert not np.array_equal(pause, later)


def test_the_same_seed_plays_the_same_and_another_does_not() -> None:
    one, two, other = (np.empty((4096, 4), np.float32) for _ in range(3))
    Sources(48000, 4, seed=1).render(100_000, one)
    Sources(48000, 4, seed=1).render(100_000, two)
    Sources(48000, 4, seed=2).render(100_000, other)
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_sixty_four_inputs_cost_little() -> None:
    """A second of 64 inputs at 48 kHz takes well under a tenth of a core (half allowed on a busy machine)."""
    sources = Sources(48000, 64)
    out = np.empty((12000, 64), np.float32)
    began = time.process_time()
    for quarter in range(8):
        sources.render(quarter * 12000, out)
    assert (time.process_time() - began) / 2 < 0.5


def test_it_is_marked_simulated_and_known_by_any_count() -> None:
    interface = find("sim:64")
    assert (interface.id, interface.inputs, interface.origin, interface.host_api) == (
        "sim:64",
        64,
        "simulated",
        "simulated",
    )


@pytest.mark.parametrize("wrong", ["sim:0", "sim:257", "sim:", "sim:8x", "sim", "sim:-1", "sim:8:8"])
def test_a_wrong_count_is_said_with_the_right_form(wrong: str) -> None:
    with pytest.raises(UnknownInterface) as raised:
        open_capture(wrong, 48000, 1)
    assert "sim:8" in raised.value.do
    assert raised.value.exit_code == 4


def test_a_rate_or_count_it_does_not_have_is_refused_not_replaced() -> None:
    with pytest.raises(NotGranted, match="47000 Hz"):
        open_capture("sim:8", 47000, 8)
    with pytest.raises(NotGranted) as raised:
        open_capture("sim:8", 48000, 9)
    assert "sim:9" in raised.value.do
    with pytest.raises(NotGranted):
        open_capture("sim:8", 48000, 0)


def test_it_works_where_no_portaudio_can_be_loaded() -> None:
    code = (
        "import sys\n"
        "sys.modules['sounddevice'] = sys.modules['rtmixer'] = None\n"
        "from hardware.interfaces import open_capture\n"
        "stream = open_capture('sim:2', 48000, 2)\n"
        "stream.start()\n"
        "while not stream.read(): pass\n"
        "print(stream.frames > 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "True", done.stderr
