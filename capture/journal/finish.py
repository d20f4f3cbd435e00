"""What follows the seal: the hashes of whole files, and edits that also reach the headers.

A header is rewritten in three durable steps: a signed `rewrite` line with the hash of the header to come, the
header itself, a signed `file` line. Whoever finds only the first knows what was meant (docs/format.md).
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from capture.errors import UsageError
from capture.journal import corrections
from capture.journal.appending import is_held
from capture.journal.beside import beside, place_of
from capture.journal.discarding import FIELD as DISCARD
from capture.journal.discarding import gone
from capture.journal.errors import JournalLocked, in_words
from capture.journal.file_line import FileLine
from capture.journal.hashing import Cancelled, sha256_range
from capture.journal.keys import Key
from capture.journal.lines import Json
from capture.journal.meta import file_meta
from capture.journal.on_disk import about, look, make_header_again, obstacle
from capture.journal.record import Part, TakeRecord, load
from capture.journal.writer import JournalWriter
from capture.take import Kind, Verdict
from capture.wav.errors import WavError
from capture.wav.header import header
from capture.wav.meta import Loudness
from capture.wav.read import WavInfo, parse
from capture.wav.repair import layout_of, repair_sizes, replace_header, rewrite_header, write_header

if TYPE_CHECKING:
    from capture.wav.loudness import LoudnessMeter

Times = Callable[[], str]
_TOGETHER_S = 5.0
_TEXTS = ("note", "covers", "slate", "name", "mirror")


@dataclass
class Outcome:
    """What was done: the take now, the files that got a line, what could not be done and why."""

    record: TakeRecord
    done: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    cancelled: bool = False


@dataclass(frozen=True)
class _Data:
    """The audio of a file: where, how many whole frames, its hash, the bytes behind it, how loud."""

    offset: int
    frames: int
    sha256: str
    rest: bytes
    loudness: Loudness | None = None


def unfinished(record: TakeRecord) -> list[str]:
    """The files of a sealed take that have no `file` line yet, or a header that is not the one meant.

    A file that was never made, in a part without any audio, is none of them, nor is one that was discarded.
    """
    return [
        name
        for part, _, name in record.media
        if not gone(record, name)
        and (
            name in record.rewrites
            or (name not in record.files and (record.part_frames(part) or beside(record, name)))
        )
    ]


def write_file_lines(
    path: Path, key: Key, cancelled: Callable[[], bool] | None = None, *, clock: Times | None = None
) -> Outcome:
    """Bring the headers of a sealed take up to date and sign a `file` line for each file that has none.

    Hashing runs without the journal's lock and stops early when `cancelled()` says so; what is left is
    done by the next call. Raises JournalLocked, JournalError.
    """
    outcome = Outcome(load(path))
    if is_held(path):
        raise JournalLocked(f"{path} is being written by another process", "wait until the take has ended")
    todo, ready = unfinished(outcome.record), _Ready(path, key, clock, outcome)
    for part, index, name in outcome.record.media:
        if name not in todo:
            continue
        try:
            ready.add(part, index, name, _data(outcome.record, part, index, name, cancelled))
        except Cancelled:
            outcome.cancelled = True
            break
        except (WavError, OSError) as error:
            outcome.problems.append(_words(name, error))
    ready.write()
    return outcome


class _Ready:
    """Files that are hashed and wait for their line; written together, for a long journal opens slowly."""

    def __init__(self, path: Path, key: Key, clock: Times | None, outcome: Outcome) -> None:
        self._path, self._key, self._clock, self._outcome = path, key, clock, outcome
        self._media: list[tuple[Part, int, str]] = []
        self._known: dict[str, _Data] = {}
        self._since = time.monotonic()

    def add(self, part: Part, index: int, name: str, data: _Data) -> None:
        self._media.append((part, index, name))
        self._known[name] = data
        if time.monotonic() - self._since > _TOGETHER_S:
            self.write()

    def write(self) -> None:
        if not self._media:
            return
        with JournalWriter.reopen(self._path) as writer:
            done, problems = _refresh(writer, self._key, self._media, self._known, self._clock)
            self._outcome.record = writer.record
        self._outcome.done += done
        self._outcome.problems += problems
        self._media, self._known, self._since = [], {}, time.monotonic()


def edit_after_end(
    path: Path,
    key: Key,
    field: str,
    value: Any,
    by: str,
    *,
    clock: Times | None = None,
    signer: Key | None = None,
) -> Outcome:
    """Change what an ended take says of itself: a signed note, then the headers of its files.

    `field` is verdict, kind, covers, note, slate, number, name, `track_name.<n>`, `chain.<path>` or undo
    (value: the `seq` of the note to undo). Raises UsageError for a value it cannot have, JournalLocked while
    it rolls.
    """
    return edit_many(path, key, [(field, value)], by, clock=clock, signer=signer)


def edit_many(
    path: Path,
    key: Key,
    changes: Iterable[tuple[str, Any]],
    by: str,
    *,
    clock: Times | None = None,
    signer: Key | None = None,
) -> Outcome:
    """Several edits with one rewrite of the headers; a take moved to another slate gets slate and number.

    `signer` signs the notes where they are somebody else's than the station's, whose `key` signs the rest.
    """
    with JournalWriter.reopen(path) as writer:
        changes = list(changes)
        for name, value in changes:
            check_edit(writer.record, name, value)
        for name, value in changes:
            stamp = _stamp(clock)
            frames, whose = writer.record.frames, signer or key
            writer.append_signed("note", frames, whose, field=name, value=value, by=by, **stamp)
        writer.sync()
        done, problems = _refresh(writer, key, writer.record.media, {}, clock)
        return Outcome(writer.record, done, problems)


def check_edit(record: TakeRecord, name: str, value: Any) -> None:
    """Raise UsageError unless a take can have this value in this field."""
    choices: dict[str, list[str]] = {"verdict": [v.value for v in Verdict], "kind": [k.value for k in Kind]}
    if name in choices:
        if value not in choices[name]:
            raise UsageError(f"{value!r} is not a {name}", f"choose one of: {', '.join(choices[name])}")
    elif name in _TEXTS:
        if not isinstance(value, str) or (name != "covers" and not value.strip()):
            raise UsageError(f"{name} must be a text", "type some")
    elif name == "number":
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 10**9:
            raise UsageError(f"{value!r} is not a take number", "take numbers count from 1")
    elif name == "undo":
        if value not in {e.seq for e in record.edits if not e.undone and e.field not in ("undo", DISCARD)}:
            raise UsageError("there is no such edit to undo")
    elif name.startswith(corrections.PREFIX):
        corrections.check(record, name, value)
    elif name not in {f"track_name.{track.number}" for track in record.tracks}:
        raise UsageError(f"a take has no field {name!r} that can be edited")
    elif not isinstance(value, str):
        raise UsageError("the name of a track must be a text")


def _refresh(
    writer: JournalWriter,
    key: Key,
    media: Iterable[tuple[Part, int, str]],
    known: dict[str, _Data],
    clock: Times | None,
) -> tuple[list[str], list[str]]:
    """Write the headers that differ from the record, then `file` lines where the data hash is known."""
    wanted: list[tuple[Part, str, bytes, bool]] = []
    problems: list[str] = []
    for part, index, name in media:
        if gone(writer.record, name):
            continue
        if words := obstacle(writer.record, name):
            problems.append(about(name, words))
            continue
        try:
            path = place_of(writer.record, name)
            meta = file_meta(writer.record, part.number, index)
            if name in known:
                meta = replace(meta, loudness=known[name].loudness)
            new = rewrite_header(path, meta)
            old = _head(path, len(new))
        except (WavError, OSError) as error:
            problems.append(_words(name, error))
            continue
        wanted.append((part, name, new, new != old))
    for part, name, new, differs in wanted:
        if differs and writer.record.rewrites.get(name) != _sha256(new):
            fields: Json = {"part": part.number, "file": name, "header_sha256": _sha256(new), **_stamp(clock)}
            writer.append_signed("rewrite", writer.record.frames, key, **fields)
    writer.sync()
    done = []
    for part, name, new, differs in wanted:
        try:
            if differs:
                write_header(place_of(writer.record, name), new)
            data = known.get(name) or _carried(writer.record.files.get(name), place_of(writer.record, name))
        except (WavError, OSError) as error:
            problems.append(_words(name, error))
            continue
        if data is not None and (differs or name in unfinished(writer.record)):
            writer.append_signed(
                "file", writer.record.frames, key, **_line(part, name, new, data), **_stamp(clock)
            )
            done.append(name)
    writer.sync()
    return done, problems


def _line(part: Part, name: str, head: bytes, data: _Data) -> Json:
    return {
        "part": part.number,
        "file": name,
        "size": len(head) + data.frames * _align(head) + len(data.rest),
        "data_offset": data.offset,
        "header_sha256": _sha256(head),
        "data_sha256": data.sha256,
        "frames": data.frames,
        "rest": base64.b64encode(data.rest).decode(),
        **({"loudness": asdict(data.loudness)} if data.loudness is not None else {}),
    }


def _align(head: bytes) -> int:
    return int.from_bytes(head[12 + 8 + 28 + 8 + 12 : 12 + 8 + 28 + 8 + 14], "little")


def _data(
    record: TakeRecord, part: Part, index: int, name: str, cancelled: Callable[[], bool] | None
) -> _Data:
    """Hash the audio of a file; raises WavError when it holds less than the journal says, Cancelled."""
    _make_readable(record, part, index, name)
    old = record.files.get(name)
    if old is not None:
        carried = _carried(old, place_of(record, name))
        assert carried is not None
        return carried
    with place_of(record, name).open("rb") as file:
        info = parse(file)
        frames, left = divmod(info.file_bytes - info.data_offset, info.block_align)
        if frames < record.part_frames(part):
            missing = record.part_frames(part) - frames
            raise WavError(f"{missing} frames that its journal tells of are not in the file")
        length = frames * info.block_align
        meter = _meter(info)
        sha256 = sha256_range(file, info.data_offset, length, cancelled, meter.feed if meter else None)
        rest, loudness = _read_at(file, info.data_offset + length, left), meter.result() if meter else None
        return _Data(info.data_offset, frames, sha256, rest, loudness)


def _meter(info: WavInfo) -> LoudnessMeter | None:
    """For mono and stereo alone: of more channels nobody knows which are to be heard together."""
    if info.fmt.channels > 2:
        return None
    from capture.wav.loudness import LoudnessMeter  # numpy is not needed for an edit

    return LoudnessMeter(info.fmt.rate, info.fmt.channels, layout_of(info).format)


def _make_readable(record: TakeRecord, part: Part, index: int, name: str) -> None:
    """Mend what a machine left that stopped between the seal and the last header, in one, or before any."""
    file = look(record, part, index, name)
    if file is None:
        replace_header(place_of(record, name), header(file_meta(record, part.number, index)))
    elif file.trouble:
        raise WavError(file.trouble)
    elif file.header_lost:
        make_header_again(record, part, file)
    elif name not in record.files:
        repair_sizes(file.path)


def _carried(old: FileLine | None, path: Path) -> _Data | None:
    """The data of the newest `file` line: an edit moves no audio, so it is not hashed again."""
    if old is None:
        return None
    return _Data(old.data_offset, old.frames, old.data_sha256, old.rest, old.loudness)


def _head(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        return file.read(length)


def _read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _stamp(clock: Times | None) -> Json:
    return {"utc": clock()} if clock is not None else {}


def _words(name: str, error: WavError | OSError) -> str:
    return about(name, error.what if isinstance(error, WavError) else in_words(error)[0])
