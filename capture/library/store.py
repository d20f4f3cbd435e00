"""The library's identity, its own append-only files, and the way to its takes."""

from __future__ import annotations

import contextlib
import os
import secrets
import tomllib
import uuid as uuids
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from capture.clock import utc_text
from capture.errors import EnvironmentLacking
from capture.journal.appending import ChainedFile
from capture.journal.durable import make_folder, sync_folder
from capture.journal.errors import JournalError, in_words
from capture.journal.lines import Json, digest, parse_fields, raw_lines
from capture.journal.numbering import (
    next_number,
    project_folder,
    session_folder,
    slate_folder,
)
from capture.journal.places import IDENTITY, first_line, journals_in, mirror_of, subfolders
from capture.library.errors import LibraryError, NotALibrary
from capture.names import fold

LINES = "library.jsonl"
ROOM_LOG = "room-log"
FORMAT = "takechain-library/1"
LINES_FORMAT = "takechain-lines/1"
_IDENTITY_BYTES = 64 * 1024
_LAST_STRETCH = 256 * 1024
_ELSEWHERE = "choose a new or an empty folder, best on another disk"
_IGNORED = {".ds_store", "desktop.ini", "thumbs.db", "lost+found", ".localized", ".station.lock"}


class Counter(NamedTuple):
    """A place in the library's order of takes: its number, and the begin line before it (hex SHA-256)."""

    counter: int
    previous_begin: str | None


class Library:
    """One library, by its folder; holds no open files and may be shared by threads."""

    def __init__(self, path: Path, uuid: str) -> None:
        self.path = path
        self.uuid = uuid

    @classmethod
    def open(cls, path: Path, create: bool = True, adopt: bool = False) -> Library:
        """The library at `path`, made there when the folder is new or empty and `create` is set.

        `adopt` makes one in a folder that holds other things. Raises NotALibrary, or LibraryError with
        the reason when the folder cannot be made, read or written.
        """
        path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would lose the user's own link
        try:
            if path.exists() and not path.is_dir():
                raise NotALibrary(f"{path} is a file, not a library folder", "name a folder")
            identity = path / IDENTITY
            if not identity.exists():
                if not create:
                    raise NotALibrary(
                        f"there is no library at {path}", "check --library, or record a take first"
                    )
                _found(path, adopt)
            return cls(path, _identity(identity))
        except OSError as error:
            what, do = in_words(error)
            raise LibraryError(f"the library {path} cannot be used: {what}", do) from error

    def append(self, kind: str, /, **fields: Any) -> Json:
        """Add one line to `library.jsonl`, durable on return; safe among processes. Raises JournalError."""
        with self._extended() as file:
            return file.write(kind, fields, sync=True)

    def _extended(self) -> ChainedFile:
        return _extend(self.path / LINES, "library", {"format": LINES_FORMAT, "library": self.uuid})

    def lines(self, kind: str | None = None) -> list[Json]:
        """The lines of `library.jsonl` in order, all or those of one type; unreadable ones are left out."""
        return list(_lines(self.path / LINES, kind))

    def settings(self) -> Json:
        """The library's settings by key: the last value of each, those set to null left out."""
        last = {line["key"]: line.get("value") for line in self.lines("setting") if "key" in line}
        return {key: value for key, value in last.items() if value is not None}

    def set_setting(self, key: str, value: Any, by: str = "") -> None:
        """Keep a setting; null forgets it."""
        self.append("setting", key=key, value=value, by=by)

    def records(self, kind: str) -> dict[str, Json]:
        """What the library knows of a kind (gear, person, room, …), by `id`: the last line of each."""
        last = {line["id"]: line for line in self.lines(kind) if isinstance(line.get("id"), str)}
        return {name: line for name, line in last.items() if line.get("removed") is not True}

    def put(self, kind: str, name: str, fields: Json, by: str = "") -> Json:
        """Keep a record of a kind under an id, replacing an earlier one of that id."""
        return self.append(kind, **{**fields, "id": name, "by": by})

    def remove(self, kind: str, name: str, by: str = "") -> None:
        """Forget a record of a kind; its earlier lines stay in the file."""
        self.append(kind, id=name, removed=True, by=by)

    def change(self, kind: str, decide: Callable[[dict[str, Json]], dict[str, Json]], by: str) -> list[Json]:
        """Keep several records of a kind at once, all of them or none; returns their lines.

        `decide` is told what is known and says what to keep, by `id`; nobody else writes in between, and
        what it raises leaves everything as it was.
        """
        with self._extended() as file:
            kept = decide(self.records(kind))
            several = [{**fields, "id": name, "by": by} for name, fields in kept.items()]
            return file.write_all(kind, several, sync=True)

    def room_log(self, kind: str, /, **fields: Any) -> Json:
        """Add one line to the room log of the present UTC day."""
        now = datetime.now(UTC)
        folder = self.path / ROOM_LOG
        try:
            make_folder(folder)
        except OSError as error:
            what, do = in_words(error)
            raise LibraryError(f"the room log {folder} cannot be made: {what}", do) from error
        head: Json = {"format": LINES_FORMAT, "library": self.uuid}
        with _extend(folder / f"{now:%Y-%m-%d}.jsonl", "log", head) as file:
            return file.write(kind, {**fields, "utc": utc_text(now)})

    def room_lines(self, day: str, kind: str | None = None) -> list[Json]:
        """The room log of a UTC day (`2026-11-25`) in order, all or one type."""
        return list(_lines(self.path / ROOM_LOG / f"{day}.jsonl", kind))

    def next_counter(self, journal: Path) -> Counter:
        """Reserve the next place in the library's order of takes for the take with this journal-to-be.

        A reservation whose journal never came to be is used again. Raises JournalError.
        """
        with self._extended() as file:
            last = _last_line(self.path / LINES, "counter")
            place = self._after(last) if last else self._after_all()
            relative = Path(os.path.relpath(journal, self.path)).as_posix()
            fields = {"counter": place.counter, "previous_begin": place.previous_begin, "journal": relative}
            file.write("counter", fields, sync=True)
        return place

    def _after(self, last: Json) -> Counter:
        counter, earlier = last.get("counter"), last.get("previous_begin")
        if not isinstance(counter, int) or not isinstance(last.get("journal"), str):
            return self._after_all()
        begin = first_line(self.path / last["journal"])
        if begin is None:
            return Counter(counter, earlier if isinstance(earlier, str) else None)
        return Counter(counter + 1, digest(begin))

    def _after_all(self) -> Counter:
        """The place after every take that the folders hold, for a library whose own file was lost."""
        highest, raw = 0, None
        for journal in self.journals():
            begin = first_line(journal)
            if begin is None:
                continue
            with contextlib.suppress(ValueError):
                counter = parse_fields(begin).get("counter")
                if isinstance(counter, int) and counter > highest:
                    highest, raw = counter, begin
        return Counter(highest + 1, digest(raw) if raw is not None else None)

    def journals(
        self, project: str | None = None, session: str | None = None, slate: str | None = None
    ) -> Iterator[Path]:
        """Every take's journal in order of its path; symbolic links are never followed.

        The names narrow it down, as their true texts or as their folders are called.
        """
        wanted = [
            fold(name(text)) if text is not None else None
            for name, text in ((project_folder, project), (session_folder, session), (slate_folder, slate))
        ]
        for top in subfolders(self.path, wanted[0]):
            for middle in subfolders(top, wanted[1]):
                for folder in subfolders(middle, wanted[2]):
                    yield from journals_in(folder)

    def find_take(self, ref: str) -> Path:
        """The journal of the take that `ref` names; raises UnknownTake or AmbiguousTake.

        `ref` is a path (journal, audio file or folder of one take), a UUID or its first 8 or more
        characters, a take's name (`Aurora_T003`), or `slate/3`.
        """
        from capture.library.finding import find_take

        return find_take(self, ref)

    def slate_path(self, project: str, session: str, slate: str) -> Path:
        """The folder for takes of a slate; an existing one that differs only in case is kept."""
        path = self.path
        for name in (project_folder(project), session_folder(session), slate_folder(slate)):
            path /= next((p.name for p in subfolders(path, fold(name))), name)
        return path

    def next_number(self, project: str, slate: str, scope: str = "slate") -> int:
        """The next take number of a slate (or, with `scope` "project", of the project), from the folders."""
        return next_number(self.path, project, slate, scope)


def default_library() -> Path:
    """Where a library lies when nobody says: TAKECHAIN_LIBRARY, else a folder among the user's music."""
    named = os.environ.get("TAKECHAIN_LIBRARY")
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_music_path() / "Takechain"


def make_mirror(library: Library, folder: Path, *, create: bool) -> None:
    """See that `folder` is the mirror of a library; with `create` it is made one when it is new or empty.

    Without, one that is not there is an error: its disk may not be mounted, and another would be filled.

    Raises NotALibrary for one that is something else, or that lies in the library (or the library in it),
    LibraryError with the reason when it cannot be made or written.
    """
    here, home = folder.resolve(), library.path.resolve()
    if here == home or home in here.parents or here in home.parents:
        raise NotALibrary(
            f"the mirror {folder} may not lie in its library, nor the library in it", _ELSEWHERE
        )
    identity = folder / IDENTITY
    try:
        if folder.exists() and not folder.is_dir():
            raise NotALibrary(f"the mirror {folder} is a file", _ELSEWHERE)
        if not identity.exists() and not create:
            words = f"the mirror {folder} is not there: is its disk there?"
            raise LibraryError(words, "connect it, or choose another folder")
        if not identity.exists():
            _found(folder, adopt=False, mirror_of=library.uuid)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise LibraryError(
                f"the mirror {folder} may not be written", "change its rights, or choose another"
            )
    except OSError as error:
        what, do = in_words(error)
        raise LibraryError(f"the mirror {folder} cannot be made: {what}", do or _ELSEWHERE) from error
    mirrored = mirror_of(folder)
    if mirrored != library.uuid:
        whose = (
            "the mirror of another library" if mirrored else "a library of its own, not a mirror of this one"
        )
        raise NotALibrary(f"{folder} is {whose}", _ELSEWHERE)


def _found(path: Path, adopt: bool, mirror_of: str = "") -> None:
    make_folder(path)
    others = [
        entry.name
        for entry in path.iterdir()
        if entry.name.casefold() not in _IGNORED and not entry.name.startswith(f".{IDENTITY}.")
    ]
    if others and IDENTITY not in others and not adopt:
        raise NotALibrary(
            f"{path} is not a library, and it is not empty ({min(others)} is there)",
            "choose a new or an empty folder",
        )
    words = f'format = "{FORMAT}"\nuuid = "{uuids.uuid4()}"\ncreated = "{utc_text()}"\n'
    words += f'mirror_of = "{mirror_of}"\n' if mirror_of else ""
    fresh = path / f".{IDENTITY}.{secrets.token_hex(6)}"
    with fresh.open("x") as out:
        out.write(words)
        out.flush()
        os.fsync(out.fileno())
    try:
        with contextlib.suppress(FileExistsError):  # another process founded it in the same moment
            os.link(fresh, path / IDENTITY)
    finally:
        fresh.unlink()
    sync_folder(path)


def _identity(path: Path) -> str:
    broken = NotALibrary(f"{path} does not name a library", "restore the file, or choose another folder")
    try:
        with path.open("rb") as file:
            raw = file.read(_IDENTITY_BYTES + 1)
        if len(raw) > _IDENTITY_BYTES:
            raise broken
        fields = tomllib.loads(raw.decode("utf-8"))
        if fields.get("format") != FORMAT:
            raise EnvironmentLacking(
                f"{path.parent} is a library of another version ({fields.get('format')})", "update Takechain"
            )
        return str(uuids.UUID(fields["uuid"]))
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise broken from error


def _extend(path: Path, kind: str, head: Json) -> ChainedFile:
    file = ChainedFile.extend(path)
    if file.seq == 0:
        try:
            file.write(kind, head)
        except JournalError:
            file.close()
            raise
    return file


def _lines(path: Path, kind: str | None) -> Iterator[Json]:
    wanted = f'"type":"{kind}"'.encode() if kind is not None else b""
    try:
        with path.open("rb") as stream:
            for raw in raw_lines(stream):
                if wanted in raw:
                    with contextlib.suppress(ValueError):
                        fields = parse_fields(raw[:-1])
                        if kind is None or fields.get("type") == kind:
                            yield fields
    except FileNotFoundError:
        return
    except OSError as error:
        what, do = in_words(error)
        raise LibraryError(f"{path} cannot be read: {what}", do) from error


def _last_line(path: Path, kind: str) -> Json | None:
    """The last line of a type; the file's last stretch is tried first, for it may be long."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _LAST_STRETCH))
        for raw in reversed(stream.read(_LAST_STRETCH).split(b"\n")):
            if f'"type":"{kind}"'.encode() in raw:
                with contextlib.suppress(ValueError):
                    fields = parse_fields(raw)
                    if fields.get("type") == kind:
                        return fields
    last = deque(_lines(path, kind), maxlen=1)
    return last[0] if last else None
