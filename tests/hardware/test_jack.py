"""A real JACK server on the dummy driver: clients as interfaces, and a server that dies under a stream."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from hardware.errors import NotGranted
from hardware.interfaces import survey
from tests.support.ptys import until

pytestmark = [
    pytest.mark.rig,
    pytest.mark.skipif(shutil.which("jackd") is None, reason="jackd is not installed (apt install jackd2)"),
]


NAME = "takechain-hardware"  # one name for all: JACK knows eight, and keeps that of a killed server taken


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", NAME)
    command = ["jackd", "-n", NAME, "-r", "-d", "dummy", "-r", "48000", "-p", "1024", "-C", "4", "-P", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        until(lambda: any(found.id == "jack:system" for found in survey().interfaces), 20)
        yield started
        started.terminate()


def run(program: str) -> str:
    """PortAudio lives in a process of its own, so that nothing of it is left in the test's."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_server_that_dies_ends_the_stream_and_not_the_process(server: subprocess.Popen[bytes]) -> None:
    said = run(
        f"""
        import os, signal, time
        from hardware.interfaces import open_capture
        stream = open_capture("jack:system", 48000, 4)
        stream.start()
        while stream.frames < 4096:
            stream.read()
        os.kill({server.pid}, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while stream.alive() and time.monotonic() < deadline:
            stream.read()
        print(stream.lost_reason, stream.overrun)
        began = time.monotonic()
        stream.close(timeout=0.5)
        print(time.monotonic() - began < 3)
        """
    )
    reason, in_time = said.splitlines()
    assert reason == "jack:system stopped: the audio server or the device is gone False"
    assert in_time == "True"


def test_a_client_is_an_interface_under_its_own_name(server: subprocess.Popen[bytes]) -> None:
    with subprocess.Popen(["jack_metro", "-n", "clicks", "-b", "120"], stdout=subprocess.DEVNULL) as client:
        until(lambda: any(found.id == "jack:clicks" for found in survey().interfaces), 20)
        listed = {found.id: found for found in survey().interfaces}
        client.kill()
    system, clicks = listed["jack:system"], listed["jack:clicks"]
    assert (system.inputs, system.rates, system.default_rate, system.origin) == (
        4,
        (48000,),
        48000,
        "unknown",
    )
    assert (clicks.inputs, clicks.rates, clicks.origin) == (1, (48000,), "software")


def test_all_inputs_arrive_at_the_rate_of_the_server(server: subprocess.Popen[bytes]) -> None:
    said = run(
        """
        import time
        from hardware.interfaces import open_capture
        stream = open_capture("jack:system", 48000, 4)
        stream.start()
        began, shapes = time.monotonic(), set()
        while stream.frames < 48000:
            shapes |= {chunk.shape[1] for chunk in stream.read()}
            assert stream.alive() and time.monotonic() < began + 20
        print(shapes, stream.overrun, stream.close(), stream.alive(), stream.read())
        """
    )
    assert said.strip() == "{4} False True False []"


def test_what_is_not_granted_is_refused_with_what_is(server: subprocess.Popen[bytes]) -> None:
    said = run(
        """
        from hardware.errors import NotGranted
        from hardware.interfaces import open_capture
        for rate, channels in ((44100, 4), (48000, 5)):
            try:
                open_capture("jack:system", rate, channels)
            except NotGranted as refused:
                print(refused.what, "|", refused.do)
        """
    )
    rate, count = said.splitlines()
    assert "44100 Hz" in rate
    assert rate.endswith("it grants 48000 Hz")
    assert count == "jack:system has 4 inputs, not 5 | choose inputs from 1 to 4"
    assert NotGranted.exit_code == 4


def test_a_full_ring_is_noticed_as_an_overrun(server: subprocess.Popen[bytes]) -> None:
    said = run(
        """
        import time
        from hardware.interfaces import open_capture
        stream = open_capture("jack:system", 48000, 4, ring_seconds=0.2)
        stream.start()
        deadline = time.monotonic() + 20
        while stream.alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        print(stream.overrun, "ran full" in stream.lost_reason, sum(len(c) for c in stream.read()))
        stream.close()
        """
    )
    overrun, reason, frames = said.split()
    assert (overrun, reason) == ("True", "True")
    assert 0 < int(frames) <= 16384  # 0.2 s is 9600 frames, the next power of two
