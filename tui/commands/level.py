"""level: what 0 dBFS is in dB SPL, the predicted noise floor, and calibrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import (
    DONE,
    FAILED,
    AsJson,
    By,
    InLibrary,
    Json,
    answer,
    complain,
    new_group,
    open_library,
    station,
    user_name,
)

if TYPE_CHECKING:
    from capture.evidence.arithmetic import Floor
    from capture.evidence.calibrations import Calibration, Known
    from capture.evidence.calibrator import Reading
    from capture.journal.record import TakeRecord
    from capture.take import Track

level = new_group("Levels in dB SPL: from the chain, or from a calibrator.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(level, name="level")


@level.command("show")
def show(
    take: Annotated[
        str | None, typer.Argument(metavar="[TAKE]", help="Else the patch of the next take.")
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """What 0 dBFS is in dB SPL on each track, how that is known, and the predicted noise floor."""
    rows = _patch_rows(library) if take is None else _take_rows(take, library)
    lines = [line for row, known, floor in rows for line in _lines(row, known, floor)]
    answer(as_json, {"tracks": [row for row, _, _ in rows]}, *(lines or ["nothing is declared"]))
    return DONE


def _take_rows(take: str, library: InLibrary) -> list[tuple[Json, Known, Floor]]:
    from capture.evidence.tracks import as_dict, calibrations_around, of_take, values_of
    from capture.journal.record import summary
    from capture.sheets.levels import measured_floors
    from tui.commands.takes import find_journal

    record = summary(find_journal(take, library))
    floors = measured_floors(record)
    rows = of_take(record, values_of(record), calibrations_around(record))
    return [
        (
            {
                "input": row.input,
                "name": row.name,
                "peak_dbfs": row.peak_dbfs,
                "peak_spl_db": row.peak_spl_db,
                **as_dict(row.known, row.floor),
                "words": row.words,
                "measured_floor": _measured(floors.get(row.input), row.known),
            },
            row.known,
            row.floor,
        )
        for row in rows
    ]


def _measured(floor: tuple[str, float] | None, known: Known) -> Json | None:
    if floor is None:
        return None
    dba = None if known.db is None else known.db + floor[1]
    return {"take": floor[0], "dbfs_a": floor[1], "dba": dba}


def _patch_rows(library: InLibrary) -> list[tuple[Json, Known, Floor]]:
    from capture.chain import Patch
    from capture.evidence.arithmetic import noise_floor, of_input
    from capture.evidence.calibrations import known, of_library
    from capture.evidence.tracks import as_dict

    with station(library) as client:
        patch, status = Patch.from_fields(client.call("chainfields")["fields"]), client.call("status")
    interface = status["setup"]["interface"] or {}
    kept, values, rows = of_library(open_library(library)), patch.values(), []
    for number in patch.inputs():
        here = of_input(values, number)
        found = known(here, number, interface.get("hardware") or interface.get("id") or "", kept)
        floor = noise_floor(here, found.db)
        row = {"input": number, "name": here.get("source.name", ""), "peak_dbfs": None, "peak_spl_db": None}
        rows.append(({**row, **as_dict(found, floor)}, found, floor))
    return rows


def _lines(row: Json, known: Known, floor: Floor) -> list[str]:
    from capture.evidence.words import floor_words, how_words, plain, signed

    name = f"in {row['input']}  {row['name']}".rstrip()
    at = f"{known.db:.2f} dB SPL at 0 dBFS, " if known.db is not None else "dB SPL at 0 dBFS "
    lines = [f"{name}  {at}{row['words']}"]
    if known.computed.steps:
        lines.append(f"    {how_words(known.computed)}")
    if known.differs_db is not None:
        lines.append(f"    {signed(known.differs_db)} dB beside the computed {known.computed.db:.2f}")
    lines += [f"    uncalibrated: {known.uncalibrated}"] if known.uncalibrated else []
    if row["peak_spl_db"] is not None:
        lines.append(
            f"    highest peak {row['peak_dbfs']:.2f} dBFS, that of a sine of {row['peak_spl_db']:.2f} dB SPL"
        )
    lines += [f"    {line}" for line in floor_words(floor)]
    if measured := row.get("measured_floor"):
        dba = "" if measured["dba"] is None else f", {plain(measured['dba'])} dBA"
        lines.append(f"    measured floor {plain(measured['dbfs_a'])} dBFS(A){dba}, in {measured['take']}")
    return lines


@level.command("calibrate")
def calibrate(
    take: Annotated[str, typer.Argument(help="A take of kind calibration with the calibrator's tone.")],
    level_db: Annotated[float, typer.Option("--level", metavar="94|114", help="What the calibrator makes.")],
    input_: Annotated[
        int | None, typer.Option("--input", metavar="N", min=1, help="Which input, of several.")
    ] = None,
    first: Annotated[float, typer.Option("--from", metavar="S", min=0, help="Seconds behind Record.")] = 5.0,
    seconds: Annotated[float, typer.Option("--seconds", metavar="S", min=0, max=60)] = 10.0,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Read the tone of a calibrator; it counts for that microphone and gain until the chain changes."""
    from capture.errors import UsageError
    from capture.evidence import calibrations, calibrator
    from capture.evidence.arithmetic import of_input
    from capture.evidence.tracks import calibration_dict, values_of
    from capture.journal.record import load
    from tui.commands.takes import find_journal

    if level_db not in calibrator.LEVELS:
        raise UsageError(f"--level {level_db:g} is not one of a calibrator here", "give 94 or 114")
    room = open_library(library)
    record = load(find_journal(take, library))
    track = _track(record, input_)
    reading = calibrator.read_take(record, track, level_db, first, seconds)
    values = of_input(values_of(record), track.input)
    kept = calibrations.keep(room, record, track.input, values, reading, by or user_name())
    for_others = calibrations.unfit(values)
    found: Json = {**calibration_dict(kept), "only_this_take": for_others}
    found |= {n: getattr(reading, n) for n in ("harmonics_db", "above_noise_db", "level_dbfs", "seconds")}
    answer(as_json, found, *_reading_lines(reading, kept))
    for reason in reading.reasons:
        complain(f"it does not hold: {reason}")
    if for_others:
        complain(
            f"it can count for no other take: {for_others}",
            f"say it with takechain chain correct {record.name} PATH=VALUE, and calibrate again",
        )
    return DONE if reading.ok else FAILED


def _track(record: TakeRecord, number: int | None) -> Track:
    from capture.errors import UsageError
    from capture.take import format_inputs

    inputs = format_inputs([track.input for track in record.tracks])
    if number is None and len(record.tracks) != 1:
        raise UsageError(
            f"{record.name} has inputs {inputs}", "say with --input N where the calibrator stood"
        )
    track = next((t for t in record.tracks if number in (None, t.input)), None)
    if track is None:
        raise UsageError(f"{record.name} has no input {number}", f"it has {inputs}")
    return track


def _reading_lines(reading: Reading, kept: Calibration) -> list[str]:
    if reading.spl_at_0dbfs_db is None or reading.frequency_hz is None:
        return [f"in {kept.input}  nothing was measured"]
    bad = "" if reading.ok else "  DOES NOT HOLD"
    tone = f"{reading.frequency_hz:.1f} Hz at {reading.level_dbfs:.2f} dBFS for {reading.seconds:.1f} s"
    harmonics = f"harmonics {reading.harmonics_db:.1f} dB, {reading.above_noise_db:.1f} dB above all else"
    return [
        f"in {kept.input}  {reading.spl_at_0dbfs_db:.2f} dB SPL at 0 dBFS{bad}",
        f"    tone {tone}, drift {reading.drift_db:.2f} dB, {harmonics}",
    ]


@level.command("check")
def check(
    take: Annotated[str, typer.Argument(help="A take that has ended.")],
    mains: Annotated[
        int | None, typer.Option("--mains", metavar="50|60", help="The mains there, Hz.")
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Whether a take's samples contradict what is declared of its chain; never who or what made a sound."""
    from dataclasses import asdict

    from capture.errors import UsageError
    from capture.evidence.check import CONTRADICTS, VERDICTS, counts
    from capture.evidence.checks import check_take
    from capture.evidence.tracks import calibrations_around, values_of
    from capture.journal.record import load
    from tui.commands.takes import find_journal

    if mains not in (None, 50, 60):
        raise UsageError(f"--mains {mains} is no mains frequency here", "give 50 or 60")
    record = load(find_journal(take, library))
    found = check_take(record, values_of(record), calibrations_around(record), mains)
    found.sort(key=lambda one: VERDICTS.index(one.verdict))
    told = counts(found)
    lines = [
        f"{one.verdict:<12}  {one.what}{' of track ' if one.tracks else ''}"
        f"{' and '.join(map(str, one.tracks))}: {one.words}"
        for one in found
    ]
    total = ", ".join(f"{number} {verdict}" for verdict, number in told.items())
    answer(
        as_json,
        {"take": record.take, "counts": told, "checks": [asdict(one) for one in found]},
        *lines,
        total,
    )
    return FAILED if told[CONTRADICTS] else DONE


@level.command("calibrations")
def calibrations_(
    session: Annotated[
        str | None, typer.Option("--session", metavar="S", help="Only of this session.")
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Every calibration, and whether those before and after a session agree."""
    from capture.evidence.calibrations import of_library, of_sessions
    from capture.evidence.tracks import calibration_dict

    kept = [c for c in of_library(open_library(library)) if session in (None, c.session)]
    pairs: list[Json] = []
    lines = [_kept_line(calibration) for calibration in kept]
    for before, after, said in of_sessions(kept):
        difference = (after.spl_at_0dbfs_db or 0.0) - (before.spl_at_0dbfs_db or 0.0)
        pair: Json = {"session": before.session, "input": before.input, "before": before.name}
        pairs.append({**pair, "after": after.name, "differs_db": difference, "ok": not said, "words": said})
        agreed = f"{before.name} and {after.name} agree within {abs(difference):.2f} dB"
        lines.append(f"{before.session}  in {before.input}  {said or agreed}")
    result: Json = {"calibrations": [calibration_dict(c) for c in kept], "pairs": pairs}
    answer(as_json, result, *(lines or ["there is no calibration"]))
    return DONE


def _kept_line(calibration: Calibration) -> str:
    spl = calibration.spl_at_0dbfs_db
    what = "nothing measured" if spl is None else f"{spl:.2f} dB SPL at 0 dBFS ({calibration.level_db:g} dB)"
    gain = "" if calibration.gain_db is None else f"  gain {calibration.gain_db:+g} dB"
    bad = "" if calibration.ok else f"  does not hold: {'; '.join(calibration.reasons)}"
    return (
        f"{calibration.at:%Y-%m-%d %H:%M} UTC  {calibration.name}  in {calibration.input}  "
        f"{calibration.microphone or 'microphone not declared'}{gain}  {what}{bad}"
    )
