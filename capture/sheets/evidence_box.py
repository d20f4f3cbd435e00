"""The evidence box: what was measured, what was declared and by whom, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from capture.chain import split_path
from capture.clock import EPOCH, moment
from capture.journal.discarding import discard_of
from capture.journal.record import TakeRecord
from capture.journal.signals import grouped, signal_words
from capture.sheets import levels_layout, words
from capture.sheets.air import identity
from capture.sheets.chains import TakeChain, spoken
from capture.sheets.model import AirCurve, CheckRow, Claim, EvidenceBox, FileRow, LevelRow, TrackRow
from capture.take import Origin

EXPECTED = (
    ("source.name", "source"),
    ("source.player", "player"),
    ("place.room", "room"),
    ("kind", "kind (microphone, DI, line, digital)"),
    ("microphone.make", "microphone make"),
    ("microphone.model", "microphone model"),
    ("microphone.serial", "microphone serial"),
    ("microphone.pattern", "pattern"),
    ("distance_m", "distance"),
    ("preamp.make", "preamp make"),
    ("preamp.model", "preamp model"),
    ("preamp.serial", "preamp serial"),
    ("preamp.gain", "preamp gain"),
    ("preamp.phantom", "48 V"),
    ("preamp.polarity", "polarity"),
)
_MICROPHONE_ONLY = ("microphone.", "distance_m")
INSTRUMENTS = ("measured", "read")
AIR = ("temperature", "relative_humidity", "pressure")
MOST_NOTICED = 6  # sentences in the box; the table has them all


def build(
    record: TakeRecord,
    chain: TakeChain,
    tracks: Sequence[TrackRow],
    air: Sequence[AirCurve],
    files: Sequence[FileRow],
) -> EvidenceBox:
    """The three parts of the box for one take."""
    return EvidenceBox(
        tuple(_measured(record, chain, tracks, air)),
        tuple(_declared(record, chain, air)),
        tuple(_not_known(record, chain, tracks, air, files)),
    )


def with_levels(
    box: EvidenceBox, levels: Sequence[LevelRow], checks: Sequence[CheckRow], missing: Mapping[str, str]
) -> EvidenceBox:
    """The box with levels in dB SPL and checks of the chain; `missing` says why one was not looked at."""
    unseen = tuple(Claim(what, "not looked at", why) for what, why in missing.items() if why)
    return EvidenceBox(
        (*box.measured, *levels_layout.measured(levels), *levels_layout.checked(checks)),
        (*box.declared, *levels_layout.declared(levels)),
        (*box.not_known, *levels_layout.not_known(levels), *levels_layout.not_testable(checks), *unseen),
    )


def _measured(
    record: TakeRecord, chain: TakeChain, tracks: Sequence[TrackRow], air: Sequence[AirCurve]
) -> Iterable[Claim]:
    yield Claim("frames", f"{words.count(record.frames)} on the timeline", "counted by the recorder")
    lost = f"{words.count(record.lost_frames)} in {words.plural(len(record.gaps), 'gap')}"
    yield Claim(
        "lost frames", lost if record.lost_frames or record.gaps else "none", "counted by the recorder"
    )
    if record.rate_ppm is not None:
        yield Claim(
            "sample clock", f"{words.signed(record.rate_ppm, 1)} ppm", "against this computer's clock"
        )
    peaks = [track for track in tracks if track.peak_dbfs is not None]
    if peaks:
        top = max(peaks, key=lambda track: track.peak_dbfs or 0.0)
        yield Claim(
            "highest peak", f"{words.level(top.peak_dbfs)} dBFS, track {top.number} {top.name}", "samples"
        )
    if any(track.overs is not None for track in tracks):
        yield Claim(
            "overs",
            words.count(sum(track.overs or 0 for track in tracks)),
            "three full-scale samples in a row",
        )
    noticed = [signal_words(group, record.rate) for group in grouped(record.signals)]
    if noticed:
        more = [f"{len(noticed) - MOST_NOTICED} more in the table"] if len(noticed) > MOST_NOTICED else []
        yield Claim("inputs", "; ".join(noticed[:MOST_NOTICED] + more), "the samples while recording")
    for curve in air:
        if not curve.typed and curve.points:
            yield Claim(
                words.quantity(curve.quantity), air_range(curve), curve.source + _marked(curve.simulated)
            )
    floors = {track.floor.take for track in tracks if track.floor}
    if floors:
        yield Claim("noise floor", "per track, in the table", f"room tone {words.listing(sorted(floors))}")
    yield Claim("interface", interface_words(record), "as the system showed it")
    yield from _chain_claims(record, chain, instrument=True)


def _declared(record: TakeRecord, chain: TakeChain, air: Sequence[AirCurve]) -> Iterable[Claim]:
    for curve in air:
        if curve.typed and curve.points:
            yield Claim(words.quantity(curve.quantity), air_range(curve), curve.source)
    if record.people:
        names = [f"{p.get('name', '')} ({p.get('role', '')})" for p in record.people]
        yield Claim("people", ", ".join(names), _by(record))
    kind = [record.kind.value, record.verdict.value if record.verdict != "none" else "no verdict"]
    yield Claim("kind and verdict", ", ".join(kind), _by(record))
    if record.covers:
        yield Claim("covers", record.covers, _by(record))
    yield from _chain_claims(record, chain, instrument=False)


def _by(record: TakeRecord) -> str:
    return record.by or "nobody named"


def _chain_claims(record: TakeRecord, chain: TakeChain, *, instrument: bool) -> Iterable[Claim]:
    """Fields that share who, when and how are one claim; people have a claim of their own."""
    groups: dict[tuple[str, str, str, str], dict[str, list[int]]] = {}
    for row in chain.rows():
        place = split_path(row.path)
        if row.path.startswith("people.") or row.path.endswith(".distance_text"):
            continue
        if (row.how in INSTRUMENTS) is instrument:
            group = groups.setdefault((row.how, row.by, _day(record, row.at), row.carried_from), {})
            group.setdefault(spoken(row.path), []).append(place[0] if place else 0)
    for (how, by, day, carried), fields in groups.items():
        source = f"{how} by {by}" if by else f"{how}, nobody named"
        source += f", {day}" if day else ""
        source += f"; carried over from {carried}, not confirmed since" if carried else ""
        yield Claim("chain", "; ".join(_fields_by_inputs(fields)), source)


def _day(record: TakeRecord, at: str) -> str:
    when = moment(at)
    return "" if when == EPOCH else f"{words.local(when, record.utc_offset_minutes):%Y-%m-%d}"


def _fields_by_inputs(fields: dict[str, list[int]]) -> list[str]:
    """Fields of the same inputs together, those of most inputs first."""
    same: dict[tuple[int, ...], list[str]] = {}
    for field, numbers in fields.items():
        same.setdefault(tuple(numbers), []).append(field)
    return [
        f"{words.inputs(numbers)}: {', '.join(names)}" if any(numbers) else ", ".join(names)
        for numbers, names in sorted(same.items(), key=lambda item: -len(item[0]))
    ]


def _not_known(
    record: TakeRecord,
    chain: TakeChain,
    tracks: Sequence[TrackRow],
    air: Sequence[AirCurve],
    files: Sequence[FileRow],
) -> Iterable[Claim]:
    if record.origin is Origin.UNKNOWN:
        yield Claim("origin", "whether the sound came from a physical input", "the system does not tell")
    if chain.why:
        yield Claim("chain", chain.why, "")
    if chain.left_out:
        yield Claim("chain", f"{words.plural(chain.left_out, 'field')} left out of this copy", "digests kept")
    yield from _not_declared(chain, tracks)
    for name in AIR:
        if not any(curve.quantity == name and curve.points for curve in air):
            absent = "the sensor gave none" if record.sensors else "no sensor, and nobody typed it"
            yield Claim(words.quantity(name), "not measured", absent)
    if not record.people:
        yield Claim("people", "not declared", "")
    if not any(track.floor for track in tracks):
        yield Claim("noise floor", "not measured", "the session has no room tone take for these inputs")
    if any(gap.first_pm or gap.frames_pm for gap in record.gaps):
        yield Claim("gaps", "their exact place and length", "see the \N{PLUS-MINUS SIGN} of each")
    if not record.ended:
        yield Claim("end", "the journal has no end line", "still rolling, or broken off")
    if record.sealed:
        yield Claim(
            "signer", f"who holds the key {words.short(record.keyid)}", "the key vouches for itself alone"
        )
    else:
        why = "closed, waiting for the key" if record.waits_for_key else "the take was never sealed"
        yield Claim("seal", why, "bytes and lines are not vouched for")
    yield from _away(record, [row.name for row in files if row.state != "here"])
    yield Claim("clock", "whether this computer's clock was right", "it was not compared with another")


def _away(record: TakeRecord, names: list[str]) -> Iterable[Claim]:
    """Files that could not be read, and whether they were thrown away on purpose."""
    thrown = discard_of(record)
    if thrown is not None:
        why = f": {thrown.reason}" if thrown.reason else ""
        said = f"discarded on purpose by {thrown.by or 'somebody'}{why}"
        yield Claim("audio", said, f"{thrown.at:%Y-%m-%d}")
    if names and thrown is None:
        yield Claim("files", f"{words.plural(len(names), 'file')} not read: {', '.join(names)}", "")


def _not_declared(chain: TakeChain, tracks: Sequence[TrackRow]) -> Iterable[Claim]:
    missing: dict[tuple[int, ...], list[str]] = {}
    inputs = sorted({track.input for track in tracks})
    for path, name in EXPECTED:
        without = tuple(number for number in inputs if not _has(chain.of_input(number), path))
        if without:
            missing.setdefault(without, []).append(name)
    for numbers, names in missing.items():
        yield Claim(words.inputs(numbers), ", ".join(names), "not declared")


def _has(values: dict[str, object], path: str) -> bool:
    if path.startswith(_MICROPHONE_ONLY) and values.get("kind", "microphone") != "microphone":
        return True  # a DI has no pattern and stands nowhere: nothing is missing
    return any(name == path or name.startswith((path + ".", path + "_")) for name in values)


def air_range(curve: AirCurve) -> str:
    """`21.3 to 21.9 °C`."""
    low, high = (words.figure(value, curve.quantity) for value in (curve.low, curve.high))
    text = f"{low} {curve.unit}" if low == high else f"{low} to {high} {curve.unit}"
    return text + (f" ({words.plural(curve.suspect, 'reading')} left out)" if curve.suspect else "")


def interface_words(record: TakeRecord) -> str:
    """The interface as the system showed it, in one line."""
    seen = record.interface
    parts = [str(seen.get("name") or seen.get("id") or "not named"), str(seen.get("host_api") or "")]
    if seen.get("inputs"):
        parts.append(f"{seen['inputs']} inputs")
    parts += [f"{words.count(record.rate)} Hz" if record.rate else "", f"origin {record.origin.value}"]
    return ", ".join(part for part in parts if part) + _marked(record.simulated)


def sensor_lines(record: TakeRecord) -> tuple[str, ...]:
    """Each sensor of the take in one line."""
    lines = []
    for entry in record.sensors:
        parts = [
            str(entry.get("id") or ""),
            str(entry.get("driver") or ""),
            str(entry.get("port") or ""),
            identity(entry),
        ]
        text = " \N{MIDDLE DOT} ".join(dict.fromkeys(part for part in parts if part))
        lines.append(text + _marked(entry.get("simulated") is True))
    return tuple(lines)


def _marked(simulated: bool) -> str:
    return " \N{EN DASH} SIMULATED" if simulated else ""
