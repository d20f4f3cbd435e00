"""The checks of one track: its noise, its peaks, its last bits, its band, its hum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.evidence import arithmetic
from capture.evidence.arithmetic import GAIN, IMPEDANCE, MIC_PAD, NAMES, Values, number
from capture.evidence.check import Check, judged, untestable
from capture.evidence.floor import SILENCE_DB, TOP, Noise
from capture.evidence.words import plain

if TYPE_CHECKING:
    from capture.evidence.hum import Hum
    from capture.evidence.sameness import Repeat, Run
    from capture.evidence.tracks import TrackLevels

NOISE_DB = 6.0
"""How far the noise may lie below the predicted: figures of noise and gain are rarely better together."""
THERMAL_DB = 2.0
PEAK_DB = 6.0
"""How far a peak may lie above the stated maximum: a microphone distorts there, it does not end."""
STILL_SECONDS = 0.1
ROUNDING_DB = 6.0
_MAX_SPL = "microphone.max_spl_db"


@dataclass(frozen=True)
class Looked:
    """What was found in the samples of one track."""

    levels: TrackLevels
    noise: Noise
    run: Run
    repeat: Repeat | None
    compared: int  # frames that were looked at for it
    hum: Hum | None
    frames: int
    rate: int
    changed: bool  # its path changed while it rolled, and what is predicted of it is only true at Record

    @property
    def place(self) -> tuple[int, ...]:
        """The track's number, as checks name it."""
        return (self.levels.number,)


def at(frame: int, rate: int) -> str:
    """A place in the take: `0:12.300`."""
    seconds = frame / rate
    return f"{int(seconds) // 60}:{seconds % 60:06.3f}"


def checks(looked: Looked, values: Values, mains: int | None) -> Iterable[Check]:
    """All checks of a track."""
    if looked.changed:
        for what in ("noise floor", "thermal noise", "peak level"):
            yield untestable(what, looked.place, "its gain, pad or devices changed while it rolled")
    else:
        yield noise(looked, values)
        yield thermal(looked, values)
        yield peak(looked, values)
    yield from last_bits(looked, values)
    yield band(looked, values)
    yield mains_hum(looked, mains)


def noise(looked: Looked, values: Values) -> Check:
    """The quietest second may not be quieter than microphone and preamp by their own figures, less 6 dB."""
    what = "noise floor"
    known = [p.dbfs_a for p in looked.levels.floor.parts[:2] if p.dbfs_a is not None]
    measured = looked.noise.quietest_dbfs_a
    if not known:
        return untestable(what, looked.place, "; ".join(p.why for p in looked.levels.floor.parts[:2]))
    if measured is None:
        return untestable(what, looked.place, "it is shorter than a second")
    least = arithmetic.power_sum(known) - NOISE_DB
    where = at(looked.noise.quietest_at, looked.rate)
    said = f"the quietest second (at {where}) has {_dbfs(measured, 'dBFS(A)')}, "
    said += f"microphone and preamp alone make {plain(least + NOISE_DB)}"
    if measured < least:
        said += ": a gate, noise reduction, another gain, another microphone or a pad that is not declared"
    numbers = {"quietest_dbfs_a": measured, "predicted_dbfs_a": least + NOISE_DB, "margin_db": NOISE_DB}
    return judged(what, looked.place, measured >= least, said, numbers)


def thermal(looked: Looked, values: Values) -> Check:
    """No second may be quieter than the thermal noise of the microphone's own impedance."""
    what = "thermal noise"
    floor, measured = looked.levels.floor, looked.noise.quietest_dbfs
    missing = [NAMES[n] for n in (IMPEDANCE, GAIN, arithmetic.FULL_SCALE) if number(values, n) is None]
    if floor.thermal_dbfs is None:
        return untestable(what, looked.place, f"not declared: {', '.join(missing)}")
    if measured is None:
        return untestable(what, looked.place, "it is shorter than a second")
    alone = plain(floor.thermal_dbfs)
    said = (
        f"the quietest second has {_dbfs(measured, 'dBFS')}, the microphone's impedance alone makes {alone}"
    )
    numbers = {"quietest_dbfs": measured, "thermal_dbfs": floor.thermal_dbfs, "margin_db": THERMAL_DB}
    return judged(what, looked.place, measured >= floor.thermal_dbfs - THERMAL_DB, said, numbers)


def last_bits(looked: Looked, values: Values) -> Iterable[Check]:
    """An analogue channel neither stands still nor repeats itself to the last bit."""
    if values.get("kind") == "digital":
        for what in ("stillness", "repetition"):
            yield untestable(what, looked.place, "it came over a digital input")
        return
    run, rate, repeat = looked.run, looked.rate, looked.repeat
    length = run.frames / rate
    stood = "digital silence" if run.value == 0 else f"one value ({run.value:.7f})"
    said = f"the longest stretch of {stood} is {length * 1000:.1f} ms, at {at(run.first, rate)}"
    yield judged(
        "stillness",
        looked.place,
        length < STILL_SECONDS,
        said,
        {"longest_s": length, "most_s": STILL_SECONDS},
    )
    if repeat is None:
        part = f" in the first {at(looked.compared, rate)}" if looked.compared < looked.frames - rate else ""
        yield judged("repetition", looked.place, True, f"no samples come again to the last bit{part}")
        return
    said = (
        f"the samples from {at(repeat.first, rate)} come again, to the last bit, at {at(repeat.again, rate)}"
    )
    numbers = {"first_s": repeat.first / rate, "again_s": repeat.again / rate, "places": repeat.places}
    yield judged("repetition", looked.place, False, f"{said} ({repeat.places} places were compared)", numbers)


def peak(looked: Looked, values: Values) -> Check:
    """No peak may be louder than the microphone's stated maximum by 6 dB."""
    what, most, spl = "peak level", number(values, _MAX_SPL), looked.levels.peak_spl_db
    if most is None:
        return untestable(what, looked.place, "not declared: the microphone's maximum level")
    if spl is None:
        return untestable(what, looked.place, looked.levels.known.words)
    pad = number(values, MIC_PAD)
    most += abs(pad or 0.0)
    said = (
        f"the highest peak is that of a sine of {spl:.1f} dB SPL; the microphone is stated to take {most:.1f}"
    )
    return judged(
        what,
        looked.place,
        spl <= most + PEAK_DB,
        said,
        {"peak_spl_db": spl, "maximum_db": most, "margin_db": PEAK_DB},
    )


def band(looked: Looked, values: Values) -> Check:
    """Near the top of the band a converter has noise of its own: more than rounding to 24 bits makes."""
    what, over = "bandwidth", looked.noise.over_rounding_db
    low, high = (share * looked.rate / 1000 for share in TOP)
    if values.get("kind") == "digital":
        return untestable(what, looked.place, "it came over a digital input")
    if over is None:
        return untestable(what, looked.place, "there is no second of sound")
    where = f"from {low:.1f} to {high:.1f} kHz"
    said = f"{where} its noise is {plain(over)} dB above the rounding to 24 bits"
    if over < ROUNDING_DB:
        said = f"{where} there is nothing but rounding ({plain(over)} dB re that of 24 bits): "
        said += "it was converted from a lower rate, or coded"
    return judged(
        what, looked.place, over >= ROUNDING_DB, said, {"over_rounding_db": over, "least_db": ROUNDING_DB}
    )


def mains_hum(looked: Looked, mains: int | None) -> Check:
    """Where it hums, it hums of the mains that are there."""
    what, found = "hum", looked.hum
    if found is None:
        return untestable(what, looked.place, "it is shorter than 8 s")
    numbers = {"of_50_db": found.of_50, "of_60_db": found.of_60}
    said = f"harmonics of 50 Hz stand out by {found.of_50:.0f} dB in sum, of 60 Hz by {found.of_60:.0f}"
    if found.family is None:
        return untestable(what, looked.place, f"no hum is there beyond doubt: {said}")
    if mains is None:
        return untestable(
            what, looked.place, f"it hums of {found.family} Hz, but no mains are declared: {said}"
        )
    return judged(what, looked.place, found.family == mains, f"{said}; the mains have {mains} Hz", numbers)


def _dbfs(level: float, unit: str) -> str:
    return "digital silence" if level < SILENCE_DB else f"{plain(level)} {unit}"
