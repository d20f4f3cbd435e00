"""Loudness against the values that the EBU publishes for its test signals, and against FFmpeg's meter."""

from __future__ import annotations

import itertools
import math
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from capture import wav
from capture.wav.loudness import LoudnessMeter, k_weighting
from capture.wav.meta import Format
from tests.support import wav_files

RATE = 48000


def sine(
    level: float, seconds: float, frequency: float = 1000, channels: int = 2, rate: int = RATE
) -> np.ndarray:
    """A sine of a peak level in dBFS, shape (frames, channels)."""
    time = np.arange(round(rate * seconds)) / rate
    return np.repeat((10 ** (level / 20) * np.sin(2 * np.pi * frequency * time))[:, None], channels, 1)


def in_turn(levels: Sequence[float], seconds: Sequence[float]) -> np.ndarray:
    return np.concatenate([sine(level, length) for level, length in zip(levels, seconds, strict=True)])


def packed(samples: np.ndarray, format_: Format = "pcm24") -> bytes:
    if format_ == "float32":
        return samples.astype("<f4").tobytes()
    whole = np.rint(samples * 2**23).clip(-(2**23), 2**23 - 1).astype("<i4").reshape(-1)
    return whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def measure(
    samples: np.ndarray, rate: int = RATE, format_: Format = "pcm24", piece: int = 1 << 20
) -> wav.Loudness:
    meter = LoudnessMeter(rate, samples.shape[1], format_)
    raw = packed(samples, format_)
    for at in range(0, len(raw), piece):
        meter.feed(memoryview(raw)[at : at + piece])
    return meter.result()


def test_the_filters_at_48_khz_are_those_of_bs_1770() -> None:
    shelf, high_pass = k_weighting(48000)
    assert shelf[0] == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-13)
    assert shelf[1] == pytest.approx([1, -1.69065929318241, 0.73248077421585], abs=1e-13)
    assert high_pass[0] == [1, -2, 1]
    assert high_pass[1] == pytest.approx([1, -1.99004745483398, 0.99007225036621], abs=1e-13)


@pytest.mark.parametrize("rate", [44100, 48000, 88200, 96000, 192000])
def test_a_full_scale_sine_of_997_hz_measures_what_bs_1770_says(rate: int) -> None:
    found = measure(sine(0, 2, 997, channels=1, rate=rate), rate)
    assert found.integrated == pytest.approx(-3.01, abs=0.01 if rate <= 48000 else 0.04)


@pytest.mark.parametrize(
    ("levels", "seconds", "integrated"),
    [
        ([-23], [20], -23.0),
        ([-33], [20], -33.0),
        ([-36, -23, -36], [10, 60, 10], -23.0),
        ([-72, -36, -23, -36, -72], [10, 10, 60, 10, 10], -23.0),
        ([-26, -20, -26], [20, 20.1, 20], -23.0),
    ],
)
def test_integrated_loudness_of_tech_3341_cases_1_to_5(
    levels: list[float], seconds: list[float], integrated: float
) -> None:
    assert measure(in_turn(levels, seconds)).integrated == pytest.approx(integrated, abs=0.1)


def test_short_term_and_momentary_of_tech_3341_cases_9_and_12() -> None:
    short = measure(in_turn([-20, -30] * 5, [1.34, 1.66] * 5)).short_term
    assert short == pytest.approx(-23.0, abs=0.1)
    momentary = measure(in_turn([-20, -30] * 25, [0.18, 0.22] * 25)).momentary
    assert momentary == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("part", "phase", "amplitude", "peak"),
    [(4, 0, 0.5, -6.0), (4, 45, 0.5, -6.0), (6, 60, 0.5, -6.0), (8, 67.5, 0.5, -6.0), (4, 45, 1.41, 3.0)],
)
def test_true_peak_of_tech_3341_cases_15_to_19(
    part: int, phase: float, amplitude: float, peak: float
) -> None:
    """A sine of a 4th, 6th or 8th of the rate, faded in and out; +0.2 and -0.4 dB are allowed."""
    at = np.arange(RATE)
    fade = np.minimum(1, np.minimum(at, at[::-1]) / 480)
    tone = amplitude * fade * np.sin(2 * np.pi * at / part + math.radians(phase))
    found = measure(tone[:, None].repeat(2, 1), format_="float32").true_peak
    assert found is not None
    assert peak - 0.4 <= found <= peak + 0.2


@pytest.mark.parametrize(
    ("levels", "range_"),
    [([-20, -30], 10), ([-20, -15], 5), ([-40, -20], 20), ([-50, -35, -20, -35, -50], 15)],
)
def test_loudness_range_of_tech_3342_cases_1_to_4(levels: list[float], range_: float) -> None:
    assert measure(in_turn(levels, [20] * len(levels))).range == pytest.approx(range_, abs=1)


def music(rate: int, channels: int, seconds: int = 12) -> np.ndarray:
    """Noise with a bass, of a loudness that comes and goes."""
    found = np.random.default_rng(rate + channels).normal(0, 0.05, (rate * seconds, channels))
    time = np.arange(rate * seconds)[:, None] / rate
    return (found + 0.2 * np.sin(2 * np.pi * 50 * time)) * (0.05 + np.abs(np.sin(time / 2)) ** 3)


def ffmpeg(path: Path) -> dict[str, float]:
    run = [
        "ffmpeg",
        "-nostats",
        "-hide_banner",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stderr
    summary = told[told.rindex("Summary:") :]
    momentary, short = (
        max(float(v) for v in re.findall(rf"\b{letter}: *(-?\d+\.\d)", told)) for letter in "MS"
    )
    named = {
        "integrated": r"I: +(-?[\d.]+) LUFS",
        "range": r"LRA: +([\d.]+) LU",
        "true_peak": r"Peak: +(-?[\d.]+)",
    }
    found = {name: re.search(pattern, summary) for name, pattern in named.items()}
    values = {name: float(match[1]) for name, match in found.items() if match}
    return {**values, "momentary": momentary, "short_term": short}


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (48000, 1), (96000, 2)])
def test_ffmpeg_measures_the_same(tmp_path: Path, rate: int, channels: int) -> None:
    samples = music(rate, channels)
    path = tmp_path / "a.wav"
    wav_files.write(path, wav_files.meta(channels, rate=rate), len(samples), packed(samples))
    ours, theirs = measure(samples, rate), ffmpeg(path)
    for name, value in theirs.items():
        # told to a tenth; of the range Tech 3342 leaves the step of its windows open, and allows 1 LU
        assert getattr(ours, name) == pytest.approx(value, abs=1 if name == "range" else 0.15), name


def test_however_the_bytes_are_cut_it_measures_the_same() -> None:
    samples = music(8000, 2, 4)
    pieces = [measure(samples, 8000, piece=piece) for piece in (1, 997, 4096, 1 << 24)]
    assert all(a == b for a, b in itertools.pairwise(pieces))
    assert measure(samples, 8000, "float32").integrated == pytest.approx(pieces[0].integrated, abs=0.01)


def test_what_cannot_be_measured_is_not_said() -> None:
    assert measure(np.zeros((RATE * 4, 1))) == wav.Loudness()
    assert measure(np.zeros((0, 2))) == wav.Loudness()
    short = measure(sine(-20, 0.35, channels=1))
    assert (short.integrated, short.momentary, short.short_term, short.range) == (None,) * 4
    assert short.true_peak == pytest.approx(-20, abs=0.1)
    second = measure(sine(-20, 1, channels=1))
    assert second.momentary == pytest.approx(-23.0, abs=0.1)
    assert (second.short_term, second.range) == (None, None)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_numbers_are_not_measured(odd: float) -> None:
    samples = sine(-20, 1, channels=1)
    samples[RATE // 2] = odd
    found = measure(samples, format_="float32")
    assert found == wav.Loudness()


def test_bext_keeps_to_what_the_standard_allows() -> None:
    loud = wav.Loudness(-99.999, 100.0, 3.456, -99.99, 0.0)
    data = wav.header(wav_files.meta(1, loudness=loud))
    raw = next(data[at : at + size] for name, at, size in wav_files.chunks(data) if name == b"bext")
    found = np.frombuffer(raw[412:422], "<i2").tolist()
    assert found == [0x7FFF, 0x7FFF, 346, -9999, 0]
