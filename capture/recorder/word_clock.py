"""A converter's real rate in the words of engineers: which rate its word clock has, and which pull.

Pulls are those between film and video: 1000/1001 (30 frames to 29.97) and 24/25, both ways.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from capture.recorder.timeline import Timeline
from hardware.interfaces import RATES

Clock = Callable[[], int]

STEERED_PPM = 100.0
SETTLED_PPM = 30.0  # three standard errors and a crystal are within the tolerance
_KEPT = 20
_EVERY_NS = 1_000_000_000

TOLERANCE_PPM = 150.0  # two crystals within their 100 ppm, and what the measurement leaves open
_PULLS = (
    (1.0, ""),
    (1000 / 1001, "pulled down 0.1 %"),
    (1001 / 1000, "pulled up 0.1 %"),
    (24 / 25, "pulled down 4 %"),
    (25 / 24, "pulled up 4 %"),
    (24 / 25 * 1000 / 1001, "pulled down 4 % and 0.1 %"),
    (25 / 24 * 1001 / 1000, "pulled up 4 % and 0.1 %"),
)


class WordClock:
    """Tells once when a stream's rate is off beyond doubt, and once when it is right again.

    The timeline measures against a clock that a time server may steer: where that ran at another rate than
    the unsteered one over the last seconds, nothing is said.
    """

    def __init__(self, rate: int, clock: Clock, unsteered: Clock) -> None:
        self._rate, self._clock, self._unsteered = rate, clock, unsteered
        self._pairs: deque[tuple[int, int]] = deque(maxlen=_KEPT)
        self._judged = 0
        self.wrong = ""  # what is wrong with the rate now, in words

    def look(self, timeline: Timeline) -> str | None:
        """New words on the rate, or None; cheap enough for every look at the stream."""
        now = self._clock()
        if not self._pairs or now - self._pairs[-1][0] >= _EVERY_NS:
            self._pairs.append((now, self._unsteered()))
        if timeline.follows == self._judged or timeline.error_ppm > SETTLED_PPM or self._is_steered():
            return None
        self._judged = timeline.follows
        ppm = timeline.off_ppm
        if ppm is not None:
            words = runs_at(self._rate, ppm)
            if words == self.wrong:
                return None
            self.wrong = words
            return words
        if not self.wrong:
            return None
        self.wrong = ""
        return f"runs at {_k(self._rate)} again"

    def _is_steered(self) -> bool:
        (first, raw), (last, raw_last) = self._pairs[0], self._pairs[-1]
        if raw_last <= raw:
            return True
        return abs((last - first) / (raw_last - raw) - 1) > STEERED_PPM * 1e-6


def runs_at(nominal: int, ppm: float) -> str:
    """What a converter does whose rate is that much off, such as `runs at 44.1 k, not 48 k`."""
    real = nominal * (1 + ppm * 1e-6)
    for pull, words in _PULLS:
        for rate in (nominal, *RATES):
            if abs(real / (rate * pull) - 1) <= TOLERANCE_PPM * 1e-6:
                return _said(nominal, rate, rate * pull, words)
    return f"runs at {_k(real)}, not {_k(nominal)} ({ppm:+.0f} ppm)".replace("-", "\N{MINUS SIGN}")


def _said(nominal: int, rate: int, real: float, pull: str) -> str:
    if not pull:
        return f"runs at {_k(real)}, not {_k(nominal)}"
    base = f"{_k(rate)} {pull}" if rate != nominal else pull
    return f"runs at {_k(real)}, not {_k(nominal)}: {base}"


def _k(hertz: float) -> str:
    return f"{hertz / 1000:.3f}".rstrip("0").rstrip(".") + " k"
