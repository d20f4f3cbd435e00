"""Runs in the guest: takes through ALSA on its sound card, with the card and the sensor pulled meanwhile.

Nothing is asserted here. What happened is told line by line, the library is carried out at the end, and the
host judges both.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from capture.clock import boottime_ns
from capture.errors import TakechainError
from capture.station.client import connect
from tests.support.cli import Cli, ended
from tests.support.poll import until
from tests.support.stations import lines

Json = dict[str, Any]
EXCHANGE = Path("/exchange")
DRIVER = Path("/sys/bus/platform/drivers/snd_aloop")
CARD = "snd_aloop.0"
INTERFACE = "alsa:hw:Loopback,1"
CHANNELS, RATE = 8, 48000
PLAIN_SECONDS = 6
FORM = f"-f S32_LE -c {CHANNELS} -r {RATE} -t raw"
SLOW = 120.0  # seconds: this machine is made of software
TRIES = 4


def tell(**what: Any) -> None:
    """One line for the host."""
    with (EXCHANGE / "told.jsonl").open("ab", 0) as file:
        file.write(json.dumps({**what, "at_ns": boottime_ns()}).encode() + b"\n")


class Player:
    """Plays the self-locating signal into one of the card's cables, and again when the card is back."""

    def __init__(self, cable: int) -> None:
        self.underruns = 0
        self.begun = 0
        # It stands for the world outside, which is never late.
        self._signal = f"nice -n -15 {EXCHANGE}/player {CHANNELS}".split()
        self._words = f"nice -n -15 aplay -D hw:Loopback,0,{cable} {FORM} --buffer-time=1000000".split()
        self._aplay: subprocess.Popen[str] | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop playing."""
        self._ended = True
        while self._thread.is_alive():
            if self._aplay is not None:
                self._aplay.terminate()
            self._thread.join(0.1)

    def _play(self) -> None:
        while not self._ended:
            with subprocess.Popen(self._signal, stdout=subprocess.PIPE) as source:
                self._aplay = subprocess.Popen(
                    self._words, stdin=source.stdout, stderr=subprocess.PIPE, text=True
                )
                assert self._aplay.stderr is not None
                for line in self._aplay.stderr:
                    self.underruns += "underrun" in line
                    self.begun += line.startswith("Playing")
                self._aplay.wait()
                source.kill()
            time.sleep(0.1)


class Probe:
    """ALSA's own recorder on the card's second cable: it tells what the machine could not keep up with."""

    def __init__(self) -> None:
        self.overruns = 0
        self._player = Player(1)
        words = f"nice -n -10 arecord -D hw:Loopback,1,1 {FORM} --buffer-time=200000 /dev/null"
        self._recorder = subprocess.Popen(words.split(), stderr=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        assert self._recorder.stderr is not None
        for line in self._recorder.stderr:
            self.overruns += "overrun" in line

    def close(self) -> None:
        """Let it and its player go; `overruns` then says how often it was too late."""
        self._recorder.terminate()
        self._recorder.wait()
        self._thread.join()
        self._player.close()


class Guest:
    """One library with its station and the card chosen; every process is a real one."""

    def __init__(self, places: Path) -> None:
        self.cli = Cli(places, str(places / "run"))
        self.cli.env |= {"TAKECHAIN_STATION_LINGER": "900", "JACK_NO_START_SERVER": "1"}
        os.environ.update(self.cli.env)
        self.library = self.cli.library
        self.client = connect(self.library, timeout=SLOW)

    def open(self) -> None:
        """Choose the interface; a machine that has just started may be too slow for the first tries."""
        deadline = time.monotonic() + SLOW
        while True:
            try:
                setup = self.call("setup", interface=INTERFACE, rate=RATE, inputs="1-8", layout="poly")[
                    "setup"
                ]
            except TakechainError as error:
                tell(not_yet=error.what)
                if time.monotonic() > deadline:
                    raise
            else:
                tell(interface=setup["interface"])
                return

    def call(self, do: str, **args: Any) -> Json:
        """One order to the station."""
        return self.client.call(do, timeout=SLOW, **args)

    def recorded(self, name: str, seconds: float) -> Path:
        """A take of that length by the command line; its journal."""
        words = ("record", "--session", name, "--slate", name, "--seconds", str(seconds), "--json")
        result = ended(self.cli.start(*words))
        tell(take=name, code=result.code, err=result.err)
        return Path(result.json["journal"])

    @contextlib.contextmanager
    def rolling(self, name: str, player: Player) -> Iterator[Path]:
        """A take that rolls while the body runs; its journal."""
        underruns = player.underruns
        self.call("setup", session=name, slate=name)
        journal = Path(self.call("roll")["journal"])
        try:
            yield journal
        finally:
            done = self.call("stop")
            tell(take=name, condition=done["condition"], reason=done["reason"])
            tell(of=name, underruns=player.underruns - underruns)

    def rolled(self, seconds: float) -> bool:
        """Whether the take is that long and sound comes."""
        status = self.call("status")
        return status["state"] == "rolling" and (status["take"] or {}).get("seconds", 0) >= seconds

    def listens(self) -> bool:
        """Whether the one sensor's port is open."""
        return [sensor["state"] for sensor in self.call("status")["sensors"]] in (["waiting"], ["live"])


def said(journal: Path, kind: str, **members: object) -> Callable[[], bool]:
    """A question: whether the journal has a line of this type with these members."""
    return lambda: any(members.items() <= line.items() for line in lines(journal, kind))


def plain(guest: Guest, player: Player) -> None:
    """Takes of a few seconds, until one was made in which the machine itself kept up."""
    for number in range(1, TRIES + 1):
        underruns = player.underruns
        with contextlib.closing(Probe()) as probe:
            journal = guest.recorded(f"Plain{number}", PLAIN_SECONDS)
        gaps, spoiled = len(lines(journal, "gap")), player.underruns - underruns
        tell(judged=f"Plain{number}", gaps=gaps, player=spoiled, probe=probe.overruns)
        if not gaps and not spoiled:
            return


def pulled_sensor(guest: Guest, player: Player, sensor: str) -> None:
    """The adapter leaves and comes back under a rolling take."""
    guest.call("sensor", port=sensor)
    until(guest.listens, SLOW)
    tell(ask="speak")
    with guest.rolling("Sensor", player) as journal:
        until(lambda: len(lines(journal, "reading")) >= 4, SLOW)
        tell(ask="unplug")
        until(said(journal, "device", state="lost"), SLOW)
        tell(sensors=guest.call("status")["sensors"])
        time.sleep(2)
        tell(ask="plug")
        until(guest.listens, SLOW)
        tell(ask="speak")
        until(said(journal, "device", state="back"), SLOW)
        count = len(lines(journal, "reading"))
        until(lambda: len(lines(journal, "reading")) >= count + 4, SLOW)
    guest.call("unsensor", port=sensor)


def pulled_card(guest: Guest, player: Player) -> None:
    """The card leaves and comes back under a rolling take."""
    with guest.rolling("Card", player) as journal:
        until(lambda: guest.rolled(4), SLOW)
        tell(pulling="card")
        pull = subprocess.Popen(["/bin/sh", "-c", f"echo {CARD} > {DRIVER}/unbind"])
        until(said(journal, "device", device="interface", state="lost"), SLOW)
        tell(lost="card", state=guest.call("status")["state"], gone=pull.poll() is not None)
        until(lambda: pull.poll() is not None, SLOW)
        begun = player.begun
        (DRIVER / "bind").write_text(CARD)
        until(lambda: player.begun > begun, SLOW)
        tell(back="card")
        until(lambda: lines(journal, "part"), SLOW)
        length = guest.call("status")["take"]["seconds"]
        until(lambda: guest.rolled(length + 4), SLOW)


def main(sensor: str) -> None:
    """Everything in turn; what goes wrong is told, and what was made is carried out all the same."""
    places = Path("/tmp/takechain-guest")
    (places / "run").mkdir(parents=True)
    player = Player(0)
    try:
        guest = Guest(places)
        guest.open()
        plain(guest, player)
        pulled_sensor(guest, player, sensor)
        pulled_card(guest, player)
        tell(finished=True, warnings=guest.call("status")["warnings"])
        guest.call("wait", files=True)
        guest.cli.close()
    except BaseException as error:
        tell(failed=f"{type(error).__name__}: {error}")
        raise
    finally:
        carry_out(places)


def carry_out(places: Path) -> None:
    """Copy library and logs to where the host finds them."""
    shutil.copytree(places / "library", EXCHANGE / "library")
    for log in places.glob("run/*/*.log"):
        shutil.copy(log, EXCHANGE)


if __name__ == "__main__":
    main(sys.argv[1])
