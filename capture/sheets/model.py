"""What a sheet says: one model, drawn from take folders alone, that every form prints.

Levels are dBFS (0 = full scale; RMS of a full-scale square is 0), frames count on the take's timeline,
moments are local time with their offset from UTC. `None` is *not known*, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from capture.sheets.sound_model import Sound


@dataclass(frozen=True)
class Person:
    """Somebody of the session and what they did in it."""

    role: str
    name: str


@dataclass(frozen=True)
class Claim:
    """One thing a sheet holds: `what` it is about, `value`, and where it comes from."""

    what: str
    value: str
    source: str = ""


@dataclass(frozen=True)
class EvidenceBox:
    """What instruments and counters say, what people say, and what nobody has said."""

    measured: tuple[Claim, ...]
    declared: tuple[Claim, ...]
    not_known: tuple[Claim, ...]


@dataclass(frozen=True)
class AirPoint:
    """One reading: seconds from the start of the take (or of the session's first take), and its value."""

    seconds: float
    value: float


@dataclass(frozen=True)
class AirCurve:
    """One quantity from one source; `suspect` readings are counted and left out of the figures."""

    quantity: str
    unit: str
    source: str
    typed: bool
    simulated: bool
    suspect: int
    points: tuple[AirPoint, ...]

    @property
    def start(self) -> float | None:
        """The first value."""
        return self.points[0].value if self.points else None

    @property
    def end(self) -> float | None:
        """The last value."""
        return self.points[-1].value if self.points else None

    @property
    def low(self) -> float | None:
        """The lowest value."""
        return min((p.value for p in self.points), default=None)

    @property
    def high(self) -> float | None:
        """The highest value."""
        return max((p.value for p in self.points), default=None)


@dataclass(frozen=True)
class Floor:
    """The noise floor of an input, measured in the session's room tone take `take`."""

    rms_dbfs: float
    take: str
    when: datetime
    same_chain: bool  # False: the input's chain was another one when the room tone was recorded


@dataclass(frozen=True)
class TrackRow:
    """One recorded track: its place in the files, its chain in one line, its levels and noise floor."""

    number: int
    input: int
    name: str
    file: str
    channel: int
    chain: str
    peak_dbfs: float | None
    rms_dbfs: float | None
    overs: int | None
    floor: Floor | None


@dataclass(frozen=True)
class LevelRow:
    """What 0 dBFS of a track is in dB SPL, how that is known, and its noise floors.

    Here 0 dBFS is the RMS of a full-scale sine (AES17). `peak_spl_db` is that of a sine with the same peak.
    `predicted` is by the chain's figures (`at_least`: not all are known), `measured` by the room tone take
    `tone`; dBFS and dB SPL, both A-weighted.
    """

    number: int
    input: int
    name: str
    spl_at_0dbfs_db: float | None
    how: str
    words: str
    uncalibrated: str
    peak_spl_db: float | None
    predicted_dbfs_a: float | None
    at_least: bool
    predicted_dba: float | None
    measured_dbfs_a: float | None
    measured_dba: float | None
    tone: str


@dataclass(frozen=True)
class CheckRow:
    """Whether samples contradict the declared chain: `consistent`, `contradicts` or `not testable`, and why.

    `tracks` are empty where it speaks of the take; `numbers` are what it was judged by.
    """

    what: str
    tracks: tuple[int, ...]
    verdict: str
    words: str
    numbers: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class WaveTrack:
    """The envelope of one track: lowest and highest sample of each column, ±1 = full scale."""

    track: int
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Waveform:
    """The waveform overview; `share` of the frames was read (1.0: every sample is in the envelope)."""

    seconds: float
    share: float
    tracks: tuple[WaveTrack, ...]


@dataclass(frozen=True)
class MarkerRow:
    """A marker at `frame`, `at` h:mm:ss into the take."""

    id: int
    frame: int
    at: str
    text: str


@dataclass(frozen=True)
class GapRow:
    """A lost stretch, each figure with its uncertainty in frames."""

    first: int
    first_pm: int
    frames: int
    frames_pm: int
    at: str
    cause: str
    filled: bool


@dataclass(frozen=True)
class SignalRow:
    """What was noticed of inputs that share it: frames of the stretch, `at` h:mm:ss, the value by kind."""

    inputs: str
    kind: str
    words: str
    first: int
    frames: int
    at: str
    value: float | None
    stretches: int


@dataclass(frozen=True)
class ChangeRow:
    """A chain value that changed while the take rolled, from `frame` on."""

    frame: int
    at: str
    input: int | None
    path: str
    words: str
    before: str
    after: str
    by: str


@dataclass(frozen=True)
class NoteRow:
    """A note; `after_end` when it was written after the take had stopped."""

    when: datetime
    by: str
    text: str
    after_end: bool


@dataclass(frozen=True)
class FileRow:
    """One audio file: what the journal signed, and the SHA-256 of the whole file as it lies there now.

    `state` says why `sha256` is missing: here, not here, not read.
    """

    name: str
    part: int
    first: int
    frames: int | None
    size: int | None
    sha256: str | None
    header_sha256: str | None
    data_sha256: str | None
    state: str


@dataclass(frozen=True)
class ChainField:
    """One declared or measured value of the chain, whole: who said it, when, and how."""

    path: str
    value: str
    how: str
    by: str
    at: str
    carried_from: str


@dataclass(frozen=True)
class ChainBlock:
    """A distinct chain: its lines by input, the takes it served, what changed since the one before it."""

    label: str
    takes: tuple[str, ...]
    digests: tuple[str, ...]
    lines: tuple[tuple[int, str], ...]
    changes: tuple[str, ...]


@dataclass(frozen=True)
class TakeLine:
    """What sheets of both kinds say of a take in its head or in its line of the log."""

    take: str
    name: str
    recorded_as: str
    project: str
    session: str
    slate: str
    number: int
    kind: str
    verdict: str
    condition: str
    clean: bool
    covers: str
    note: str
    started: datetime
    seconds: float
    frames: int
    lost_frames: int
    pre_roll: int  # frames before Record
    post_roll: int  # frames behind Stop
    gaps: int
    noticed: str
    markers: int
    tracks: int
    rate: int
    format: str
    layout: str
    inputs: str
    interface: str
    origin: str
    simulated: bool
    sealed: bool
    signer: str
    chain: str
    chain_digest: str
    audio_digest: str
    peak_dbfs: float | None
    overs: int | None
    files: tuple[FileRow, ...]
    air: tuple[AirCurve, ...]
    mirror_lost: str  # why the take's second copy is not whole; empty where it is, or where there is none


@dataclass(frozen=True)
class TakeSheet:
    """The long form: everything about one take."""

    head: TakeLine
    warnings: tuple[str, ...]
    by: str
    host: str
    library: str
    counter: int
    time_reference: int
    expected_frames: int | None
    rate_ppm: float | None
    reason: str
    people: tuple[Person, ...]
    rooms: tuple[str, ...]
    sound: Sound
    interface: tuple[tuple[str, str], ...]
    sensors: tuple[str, ...]
    devices: tuple[Claim, ...]
    tracks: tuple[TrackRow, ...]
    levels: tuple[LevelRow, ...]
    checks: tuple[CheckRow, ...]
    chain: tuple[ChainField, ...]
    waveform: Waveform | None
    markers: tuple[MarkerRow, ...]
    gaps: tuple[GapRow, ...]
    signals: tuple[SignalRow, ...]
    changes: tuple[ChangeRow, ...]
    notes: tuple[NoteRow, ...]
    software: tuple[tuple[str, str], ...]
    evidence: EvidenceBox


@dataclass(frozen=True)
class FloorRow:
    """The measured noise floor of one input in the session."""

    input: int
    track: str
    rms_dbfs: float
    take: str
    when: datetime


@dataclass(frozen=True)
class SessionSheet:
    """The log of a session: every take in the order of recording."""

    project: str
    session: str
    warnings: tuple[str, ...]
    people: tuple[Person, ...]
    rooms: tuple[str, ...]
    started: datetime
    ended: datetime
    seconds: float
    takes: tuple[TakeLine, ...]
    chains: tuple[ChainBlock, ...]
    air: tuple[AirCurve, ...]
    floors: tuple[FloorRow, ...]
    unreadable: tuple[str, ...]
    software: tuple[tuple[str, str], ...]


Sheet = TakeSheet | SessionSheet
