"""Whether a take's samples contradict what is declared of its chain.

Each check says `consistent`, `contradicts` or `not testable`, with its numbers. A contradiction says that
samples and declaration do not fit, not which of them is wrong; and what is consistent may still be untrue.
None of this tells who or what made a sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from capture.evidence import arithmetic, hum, pairs, steadiness, track_checks
from capture.evidence.calibrations import changed_while_rolling
from capture.evidence.check import Check, untestable
from capture.evidence.errors import EvidenceError
from capture.evidence.floor import Frames
from capture.evidence.sameness import MOST, Sameness
from capture.evidence.sound import files_of, of_usable_rate, pieces, spans, stretch, tracks_of
from capture.evidence.track_checks import Looked
from capture.evidence.tracks import of_take

if TYPE_CHECKING:
    from capture.evidence.calibrations import Calibration
    from capture.evidence.tracks import TrackLevels
    from capture.journal.record import TakeRecord
    from capture.take import Track

PHYSICAL = ("physical", "unknown")


def check_take(
    record: TakeRecord, values: arithmetic.Values, kept: Sequence[Calibration] = (), mains: int | None = None
) -> list[Check]:
    """Every check of a take, by the chain's values (by path) and the calibrations that are kept.

    `mains` is the frequency of the mains where it was recorded, 50 or 60 Hz, if known. Needs the whole record
    (`load`). Raises EvidenceError where no file can be read at all.
    """
    if record.origin.value not in PHYSICAL:
        return [
            untestable("all", (), f"its sound comes from no physical input: origin {record.origin.value}")
        ]
    if not record.ended:
        return [untestable("all", (), "the take has no end yet")]
    levels = {row.number: row for row in of_take(record, values, kept)}
    found: list[Check] = []
    loudest: dict[int, int] = {}
    for file in files_of(record):
        tracks = tracks_of(record, file)
        try:
            looked = _look(record, file, tracks, levels)
        except EvidenceError as error:
            found.append(untestable("all", tuple(track.number for track in tracks), error.what))
            continue
        for track, one in zip(tracks, looked, strict=True):
            found += track_checks.checks(one, arithmetic.of_input(values, track.input), mains)
            loudest[track.number] = one.noise.loudest_at
    return [*found, *_pairs(record, values, loudest), *_of_the_take(record)]


def _look(
    record: TakeRecord, file: int, tracks: Sequence[Track], levels: dict[int, TrackLevels]
) -> list[Looked]:
    """One pass over the samples of a file, and a look for hum where each track is quietest."""
    frames, same = (
        Frames(of_usable_rate(record).rate, len(tracks)),
        [Sameness(MOST // len(record.tracks)) for _ in tracks],
    )
    for span in spans(record):
        frames.begin(span.first)
        for one in same:
            one.begin(span.first)
        for _, block in pieces(record, span, file):
            frames.feed(block)
            for column, one in enumerate(same):
                one.feed(block[:, column])
        frames.close()
    found = []
    for track, noise, one in zip(tracks, frames.noises(), same, strict=True):
        half = round(hum.SECONDS / 2 * record.rate)
        first = max(0, min(noise.quietest_at - half, record.frames - 2 * half))
        humming = hum.look(stretch(record, track, first, first + 2 * half), record.rate)
        changed = changed_while_rolling(record, track.input)
        found.append(
            Looked(
                levels=levels[track.number],
                noise=noise,
                run=one.longest,
                repeat=one.repeat(),
                compared=one.compared,
                hum=humming,
                frames=record.frames,
                rate=record.rate,
                changed=changed,
            )
        )
    return found


def _pairs(record: TakeRecord, values: arithmetic.Values, loudest: dict[int, int]) -> Iterator[Check]:
    tracks = [track for track in record.tracks if track.number in loudest]
    found = pairs.spots(tracks, {track.input: arithmetic.of_input(values, track.input) for track in tracks})
    couples = list(pairs.couples(found))
    if not couples:
        yield untestable("arrival", (), "no two microphones in one room have a declared place")
    for one, other in couples:
        first = loudest[one.track.number]
        end = first + round(pairs.SECONDS * record.rate)
        sounds = [stretch(record, spot.track, first, end) for spot in (one, other)]
        if len(sounds[0]) != len(sounds[1]) or len(sounds[0]) < record.rate // 2:
            numbers = (one.track.number, other.track.number)
            yield untestable("arrival", numbers, "too little of both was recorded at the loudest place")
            continue
        yield from pairs.checks(one, other, pairs.lag(sounds[0], sounds[1], record.rate))


def _of_the_take(record: TakeRecord) -> Iterable[Check]:
    yield steadiness.check(record)
    why = "an instrument may ring longer than its room: it needs an impulse response, and none is kept"
    yield untestable("decay", (), why)
    yield untestable("air and stretch", (), "no impulse responses were measured before and after")
