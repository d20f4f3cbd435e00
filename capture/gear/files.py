"""What the forms of the locker have in common: how a file's bytes become text, and where a fault lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from capture.gear.errors import GearError
from capture.gear.record import Gear
from capture.journal.errors import in_words

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
SIZE_LIMIT = 16 * 1024 * 1024
FORMS = ("csv", "yaml")
_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".yaml": "yaml", ".yml": "yaml"}
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def form_of(path: Path, said: str = "") -> str:
    """The form of a file, as `said` or by its suffix; raises GearError for one that is not known."""
    form = said or _SUFFIXES.get(path.suffix.lower(), "")
    if form not in FORMS:
        raise GearError(
            f"{path} is neither CSV nor YAML by its name", "call it .csv or .yaml, or say --to or --from"
        )
    return form


def read(path: Path, said: str = "") -> list[Gear]:
    """The pieces a CSV or YAML file tells of, all of them; raises GearError for the first fault."""
    form = form_of(path, said)
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        what, do = in_words(error)
        raise GearError(f"{path} cannot be read: {what}", do or "check the path") from error
    if len(data) > SIZE_LIMIT:
        raise GearError(f"{path} is larger than {SIZE_LIMIT} bytes", "split it")
    try:
        return _reader(form)(data)
    except GearError as error:
        error.what = f"{path.name}, {error.what}"
        error.args = (error.what,)
        raise


def write(several: list[Gear], form: str) -> bytes:
    """The pieces in a form of `FORMS`."""
    if form == "csv":
        from capture.gear.as_csv import to_csv

        return to_csv(several)
    from capture.gear.as_yaml import to_yaml

    return to_yaml(several)


def unpacked(data: bytes) -> str:
    """The text of a file, without a byte order mark; raises GearError with the line that is not UTF-8."""
    if data.startswith(_WIDE):
        raise GearError("this is UTF-16, not UTF-8", "save it again as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GearError(f"line {line}: this is not UTF-8", "save it again as UTF-8") from error


@contextmanager
def at_line(number: int) -> Iterator[None]:
    """What goes wrong inside is told with the number of its line, unless it names one already."""
    try:
        yield
    except GearError as error:
        if error.what.startswith("line "):
            raise
        raise type(error)(f"line {number}: {error.what}", error.do) from error


def once(found: dict[str, Gear], gear: Gear) -> None:
    """Add a piece to those found in a file; raises GearError when its id is there already."""
    if gear.id in found:
        raise GearError(f"the id {gear.id!r} is there twice", "every piece has its own")
    found[gear.id] = gear


def _reader(form: str) -> Callable[[bytes], list[Gear]]:
    if form == "csv":
        from capture.gear.as_csv import from_csv

        return from_csv
    from capture.gear.as_yaml import from_yaml

    return from_yaml
