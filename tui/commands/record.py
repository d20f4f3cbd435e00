"""record: one take from the command line, ended by its length, by Ctrl-C or by `takechain stop`."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Self

import typer

from capture.errors import NothingRecorded, TakechainError
from hardware.errors import HardwareError
from tui.commands.common import (
    DONE,
    FAILED,
    NOT_CLEAN,
    NOTHING_RECORDED,
    AsJson,
    InLibrary,
    Json,
    answer,
    complain,
    duration,
    pre_roll_words,
    say,
    station,
)

if TYPE_CHECKING:
    from capture.journal.record import TakeRecord
    from capture.station.client import StationClient

_LOOK_SECONDS = 0.2
_MOST_STOPS = 2  # Stop, and the end of the post-roll behind it
_NOTICE_SECONDS = 2.0
_LOST_SECONDS = 60.0
_PORT_SECONDS = 3.0
_CLOSE_SECONDS = 10.0  # a station that was just started may be about to mend the take
_PROGRESS_SECONDS = (10.0, 60.0)  # the first line comes soon, then one a minute


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(record)


def record(
    interface: Annotated[
        str | None, typer.Option("--interface", metavar="ID", help="See: takechain devices.")
    ] = None,
    inputs: Annotated[
        str | None, typer.Option("--inputs", metavar="1-8,11", help="Which inputs, in order.")
    ] = None,
    rate: Annotated[int | None, typer.Option("--rate", metavar="HZ", help="The sampling rate.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="pcm24|float32", help="Sample format.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option("--layout", metavar="track|poly", help="One file per track, or one for all.")
    ] = None,
    links: Annotated[
        str | None, typer.Option("--links", metavar="1-2,5-6", help="Pairs that share one stereo file.")
    ] = None,
    split: Annotated[
        int | None, typer.Option("--split", metavar="MB", help="New files before one exceeds MB; 0: never.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", metavar="S", help="End after S seconds of timeline.")
    ] = None,
    project: Annotated[str | None, typer.Option("--project", metavar="P")] = None,
    session: Annotated[str | None, typer.Option("--session", metavar="S")] = None,
    slate: Annotated[str | None, typer.Option("--slate", metavar="N")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="take, pick-up, wild, room tone, rehearsal, …")
    ] = "take",
    pre_roll: Annotated[
        float | None, typer.Option("--pre-roll", metavar="S", help="Begin up to S seconds before now.")
    ] = None,
    post_roll: Annotated[
        float | None, typer.Option("--post-roll", metavar="S", help="Roll on for S seconds behind Stop.")
    ] = None,
    mirror: Annotated[
        Path | None,
        typer.Option("--mirror", metavar="DIR", help="Write it into this folder as well; '' for none."),
    ] = None,
    sensor: Annotated[
        list[str] | None,
        typer.Option("--sensor", metavar="PORT[=DRIVER]", help="May be repeated; sim is simulated."),
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Record one take. What is not said is as it was last time."""
    wanted: Json = {
        "interface": interface, "rate": rate, "format": format_, "layout": layout, "inputs": inputs,
        "links": links, "project": project, "session": session, "slate": slate, "split_mb": split,
        "pre_roll": pre_roll, "post_roll": post_roll, "mirror": _folder(mirror),
    }  # fmt: skip
    _check(wanted, seconds)
    with _Stopper() as stopper, contextlib.ExitStack() as open_things:
        with _nothing_recorded():
            client = open_things.enter_context(station(library, create=True))
            taking = _Taking(client, stopper, quiet=as_json)
            taking.set_up({key: value for key, value in wanted.items() if value is not None}, sensor or [])
            taking.roll(kind, seconds)
        with _kept():
            finished = taking.wait()
    return _tell(finished, as_json)


@contextlib.contextmanager
def _nothing_recorded() -> Iterator[None]:
    """Whatever keeps a take from beginning, and is nobody's wrong usage, exits as *nothing recorded*."""
    try:
        yield
    except (TakechainError, HardwareError) as error:
        if error.exit_code == FAILED:
            error.exit_code = NOTHING_RECORDED
        raise


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """Once a take has rolled, whatever goes wrong exits as *kept but not clean*."""
    try:
        yield
    except TakechainError as error:
        error.exit_code = NOT_CLEAN
        raise
    except OSError as error:
        lost = TakechainError(f"the take cannot be read: {error}", "when its disk is back: takechain recover")
        lost.exit_code = NOT_CLEAN
        raise lost from error


def _check(wanted: Json, seconds: float | None) -> None:
    """Refuse what no interface could do, before a station is started."""
    from capture.errors import UsageError
    from capture.take import parse_inputs

    if seconds is not None and not 0 < seconds < 1_000_000:
        raise UsageError(f"--seconds {seconds:g} is not a length", "give a number above 0")
    for name, most in (("pre_roll", 120), ("post_roll", 30)):
        if wanted[name] is not None and not 0 <= wanted[name] <= most:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} {wanted[name]:g} cannot be", f"give 0 to {most} seconds")
    if wanted["inputs"] is not None:
        parse_inputs(wanted["inputs"])
    for name, allowed in (("format", ("pcm24", "float32")), ("layout", ("track", "poly"))):
        if wanted[name] is not None and wanted[name] not in allowed:
            raise UsageError(f"--{name} {wanted[name]!r} does not exist", f"choose {' or '.join(allowed)}")


def _folder(named: Path | None) -> str | None:
    """A folder as the station wants it, from the root on; `''` asks for none."""
    if named is None:
        return None
    return "" if str(named) in ("", ".") else os.path.abspath(named.expanduser())  # noqa: PTH100 - keeps links


class _Stopper:
    """Ctrl-C as a wish with its moment; a lost terminal or a kill of this command leaves the take rolling."""

    def __init__(self) -> None:
        self.at_boottime_ns = 0
        self.times = 0
        self.rolling = False
        self._before: object = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._wish)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]  # what signal() itself returned

    def _wish(self, number: int, frame: FrameType | None) -> None:
        from capture.clock import boottime_ns

        if not self.rolling:
            raise KeyboardInterrupt
        if self.times < _MOST_STOPS:
            self.at_boottime_ns, self.times = boottime_ns(), self.times + 1


class _Taking:
    """One take, from set-up to its last hash, over a station that may be replaced on the way."""

    def __init__(self, client: StationClient, stopper: _Stopper, quiet: bool) -> None:
        self._client = client
        self._stopper = stopper
        self._quiet = quiet
        self._journal = Path()
        self._next_line = self._next_look = 0.0
        self._noticed: set[tuple[int, str]] = set()
        self._in_post_roll = False

    def set_up(self, wanted: Json, sensors: list[str]) -> None:
        """Give the set-up and open the sensors; raises the station's reason for a refusal."""
        self._client.call("setup", **wanted)
        for named in sensors:
            port, _, driver = named.partition("=")
            self._client.call("sensor", port=port, driver=driver or None)
            self._await_port(port)

    def _await_port(self, port: str) -> None:
        """Return when a sensor's port is open; raises NothingRecorded with the reason when it is not."""
        deadline = time.monotonic() + _PORT_SECONDS
        while time.monotonic() < deadline:
            sensors = self._client.call("status")["sensors"]
            found = next((sensor for sensor in sensors if port in (sensor["port"], sensor["id"])), None)
            if found is None or found["state"] not in ("absent", "opening"):
                return
            if found["state"] == "absent" and found["text"]:
                self._client.call("unsensor", port=found["port"])
                raise NothingRecorded(f"sensor {port}: {found['text']}", "see: takechain sensors")
            time.sleep(_LOOK_SECONDS)

    def roll(self, kind: str, seconds: float | None) -> None:
        """Begin; from here on Ctrl-C ends the take instead of this command."""
        self._stopper.rolling = True
        began = self._client.call("roll", kind=kind, limit_seconds=seconds)
        self._journal = Path(began["journal"])
        self._next_line = time.monotonic() + _PROGRESS_SECONDS[0]
        self._say(f"rolling {began['name']} into {self._journal.parent} (Ctrl-C stops)")
        if words := pre_roll_words(began):
            self._say(words)

    def wait(self) -> TakeRecord:
        """The finished take with its file hashes; raises WireError or NoStation when nobody can finish it."""
        from capture.journal.record import load

        settled, told = _Waiter(self._client.library, self._journal), 0
        settled.start()
        while settled.is_alive():
            wished = self._stopper.times > told and (told == 0 or self._in_post_roll)
            if wished and self._stop(self._stopper.at_boottime_ns):
                told += 1  # a second Ctrl-C ends the post-roll
            settled.join(_LOOK_SECONDS)
            self._progress()
        if settled.error is not None:
            raise settled.error
        return load(self._journal)

    def _stop(self, at_boottime_ns: int) -> bool:
        from capture.station.errors import NoStation
        from capture.wire import WireError

        try:
            answer = self._client.call("stop", at_boottime_ns=at_boottime_ns)
            self._in_post_roll = "post_roll_end" in answer
        except (WireError, NoStation):
            return False  # the station is being replaced; the wish keeps its moment
        except TakechainError as error:
            if error.code != "refused":  # refused: it ended by itself in the same moment
                raise
        return True

    def _progress(self) -> None:
        now = time.monotonic()
        if self._quiet or now < self._next_look:
            return
        self._next_look = now + _NOTICE_SECONDS
        with contextlib.suppress(TakechainError):
            take = self._client.call("status")["take"]
            if take is None:
                return
            for signal in take["signals"]:
                if (place := (signal["input"], signal["kind"])) not in self._noticed:
                    self._noticed.add(place)
                    self._say(signal["text"])
            if now >= self._next_line:
                self._next_line = now + _PROGRESS_SECONDS[1]
                lost = f", {take['lost_frames']} frames lost" if take["lost_frames"] else ""
                self._say(f"{duration(take['seconds'])}{lost}")

    def _say(self, line: str) -> None:
        """Tell people how it goes; a reader who left never ends a take."""
        try:
            if not self._quiet:
                say(line)
        except BrokenPipeError:
            self._quiet = True


class _Waiter(threading.Thread):
    """Waits over a connection of its own until the take has ended and its files are hashed."""

    def __init__(self, library: Path, journal: Path) -> None:
        super().__init__(daemon=True, name="wait for the take")
        self._library = library
        self._journal = journal
        self.error: Exception | None = None

    def run(self) -> None:
        """Ask until it is so; a station that died is started again and adopts the recorder."""
        from capture.station.client import connect
        from capture.station.errors import NoStation
        from capture.wire import WireError

        deadline = time.monotonic() + _LOST_SECONDS
        while True:
            try:
                with connect(self._library) as client:
                    while not self._settled(client):
                        deadline = time.monotonic() + _LOST_SECONDS
                    self._see_ended(client)
                return
            except (WireError, NoStation) as error:
                if time.monotonic() > deadline:
                    self.error = error
                    return
                time.sleep(_LOOK_SECONDS)
            except Exception as error:  # handed to the thread that waits for this one
                self.error = error
                return

    def _settled(self, client: StationClient) -> bool:
        return bool(client.call("wait", files=True)["settled"])

    def _see_ended(self, client: StationClient) -> None:
        """Return when the journal says so; raises TakechainError where nobody could end the take."""
        from capture.journal.record import summary

        until = time.monotonic() + _CLOSE_SECONDS
        while not summary(self._journal).ended:
            if time.monotonic() > until:
                name = self._journal.name.removesuffix(".take.jsonl")
                said = [w["text"] for w in client.call("status")["warnings"] if name in w["text"]]
                why = said[-1] if said else f"{self._journal} could not be closed"
                do = "what lies on disk is kept; when the disk can be written: takechain recover"
                raise TakechainError(why, do)
            time.sleep(_LOOK_SECONDS)


def _tell(finished: TakeRecord, as_json: bool) -> int:
    from tui.commands.facts import signal_lines, take_facts

    facts = take_facts(finished, hashed=True)
    lost = f", {finished.lost_frames} frames lost" if finished.lost_frames else ""
    length = f"{duration(finished.seconds)}, {finished.channels} tracks"
    lines = [f"{finished.name}: {length}, {finished.condition.value}{lost}"]
    lines += [f"  {finished.origin.said}"] if finished.origin.mark else []
    lines += [f"  noticed {text}" for text in signal_lines(finished)]
    lines += [f"  {file['path']}  sha256 {file['sha256']}" for file in facts["files"]]
    answer(as_json, facts, *lines, f"  {finished.path}")
    if not finished.frames:
        complain("not one frame arrived", "is the interface running? see: takechain devices")
        return NOTHING_RECORDED
    if not finished.is_clean:
        complain(
            f"{finished.name} is kept but not clean: {finished.condition.value}",
            f"see: takechain show {finished.name}",
        )
        return NOT_CLEAN
    if finished.mirror_lost:
        complain(
            f"{finished.name} is whole in the library, its mirror was lost: {finished.mirror_lost}",
            f"see: takechain show {finished.name}",
        )
        return NOT_CLEAN
    if finished.ended_early:
        complain(
            f"{finished.name} ended early, after {duration(finished.seconds)}: {finished.reason}",
            "the recorder was told to leave; what it recorded until then is whole",
        )
        return NOT_CLEAN
    return DONE
