"""Which mains it hums of: the harmonics of 50 or of 60 Hz in a quiet stretch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from capture.evidence.weighting import bins, power_spectrum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECONDS = 16.0
LEAST_SECONDS = 8.0
FAMILIES = (50, 60)
_HARMONICS = 6
_CLIP_DB = 40.0
_AROUND_HZ = 0.5  # how far mains wander
_NEIGHBOURS_HZ = 8.0
LEAST_SCORE, LEAST_LEAD = 50.0, 15.0


@dataclass(frozen=True)
class Hum:
    """dB that the harmonics 1 to 6 of each family stand above their neighbours, summed, each at most 40."""

    of_50: float
    of_60: float

    @property
    def family(self) -> int | None:
        """50 or 60 where one is there beyond doubt, else None."""
        high = max(self.of_50, self.of_60)
        if high < LEAST_SCORE or abs(self.of_50 - self.of_60) < LEAST_LEAD:
            return None
        return 50 if self.of_50 > self.of_60 else 60


def look(samples: NDArray[np.float64], rate: int) -> Hum | None:
    """The hum in samples of 8 s or more, shape (frames,); None where there are fewer."""
    import numpy as np

    if len(samples) < LEAST_SECONDS * rate:
        return None
    db = 10 * np.log10(power_spectrum(samples) + 1e-30)
    at = bins(len(samples), rate)
    return Hum(*(_score(db, at, family) for family in FAMILIES))


def _score(db: Any, at: Any, family: int) -> float:
    """The best sum over fundamentals near the family's, as the harmonics share one."""
    import numpy as np

    width = at[1]
    candidates = np.arange(family - _AROUND_HZ, family + _AROUND_HZ + width / 2, width / _HARMONICS)
    total = np.zeros(len(candidates))
    for harmonic in range(1, _HARMONICS + 1):
        around = np.abs(at - harmonic * family) <= _NEIGHBOURS_HZ
        if not around.any():
            break  # of a rate below all that is recorded
        places = np.rint(candidates * harmonic / width).astype(int)
        total += np.clip(db[np.minimum(places, len(db) - 1)] - np.median(db[around]), 0, _CLIP_DB)
    return float(total.max())
