"""What a broadcast WAV header says of one file of one part of a take."""

from __future__ import annotations

import hashlib
import uuid as uuids
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from capture.take import Condition, Kind, Origin, Verdict

Format = Literal["pcm24", "float32"]
SAMPLE_BYTES: dict[Format, int] = {"pcm24": 3, "float32": 4}
FORMATS: tuple[Format, ...] = ("pcm24", "float32")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# SMPTE ST 330 basic UMID: label, material type 0F (not identified), method 2 (UUID), length 13h, instance 0.
_UMID_PREFIX = bytes.fromhex("060A2B340101010501010F2013000000")


@dataclass(frozen=True)
class TrackMeta:
    """One track of the file: interface input and place in the file, both from 1, and its true name.

    `function` is a word of the iXML dictionary (LEFT, RIGHT, M-MID_SIDE, …), where one was declared.
    """

    channel_index: int
    interleave_index: int
    name: str
    function: str = ""


@dataclass(frozen=True)
class PathMeta:
    """What was declared of the way into one channel of the file; empty and None: *not declared*."""

    input: int  # of the interface, from 1
    line: str = ""  # the whole path in the one-line form
    analogue: str = ""  # what stands before the converter, as the coding history says it
    converter: str = ""
    digital: bool = False  # the signal came in digital: nothing was converted here
    source: str = ""
    microphone: str = ""  # make and model
    distance_m: float | None = None
    array: str = ""  # XY, ORTF, …: the array that the microphone is part of


@dataclass(frozen=True)
class MarkerMeta:
    """A marker at `frame`, counted from the first frame of this file."""

    frame: int
    text: str


@dataclass(frozen=True)
class GapMeta:
    """A lost stretch of `frames`, silent from `frame` on, which counts from the first frame of this file.

    Where nothing was written (`filled` False) it ends at frame 0 or begins behind the last frame.
    """

    frame: int
    frames: int
    cause: str = ""
    frame_pm: int = 0  # ± frames
    frames_pm: int = 0
    filled: bool = True


@dataclass(frozen=True)
class Loudness:
    """What EBU R 128 measures of a file, in LUFS, LU (range) and dBTP; None: *not measurable*, as silence."""

    integrated: float | None = None
    range: float | None = None
    true_peak: float | None = None
    momentary: float | None = None  # the greatest over 400 ms
    short_term: float | None = None  # the greatest over 3 s

    @staticmethod
    def of(told: object) -> Loudness | None:
        """What a journal line tells; None where it tells nothing, without values that no header holds."""
        if not isinstance(told, dict):
            return None
        kept = {}
        for name in Loudness.__dataclass_fields__:
            value = told.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 99.99:
                kept[name] = float(value)
        return Loudness(**kept)

    @property
    def values(self) -> tuple[float | None, ...]:
        """The five in the order of bext."""
        return self.integrated, self.range, self.true_peak, self.momentary, self.short_term


@dataclass(frozen=True)
class FileMeta:
    """Everything the header of one file says; empty text and None mean *not known* and are left out.

    `originated` is aware: its own offset is the local time of the session. `tracks` are those of this file
    alone, in the order of its channels.
    """

    sample_rate: int
    format: Format
    tracks: tuple[TrackMeta, ...]
    take_uuid: str
    file_uid: str
    project: str = ""
    scene: str = ""  # the slate
    take: str = ""  # a text: "007" and "2C" are takes
    tape: str = ""  # the session
    kind: Kind = Kind.TAKE
    verdict: Verdict = Verdict.NONE
    condition: Condition = Condition.CLEAN
    origin: Origin = Origin.UNKNOWN
    covers: str = ""
    note: str = ""
    description: str = ""  # up to 62 characters for people; made from scene and take when empty
    originated: datetime = EPOCH
    time_reference: int = 0  # frames since local midnight of this file's first frame
    pre_roll: int = 0  # frames of this file that lie before the moment of Record
    originator: str = "Takechain"
    originator_reference: str = ""
    coding_history: tuple[str, ...] = ()  # whole lines of the steps before our converter, oldest first
    interface: str = ""  # named in the line of our own analogue to digital step
    software: str = "Takechain"
    filename: str = ""
    parent_filename: str = ""  # the file that this one was cut from, and its UUID
    parent_uid: str = ""
    family_uid: str = ""  # the take: the same in each of its files
    family_name: str = ""
    file_set_index: str = ""
    total_files: int = 1
    part: int = 1
    markers: tuple[MarkerMeta, ...] = ()
    gaps: tuple[GapMeta, ...] = ()
    chain_digest: str = ""
    paths: tuple[PathMeta, ...] = ()  # one for each channel of which anything was declared
    ucs: tuple[tuple[str, str], ...] = ()  # ASWG tag and text of the name's fields, in the schema's order
    linked: bool = False  # the two channels were declared a stereo pair
    people: tuple[tuple[str, str], ...] = ()  # role and name of everybody
    title: str = ""
    artist: str = ""
    producer: str = ""
    engineer: str = ""
    studio: str = ""
    location: str = ""
    loudness: Loudness | None = None
    peak_dbfs: float | None = None  # the greatest sample of this file
    recorder_model: str = ""
    recorder_serial: str = ""
    temperature_c: float | None = None
    humidity_percent: float | None = None
    pressure_hpa: float | None = None
    air: str = ""  # how the air is known: measured, typed by a person, or simulated

    @property
    def channels(self) -> int:
        """Channels of the file."""
        return len(self.tracks)

    @property
    def bits(self) -> int:
        """Bits per sample."""
        return SAMPLE_BYTES[self.format] * 8

    @property
    def circled(self) -> bool:
        """Whether the take is a circled one."""
        return self.verdict is Verdict.CIRCLED

    @property
    def physical(self) -> bool:
        """Whether its sound came through a converter from the physical world, as far as the system tells."""
        return self.origin is Origin.PHYSICAL

    @property
    def no_good(self) -> bool:
        """Whether the take was called no good."""
        return self.verdict is Verdict.NO_GOOD

    @property
    def umid(self) -> bytes:
        """The file's basic UMID of 32 bytes (SMPTE ST 330), made from its UUID."""
        return _UMID_PREFIX + uuids.UUID(self.file_uid).bytes


def file_uid(take_uuid: str, part: int, index: int) -> str:
    """The UUID of a file of a take: always the same for the same part and index, so edits keep it."""
    return str(uuids.uuid5(uuids.UUID(take_uuid), f"part {part} file {index}"))


def usid(country: str, facility: str, serial: str, originated: datetime, uid: str) -> str:
    """A Unique Source Identifier of 32 characters (EBU R99): country, organisation, serial, time, number.

    The last nine digits come from `uid`, so that a header made again says the same.
    """
    number = int.from_bytes(hashlib.sha256(uid.encode()).digest()[:8], "big") % 10**9

    def plain(text: str, width: int) -> str:
        kept = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
        return kept[:width].ljust(width, "0")

    head = plain(country, 2) + plain(facility, 3) + plain(serial, 12)
    return f"{head}{originated:%H%M%S}{number:09d}"
