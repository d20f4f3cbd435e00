"""Errors become two lines, an object and an exit code, whatever they are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from capture.errors import EnvironmentLacking, NothingRecorded, TakechainError, UsageError, VerificationFailed
from hardware.errors import HardwareError, PortAudioMissing, UnknownInterface
from tests.support.cli import TAKECHAIN, Cli
from tui.commands.guard import guarded


def raiser(error: BaseException) -> object:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TakechainError("what", "do"), 1),
        (UsageError("what", "do"), 2),
        (NothingRecorded("what", "do"), 4),
        (VerificationFailed("what", "do"), 5),
        (EnvironmentLacking("what", "do"), 6),
        (HardwareError("what", "do"), 1),
        (UnknownInterface("what", "do"), 4),
        (PortAudioMissing("what", "do"), 6),
    ],
)
def test_our_errors(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raiser(error), as_json=True) == code
    out, err = capsys.readouterr()
    assert err == "takechain: what\ntakechain: do\n"
    assert json.loads(out)["error"] == {"what": "what", "do": "do", "code": error.code, "exit": code}


def test_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raiser(KeyboardInterrupt()), as_json=False) == 4
    assert capsys.readouterr() == ("", "takechain: stopped by Ctrl-C\n")


def test_what_a_command_returns_is_its_exit_code() -> None:
    assert guarded(lambda: 3, as_json=False) == 3
    assert guarded(lambda: None, as_json=False) == 0


def test_our_own_mistakes_are_kept_for_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert guarded(raiser(RuntimeError("boom\nsecond line")), as_json=False) == 1
    what, do = capsys.readouterr().err.splitlines()
    assert what == "takechain: something went wrong inside Takechain: RuntimeError: boom"
    log = Path(do.rpartition(" ")[2])
    assert "RuntimeError: boom" in log.read_text()
    assert log.is_relative_to(tmp_path)


def test_a_reader_that_leaves_is_no_traceback() -> None:
    shell = f"set -o pipefail; {TAKECHAIN} --help | true; {TAKECHAIN} devices --json | true"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""


def test_names_that_the_terminal_cannot_show(cli: Cli) -> None:
    cli.ok("gear", "add", "Ωμέγα", "--kind", "microphone")
    plain = cli.run("gear", "list", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert plain.code == 0, plain
    assert "\\u03a9" in plain.out
    told = cli.run("gear", "list", "--json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert told.json["gear"][0]["id"] == "Ωμέγα"


def test_help_loads_nothing_heavy() -> None:
    heavy = "numpy textual sqlalchemy sounddevice serial typst jinja2 cryptography yaml rich pydantic"
    code = "import sys; sys.argv = ['takechain', '--help']\nfrom tui.cli import main\n"
    code += "try: main()\nfinally: print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert loaded.isdisjoint(heavy.split())
