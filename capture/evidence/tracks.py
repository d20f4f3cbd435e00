"""What the chain and the library's calibrations say of the levels of a take's tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from capture.chain.errors import ChainError
from capture.chain.fields import split_path
from capture.evidence import arithmetic, calibrations
from capture.evidence.calibrations import Calibration, Known
from capture.journal.beside import chain_of
from capture.journal.corrections import PREFIX, corrected
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
    corrected: bool = False

    @property
    def words(self) -> str:
        """How the level at full scale is known, or what is missing, and what has to be said of it."""
        more = "; it changed while the take rolled, this is as at Record" if self.changed else ""
        more += "; the chain was corrected after the end" if self.corrected else ""
        return self.known.words + more


def of_take(
    record: TakeRecord, values: arithmetic.Values, kept: Sequence[Calibration]
) -> tuple[TrackLevels, ...]:
    """The levels of every track, by the chain's values as they are now said to have been at Record."""
    peaks = {level.track: level.peak for level in record.levels}
    session, interface = (record.project, record.session), calibrations.interface_of(record.interface)
    since = {place[0] for path in _corrected(record) if (place := split_path(path)) and _counts(place[1])}
    rows = []
    for track in record.tracks:
        here = arithmetic.of_input(values, track.input)
        known = calibrations.known(here, track.input, interface, kept, record.started, session)
        peak = peaks.get(track.number)
        changed = calibrations.changed_while_rolling(record, track.input)
        spl = None if peak is None or known.db is None or changed else known.db + peak
        floor = arithmetic.noise_floor(here, known.db)
        rows.append(
            TrackLevels(
                number=track.number,
                input=track.input,
                name=track.name,
                known=known,
                floor=floor,
                peak_dbfs=peak,
                peak_spl_db=spl,
                changed=changed,
                corrected=track.input in since,
            )
        )
    return tuple(rows)


def _corrected(record: TakeRecord) -> list[str]:
    return [name.removeprefix(PREFIX) for name in record.fields if name.startswith(PREFIX)]


def _counts(name: str) -> bool:
    return name in arithmetic.NAMES or calibrations.matters(name)


def values_of(record: TakeRecord) -> dict[str, Any]:
    """The values of a take's chain by path, with what was corrected after the end; empty without one."""
    try:
        return dict(corrected(record, chain_of(record).patch()).values())
    except (OSError, ChainError):
        return {}


def _recorded(record: TakeRecord) -> dict[str, Any]:
    try:
        return dict(chain_of(record).patch().values())
    except (OSError, ChainError):
        return {}


def calibrations_around(record: TakeRecord) -> list[Calibration]:
    """What the library that a take lies in keeps of calibrations; of a take alone what its begin line has."""
    folder = record.path.parents[3] if record.path is not None and len(record.path.parents) > 3 else None
    if folder is None or not (folder / IDENTITY).is_file():
        return calibrations.of_begin(record, _recorded(record))
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
