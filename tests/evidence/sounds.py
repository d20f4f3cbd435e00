"""Synthetic samples whose right values are arithmetic, and takes that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import takes
from tests.support.takes import build_take

RATE = 48000
CHAIN: dict[str, Any] = {
    "input.1.microphone.model": "U 87 Ai",
    "input.1.microphone.serial": "1234",
    "input.1.microphone.sensitivity_mv_pa": 28,
    "input.1.microphone.self_noise_dba": 12,
    "input.1.microphone.max_spl_db": 117,
    "input.1.microphone.pad_db": 0,
    "input.1.preamp.gain_db": 35,
    "input.1.preamp.pad_db": 0,
    "input.1.converter.full_scale_dbu": 13,
}
"""A U 87 at 35 dB into +13 dBu: 100.82 dB SPL at 0 dBFS, so that 94 dB come to −6.82 dBFS."""


def sine(dbfs: float, hz: float = 1000.0, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    """A sine whose peaks, and so whose RMS by AES17, lie at `dbfs`."""
    return 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def noise(dbfs: float, seconds: float = 1.0, rate: int = RATE, seed: int = 5) -> np.ndarray:
    """White noise of that RMS by AES17: a sine of as much power has its peaks at `dbfs`."""
    found = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    return found / np.sqrt(np.mean(found**2)) * 10 ** (dbfs / 20) / np.sqrt(2)


def take_of(
    library: Path, monkeypatch: pytest.MonkeyPatch, sound: np.ndarray, *, rate: int = RATE, **more: Any
) -> Path:
    """A sealed take with these samples, shape (frames,) or (frames, tracks); returns its journal."""
    columns = sound.reshape(len(sound), -1)
    rounded = (np.rint(columns * 2**23).clip(-(2**23), 2**23 - 1) / 2**23).astype(np.float32)
    monkeypatch.setattr(takes, "samples", lambda frames, channels, seed=1: rounded)
    names: Sequence[str] = more.pop("tracks", [f"Track {n}" for n in range(1, columns.shape[1] + 1)])
    wanted = {"chain": CHAIN, "block": rate, **more}
    return build_take(library, tracks=names, rate=rate, frames=len(columns), **wanted)
