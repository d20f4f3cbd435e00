"""What the chain and the library's calibrations say of the levels of a take's tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from capture.chain.errors import ChainError
from capture.evidence import arithmetic, calibrations
from capture.evidence.calibrations import Calibration, Known
from capture.journal.beside import chain_of
from capture.journal.places import IDENTITY
from capture.library import Library

if TYPE_CHECKING:
    from capture.journal.record import TakeRecord


@dataclass(frozen=True)
class TrackLevels:
    """One track: its level at full scale, its predicted floor, and its highest peak.

    `peak_spl_db` is the level of a sine with that peak, as maximum levels of microphones are stated; None
    also where the path `changed` while the take rolled: all else is as it was at Record.
    """

    number: int
    input: int
    name: str
    known: Known
    floor: arithmetic.Floor
    peak_dbfs: float | None
    peak_spl_db: float | None
    changed: bool = False


def of_take(
    record: TakeRecord, values: arithmetic.Values, kept: Sequence[Calibration]
) -> tuple[TrackLevels, ...]:
    """The levels of every track, by the chain's values as they were at Record."""
    peaks = {level.track: level.peak for level in record.levels}
    session, interface = (record.project, record.session), calibrations.interface_of(record)
    rows = []
    for track in record.tracks:
        here = arithmetic.of_input(values, track.input)
        known = calibrations.known(here, track.input, interface, kept, record.started, session)
        peak = peaks.get(track.number)
        changed = calibrations.changed_while_rolling(record, track.input)
        spl = None if peak is None or known.db is None or changed else known.db + peak
        floor = arithmetic.noise_floor(here, known.db)
        rows.append(TrackLevels(track.number, track.input, track.name, known, floor, peak, spl, changed))
    return tuple(rows)


def values_of(record: TakeRecord) -> dict[str, Any]:
    """The values of a take's chain snapshot by path; empty where it is not here or cannot be read."""
    try:
        return dict(chain_of(record).values())
    except (OSError, ChainError):
        return {}


def calibrations_around(record: TakeRecord) -> list[Calibration]:
    """What the library that a take lies in keeps of calibrations; none for a take alone."""
    if record.path is None or len(record.path.parents) < 4:
        return []
    folder = record.path.parents[3]
    if not (folder / IDENTITY).is_file():
        return []
    return calibrations.of_library(Library.open(folder, create=False))


def as_dict(known: Known, floor: arithmetic.Floor) -> dict[str, Any]:
    """The level at full scale of an input and its predicted floor, for JSON."""
    calibration = known.calibration
    return {
        "spl_at_0dbfs_db": known.db,
        "how": known.how,
        "words": known.words,
        **asdict(known.computed),
        "computed_db": known.computed.db,
        "calibration": None if calibration is None else calibration_dict(calibration),
        "differs_db": known.differs_db,
        "uncalibrated": known.uncalibrated,
        "floor": asdict(floor),
    }


def calibration_dict(calibration: Calibration) -> dict[str, Any]:
    """A calibration for JSON."""
    return {**asdict(calibration), "at": calibration.at.isoformat()}
