"""db, station, doctor: keep house."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from tui.commands.common import (
    DONE,
    LACKING,
    NOTHING_RECORDED,
    AsJson,
    InLibrary,
    Json,
    answer,
    complain,
    library_path,
    new_group,
    open_library,
)

db = new_group("The catalogue's database: an index of the folders, never the takes themselves.")
keeper = new_group("The station: the process that keeps recording when the screen is gone.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(db, name="db")
    app.add_typer(keeper, name="station")
    app.command()(doctor)


def _engine(library: InLibrary) -> Any:
    """The catalogue's engine: what it is made of is the catalogue's business."""
    from capture.catalog.engine import database_url, open_engine

    return open_engine(database_url(open_library(library).path))


@db.command("upgrade")
def upgrade(as_json: AsJson = False, library: InLibrary = None) -> int:
    """Bring the schema to the newest revision; a SQLite file is copied first."""
    from capture.catalog import migrate

    engine = _engine(library)
    before, after = migrate.upgrade(engine)
    said = f"at {after} already" if before == after else f"from {before or 'nothing'} to {after}"
    answer(as_json, {"before": before, "after": after, "database": _shown(engine)}, said)
    return DONE


@db.command("current")
def current(as_json: AsJson = False, library: InLibrary = None) -> int:
    """Which revision the database is at."""
    from capture.catalog import migrate

    engine = _engine(library)
    revision, newest = migrate.current(engine), migrate.newest()
    answer(
        as_json,
        {"revision": revision, "newest": newest, "database": _shown(engine)},
        f"{_shown(engine)}: {revision or 'empty'} (newest: {newest})",
    )
    return DONE


@db.command("check")
def check(as_json: AsJson = False, library: InLibrary = None) -> int:
    """Whether the database is as this program needs it; 6 when it is not."""
    from capture.catalog import migrate

    engine = _engine(library)
    revision, newest = migrate.current(engine), migrate.newest()
    differences = (
        migrate.differences(engine) if revision == newest else [f"it is at {revision}, not {newest}"]
    )
    answer(
        as_json,
        {"ok": not differences, "revision": revision, "differences": differences, "database": _shown(engine)},
        *([] if differences else [f"{_shown(engine)} is as it should be ({newest})"]),
    )
    if differences:
        complain(
            f"{_shown(engine)}: {'; '.join(differences)}", "try: takechain db upgrade, or takechain rebuild"
        )
        return LACKING
    return DONE


def _shown(engine: Any) -> str:
    return str(engine.url.render_as_string(hide_password=True))


@keeper.command("start")
def start(as_json: AsJson = False, library: InLibrary = None) -> int:
    """Start the station of this library, if none runs."""
    from tui.commands.common import station

    home = open_library(library, create=True)
    with station(library, create=True) as client:
        hello = client.hello
    answer(as_json, hello, f"the station of {home.path} runs (pid {hello['pid']})")
    return DONE


@keeper.command("stop")
def stop(as_json: AsJson = False, library: InLibrary = None) -> int:
    """End the station; refused while a take rolls."""
    from capture.station.client import connect
    from capture.station.errors import NoStation

    path = library_path(library)
    try:
        with connect(path, start=False) as client:
            client.call("quit")
    except NoStation:
        answer(as_json, {"stopped": False}, f"no station runs for {path}")
        return DONE
    answer(as_json, {"stopped": True}, f"the station of {path} ends")
    return DONE


@keeper.command("status")
def status(as_json: AsJson = False, library: InLibrary = None) -> int:
    """What the station is doing; 4 when none runs."""
    from capture.station.client import connect
    from capture.station.errors import NoStation

    path = library_path(library)
    try:
        with connect(path, start=False) as client:
            now = client.call("status")
    except NoStation as error:
        answer(as_json, {"running": False, "library": {"path": str(path)}})
        complain(error.what, error.do)
        return NOTHING_RECORDED
    answer(as_json, {"running": True, **now}, *_station_lines(now))
    return DONE


def _station_lines(now: Json) -> Iterator[str]:
    setup, take = now["setup"], now["take"]
    interface = setup["interface"]["id"] if setup["interface"] else "no interface"
    yield f"{now['state']}  {now['library']['path']}  (pid {now['pid']}, {now['clients']} clients)"
    form = f"{setup['rate']} Hz {setup['format']}"
    yield f"{interface} {setup['interface_state']}, {form}, inputs {setup['inputs']}"
    if take:
        yield f"rolling {take['name']} for {take['seconds']:.1f} s"
    elif now["next"]:
        yield f"next {now['next']['name']}"
    for disk in now["disks"]:
        yield from _disk_lines(disk)
    for warning in now["warnings"]:
        yield f"warning: {warning['text']}"


def _disk_lines(disk: Json) -> Iterator[str]:
    from capture.station.disk import time_left

    left = disk["seconds_left"]
    lasts = "how long it lasts is not known" if left is None else f"{time_left(left)} left"
    test = disk["test"]["text"]
    yield f"disk of {disk['folder']}: {lasts}{f'; {test}' if test else ''}"


def doctor(as_json: AsJson = False, library: InLibrary = None) -> int:
    """Look at the machine: what works, what is missing, and how to get it. 6 when something is."""
    from tui.commands.examination import examine

    findings = list(examine(library_path(library)))
    width = max(len(finding["about"]) for finding in findings)
    lines = [f"{_mark(f):<7}  {f['about']:<{width}}  {_said(f)}" for f in findings]
    answer(as_json, {"ok": all(f["ok"] for f in findings), "findings": findings}, *lines)
    missing = [finding for finding in findings if not finding["ok"]]
    for finding in missing:
        complain(f"{finding['about']}: {finding['what']}", finding["do"])
    return LACKING if missing else DONE


def _mark(finding: Json) -> str:
    if not finding["ok"]:
        return "MISSING"
    return "advice" if finding["do"] else "ok"


def _said(finding: Json) -> str:
    advised = finding["ok"] and finding["do"]
    return f"{finding['what']}: {finding['do']}" if advised else str(finding["what"])
