"""Loudness and true peak of mono and stereo files: ITU-R BS.1770-5, EBU R 128, Tech 3341 and 3342.

Samples come in pieces of any size. They are filtered by overlap-save with the exact frequency response of the
K-weighting: its slowest pole (38 Hz) has decayed by 1e-11 after the 125 ms of history of each step. A mono
file is one channel of weight 1, as BS.1770 has it: the same sound on two channels measures 3 LU more.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from capture.wav.meta import SAMPLE_BYTES, Format, Loudness

_HISTORY_S = 0.125
_OFFSET = -0.691  # BS.1770, annex 1, equation 2: a 997 Hz sine at 0 dBFS measures -3.01 LKFS
_GATE, _RELATIVE, _RANGE_RELATIVE = -70.0, -10.0, -20.0
_MOMENTARY, _SHORT_TERM = 4, 30  # steps of 100 ms
_PIECE = 4096
_ABSURD = 1e9  # 180 dB over full scale, as broken floats have it: no such sample can be squared and added

# BS.1770, annex 2: the interpolation filter of order 48, of which phases 2 and 3 are 1 and 0 backwards.
_PHASE_0 = (
    0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
    0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500,
)  # fmt: skip
_PHASE_1 = (
    -0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
    0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375,
)  # fmt: skip
_PHASES = np.array([_PHASE_0, _PHASE_1, _PHASE_1[::-1], _PHASE_0[::-1]], np.float32)
_TAPS = len(_PHASE_0)
_MOST_GAIN = float(np.abs(_PHASES).sum(1).max())  # no interpolated value exceeds its samples by more

Floats = NDArray[np.floating]


def k_weighting(rate: int) -> tuple[tuple[list[float], list[float]], ...]:
    """The two filters of BS.1770 as (b, a) for a rate in Hz: high shelf, then high pass.

    The standard tabulates 48 kHz alone; these are the analogue prototypes behind that table (shelf of 4 dB at
    1682 Hz, high pass at 38 Hz), transformed bilinearly at any rate.
    """
    k = math.tan(math.pi * 1681.974450955533 / rate)
    gain, q = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    half = gain**0.4996667741545416
    norm = 1 + k / q + k * k
    shelf = [gain + half * k / q + k * k, 2 * (k * k - gain), gain - half * k / q + k * k]
    poles = [1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm]
    low = math.tan(math.pi * 38.13547087602444 / rate)
    q = 0.5003270373238773
    norm_low = 1 + low / q + low * low
    high_pass = [1.0, 2 * (low * low - 1) / norm_low, (1 - low / q + low * low) / norm_low]
    return ([b / norm for b in shelf], poles), ([1.0, -2.0, 1.0], high_pass)


class LoudnessMeter:
    """Measures a stream of PCM bytes; `result` may be asked once, at its end."""

    def __init__(self, rate: int, channels: int, format: Format) -> None:  # noqa: A002
        self._channels, self._format = channels, format
        self._left = b""
        self._history = round(_HISTORY_S * rate)
        size = 1 << (4 * self._history - 1).bit_length()
        self._window = np.zeros((channels, size), np.float32)
        self._filled = self._history
        self._response = _response(rate, size)
        self._steps = _Steps(max(1, round(rate / 10)))
        self._peak = _TruePeak()
        self._sound = True

    def feed(self, piece: bytes | memoryview) -> None:
        """More bytes of the file's samples, cut anywhere."""
        whole = b"".join((self._left, piece)) if self._left else piece
        frame = self._channels * SAMPLE_BYTES[self._format]
        end = len(whole) - len(whole) % frame
        self._left = bytes(whole[end:])
        samples = _unpacked(whole[:end], self._format).reshape(-1, self._channels)
        at = 0
        while at < len(samples):
            count = min(len(samples) - at, self._window.shape[1] - self._filled)
            self._window[:, self._filled : self._filled + count] = samples[at : at + count].T
            self._filled += count
            at += count
            if self._filled == self._window.shape[1]:
                self._filter()

    def _filter(self) -> None:
        fresh = self._window[:, : self._filled]
        self._sound = self._sound and bool(np.abs(fresh).max() < _ABSURD)
        if not self._sound:
            self._filled = self._history
            return
        self._peak.feed(fresh[:, self._history - _TAPS + 1 :])
        weighted = np.fft.irfft(np.fft.rfft(self._window) * self._response, self._window.shape[1])
        heard = weighted[:, self._history : self._filled]
        power = np.einsum("cn,cn->n", heard, heard)
        self._steps.add(power)
        self._window[:, : self._history] = self._window[:, self._filled - self._history : self._filled]
        self._filled = self._history

    def result(self) -> Loudness:
        """What was measured, to a hundredth; nothing of samples that are no numbers."""
        if self._filled > self._history:
            self._window[:, self._filled :] = 0
            self._filter()
        if not self._sound:
            return Loudness()
        momentary, short = (self._steps.windows(count) for count in (_MOMENTARY, _SHORT_TERM))
        peak = self._peak.greatest
        return Loudness(
            integrated=_rounded(_integrated(momentary)),
            range=_rounded(_range(short)),
            true_peak=_rounded(20 * math.log10(peak) if peak > 0 else None),
            momentary=_rounded(_loudness(momentary.max(initial=0))),
            short_term=_rounded(_loudness(short.max(initial=0))),
        )


class _Steps:
    """Energies of consecutive stretches of 100 ms; the last is left out unless it is whole."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._sums: list[Floats] = []
        self._open, self._inside = 0.0, 0

    def add(self, power: Floats) -> None:
        starts = np.arange(self._length - self._inside, len(power), self._length)
        sums = np.add.reduceat(power, np.concatenate(([0], starts)), dtype=np.float64)
        sums[0] += self._open
        self._inside = (self._inside + len(power)) % self._length
        self._open = float(sums[-1]) if self._inside else 0.0
        self._sums.append(sums[:-1] if self._inside else sums)

    def windows(self, count: int) -> Floats:
        """Mean squares of every `count` consecutive steps."""
        sums = np.concatenate([np.empty(0), *self._sums])
        if len(sums) < count:
            return np.empty(0)
        found: Floats = np.lib.stride_tricks.sliding_window_view(sums, count).sum(1)
        return found / (count * self._length)


class _TruePeak:
    """The greatest value between the samples; stretches too quiet to hold it are passed over."""

    def __init__(self) -> None:
        self.greatest = 0.0

    def feed(self, samples: Floats) -> None:
        """Samples of shape (channels, n), of which the first 11 were there before."""
        for line in samples:
            if len(line) < _TAPS:
                continue
            sizes = np.abs(line)
            self.greatest = max(self.greatest, float(sizes[_TAPS - 1 :].max()))
            starts = np.arange(0, len(line), _PIECE)
            peaks = np.maximum.reduceat(sizes, starts)
            behind = np.concatenate(([0], peaks[:-1]))  # the filter reaches back into the stretch before
            reach = np.maximum(peaks, behind) * _MOST_GAIN
            for index in np.argsort(-reach):
                if not reach[index] > self.greatest:
                    break
                start = max(0, starts[index] - _TAPS + 1)
                stretch = line[start : starts[index] + _PIECE]
                count = len(stretch) - _TAPS + 1
                if count > 0:
                    taps = np.stack([stretch[tap : tap + count] for tap in range(_TAPS)])
                    between = _PHASES @ taps
                    self.greatest = max(self.greatest, float(between.max()), -float(between.min()))


def _unpacked(raw: bytes | memoryview, format: Format) -> NDArray[np.float32]:  # noqa: A002
    """Samples between -1 and 1; those of 24 bits are exact in 32-bit floats."""
    if format == "float32":
        return np.frombuffer(raw, "<f4")
    three = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    four = np.zeros((len(three), 4), np.uint8)
    four[:, 1:] = three
    return four.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)


def _response(rate: int, size: int) -> NDArray[np.complex64]:
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    found = np.ones(len(z), complex)
    for b, a in k_weighting(rate):
        found *= np.polyval(b[::-1], z) / np.polyval(a[::-1], z)
    return found.astype(np.complex64)


def _loudness(power: float) -> float | None:
    return _OFFSET + 10 * math.log10(power) if power > 0 else None


def _power(loudness: float) -> float:
    return float(10 ** ((loudness - _OFFSET) / 10))


def _gated(powers: Floats, relative: float) -> Floats:
    """Those above -70 LUFS, and of them those above the relative threshold."""
    loud = powers[powers > _power(_GATE)]
    return loud[loud > loud.mean() * 10 ** (relative / 10)] if len(loud) else loud


def _integrated(powers: Floats) -> float | None:
    loud = _gated(powers, _RELATIVE)
    return _loudness(float(loud.mean())) if len(loud) else None


def _range(powers: Floats) -> float | None:
    """Tech 3342: from the 10th to the 95th percentile of short-term loudness."""
    loud = np.sort(_gated(powers, _RANGE_RELATIVE))
    if not len(loud):
        return None
    low, high = (loud[round((len(loud) - 1) * part)] for part in (0.10, 0.95))
    return float(10 * np.log10(high / low))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
