"""The A-weighting against the table of IEC 61672-1, and spectra against Parseval."""

from __future__ import annotations

import numpy as np
import pytest

from capture.evidence.weighting import a_weight, bins, power_spectrum
from tests.evidence.published import A_WEIGHTING
from tests.evidence.sounds import RATE, noise, sine


@pytest.mark.parametrize(("nominal", "expected"), A_WEIGHTING.items())
def test_the_table_of_the_standard(nominal: float, expected: float) -> None:
    exact = 1000 * 10 ** (round(10 * np.log10(nominal / 1000)) / 10)
    assert 10 * np.log10(a_weight(exact)) == pytest.approx(expected, abs=0.05 + 1e-9)


def test_white_noise_weighted() -> None:
    """−2.05 dB from 20 Hz to 20 kHz: the mean of the standard's curve; a bilinear filter reads −2.9."""
    power = power_spectrum(noise(-20, 20).reshape(-1, 4800)).mean(axis=0)
    at = bins(4800, RATE)
    audio = (at >= 20) & (at <= 20_000)
    weighted = np.sum(power[audio] * a_weight(at[audio]))
    assert 10 * np.log10(weighted / np.sum(power[audio])) == pytest.approx(-2.05, abs=0.05)


@pytest.mark.parametrize("n", [4800, 4801])
def test_bins_add_up_to_the_mean_square(n: int) -> None:
    samples = noise(-10, 60).reshape(-1)[: n * 500].reshape(-1, n)
    assert power_spectrum(samples).sum(axis=-1).mean() == pytest.approx(np.mean(samples**2), rel=0.01)
    assert bins(n, RATE)[1] == pytest.approx(RATE / n)


def test_a_sine_of_0_dbfs_has_half_the_power() -> None:
    assert power_spectrum(sine(0)).sum() == pytest.approx(0.5, rel=1e-6)
