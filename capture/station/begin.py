"""What a take will be before it is one: its number, names and places, and the fields of its begin line."""

from __future__ import annotations

import platform
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from capture.errors import NothingRecorded, UsageError
from capture.journal.durable import make_folder
from capture.journal.errors import in_words
from capture.journal.numbering import chain_name, file_names, journal_name, take_name
from capture.station.client import version
from capture.station.core import Core, user_name
from capture.station.settings import today
from capture.take import Kind
from capture.wav.header import Layout
from capture.wire import Json

MEGABYTE = 1_000_000
LEAST_PART_SECONDS = 2.0  # making new files takes a moment: a part has to be longer than that


@dataclass(frozen=True)
class Plan:
    """The next take: where it will lie, what it will be called, and which input goes where."""

    number: int
    name: str
    folder: Path
    inputs: list[int]
    names: list[str]
    layout: str
    prefix: str
    slate: str
    links: list[tuple[int, int]]  # pairs of track numbers

    @property
    def journal(self) -> Path:
        """Its journal."""
        return self.folder / journal_name(self.name)

    @property
    def files(self) -> list[str]:
        """The names of its audio files."""
        return file_names(self.name, self.names, self.layout, 1, self.links)[0]

    @property
    def places(self) -> list[tuple[int, int]]:
        """For each track its file and the channel in it, from 0."""
        return file_names(self.name, self.names, self.layout, 1, self.links)[1]

    def renumbered(self, number: int) -> Plan:
        """The same take under another number."""
        return replace(self, number=number, name=take_name(self.slate, number, self.prefix))


def with_defaults(core: Core) -> None:
    """Name what nobody has named, so that a take never fails for want of a name."""
    settings = core.settings
    unset = {
        name: value
        for name, value in (("project", "Untitled"), ("session", today()), ("slate", "Slate"))
        if not getattr(settings, name)
    }
    if unset:
        core.set(**unset)
    if not settings.day:
        core.set(day=today())


def plan(core: Core, available: int) -> Plan:
    """The next take with the present settings, on an interface of `available` inputs."""
    settings = core.settings
    project, slate = settings.project or "Untitled", settings.slate or "Slate"
    inputs = settings.armed(available)
    number = core.library.next_number(project, slate, settings.numbering)
    tracks = {channel: track for track, channel in enumerate(inputs, 1)}
    return Plan(
        number=number,
        name=take_name(slate, number, settings.name_prefix),
        folder=core.library.slate_path(project, settings.session or today(), slate),
        inputs=inputs,
        names=[track_name(core, channel) for channel in inputs],
        layout=settings.layout,
        prefix=settings.name_prefix,
        slate=slate,
        links=[(tracks[left], tracks[right]) for left, right in settings.pairs(inputs)],
    )


def refuse_short_parts(core: Core, take: Plan) -> None:
    """Raise NothingRecorded where files of the size that was set would be full again at once."""
    settings, widest = core.settings, max(Counter(file for file, _ in take.places).values(), default=1)
    layout = Layout.plan(widest, "float32" if settings.format == "float32" else "pcm24")
    pace = layout.block_align * settings.rate
    seconds = (settings.split_mb * MEGABYTE - layout.data_offset) / pace
    if settings.split_mb and seconds < LEAST_PART_SECONDS:
        needed = -(-(layout.data_offset + round(LEAST_PART_SECONDS * pace)) // MEGABYTE)
        raise NothingRecorded(
            f"files of {settings.split_mb} MB would hold {max(0.0, seconds):.1f} s of this take",
            f"split at {needed} MB or more, or at 0 for one file however long",
        )


def track_name(core: Core, channel: int) -> str:
    """What the source on an input is called, or which input it is."""
    named = core.patch.patch.fields.get(f"input.{channel}.source.name")
    return str(named.value) if named is not None and named.value else f"Input {channel}"


def begin_fields(core: Core, take: Plan, kind: Kind, chain_digest: str, limit: int | None) -> Json:
    """The begin line as far as the station knows it; the recorder adds the clock and the time reference."""
    settings, library = core.settings, core.library
    split = {"split_bytes": settings.split_mb * MEGABYTE} if settings.split_mb else {}
    counter, previous = library.next_counter(take.journal)
    return {
        "format": "takechain-take/1",
        "library": library.uuid,
        "counter": counter,
        "previous_begin": previous,
        "take": str(uuid.uuid4()),
        "project": settings.project,
        "session": settings.session,
        "slate": settings.slate,
        "number": take.number,
        "name": take.name,
        "kind": kind.value,
        "covers": None,
        "by": user_name(),
        "audio": {"rate": settings.rate, "format": settings.format, "layout": take.layout, **split},
        "tracks": [
            {"number": at, "input": channel, "name": name, "file": place[0], "channel": place[1]}
            for at, (channel, name, place) in enumerate(
                zip(take.inputs, take.names, take.places, strict=True), 1
            )
        ],
        "files": take.files,
        "chain": {"file": chain_name(take.name), "digest": chain_digest},
        "people": [{"role": role, "name": name} for role, name in core.patch.patch.people()],
        "software": {"takechain": version(), "python": platform.python_version(), "os": platform.platform()},
        "expected_frames": limit,
    }


def make_take_folder(folder: Path, library: Path) -> None:
    """Make the folder of a take; raises NothingRecorded."""
    for place in (folder, *folder.parents[:2]):
        if place != library and place.is_symlink():
            raise NothingRecorded(
                f"{place} is a link, and what lies behind one does not count as part of the library",
                "choose another name, or put a folder in its place",
            )
    try:
        make_folder(folder)
    except OSError as error:
        what, do = in_words(error)
        raise NothingRecorded(f"the folder {folder} cannot be made: {what}", do) from error


def kind_of(kind: str) -> Kind:
    """The kind of take of that name; raises UsageError."""
    try:
        return Kind(kind)
    except ValueError:
        known = ", ".join(k.value for k in Kind)
        raise UsageError(f"there is no kind of take {kind!r}", f"choose one of: {known}") from None
