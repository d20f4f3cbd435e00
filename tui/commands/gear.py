"""gear: the locker of microphones, preamps, converters and all that stands between a source and a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import (
    DONE,
    AsJson,
    By,
    InLibrary,
    Json,
    answer,
    new_group,
    open_library,
    table,
    user_name,
)

if TYPE_CHECKING:
    from capture.gear import Gear, Locker
    from capture.library import Library

gear = new_group("The gear locker: microphones, preamps, converters, cables, instruments, sensors.")

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, or a serial number that only it has.")]
Kind = Annotated[str, typer.Option("--kind", help="Only this kind of gear.")]
Day = Annotated[str, typer.Option("--date", metavar="DAY", help="As 2026-11-25; else today.")]
Who = Annotated[str, typer.Option("--who", metavar="NAME", help="Who did it: a workshop, a laboratory.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(gear, name="gear")


@gear.command("list")
def gear_list(kind: Kind = "", as_json: AsJson = False, library: InLibrary = None) -> int:
    """Everything in the locker."""
    from capture.gear import search

    return _listed(
        search(_locker(open_library(library)).all().values(), [], _kind(kind)), as_json, "the locker is empty"
    )


@gear.command("search")
def gear_search(
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help="All of them, in any of its texts.")],
    kind: Kind = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """What has all these words, whatever their case and accents."""
    from capture.gear import search

    found = search(_locker(open_library(library)).all().values(), words, _kind(kind))
    return _listed(found, as_json, "nothing in the locker has all these words")


@gear.command("show")
def gear_show(name: Id, as_json: AsJson = False, library: InLibrary = None) -> int:
    """One piece with its figures, their sources, and what was done to it."""
    from tui.commands.gear_words import facts, lines

    home = open_library(library)
    found = _locker(home).get(name)
    answer(as_json, facts(found, home.path), *lines(found, home.path))
    return DONE


@gear.command("add")
def gear_add(
    name: Annotated[str, typer.Argument(metavar="ID", help="What it is called here, such as A1142.")],
    kind: Annotated[str | None, typer.Option("--kind", help="microphone, preamp, converter, …")] = None,
    make: Annotated[str | None, typer.Option("--make")] = None,
    model: Annotated[str | None, typer.Option("--model")] = None,
    serial: Annotated[str | None, typer.Option("--serial")] = None,
    owner: Annotated[str | None, typer.Option("--owner")] = None,
    capsule: Annotated[str | None, typer.Option("--capsule")] = None,
    powering: Annotated[
        str | None, typer.Option("--powering", help="48 V: required, harmful, own supply, or none.")
    ] = None,
    pattern: Annotated[
        str | None, typer.Option("--pattern", metavar="P,P…", help="As: omni,cardioid,fig-8")
    ] = None,
    photo: Annotated[Path | None, typer.Option("--photo", metavar="FILE")] = None,
    note: Annotated[str | None, typer.Option("--note")] = None,
    spec: Annotated[
        list[str] | None,
        typer.Option("--spec", metavar="NAME=VALUE", help="As: 'sensitivity_mv_pa=28 ±1 from manual 2012'"),
    ] = None,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Add a piece, or change what is said of it; what is not named stays, and "" forgets a member."""
    from capture.gear.record import clean_id
    from tui.commands.gear_words import changed, facts

    said = {"kind": kind, "make": make, "model": model, "serial": serial, "owner": owner, "capsule": capsule}
    said |= {"powering": powering, "note": note}
    home = open_library(library, create=True)
    if photo is not None:
        said["photo"] = _kept(photo, home.path)
    if pattern is not None:
        said["patterns"] = [word for word in pattern.split(",") if word.strip()]  # type: ignore[assignment]
    members = {key: value for key, value in said.items() if value is not None}
    kept = _locker(home).edit(
        clean_id(name), lambda known: changed(known, name, members, spec or []), _by(by)
    )
    answer(as_json, facts(kept, home.path), f"{kept.id} is in the library")
    return DONE


@gear.command("remove")
def gear_remove(name: Id, by: By = "", as_json: AsJson = False, library: InLibrary = None) -> int:
    """Take a piece of gear out of the locker; takes keep what they say of it."""
    gone = _locker(open_library(library)).remove(name, _by(by))
    answer(as_json, {"id": gone.id, "removed": True}, f"{gone.id} is forgotten")
    return DONE


@gear.command("service")
def gear_service(
    name: Id,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What was done to it.")],
    date: Day = "",
    who: Who = "",
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Add to the service history of a piece."""
    from capture.gear.record import clean_service
    from tui.commands.gear_words import facts

    entry = clean_service({"date": date or _today(), "what": what, "by": who})
    home = open_library(library)
    kept = _locker(home).add_service(name, entry, _by(by))
    answer(as_json, facts(kept, home.path), f"{kept.id}: {entry.date} {entry.what}")
    return DONE


@gear.command("calibration")
def gear_calibration(
    name: Id,
    quantity: Annotated[
        str, typer.Option("--quantity", metavar="NAME", help="A figure, such as sensitivity_mv_pa, or words.")
    ],
    value: Annotated[str, typer.Option("--value", metavar="NUMBER")],
    unit: Annotated[str, typer.Option("--unit", help="Of a quantity in words; a figure has its own.")] = "",
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="Its SHA-256 is kept as well.")
    ] = None,
    date: Day = "",
    who: Who = "",
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Add what was measured on this very piece; the newest goes before what its maker says of all."""
    from capture.gear.locker import file_sha256
    from capture.gear.record import clean_calibration
    from tui.commands.gear_words import facts

    home = open_library(library)
    said: Json = {"date": date or _today(), "quantity": quantity, "value": value, "unit": unit, "by": who}
    if certificate is not None:
        said |= {
            "sha256": file_sha256(certificate.expanduser()),
            "certificate": _kept(certificate, home.path),
        }
    entry = clean_calibration(said)
    kept = _locker(home).add_calibration(name, entry, _by(by))
    words = f"{kept.id}: {entry.quantity} {entry.value} {entry.unit}".rstrip() + f" on {entry.date}"
    answer(as_json, facts(kept, home.path), words)
    return DONE


@gear.command("export")
def gear_export(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Else it is printed.")
    ] = None,
    form: Annotated[str, typer.Option("--to", metavar="csv|yaml", help="Else by the file's name.")] = "",
    kind: Kind = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Write the locker as CSV or YAML; import reads it back as it was."""
    from capture.gear import GearError, files, search
    from capture.journal.errors import in_words

    form = files.form_of(out or Path("locker.yaml"), form)
    several = search(_locker(open_library(library)).all().values(), [], _kind(kind))
    data = files.write(several, form)
    if out is not None:
        try:
            out.expanduser().write_bytes(data)
        except OSError as error:
            raise GearError(f"{out} cannot be written: {in_words(error)[0]}", "name another file") from error
    text = data.decode("utf-8-sig")
    result: Json = {"path": str(out.absolute()) if out else None, "form": form, "pieces": len(several)}
    answer(as_json, result | ({} if out else {"text": text}), str(out) if out else text.rstrip("\r\n"))
    return DONE


@gear.command("import")
def gear_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or YAML, as export writes it.")],
    form: Annotated[str, typer.Option("--from", metavar="csv|yaml", help="Else by the file's name.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Put them in place of those of the same id.")
    ] = False,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Bring in every piece a file tells of, or none of them when one cannot be used."""
    from capture.gear import files

    told = files.read(file.expanduser(), form)
    kept, same = _locker(open_library(library, create=True)).bring_in(told, _by(by), replacing=replace)
    result = {"imported": [g.id for g in kept], "unchanged": [g.id for g in same]}
    words = f"{len(kept)} pieces are in the library" + (f", {len(same)} were there so" if same else "")
    answer(as_json, result, words)
    return DONE


@gear.command("starter")
def gear_starter(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="All of them; or an entry's id.")
    ] = None,
    kind: Kind = "",
    own: Annotated[
        str,
        typer.Option("--as", metavar="ID", help="Copy the one entry found into the locker, under this id."),
    ] = "",
    serial: Annotated[str, typer.Option("--serial", help="Of your own piece.")] = "",
    owner: Annotated[str, typer.Option("--owner")] = "",
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Look up well-known devices with their published figures, and copy one into the locker."""
    from capture.errors import UsageError
    from capture.gear import starter
    from tui.commands.gear_words import facts, lines

    if not own and (serial or owner):
        raise UsageError("a serial number and an owner are for a piece of your own", "say --as ID as well")
    if own:
        piece = starter.copied(words or [], own, serial, owner)
        home = open_library(library, create=True)
        kept = _locker(home).put(piece, _by(by), new=True)
        answer(as_json, facts(kept, home.path), f"{kept.id} ({kept.name}) is in the library")
        return DONE
    found = starter.find(words or [], _kind(kind))
    if len(found) == 1 and not as_json:
        answer(False, {}, *lines(found[0], Path()))
        return DONE
    keys = ("id", "kind", "make", "model")
    rows = [[*(str(getattr(g, key)) for key in keys), str(len(g.specs) or "none")] for g in found]
    text = table(rows, [*keys, "figures"]) or ["no entry has all these words"]
    answer(as_json, {"gear": [g.as_json() for g in found]}, *text)
    return DONE


def _locker(library: Library) -> Locker:
    from capture.gear import Locker

    return Locker(library)


def _listed(several: list[Gear], as_json: bool, nothing: str) -> int:
    keys = ("id", "kind", "make", "model", "serial", "owner", "note")
    lines = table([[str(getattr(g, key)) for key in keys] for g in several], list(keys))
    answer(as_json, {"gear": [g.as_json() for g in several]}, *(lines or [nothing]))
    return DONE


def _kind(word: str) -> str:
    from capture.gear.record import clean_member

    return str(clean_member("kind", word)) if word else ""


def _kept(path: Path, library: Path) -> str:
    from capture.gear import GearError
    from capture.gear.locker import kept_path

    if not path.expanduser().is_file():
        raise GearError(f"{path} is not a file", "check the path")
    return kept_path(path, library)


def _by(by: str) -> str:
    return by or user_name()


def _today() -> str:
    import datetime as dt

    return dt.datetime.now().astimezone().date().isoformat()
