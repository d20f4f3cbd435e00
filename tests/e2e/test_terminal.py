"""As the engineer uses it: set up, roll, lose the screen, find the take again, stop it, circle it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.support.poll import until
from tests.support.terminal import TAKECHAIN, Terminal, terminal

pytestmark = pytest.mark.timeout(240)


def _set_up(screen: Terminal) -> None:
    """Fill the Set-up page: three inputs of the simulated interface, a project and a slate."""
    screen.see("SIMULATED")
    screen.keys("Tab", "Tab", "Tab", "Tab")
    screen.type("1-3")
    screen.see(r"Inputs +1-3 ")
    screen.keys("Tab", "Tab")
    screen.type("Winter Songs")
    screen.see(r"Project +Winter Songs")
    screen.keys("Tab", "Tab")
    screen.type("Aurora")
    screen.see(r"Slate +Aurora")
    screen.keys("C-s")
    screen.see("ARMED")


def _takes() -> list[Path]:
    return sorted(Path(os.environ["TAKECHAIN_LIBRARY"]).rglob("*.take.jsonl"))


def _exif(file: Path, tag: str) -> str:
    done = subprocess.run(["exiftool", "-s3", f"-{tag}", file], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_take_outlives_its_screen_and_is_circled_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKECHAIN_STATION_LINGER", "30")
    with terminal("first") as screen:
        screen.run(TAKECHAIN)
        _set_up(screen)
        screen.keys("r")
        screen.see(r"ROLLING +00:00:0[1-9]")
        os.kill(screen.pid(), signal.SIGKILL)
        screen.see("ended with 137")
    with terminal("second") as screen:
        screen.run(TAKECHAIN)
        screen.see(r"ROLLING +00:00:")
        screen.keys("s")
        screen.see("ARMED")
        screen.keys("c")
        screen.see("circled")
        [journal] = _takes()
        until(lambda: b'"type":"file"' in journal.read_bytes())
        wavs = sorted(journal.parent.glob("*.wav"))
        assert len(wavs) == 3
        until(lambda: {_exif(wav, "BwfxmlCircled") for wav in wavs} == {"TRUE"})
        screen.keys("q")
        screen.see("ended with 0")
    frames = {soundfile.info(wav).frames for wav in wavs}
    assert len(frames) == 1
    assert frames.pop() > 48000
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli", "verify", str(journal)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "whole" in done.stdout
