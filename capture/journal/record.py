"""The present state of a take, folded from its journal's lines.

The fold is tolerant: a field of the wrong type counts as absent, an unknown line type is passed over, so
that a damaged journal can still be shown. Whether it is *right* is the business of `verify`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from capture.clock import EPOCH
from capture.journal.file_line import FileLine
from capture.journal.lines import Json, Line
from capture.take import Condition, Gap, Kind, Marker, Origin, Track, Verdict

SPLIT = "split"
"""The cause of a part that begins at the very frame at which the one before it ends."""


@dataclass(frozen=True)
class Note:
    """A text somebody wrote about the take; `seq` is its line, for undo."""

    utc: datetime
    by: str
    text: str
    after_end: bool
    seq: int = -1


@dataclass(frozen=True)
class Edit:
    """One change of what the take says of itself, text notes included, undone ones marked."""

    seq: int
    utc: datetime
    by: str
    field: str
    value: Any
    after_end: bool
    undone: bool = False


@dataclass(frozen=True)
class Part:
    """One stretch of files; `first` is its first frame on the take's timeline (± `first_pm`)."""

    number: int
    first: int
    first_pm: int
    files: tuple[str, ...]
    cause: str
    time_reference: int


@dataclass(frozen=True)
class Block:
    """About one second of audio: hex SHA-256 of the PCM bytes, one per file."""

    first: int
    frames: int
    sha256: tuple[str, ...]
    recovered: bool = False

    @property
    def end(self) -> int:
        """The frame after the last."""
        return self.first + self.frames


@dataclass(frozen=True)
class Reading:
    """One value of the air (or another quantity) at a frame."""

    frame: int
    utc: datetime
    sensor: str
    quantity: str
    value: float | None
    unit: str
    quality: str
    raw: str
    typed: bool
    by: str
    instrument: str
    simulated: bool


@dataclass(frozen=True)
class Change:
    """A chain value that changed while rolling, true from `frame` on."""

    frame: int
    utc: datetime
    input: int
    path: str
    before: Any
    after: Any
    by: str


@dataclass(frozen=True)
class Device:
    """What became of a sensor or of the interface."""

    frame: int
    utc: datetime
    device: str
    state: str
    text: str


@dataclass(frozen=True)
class Signal:
    """What the recorder noticed of an input (from 1): frames `first` to `end`, see docs/format.md.

    `value` depends on the kind; `open`: it still went on when this was said; `stretches` that it stands for.
    """

    input: int
    kind: str
    first: int
    frames: int
    value: float | None = None
    inputs: tuple[int, ...] = ()
    open: bool = False
    stretches: int = 1

    @property
    def end(self) -> int:
        """The frame after the last."""
        return self.first + self.frames

    @property
    def key(self) -> tuple[int, str, int]:
        """What a newer line about the same stretch has in common with this one."""
        return self.input, self.kind, self.first

    def as_fields(self) -> Json:
        """The members of its journal line."""
        return {**asdict(self), "inputs": list(self.inputs)}


@dataclass(frozen=True)
class Level:
    """Peak and RMS of a track in dBFS (None: digital silence), and its overs."""

    track: int
    peak: float | None
    rms: float | None
    overs: int


@dataclass
class TakeRecord:
    """A take as its journal tells it; see docs/format.md for every field."""

    path: Path | None = None
    take: str = ""
    library: str = ""
    counter: int = 0
    previous_begin: str | None = None
    project: str = ""
    session: str = ""
    slate: str = ""
    number: int = 0
    name: str = ""
    recorded_slate: str = ""
    recorded_number: int = 0
    recorded_name: str = ""
    kind: Kind = Kind.TAKE
    verdict: Verdict = Verdict.NONE
    condition: Condition = Condition.CLEAN
    covers: str = ""
    by: str = ""
    host: str = ""
    started: datetime = EPOCH
    utc_offset_minutes: int = 0
    clock: Json = field(default_factory=dict)
    interface: Json = field(default_factory=dict)
    rate: int = 0
    format: str = "pcm24"
    layout: str = "track"
    origin: Origin = Origin.UNKNOWN
    tracks: list[Track] = field(default_factory=list)
    chain_file: str = ""
    chain_digest: str = ""
    sensors: list[Json] = field(default_factory=list)
    air_at_begin: list[Json] = field(default_factory=list)
    people: list[Json] = field(default_factory=list)
    software: Json = field(default_factory=dict)
    time_reference: int = 0
    pre_roll: int = 0
    pre_roll_safe: int = 0  # frames of it that the journal says are on disk
    post_roll: int = 0
    expected_frames: int | None = None
    parts: list[Part] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    last_marker: int = 0
    changes: list[Change] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    noticed: dict[tuple[int, str, int], Signal] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    fields: Json = field(default_factory=dict)
    heartbeat: Json = field(default_factory=dict)
    frames: int = 0
    lost_frames: int = 0
    gap_reach: int = 0  # the frame behind the last gap: nothing is cut where a line lies past it
    levels: list[Level] = field(default_factory=list)
    reason: str = ""
    rate_ppm: float | None = None
    ended: bool = False
    ended_at: datetime | None = None
    sealed: bool = False
    keyid: str = ""
    public_key: str = ""
    files: dict[str, FileLine] = field(default_factory=dict)
    rewrites: dict[str, str] = field(default_factory=dict)
    stamps: list[str] = field(default_factory=list)  # the servers that stamped the seal
    begin: Json = field(default_factory=dict)
    lines: int = 0
    _summed: tuple[Any, list[int], list[int]] = field(default=(None, [], [0]), repr=False, compare=False)
    last_utc: datetime = EPOCH

    @property
    def seconds(self) -> float:
        """The length of the timeline in seconds."""
        return self.frames / self.rate if self.rate else 0.0

    @property
    def is_clean(self) -> bool:
        """Whether every sample of the timeline arrived and the take ended by itself."""
        return self.ended and self.condition is Condition.CLEAN and not self.gaps and not self.lost_frames

    @property
    def ended_early(self) -> bool:
        """Whether it ended before it was meant to and nobody said Stop."""
        short = self.expected_frames is not None and self.frames < self.expected_frames
        return self.ended and (self.reason == "signal" or (short and self.reason != "stop"))

    @property
    def waits_for_key(self) -> bool:
        """Whether it was closed while the signing key was locked: its end is there, its seal not yet."""
        return self.ended and not self.sealed

    @property
    def mirror(self) -> Device | None:
        """What the take's journal last said of its mirror; None where it was written once."""
        return next((device for device in reversed(self.devices) if device.device == "mirror"), None)

    @property
    def mirror_lost(self) -> str:
        """Why its mirror is not whole, in words; empty where it is, or where there is none."""
        later = self.fields.get("mirror")
        if isinstance(later, str) and later:
            return later
        mirror = self.mirror
        return mirror.text or "it was lost" if mirror is not None and mirror.state == "lost" else ""

    @property
    def mirror_journal(self) -> str:
        """The path that the journal of its mirror had while it was recorded; empty where there was none."""
        said = (d.text for d in self.devices if d.device == "mirror" and d.state == "live")
        return next(said, "")

    @property
    def main_lost(self) -> str:
        """In a mirror: why the library's side of the take failed, in words; empty where it did not."""
        said = (d.text or "it was lost" for d in self.devices if d.device == "main" and d.state == "lost")
        return next(said, "")

    @property
    def wrong_rate(self) -> str:
        """What was wrong with the interface's rate, in words (`runs at 44.1 k, not 48 k`); else empty."""
        return next((d.text for d in reversed(self.devices) if d.state == "wrong rate"), "")

    @property
    def simulated(self) -> bool:
        """Whether its sound was made by the simulated interface."""
        return self.origin is Origin.SIMULATED

    @property
    def channels(self) -> int:
        """The number of tracks."""
        return len(self.tracks)

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample on disk."""
        return 4 if self.format == "float32" else 3

    @property
    def signals(self) -> list[Signal]:
        """What the recorder noticed of the inputs, in the order of the timeline."""
        return sorted(self.noticed.values(), key=lambda signal: (signal.first, signal.input, signal.kind))

    @property
    def moved(self) -> bool:
        """Whether it now has another name than its files."""
        return self.name != self.recorded_name

    def file_channels(self, index: int) -> int:
        """The channels of the part's file at `index`."""
        return sum(1 for track in self.tracks if track.file == index)

    def part_frames(self, part: Part) -> int:
        """The frames that the blocks of one part hold, so far as journalled."""
        stamp = (len(self.blocks), self.blocks[-1] if self.blocks else None)
        if stamp != self._summed[0]:  # a night's split take is asked for thousands of files
            blocks = sorted(self.blocks, key=lambda block: block.first)
            firsts = [block.first for block in blocks]
            self._summed = (stamp, firsts, [0, *accumulate(block.frames for block in blocks)])
        _, firsts, sums = self._summed
        end = min((p.first for p in self.parts if p.number > part.number), default=None)
        last = len(firsts) if end is None else bisect_left(firsts, end)
        return max(0, sums[last] - sums[bisect_left(firsts, part.first)])

    @property
    def media(self) -> list[tuple[Part, int, str]]:
        """Every audio file as (part, index in the part, file name)."""
        return [(part, index, name) for part in self.parts for index, name in enumerate(part.files)]

    @property
    def folder(self) -> Path:
        """The folder that the take lies in."""
        return self.path.parent if self.path else Path()

    def apply(self, fields: Json, *, light: bool = False) -> None:
        """Fold one more line in; `light` keeps neither blocks nor readings."""
        from capture.journal.folding import apply

        apply(self, fields, light=light)

    def apply_all(self, lines: Iterable[Line | Json], *, light: bool = False) -> None:
        """Fold many lines in; what their notes change is worked out once, after the last."""
        from capture.journal.folding import apply, settle

        for line in lines:
            apply(self, line.fields if isinstance(line, Line) else line, light=light, settled=False)
        if self.edits:
            settle(self)


def fold(lines: Iterable[Line | Json], *, light: bool = False) -> TakeRecord:
    """The take that these lines tell of, in their order; no lines give an empty record (no `take`)."""
    record = TakeRecord()
    record.apply_all(lines, light=light)
    return record


def load(path: Path) -> TakeRecord:
    """The take of a journal, a torn tail and unreadable lines left out; raises NotATake."""
    from capture.journal.lines import read_lines

    return begun(fold(read_lines(path).lines), path)


def summary(path: Path) -> TakeRecord:
    """`load` without blocks and readings, quick enough for lists of long takes; raises NotATake."""
    from capture.journal.folding import light_lines

    return begun(fold(light_lines(path), light=True), path)


def begun(record: TakeRecord, path: Path) -> TakeRecord:
    """The record with its path; raises NotATake when it has no begin line."""
    from capture.journal.errors import NotATake

    if not record.begin:
        raise NotATake(f"{path} holds no take: its begin line is missing", "name a *.take.jsonl file")
    record.path = path
    return record
