"""The passphrase on a real terminal: asked for once, when the station starts, and never shown."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from capture.journal.keyring import Keyring
from capture.journal.keys import station_key, store_key
from tests.support.cli import TAKECHAIN, Cli

WORDS = "correct horse"
OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def on_a_terminal(cli: Cli, words: list[str], answers: list[str]) -> tuple[int, str]:
    """A command on a terminal, each answer typed at the next question; its exit code and screen."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", OWN_TERMINAL, TAKECHAIN, *words]
    process = subprocess.Popen(
        command, env=cli.env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    seen, asked = b"", 0
    while True:
        ready = select.select([ours], [], [], 120)[0]
        assert ready, seen
        try:
            more = os.read(ours, 4096)
        except OSError:  # the other end was closed: EIO on Linux
            break
        if not more:
            break
        seen += more
        while seen.count(b"signing key: ") > asked and asked < len(answers):
            os.write(ours, answers[asked].encode() + b"\n")
            asked += 1
    os.close(ours)
    return process.wait(), seen.decode(errors="replace")


def test_it_is_asked_for_when_the_station_starts_and_not_again(cli: Cli) -> None:
    folder = Path(cli.env["TAKECHAIN_CONFIG"])
    key = station_key(folder)
    Keyring(folder).station()
    store_key(folder / "station.key", key, WORDS)
    code, screen = on_a_terminal(cli, ["station", "start"], ["wrong", WORDS])
    assert code == 0, screen
    assert screen.count("passphrase of the signing key: ") == 2
    assert "that is not the passphrase" in screen
    assert WORDS not in screen
    assert cli.ok("station", "status")["key"]["locked"] is False
    code, screen = on_a_terminal(cli, ["station", "start"], [])
    assert (code, "passphrase" in screen) == (0, False)
    assert cli.ok("station", "status")["fingerprint"] == key.fingerprint
