"""A calibrator on a microphone: what the take of its tone says of the level at full scale.

After 5 s in which the coupler settles, 10 s or more: the level within a third of an octave around the tone,
and whether it can be trusted. Where it cannot, the reasons stand in words and the figure counts for nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from capture.evidence.arithmetic import SINE_DB
from capture.evidence.errors import NotACalibration
from capture.evidence.weighting import HIGHEST_HZ, LOWEST_HZ, bins, power_spectrum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from capture.journal.record import TakeRecord
    from capture.take import Track

LEVELS = (94.0, 114.0)
SETTLE_SECONDS, LEAST_SECONDS, MOST_SECONDS = 5.0, 10.0, 60.0
TONE_HZ = (990.0, 1010.0)
DRIFT_DB, HARMONICS_DB, ABOVE_NOISE_DB = 0.1, -30.0, 20.0
_THIRD = 2 ** (1 / 6)  # from a band's middle to its edge
_FULL = 1 - 2**-15


@dataclass(frozen=True)
class Reading:
    """What was measured of the tone; None where it is too short or silent to tell.

    `level_dbfs` re a full-scale sine; `harmonics_db` the second and third together, re the tone;
    `above_noise_db` the tone over all else from 20 Hz to 20 kHz. `ok` when it holds, else `reasons`.
    """

    calibrator_db: float
    seconds: float
    frequency_hz: float | None
    level_dbfs: float | None
    spl_at_0dbfs_db: float | None
    drift_db: float | None
    harmonics_db: float | None
    above_noise_db: float | None
    reasons: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the calibration holds."""
        return not self.reasons


def read_take(
    record: TakeRecord,
    track: Track,
    level_db: float,
    first_s: float = SETTLE_SECONDS,
    seconds: float = LEAST_SECONDS,
) -> Reading:
    """Read the tone of one track of a calibrator take, from `first_s` behind Record on.

    Raises NotACalibration for a take of another kind, EvidenceError where the samples cannot be read.
    """
    from capture.evidence.sound import of_usable_rate, stretch
    from capture.take import Kind

    if record.kind is not Kind.CALIBRATION:
        raise NotACalibration(
            f"{record.name} is of kind {record.kind.value}, not calibration",
            "record one with --kind calibration, or give this take that kind",
        )
    first = record.pre_roll + round(first_s * of_usable_rate(record).rate)
    end = min(first + round(min(seconds, MOST_SECONDS) * record.rate), record.frames)
    reading = read_tone(stretch(record, track, first, end), record.rate, level_db)
    more = list(reading.reasons)
    if first_s < SETTLE_SECONDS:
        more.append(f"it begins {first_s:g} s behind Record: {SETTLE_SECONDS:g} s are needed to settle")
    if any(gap.first < end and gap.first + gap.frames > first for gap in record.gaps):
        more.append("frames were lost in it")
    if record.origin.value not in ("physical", "unknown"):
        more.append(f"its sound does not come from a microphone: origin {record.origin.value}")
    return Reading(**{**reading.__dict__, "reasons": tuple(more)})


def read_tone(samples: NDArray[np.float64], rate: int, level_db: float) -> Reading:
    """Measure the tone in samples of full scale ±1, shape (frames,), that a calibrator of `level_db` made."""
    import numpy as np

    seconds, reasons = len(samples) / rate, []
    if seconds < LEAST_SECONDS:
        reasons.append(f"{seconds:.1f} s of tone are there: {LEAST_SECONDS:g} s are needed behind the first")
    power = power_spectrum(samples) if len(samples) >= rate else np.zeros(2)
    if power[1:].sum() < 1e-16:
        return Reading(level_db, seconds, None, None, None, None, None, None, (*reasons, "there is no tone"))
    at = bins(len(samples), rate)
    tone = _frequency(power, at)
    band = _within(at, tone)
    level = 10 * math.log10(power[band].sum()) + SINE_DB
    second_third = power[_within(at, 2 * tone, 1.02) | _within(at, 3 * tone, 1.02)].sum()
    rest = power[(at >= LOWEST_HZ) & (at <= HIGHEST_HZ) & ~band & ~_within(at, 2 * tone, 1.02)
                 & ~_within(at, 3 * tone, 1.02)].sum()  # fmt: skip
    harmonics, above = _under(second_third, power[band].sum()), -_under(rest, power[band].sum())
    drift = _drift(samples, rate, tone)
    reasons += _faults(tone, drift, harmonics, above, float(np.max(np.abs(samples))))
    spl = level_db - level
    return Reading(level_db, seconds, tone, level, spl, drift, harmonics, above, tuple(reasons))


def _within(at: NDArray[np.float64], middle: float, edge: float = _THIRD) -> Any:
    return (at >= middle / edge) & (at <= middle * edge)


def _under(power: float, tone: float) -> float:
    return 10 * math.log10(max(power / tone, 1e-20))


def _frequency(power: NDArray[np.float64], at: NDArray[np.float64]) -> float:
    """Where the strongest tone stands: a parabola through the logarithms of three bins of a Hann spectrum."""
    import numpy as np

    first = int(np.searchsorted(at, LOWEST_HZ))
    peak = first + int(np.argmax(power[first:-1]))
    left, middle, right = np.log(power[peak - 1 : peak + 2] + 1e-300)
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend else 0.0
    return float((peak + shift) * at[1])


def _drift(samples: NDArray[np.float64], rate: int, tone: float) -> float:
    """The highest less the lowest level of a second, within the tone's third of an octave, dB."""
    seconds = samples[: len(samples) // rate * rate].reshape(-1, rate)
    band = _within(bins(rate, rate), tone)
    levels = [10 * math.log10(max(power_spectrum(second)[band].sum(), 1e-30)) for second in seconds]
    return max(levels) - min(levels)


def _faults(tone: float, drift: float, harmonics: float, above: float, peak: float) -> list[str]:
    said = []
    if not TONE_HZ[0] <= tone <= TONE_HZ[1]:
        said.append(f"the tone is at {tone:.1f} Hz, not between {TONE_HZ[0]:g} and {TONE_HZ[1]:g}")
    if drift > DRIFT_DB:
        said.append(f"its level drifts by {drift:.2f} dB: at most {DRIFT_DB:g} is good")
    if harmonics > HARMONICS_DB:
        said.append(f"its 2nd and 3rd harmonics are at {harmonics:.1f} dB: at most {HARMONICS_DB:g} is good")
    if above < ABOVE_NOISE_DB:
        said.append(f"it is only {above:.1f} dB above the noise: {ABOVE_NOISE_DB:g} are needed")
    if peak >= _FULL:
        said.append("it reaches full scale: turn the gain down")
    return said
