"""demo: a session on the simulated rig; and the screen, which a bare `takechain` opens."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tui.commands.common import (
    DONE,
    NOT_CLEAN,
    AsJson,
    InLibrary,
    Json,
    answer,
    complain,
    duration,
    say,
    table,
)

if TYPE_CHECKING:
    from capture.station.client import StationClient

RIG = "sim:8"
NAMES = "Kick, Snare T, Snare B, OH L, OH R, Bass, Gtr, Vox"
PEOPLE = {"artist": "The Simulations", "producer": "Ida", "engineer": "Per", "studio": "No Room at All"}
LINES = (
    "Kick (Anna) @ Live Room: AKG D112 cardioid 10 cm > API 312 ch 1 +35 dB 48V off > in 1",
    "Snare T (Anna) @ Live Room: Shure SM57 #A1142 cardioid 4 cm > Neve 1073 #55 ch 2 +42 dB 48V off > in 2",
    "Snare B (Anna) @ Live Room: Shure SM57 #A1143 5 cm > Neve 1073 #56 ch 3 +40 dB 48V off pol inv > in 3",
    "OH L (Anna) @ Live Room: Neumann KM 184 cardioid 1.2 m > Grace m801 ch 1 +30 dB 48V hpf 80 > in 4",
    "OH R (Anna) @ Live Room: Neumann KM 184 cardioid 1.2 m > Grace m801 ch 2 +30 dB 48V hpf 80 > in 5",
    "Bass (Jo) @ Booth: DI Radial J48 > API 312 ch 2 +20 dB 48V > in 6",
    'Gtr (Kim) @ Booth: Royer R-121 fig-8 15 cm > "red 45, trim 3 o\'clock" > in 7',
    "Vox (Åse) @ Booth: Neumann U 87 pad off 20 cm > Neve 1073 #57 ch 4 +45 dB 48V > in 8 -- lyrics at 2",
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(demo)


def open_screen(library: Path, rig: bool = False) -> int:
    """The screen on a library; raises EnvironmentLacking where there is no terminal."""
    from capture.errors import EnvironmentLacking

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise EnvironmentLacking(
            "the screen needs a terminal",
            "from a script use takechain record, roll, stop …; see takechain --help",
        )
    from tui.app import run

    _ask_for_the_passphrase(library)
    return run(library, demo=rig)


def _ask_for_the_passphrase(library: Path) -> None:
    """Before the screen has the terminal; a key without one costs no time here."""
    from capture.journal.keys import KEY_FILE, config_folder, has_passphrase
    from tui.commands.common import station

    path = config_folder() / KEY_FILE
    if path.exists() and has_passphrase(path):
        with station(library, create=True):
            pass


def demo(as_json: AsJson = False, library: InLibrary = None) -> int:
    """The screen on a simulated rig; without a terminal a scripted session, which says what it made."""
    home = library.expanduser().absolute() if library is not None else _own_library()
    if not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        _prepare(home)
        return open_screen(home, rig=True)
    return _session(home, as_json)


def _own_library() -> Path:
    import os
    import tempfile

    return Path(tempfile.gettempdir()) / f"takechain-demo-{os.getuid()}"


def _prepare(home: Path) -> None:
    """Set the simulated rig up, unless somebody has set this library up already."""
    from capture.library import Library
    from capture.station.client import connect

    with connect(Library.open(home).path) as client:
        if client.call("status")["setup"]["interface"] is None:
            _set_up(client, f"{datetime.now().astimezone():%Y-%m-%d}")


def _session(home: Path, as_json: bool) -> int:
    from capture.library import Library
    from capture.station.client import connect

    began = time.monotonic()
    library = Library.open(home)
    session = f"{datetime.now().astimezone():%Y-%m-%d %H.%M.%S}"
    tell = (lambda line: None) if as_json else say
    tell("A session on the simulated rig: eight believable sources and a sensor, none of them real.")
    with connect(library.path) as client:
        _set_up(client, session)
        taken = [
            _take(client, tell, seconds=4.0, marker="second verse"),
            _take(client, tell, seconds=3.0, edits={"verdict": "circled", "covers": "verse 2"}),
        ]
        client.call("slate", name="Boreal")
        taken.append(_take(client, tell, seconds=3.0, edits={"note": "with brushes"}))
        while not client.call("wait", files=True)["settled"]:
            continue
        client.call("quit")
    return _show(library.path, session, taken, time.monotonic() - began, as_json)


def _set_up(client: StationClient, session: str) -> None:
    client.call(
        "setup", interface=RIG, rate=48000, format="pcm24", layout="track", inputs="1-8", links="4-5",
        project="Demo", session=session, slate="Aurora",
    )  # fmt: skip
    client.call("sensor", port="sim")
    client.call("names", text=NAMES)
    for line in LINES:
        client.call("chain", line=line)
    client.call("chainconfirm")
    client.call("people", people=[{"role": role, "name": name} for role, name in PEOPLE.items()])


def _take(
    client: StationClient,
    tell: Callable[[str], None],
    seconds: float,
    marker: str = "",
    edits: Json | None = None,
) -> str:
    """One take that ends by itself, even if this command is killed; returns its journal."""
    began = client.call("roll", limit_seconds=seconds)
    tell(f"  rolling {began['name']} for {seconds:g} s")
    if marker:
        time.sleep(seconds / 2)
        client.call("mark", text=marker)
    while not client.call("wait")["settled"]:
        continue
    for field, value in (edits or {}).items():
        client.call("edit", field=field, value=value)
    return str(began["journal"])


def _show(home: Path, session: str, journals: list[str], seconds: float, as_json: bool) -> int:
    from capture.journal.record import load
    from capture.sheets import build_session, render
    from tui.commands.facts import TAKE_HEAD, take_facts, take_line

    records = [load(Path(journal)) for journal in journals]
    folder = Path(journals[0]).parents[1]
    sheet = build_session(folder)
    (folder / "sheets").mkdir(exist_ok=True)
    sheets = [
        str(render(sheet, form, folder / "sheets" / f"{session}.{form}").path) for form in ("pdf", "html")
    ]
    program = _as_called()
    screen = f"{program} demo --library {shlex.quote(str(home))}"
    result = {
        "library": str(home),
        "session": session,
        "takes": [take_facts(record, hashed=False) for record in records],
        "sheets": sheets,
        "screen": screen,
    }
    lines = ["", *table([take_line(record) for record in records], TAKE_HEAD), ""]
    lines += [f"takes   {folder}", *(f"sheet   {sheet}" for sheet in sheets)]
    lines += [
        f"verify  {program} verify {shlex.quote(str(folder))}",
        f"screen  {screen}",
        f"done in {duration(seconds)}",
    ]
    answer(as_json, result, *lines)
    unclean = [record.name for record in records if not record.is_clean]
    if unclean:
        complain(f"not clean: {', '.join(unclean)}", "is this machine very busy?")
        return NOT_CLEAN
    return DONE


def _as_called() -> str:
    """What to type for this program: its name where a shell finds it, else the path it was started by."""
    called = Path(sys.argv[0]).absolute()
    found = shutil.which("takechain")
    return "takechain" if found and Path(found).absolute() == called else shlex.quote(str(called))
