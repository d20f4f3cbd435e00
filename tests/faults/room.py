"""A library of its own with a station, and one take made in it while something goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from capture.station.client import connect
from capture.wire import runtime_folder
from tests.faults import evidence
from tests.faults.evidence import Account
from tests.support.cli import Cli, Result
from tests.support.poll import until
from tests.support.stations import Json, end_processes, running

SECONDS = 2.0
AROUND = SECONDS + 1.5  # a command needs less to start, and less to end
FRAMES = round(SECONDS * evidence.RATE)
PLACE = ("--project", "Winter", "--session", "First", "--slate", "Aurora")


@dataclass(frozen=True)
class Found:
    """Seconds of audio missing before the fault, and of the hole it tore while a recorder was replaced."""

    missing: float = 0.0
    hole: float = 0.0


class Room:
    """The processes of one library under TAKECHAIN_RUNTIME, and what they made."""

    def __init__(self, places: Path) -> None:
        self.places = places
        self.cli = Cli(places, os.environ["TAKECHAIN_RUNTIME"])
        self.library = self.cli.library
        self.database = str(self.library / "catalog.sqlite")
        self.interface, self.inputs, self.seconds = "sim:8", "2,5", SECONDS
        self.silence_in: Callable[[list[int], evidence.Ints], int] | None = None
        self.commands: list[subprocess.Popen[str]] = []

    def arm(self) -> None:
        """A station whose recorder runs, so that a fault finds every process there."""
        self.cli.ok("station", "start")
        self.order("setup", interface=self.interface, rate=evidence.RATE, inputs=self.inputs)
        until(lambda: self.status()["state"] == "armed")

    def record(self) -> subprocess.Popen[str]:
        """Begin one take from the command line."""
        setup = ("--interface", self.interface, "--rate", str(evidence.RATE), "--inputs", self.inputs)
        process = self.cli.start("record", *setup, *PLACE, "--seconds", str(self.seconds), "--json")
        self.commands.append(process)
        return process

    def order(self, do: str, **args: object) -> Json:
        """One order to the station, started if it is gone."""
        with connect(self.library) as client:
            return client.call(do, **args)

    def status(self) -> Json:
        """What the station says."""
        return self.order("status")

    def until_rolling(self) -> None:
        """Wait until the take rolls."""
        until(lambda: self.status()["take"])

    def until_settled(self) -> None:
        """Wait until nothing rolls and every take is sealed, with the hashes of its files."""

        def settled() -> bool:
            kinds = [{line["type"] for line in evidence.lines_of(j)} for j in self.journals()]
            sealed = all({"seal", "file"} <= found for found in kinds)
            return bool(self.order("wait", files=True)["settled"]) and sealed

        until(settled)

    def journals(self) -> list[Path]:
        """The journals of this library."""
        return evidence.journals(self.library)

    def pid(self, who: str) -> int:
        """The process of the station or of the recorder, by what it wrote of itself."""
        recorder = runtime_folder(self.library) / "recorder.json"
        file = self.library / ".station.lock" if who == "station" else recorder
        return int(json.loads(file.read_text())["pid"])

    def restart(self, **more: str) -> None:
        """Another station, started with this in its environment."""
        station = self.pid("station")
        assert self.cli.run("station", "stop").code == 0
        until(lambda: not running(station))
        assert self.cli.run("station", "start", **more).code == 0

    def close(self) -> None:
        """End what is left."""
        for process in self.commands:
            if process.poll() is None:
                process.kill()
            process.communicate()
        end_processes(self.library)


@contextlib.contextmanager
def room(places: Path) -> Iterator[Room]:
    """An armed room whose processes are gone afterwards, whatever happened."""
    opened = Room(places)
    try:
        opened.arm()
        yield opened
    finally:
        opened.close()


def accounted(made: Room) -> Account | None:
    """The one take of the room, agreed on by all who tell of it; None where none was begun.

    `recover` has nothing left to do, `verify` finds it whole, the audio is what was played, the catalogue
    that the station filled and the one made again say what the journal says, and so does the sheet.
    """
    told = made.cli.ok("recover")
    assert (told["recovered"], told["locked"], told["problems"]) == ([], [], []), told
    if not made.journals():
        return None
    [journal] = made.journals()
    take = evidence.account(journal, made.silence_in)
    verified = made.cli.run("verify", made.library, "--json")
    assert verified.code == 0, verified
    until(lambda: made.status() and evidence.in_catalogue(made.database, take))
    assert made.cli.ok("rebuild") == {"takes": 1, "problems": []}
    assert evidence.in_catalogue(made.database, take), "the catalogue made again says something else"
    evidence.check_sheet(made.cli, take, made.places)
    return take


def told_the_truth(said: Result, take: Account | None, *, mirror_lost: bool = False) -> None:
    """The command's exit code and object are those of the take that lies there."""
    assert said.said is not None
    if take is None:
        assert said.code == 4, said
        return
    assert said.code == (3 if mirror_lost or take.condition != "clean" else 0), said
    told = said.json
    assert (told["condition"], told["frames"]) == (take.condition, take.frames)
    assert (told["lost_frames"], told["gaps"]) == (take.lost_frames, take.gaps)


def untouched(take: Account | None) -> Found:
    """A take that was begun has every frame that was asked for."""
    if take is not None:
        assert (take.condition, take.frames, take.lost_frames) == ("clean", FRAMES, 0)
        assert len(take.parts) == 1
    return Found()


def clean(room: Room, said: Result) -> Found:
    """The command tells of a whole take, and there is one."""
    take = accounted(room)
    assert take is not None
    assert said.code == 0, said
    told_the_truth(said, take)
    return untouched(take)


def wait_a_while(dice: random.Random, most: float = AROUND) -> None:
    """Let a random time pass: the moment is the fault's, nothing is waited for."""
    time.sleep(dice.uniform(0, most))
