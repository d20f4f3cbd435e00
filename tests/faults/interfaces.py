"""What audio servers and interfaces do to a take, on a real JACK server whose signal says its own place.

The interface of these takes is a client of the server. It goes away alone or with the server, and comes back
early, too late, or as one with other inputs.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator

from capture.clock import boottime_ns
from tests.faults import evidence
from tests.faults.evidence import RATE, Account
from tests.faults.room import Found, Room, accounted, told_the_truth
from tests.support.cli import Result, ended
from tests.support.poll import until
from tests.support.rig import INTERFACE, Rig, check_signal, program
from tests.support.stations import end_processes, lines

CHANNELS, ANOTHER = 4, 6
MOST_MISSING = 1.0
_SECONDS = 12.0  # an audio server needs some of them to come back
_ZEROS = RATE // 3  # a client that goes away leaves zeros until that is noticed


def server_killed(room: Room, dice: random.Random) -> Found:
    """The server is killed and is back at once with the same interface: the take goes on as its next part."""
    with _on_a_rig(room) as rig:
        said, killed_ns = _lose(room, rig, dice, _kill_server, lambda: _bring_back(rig, CHANNELS))
        return _went_on(room, said, killed_ns)


def client_gone(room: Room, dice: random.Random) -> Found:
    """The interface's client alone goes away and comes back: the take goes on as its next part."""
    with _on_a_rig(room) as rig:
        said, killed_ns = _lose(room, rig, dice, _kill_client, lambda: _play(rig, CHANNELS))
        return _went_on(room, said, killed_ns)


def back_late(room: Room, dice: random.Random) -> Found:
    """It is back when the take has ended as a lost device: nobody is recorded unasked."""
    with _on_a_rig(room) as rig:
        room.order("setup", lost_grace=1)
        kill = dice.choice([_kill_server, _kill_client])
        said, killed_ns = _lose(room, rig, dice, kill, lambda: until(lambda: room.status()["take"] is None))
        found = _ended(room, said, killed_ns)
        (_bring_back if kill is _kill_server else _play)(rig, CHANNELS)
        until(lambda: room.status()["state"] == "armed", seconds=60)
        assert len(room.journals()) == 1
        return found


def back_as_another(room: Room, dice: random.Random) -> Found:
    """Another interface answers by the same name: it is never recorded in place of the one that was lost."""
    with _on_a_rig(room) as rig:
        room.order("setup", lost_grace=6)
        kill, back = dice.choice([(_kill_server, _bring_back), (_kill_client, _play)])
        said, killed_ns = _lose(room, rig, dice, kill, lambda: back(rig, ANOTHER))
        return _ended(room, said, killed_ns)


CELLS: dict[str, Callable[[Room, random.Random], Found]] = {
    "audio server killed": server_killed,
    "client gone, early": client_gone,
    "client gone, late": back_late,
    "client gone, another": back_as_another,
}


@contextlib.contextmanager
def _on_a_rig(room: Room) -> Iterator[Rig]:
    """The room armed on a server of its own."""
    end_processes(room.library)
    with Rig(CHANNELS, RATE) as rig:
        more = {name: rig.environment[name] for name in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER")}
        before = {name: os.environ.get(name) for name in more}
        room.cli.env |= more
        os.environ |= more  # orders start a station that is missing
        room.interface, room.inputs, room.seconds, room.silence_in = INTERFACE, "1-4", _SECONDS, _silence_in
        try:
            room.arm()
            yield rig
        finally:
            room.close()
            for name, value in before.items():
                os.environ.pop(name)
                os.environ |= {} if value is None else {name: value}


def _lose(
    room: Room, rig: Rig, dice: random.Random, kill: Callable[[Rig], None], then: Callable[[], object]
) -> tuple[Result, int]:
    """Kill at a random moment, and see that it is said; how the command ended, and when the kill was."""
    process = room.record()
    room.until_rolling()
    time.sleep(dice.uniform(0, 2))
    killed_ns = boottime_ns()
    kill(rig)
    until(lambda: room.status()["state"] in ("lost", "armed", "idle"))
    then()
    return ended(process), killed_ns


def _kill_server(rig: Rig) -> None:
    rig.kill_server()


def _kill_client(rig: Rig) -> None:
    rig.siggen.kill()
    rig.siggen.wait()


def _bring_back(rig: Rig, channels: int) -> None:
    rig.jackd = rig._start_server()
    _play(rig, channels)


def _play(rig: Rig, channels: int) -> None:
    rig.siggen = rig._start([str(program("siggen")), str(channels)])


def _went_on(room: Room, said: Result, killed_ns: int) -> Found:
    take = _kept(room, said, killed_ns)
    assert take.condition == "gap"
    assert take.frames == round(_SECONDS * RATE)
    assert len(take.parts) == 2
    return _found(take, killed_ns)


def _ended(room: Room, said: Result, killed_ns: int) -> Found:
    take = _kept(room, said, killed_ns)
    assert take.condition == "lost device"
    assert len(take.parts) == 1
    return _found(take, killed_ns)


def _kept(room: Room, said: Result, killed_ns: int) -> Account:
    """The take as everybody tells of it, with the loss in its journal and nothing after the fault made up."""
    room.until_settled()
    take = accounted(room)
    assert take is not None
    told_the_truth(said, take)
    assert "lost" in [
        line["state"] for line in lines(take.journal, "device") if line["device"] == "interface"
    ]
    assert _found(take, killed_ns).missing <= MOST_MISSING
    return take


def _found(take: Account, killed_ns: int) -> Found:
    due = (killed_ns - take.zero_ns) / 1e9
    return Found(max(0.0, due - take.parts[0].frames / RATE), take.lost_frames / RATE)


def _silence_in(inputs: list[int], heard: evidence.Ints) -> int:
    """Every sample follows the one before, but for zeros in place of what the server itself lost.

    Those at the end are not counted: they are what a client that went away leaves until it is missed.
    """
    sounding = heard.any(axis=1).nonzero()[0]
    assert len(sounding), "nothing but zeros"
    last = int(sounding[-1]) + 1
    assert len(heard) - last < _ZEROS
    found = check_signal(heard[:last], inputs)
    assert (found.wrong_samples, found.repeated) == (0, 0)
    assert found.silent or not found.lost, "frames are lost, and nothing stands in their place"
    return found.silent
