"""The checks of two microphones in one room: when sound arrives at each, and with which sign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import dist
from typing import TYPE_CHECKING, Any

from capture.evidence.arithmetic import Values, number
from capture.evidence.check import Check, judged, untestable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from capture.take import Track

SLOWEST_M_S = 331.0
"""The speed of sound at 0 °C: in any warmer room it is faster, and what is allowed here is more."""
PLACE_M = 0.1
"""How well a place is mostly measured."""
SECONDS = 2.0
_BAND_HZ = (80.0, 8000.0)
_CLEAR = 10.0  # a peak so many times the median of its surroundings is no chance
_LONGEST_S = 0.1
MOST_PAIRS = 120


@dataclass(frozen=True)
class Lag:
    """How much later sound is in the second of two tracks, its sign, and how far its peak stands out."""

    seconds: float
    inverted: bool
    clear: float


@dataclass(frozen=True)
class Spot:
    """One microphone with a declared place."""

    track: Track
    values: Values
    at: tuple[float, float, float] | None


def spots(tracks: list[Track], values: Mapping[int, Values]) -> list[Spot]:
    """The tracks with what is declared of their inputs; those without coordinates have no place."""
    found = []
    for track in tracks:
        here = values.get(track.input, {})
        x, y, z = (number(here, f"{axis}_m") for axis in "xyz")
        placed = x is not None and y is not None and z is not None
        found.append(Spot(track, here, (x, y, z) if placed else None))  # type: ignore[arg-type]
    return found


def apart(one: Spot, other: Spot) -> float | None:
    """Metres between two microphones: by their coordinates, else by the spacing of the pair they are."""
    if one.at is not None and other.at is not None:
        return dist(one.at, other.at)
    spacings = {number(spot.values, "array.spacing_m") for spot in (one, other)}
    are_a_pair = number(one.values, "pair.input") == other.track.input
    return spacings.pop() if are_a_pair and len(spacings) == 1 else None


def couples(found: list[Spot]) -> Iterator[tuple[Spot, Spot]]:
    """Two and two of one room, the nearest first, at most 120."""
    same = [
        (metres, one.track.number, other.track.number, one, other)
        for one, other in combinations(found, 2)
        if one.values.get("place.room") == other.values.get("place.room")
        and (metres := apart(one, other)) is not None
    ]
    for _, _, _, one, other in sorted(same, key=lambda couple: couple[:3])[:MOST_PAIRS]:
        yield one, other


def lag(one: NDArray[np.float64], other: NDArray[np.float64], rate: int) -> Lag:
    """By how much `other` is later than `one` (frames,): cross-correlation of phases from 80 Hz to 8 kHz.

    Knapp and Carter 1976 (GCC-PHAT), with a parabola through the peak.
    """
    import numpy as np

    n = 2 ** int(np.ceil(np.log2(2 * len(one))))
    cross = np.fft.rfft(other, n) * np.conj(np.fft.rfft(one, n))
    at = np.fft.rfftfreq(n, 1 / rate)
    band = (at >= _BAND_HZ[0]) & (at <= min(_BAND_HZ[1], 0.45 * rate))
    phases = np.where(band, cross / np.maximum(np.abs(cross), 1e-30), 0)
    reach = int(_LONGEST_S * rate)
    whole = np.roll(np.fft.irfft(phases, n), reach)[: 2 * reach + 1]
    place = int(np.argmax(np.abs(whole)))
    clear = float(np.abs(whole[place]) / (np.median(np.abs(whole)) + 1e-30))
    shift = 0.0
    if 0 < place < len(whole) - 1:
        left, middle, right = np.abs(whole[place - 1 : place + 2])
        bend = left - 2 * middle + right
        shift = float(0.5 * (left - right) / bend) if bend else 0.0
    return Lag((place - reach + shift) / rate, bool(whole[place] < 0), clear)


def checks(one: Spot, other: Spot, found: Lag) -> Iterator[Check]:
    """Arrival and polarity of a couple."""
    tracks = (one.track.number, other.track.number)
    metres = apart(one, other) or 0.0
    if found.clear < _CLEAR:
        why = "no sound is clearly in both"
        yield untestable("arrival", tracks, why)
        yield untestable("polarity", tracks, why)
        return
    most = (metres + 2 * PLACE_M) / SLOWEST_M_S
    later, ms = abs(found.seconds), 1000
    said = (
        f"sound is {later * ms:.2f} ms later in track {tracks[found.seconds > 0]}; "
        f"{metres:.2f} m apart it can be {most * ms:.2f} ms at most"
    )
    numbers = {"later_s": found.seconds, "apart_m": metres, "most_s": most, "clear": found.clear}
    yield judged("arrival", tracks, later <= most, said, numbers)
    yield _polarity(one, other, found, tracks)


def _polarity(one: Spot, other: Spot, found: Lag, tracks: tuple[int, ...]) -> Check:
    """Two microphones of one array that look the same way carry sound with the same sign."""
    kinds = [spot.values.get("array.kind") for spot in (one, other)]
    declared: list[Any] = [spot.values.get("preamp.polarity") for spot in (one, other)]
    if kinds[0] is None or kinds[0] != kinds[1] or "m/s" in str(kinds[0]).lower():
        return untestable("polarity", tracks, "they are not two alike of one array")
    if None in declared:
        return untestable("polarity", tracks, "the polarity of both is not declared")
    expected = declared[0] != declared[1]
    sign = "opposite" if found.inverted else "the same"
    said = f"sound has {sign} sign in both; declared are {declared[0]} and {declared[1]}"
    return judged("polarity", tracks, found.inverted == expected, said, {"clear": found.clear})
