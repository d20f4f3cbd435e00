"""How fast a converter really runs, told from the lower edge of its lag, and when that is beyond doubt.

The edge is sampled once per window; what a window misses of it is noise, and a loss or a stall lifts a few
windows far off. A converter that runs off its nominal rate tilts the edge for good.

**Beyond doubt**: the windows are cut in two halves, and in each the slope lies outside ±200 ppm by more than
seven of its standard errors, on the same side. With the fewest windows, ten in each half, that is Student's t
with 8 degrees of freedom: P(t > 7) = 5.6e-5, so both by chance 3e-9. (Crystals are specified within 100 ppm.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import median

Points = Sequence[tuple[float, float]]
"""(seconds, frames) of the lower edge of the lag, one per window."""

LIMIT_PPM = 200.0
STANDARD_ERRORS = 7.0
FEWEST_HALF = 10


def line_through(points: Points) -> tuple[float, float, float]:
    """Least squares: the value at 0, the slope, and the standard error of the slope."""
    n = len(points)
    mean_x = sum(x for x, _ in points) / n
    mean_y = sum(y for _, y in points) / n
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    under = sum((x - mean_x) ** 2 for x, _ in points)
    slope = over / under if under else 0.0
    left = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    error = math.sqrt(left / (n - 2) / under) if n > 2 and under else math.inf
    return mean_y - slope * mean_x, slope, error


def typical_slope(points: Points) -> float:
    """The median of the slopes of all pairs (Theil and Sen): a few windows far off do not move it."""
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] > a[0]]
    return median(slopes) if slopes else 0.0


def off(points: Points, rate: float) -> Points | None:
    """The newest of these edges that tilt beyond doubt at this rate (frames per second), the fewest first.

    So a word clock that changes is seen soon, and one that is hardly off after two minutes.
    """
    count = 2 * FEWEST_HALF
    while count <= len(points):
        newest = points[len(points) - count :]
        if _tilts(newest, rate):
            return newest
        count = max(count + 1, min(2 * count, len(points)))
    return None


def _tilts(points: Points, rate: float) -> bool:
    half = len(points) // 2
    limit = LIMIT_PPM * 1e-6 * rate
    slopes = []
    for part in (points[:half], points[half:]):
        _, slope, error = line_through(part)
        if abs(slope) - STANDARD_ERRORS * error <= limit:
            return False
        slopes.append(slope)
    return (slopes[0] > 0) == (slopes[1] > 0)
