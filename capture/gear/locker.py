"""The gear locker of a library: its records, found, kept and forgotten; history added without losing any."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from capture.gear.errors import GearError, GearTaken, UnknownGear
from capture.gear.record import HISTORY_LIMIT, Calibration, Gear, Json, Service, from_line
from capture.journal.errors import in_words
from capture.library import Library

TYPE = "gear"
_FORGOTTEN = {"removed": True}


class Locker:
    """The records of type `gear` in `library.jsonl`; a change is one durable write, whole or not at all."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def all(self) -> dict[str, Gear]:
        """Every piece by its id, in the order they came into the locker."""
        return _read(self._library.records(TYPE))

    def get(self, name: str) -> Gear:
        """The piece with that id; failing it, the only one whose serial number it is. Raises UnknownGear."""
        lines = self._library.records(TYPE)
        return from_line(lines[name]) if name in lines else _find(_read(lines), name)

    def put(self, gear: Gear, by: str, *, new: bool = False) -> Gear:
        """Keep a record in place of an earlier one; with `new` there may be none: raises GearTaken then."""

        def decide(known: dict[str, Gear]) -> dict[str, Gear]:
            if new and gear.id in known:
                raise GearTaken(f"the locker has a {gear.id!r} already", "choose another id")
            return {gear.id: gear}

        self._change(decide, by)
        return gear

    def edit(self, name: str, change: Callable[[Gear | None], Gear], by: str) -> Gear:
        """Keep what `change` makes of the piece of that id (None without one); nobody writes in between."""

        def decide(known: dict[str, Gear]) -> dict[str, Gear]:
            return {name: change(known.get(name))}

        return self._change(decide, by)[0]

    def remove(self, name: str, by: str) -> Gear:
        """Forget a piece; its lines stay in the file, takes keep what they say of it. Raises UnknownGear."""
        found: list[Gear] = []

        def decide(lines: dict[str, Json]) -> dict[str, Json]:
            found.append(_find(_read(lines), name))
            return {found[0].id: dict(_FORGOTTEN)}

        self._library.change(TYPE, decide, by)
        return found[0]

    def bring_in(
        self, several: Iterable[Gear], by: str, *, replacing: bool = False
    ) -> tuple[list[Gear], list[Gear]]:
        """Keep many records at once, all or none: those new or changed, and those that were there just so.

        Raises GearTaken when one of another content has the id and `replacing` is not set.
        """
        told = list(several)
        same: list[Gear] = []

        def decide(known: dict[str, Gear]) -> dict[str, Gear]:
            fresh: dict[str, Gear] = {}
            for gear in told:
                if gear.id in known and _alike(gear, known[gear.id]):
                    same.append(gear)
                else:
                    fresh[gear.id] = gear
            taken = [name for name in fresh if name in known]
            if taken and not replacing:
                raise GearTaken(
                    f"the locker has another record under {taken[0]!r}"
                    + (f" and {len(taken) - 1} more" if len(taken) > 1 else ""),
                    "say --replace to put the file's in their place; nothing was imported",
                )
            return {name: replace(gear, more=known[name].more if name in known else {})
                    for name, gear in fresh.items()}  # fmt: skip

        return self._change(decide, by), same

    def add_service(self, name: str, entry: Service, by: str) -> Gear:
        """Add to what was done to a piece; the history is in order of its days. Raises UnknownGear."""
        return self._to_history(name, "service", entry, by)

    def add_calibration(self, name: str, entry: Calibration, by: str) -> Gear:
        """Add to what was measured on a piece; the history is in order of its days. Raises UnknownGear."""
        return self._to_history(name, "calibrations", entry, by)

    def _to_history(self, name: str, key: str, entry: Service | Calibration, by: str) -> Gear:
        def decide(known: dict[str, Gear]) -> dict[str, Gear]:
            gear = _find(known, name)
            history = tuple(sorted((*getattr(gear, key), entry), key=lambda e: e.date))
            if len(history) > HISTORY_LIMIT:
                raise GearError(f"{gear.id} has {HISTORY_LIMIT} entries already", "remove or export old ones")
            members: Json = {key: history}
            return {gear.id: replace(gear, **members)}

        return self._change(decide, by)[0]

    def _change(self, decide: Callable[[dict[str, Gear]], dict[str, Gear]], by: str) -> list[Gear]:
        kept: list[Gear] = []

        def lines(known: dict[str, Json]) -> dict[str, Json]:
            chosen = decide(_read(known))
            kept.extend(chosen.values())
            return {name: gear.line() for name, gear in chosen.items()}

        self._library.change(TYPE, lines, by)
        return kept


def search(several: Iterable[Gear], words: Sequence[str], kind: str = "") -> list[Gear]:
    """Those of a kind (any, when empty) that have every word somewhere, whatever its case and accents."""
    wanted = [plain for word in words for plain in folded(word).split()]
    return [
        gear
        for gear in several
        if (not kind or gear.kind == kind) and all(word in _everything(gear) for word in wanted)
    ]


def folded(text: str) -> str:
    """A text as it is searched: without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).replace("ø", "o")


def _everything(gear: Gear) -> str:
    parts = [gear.id, gear.kind, gear.make, gear.model, gear.serial, gear.owner, gear.note, gear.capsule]
    parts += [gear.powering, *gear.patterns, gear.model.replace(" ", "").replace("-", "")]
    parts += [text for entry in gear.service for text in (entry.what, entry.by)]
    parts += [text for entry in gear.calibrations for text in (entry.quantity, entry.by)]
    return folded("\n".join(parts))


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a certificate's file; raises GearError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        what, do = in_words(error)
        raise GearError(f"{path} cannot be read: {what}", do or "check the path") from error


def kept_path(path: Path, library: Path) -> str:
    """A path as a record keeps it: relative to the library when it lies in it, so that both can move."""
    whole, home = path.expanduser().resolve(), library.resolve()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


def certificate_state(entry: Calibration, library: Path) -> str:
    """Whether a calibration's certificate is `as recorded`, `changed` or `not found`; empty without one."""
    if not entry.certificate:
        return ""
    path = library / entry.certificate
    if not path.is_file():
        return "not found"
    if not entry.sha256:
        return "its sum was not recorded"
    return "as recorded" if file_sha256(path) == entry.sha256 else "changed"


def _read(lines: dict[str, Json]) -> dict[str, Gear]:
    return {name: from_line(line) for name, line in lines.items()}


def _find(known: dict[str, Gear], name: str) -> Gear:
    if name in known:
        return known[name]
    same = [gear for gear in known.values() if gear.serial and gear.serial == name]
    if len(same) == 1:
        return same[0]
    if same:
        raise GearError(f"{len(same)} pieces have the serial number {name!r}", "say which by its id")
    raise UnknownGear(f"the locker has no {name!r}", "see: takechain gear list")


def _alike(one: Gear, other: Gear) -> bool:
    return one.as_json() == other.as_json()
