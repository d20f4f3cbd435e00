"""Calibrations as the library keeps them, and an input's level at full scale: calibrated, else computed.

A calibration holds for takes of the same input whose path to the converter is, field for field, the one of
the calibrator take. Where a session has one before and one after a take and the two differ, it counts as
uncalibrated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from capture.chain.fields import split_path
from capture.clock import EPOCH, moment, utc_text
from capture.evidence.arithmetic import GAIN, Level, Values, of_input, spl_at_full_scale
from capture.evidence.arithmetic import number as figure

if TYPE_CHECKING:
    from capture.evidence.calibrator import Reading
    from capture.journal.record import TakeRecord
    from capture.library import Library

KIND = "calibration"
BEFORE_AFTER_DB = 0.5
STEP_DB = 0.2  # between the two levels of one calibrator
_SEALED = ("input", "take", "name", "at", "level_db", "spl_at_0dbfs_db", "drift_db")
_OF_DEVICES = (
    "make",
    "model",
    "serial",
    "gear",
    "channel",
    "output",
    "capsule",
    "pattern",
    "pad_db",
    "filter",
)
_DEVICES = ("microphone", "preamp", "converter", "di")
PATH = (
    "kind",
    GAIN,
    "preamp.gain_text",
    *(f"{device}.{name}" for device in _DEVICES for name in _OF_DEVICES),
)
"""The fields on which a level at full scale depends: a calibration holds while they stay as they are."""


@dataclass(frozen=True)
class Calibration:
    """One reading of a calibrator, from its line in `library.jsonl` (docs/format.md 8)."""

    id: str
    at: datetime
    take: str
    name: str
    project: str
    session: str
    input: int
    level_db: float
    frequency_hz: float | None
    spl_at_0dbfs_db: float | None
    drift_db: float | None
    ok: bool
    reasons: tuple[str, ...]
    microphone: str
    gain_db: float | None
    path: Mapping[str, Any]
    by: str


@dataclass(frozen=True)
class Known:
    """The level at full scale of an input and how it is known.

    `how` is `calibrated`, `computed` or empty (then `db` is None). `differs_db` is the calibration less the
    computed value. `uncalibrated` says in words why calibrations that are there do not count.
    """

    db: float | None
    how: str
    computed: Level
    calibration: Calibration | None = None
    differs_db: float | None = None
    uncalibrated: str = ""

    @property
    def words(self) -> str:
        """How it is known, or what is missing, in words."""
        if self.how == "calibrated" and self.calibration is not None:
            return f"calibrated with {self.calibration.level_db:g} dB in {self.calibration.name}"
        if self.how == "computed":
            held = f", if {' and '.join(self.computed.holds_if)}" if self.computed.holds_if else ""
            return f"computed from the chain{held}"
        return f"not known: {', '.join(self.computed.missing)}"


def path_of(values: Values, interface: str) -> dict[str, Any]:
    """What of an input's chain and of the interface a calibration depends on."""
    named = {name: values[name] for name in sorted(values) if matters(name)}
    return {**named, "interface": interface}


def changed_while_rolling(record: TakeRecord, number: int) -> bool:
    """Whether a field on which the level of an input depends changed after the take had begun."""
    changed = (split_path(change.path) for change in record.changes)
    return any(place and place[0] == number and matters(place[1]) for place in changed)


def matters(name: str) -> bool:
    """Whether the level at full scale depends on a field of an input."""
    return name in PATH or name.startswith("insert.")


def interface_of(interface: Mapping[str, Any]) -> str:
    """Which interface it is, as a begin line tells of it: the device, where the system tells, else its id."""
    return str(interface.get("hardware") or interface.get("id") or "")


def unfit(values: Values) -> str:
    """Why a calibration of this chain can hold for no other take, in words; empty where it can."""
    missing = []
    if not any(values.get(f"microphone.{name}") for name in ("serial", "gear", "model")):
        missing.append("which microphone it is")
    if not any(name in values for name in (GAIN, "preamp.gain_text")):
        missing.append("the gain")
    return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not declared" if missing else ""


def keep(
    library: Library, record: TakeRecord, number: int, values: Values, reading: Reading, by: str
) -> Calibration:
    """Add a reading to the library, also one that does not hold, with its reasons."""
    microphone = next(
        (
            str(values[f"microphone.{n}"])
            for n in ("serial", "gear", "model")
            if values.get(f"microphone.{n}")
        ),
        "",
    )
    gain = values.get(GAIN)
    fields: dict[str, Any] = {
        "input": number,
        "take": record.take,
        "name": record.name,
        "project": record.project,
        "session": record.session,
        "at": utc_text(record.started),
        "level_db": reading.calibrator_db,
        "frequency_hz": _rounded(reading.frequency_hz, 3),
        "spl_at_0dbfs_db": _rounded(reading.spl_at_0dbfs_db, 3),
        "drift_db": _rounded(reading.drift_db, 3),
        "harmonics_db": _rounded(reading.harmonics_db, 1),
        "above_noise_db": _rounded(reading.above_noise_db, 1),
        "ok": reading.ok,
        "reasons": list(reading.reasons),
        "microphone": microphone,
        "gain_db": gain if isinstance(gain, int | float) else None,
        "path": path_of(values, interface_of(record.interface)),
    }
    name = f"{record.take}/{number}"
    return _calibration({**library.put(KIND, name, fields, by), "id": name})


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def of_library(library: Library) -> list[Calibration]:
    """Every calibration that the library keeps, in the order of their takes."""
    found = [_calibration(line) for line in library.records(KIND).values()]
    return sorted(found, key=lambda calibration: (calibration.at, calibration.input))


def _calibration(line: Mapping[str, Any]) -> Calibration:
    """Out of a line of any maker: what is not of its type counts as not there, and then it does not hold."""
    spl, path = figure(line, "spl_at_0dbfs_db"), line.get("path")
    at, number = moment(line.get("at")), line.get("input")
    whole = spl is not None and isinstance(path, dict) and at != EPOCH and isinstance(number, int)
    reasons = line.get("reasons")
    return Calibration(
        id=str(line.get("id") or ""),
        at=at,
        take=str(line.get("take") or ""),
        name=str(line.get("name") or ""),
        project=str(line.get("project") or ""),
        session=str(line.get("session") or ""),
        input=number if isinstance(number, int) else 0,
        level_db=figure(line, "level_db") or 0.0,
        frequency_hz=figure(line, "frequency_hz"),
        spl_at_0dbfs_db=spl,
        drift_db=figure(line, "drift_db"),
        ok=line.get("ok") is True and whole,
        reasons=tuple(str(reason) for reason in reasons) if isinstance(reasons, list) else (),
        microphone=str(line.get("microphone") or ""),
        gain_db=figure(line, "gain_db"),
        path=path if isinstance(path, dict) else {},
        by=str(line.get("by") or ""),
    )


def sealed(calibration: Calibration) -> dict[str, Any]:
    """What the begin line of a take holds of a calibration that counts for it: no name, no serial number."""
    whole = {**asdict(calibration), "at": utc_text(calibration.at)}
    return {name: whole[name] for name in _SEALED}


def of_begin(record: TakeRecord, values: Values) -> list[Calibration]:
    """The calibrations that counted for a take when it began, by the chain's `values` at Record (by path)."""
    found = record.begin.get("calibrations")
    of_take = {"project": record.project, "session": record.session, "ok": True}
    through = interface_of(record.interface)
    return [
        _calibration({**line, **of_take, "path": path_of(of_input(values, line["input"]), through)})
        for line in (found if isinstance(found, list) else [])
        if isinstance(line, dict) and isinstance(line.get("input"), int)
    ]


def known(
    values: Values,
    number: int,
    interface: str,
    calibrations: Sequence[Calibration] = (),
    at: datetime | None = None,
    session: tuple[str, str] = ("", ""),
) -> Known:
    """The level at full scale of an input of a take that began `at` (None: of the next take) in a session.

    `session` is (project, session). A calibration before the take counts, else the first one after it in
    the same session; before and after in one session have to agree within 0.5 dB.
    """
    computed = spl_at_full_scale(values)
    fallback = Known(computed.db, "computed" if computed.db is not None else "", computed)
    path = path_of(values, interface)
    fits = (
        [c for c in calibrations if c.ok and c.input == number and c.path == path]
        if not unfit(values)
        else []
    )
    before = [c for c in fits if at is None or c.at <= at]
    after = [c for c in fits if at is not None and c.at > at and (c.project, c.session) == session]
    chosen = before[-1] if before else after[0] if after else None
    if chosen is None or chosen.spl_at_0dbfs_db is None:
        return fallback
    said = apart(chosen, after[0]) if before and after and _session(chosen) == session else ""
    if said:
        return Known(computed.db, fallback.how, computed, chosen, None, said)
    db = chosen.spl_at_0dbfs_db
    return Known(db, "calibrated", computed, chosen, None if computed.db is None else db - computed.db)


def _session(calibration: Calibration) -> tuple[str, str]:
    return calibration.project, calibration.session


def apart(before: Calibration, after: Calibration) -> str:
    """Why two calibrations of one path do not agree, in words; empty where they do."""
    difference = (after.spl_at_0dbfs_db or 0.0) - (before.spl_at_0dbfs_db or 0.0)
    if before.level_db != after.level_db and abs(difference) > STEP_DB:
        low, high = sorted((before.level_db, after.level_db))
        step = high - low - (difference if after.level_db > before.level_db else -difference)
        return (
            f"from {low:g} to {high:g} dB the tone rose by {step:.2f} dB ({before.name}, {after.name}): "
            f"{high - low:g} ±{STEP_DB:g} is good"
        )
    if abs(difference) > BEFORE_AFTER_DB:
        return (
            f"{before.name} and {after.name} differ by {difference:+.2f} dB: "
            f"at most {BEFORE_AFTER_DB:g} is good, so the session is uncalibrated"
        )
    return ""


def of_sessions(calibrations: Iterable[Calibration]) -> list[tuple[Calibration, Calibration, str]]:
    """Every calibration of a path with the next one of it in its session, and how they disagree."""
    groups: dict[tuple[object, ...], list[Calibration]] = {}
    for calibration in calibrations:
        if calibration.ok:
            path = tuple(sorted((name, repr(value)) for name, value in calibration.path.items()))
            groups.setdefault((*_session(calibration), calibration.input, path), []).append(calibration)
    return [(one, other, apart(one, other)) for found in groups.values() for one, other in pairwise(found)]
