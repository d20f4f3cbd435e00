"""What 0 dBFS is in dB SPL on each track, and the predicted noise floor beside the one that was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from capture.errors import TakechainError
from capture.evidence import calibrations, checks, tracks
from capture.evidence.arithmetic import of_input
from capture.evidence.calibrations import Calibration
from capture.evidence.floor import SILENCE_DB, Noise, measure
from capture.evidence.sound import files_of, tracks_of
from capture.journal.record import TakeRecord, load
from capture.sheets import floors
from capture.sheets.chains import TakeChain, read_chain
from capture.sheets.model import CheckRow, LevelRow

MOST_TRACK_SECONDS = 600.0
TONE_SECONDS = 60.0  # read of each room tone take, evenly spread


def calibrations_of(record: TakeRecord) -> tuple[list[Calibration], str]:
    """The calibrations around a take, and why they could not be looked up, where that is so."""
    try:
        return tracks.calibrations_around(record), ""
    except TakechainError as error:
        return [], error.what


def rows(
    record: TakeRecord,
    chain: TakeChain,
    measured: Sequence[floors.RoomTone],
    kept: Sequence[Calibration],
) -> tuple[LevelRow, ...]:
    """The levels of every track of which something is known."""
    read: dict[str, dict[int, Noise]] = {}
    return tuple(
        _row(track, _noise(track.input, record, chain, measured, read))
        for track in tracks.of_take(record, _values(chain), kept)
        if track.known.db is not None or track.floor.least_dbfs_a is not None or track.known.uncalibrated
    )


def measured_floors(record: TakeRecord) -> dict[int, tuple[str, float]]:
    """For each input the room tone take of its session that tells its floor, and that in dBFS, A-weighted.

    Only a room tone that was recorded with the same path counts; digital silence is no floor.
    """
    chain = read_chain(record)
    read: dict[str, dict[int, Noise]] = {}
    tones = floors.of_session(record.folder.parent)
    found = {track.input: _noise(track.input, record, chain, tones, read) for track in record.tracks}
    return {
        number: (noise[0], noise[1].dbfs_a)
        for number, noise in found.items()
        if noise and noise[1].dbfs_a is not None and noise[1].dbfs_a > SILENCE_DB
    }


def check_rows(
    record: TakeRecord, chain: TakeChain, kept: Sequence[Calibration]
) -> tuple[tuple[CheckRow, ...], str]:
    """Whether the samples contradict the chain, and why that was not looked at, where it was not.

    A sheet does not wait for hours of sound to be read: `takechain level check` does that.
    """
    if record.seconds * len(record.tracks) > MOST_TRACK_SECONDS:
        return (), f"the take is long: run takechain level check {record.name}"
    found = checks.check_take(record, _values(chain), kept)
    return tuple(
        CheckRow(one.what, one.tracks, one.verdict, one.words, tuple(one.numbers.items())) for one in found
    ), ""


def _values(chain: TakeChain) -> dict[str, Any]:
    """The chain's values by path, as they are now said to have been."""
    values: dict[str, Any] = {path: field.value for path, field in chain.fields.items()}
    values |= {one.path: one.after for one in chain.corrected}
    return {path: value for path, value in values.items() if value is not None}


def _row(track: tracks.TrackLevels, measured: tuple[str, Noise] | None) -> LevelRow:
    floor, spl = track.floor, track.known.db
    take, noise = measured or ("", None)
    level = noise.dbfs_a if noise and noise.dbfs_a is not None and noise.dbfs_a > SILENCE_DB else None
    return LevelRow(
        track.number,
        track.input,
        track.name,
        spl,
        track.known.how,
        track.words,
        track.known.uncalibrated,
        track.peak_spl_db,
        floor.dbfs_a if floor.dbfs_a is not None else floor.least_dbfs_a,
        floor.dbfs_a is None and floor.least_dbfs_a is not None,
        floor.dba,
        level,
        None if level is None or spl is None else spl + level,
        take if level is not None else "",
    )


def _noise(
    number: int,
    record: TakeRecord,
    chain: TakeChain,
    measured: Sequence[floors.RoomTone],
    read: dict[str, dict[int, Noise]],
) -> tuple[str, Noise] | None:
    """The noise of an input in the room tone that its floor is of, where its chain was this one."""
    tone = floors.tone_for(number, record, measured)
    if (
        tone is None
        or tone.record.path is None
        or not same_path(number, (record, chain), (tone.record, tone.chain))
    ):
        return None
    name = str(tone.record.path)
    if name not in read:
        read[name] = _read(tone)
    noise = read[name].get(number)
    return (tone.record.name, noise) if noise else None


def same_path(number: int, one: tuple[TakeRecord, TakeChain], other: tuple[TakeRecord, TakeChain]) -> bool:
    """Whether an input's level at the converter was set alike in two takes."""
    paths = [
        calibrations.path_of(of_input(_values(chain), number), calibrations.interface_of(record.interface))
        for record, chain in (one, other)
    ]
    return paths[0] == paths[1]


def _read(tone: floors.RoomTone) -> dict[int, Noise]:
    """The noise of each input; empty where a file of the room tone cannot be read."""
    assert tone.record.path is not None
    try:
        record = load(tone.record.path)
        return {
            track.input: noise
            for file in files_of(record)
            for track, noise in zip(tracks_of(record, file), measure(record, file, TONE_SECONDS), strict=True)
        }
    except TakechainError:
        return {}  # its RMS of the journal still stands in the table of tracks


def uncalibrated(records: Sequence[TakeRecord]) -> list[str]:
    """What calibrators before and after say against each other, in the sessions of these takes."""
    kept, _ = calibrations_of(records[0])
    sessions = {(record.project, record.session) for record in records}
    return [
        f"UNCALIBRATED \N{EN DASH} input {one.input}: {said}"
        for one, _, said in calibrations.of_sessions(kept)
        if said and (one.project, one.session) in sessions
    ]
