"""discard at the command line: it asks at a terminal, and wants --yes elsewhere."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import SECONDS, TAKECHAIN, Cli
from tests.support.takes import build_take


@pytest.fixture(scope="module", autouse=True)
def library(cli: Cli) -> Path:
    cli.library.mkdir()
    (cli.library / "takechain.toml").write_text(
        'format = "takechain-library/1"\nuuid = "67853496-e5f5-5c23-93ed-4ef34da8a246"\n'
    )
    return cli.library


def asked(cli: Cli, answer: bytes, *words: str) -> tuple[int, str]:
    """Run a command at a terminal of its own and type an answer."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [TAKECHAIN, *words], env=cli.env, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE
    )
    os.close(theirs)
    os.write(ours, answer)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:
        pass  # the terminal's other side is closed: the command has ended
    os.close(ours)
    assert process.stdout is not None
    process.stdout.read()
    process.stdout.close()
    return process.wait(timeout=SECONDS), said.decode()


def test_discard(cli: Cli, library: Path) -> None:
    journal = build_take(library)
    refused = cli.run("discard", "Aurora_T001")
    assert refused.code == 2
    assert "--yes" in refused.err
    code, said = asked(cli, b"n\n", "discard", "Aurora_T001")
    assert (code, len(list(journal.parent.glob("*.wav")))) == (1, 2)
    assert "Throw away the audio of Aurora_T001 (2 files, 0.1 MB, 00:00:00.0)?" in said
    assert "nothing was discarded" in said
    code, _ = asked(cli, b"y\n", "discard", "Aurora_T001", "--reason", "cough", "--by", "Per")
    assert (code, list(journal.parent.glob("*.wav"))) == (0, [])
    verified = cli.ok("verify", library)
    assert [take["state"] for take in verified["takes"]] == ["discarded"]
    assert "clean, discarded" in cli.run("takes").out
    shown = cli.ok("show", "Aurora_T001")
    assert (shown["discarded"]["reason"], shown["discarded"]["by"]) == ("cough", "Per")
    assert "audio discarded on purpose by Per" in cli.run("show", "Aurora_T001").out
    sheet = library / "sheet.md"
    cli.ok("sheet", "--take", "Aurora_T001", "--to", "md", "-o", sheet)
    assert "discarded on purpose by Per: cough" in sheet.read_text()
    assert cli.run("discard", "Aurora_T001", "--yes").code == 2


def test_a_running_station_lists_it_at_once(cli: Cli) -> None:
    rig = ("--interface", "sim:2", "--rate", "48000", "--inputs", "1", "--project", "P", "--session", "S")
    made = cli.ok("record", *rig, "--slate", "Dawn", "--seconds", "0.3")
    assert [take["discarded"] for take in cli.ok("station", "status")["takes"]] == [False]
    cli.ok("discard", "Dawn/1", "--yes")
    assert [take["discarded"] for take in cli.ok("station", "status")["takes"]] == [True]
    assert cli.ok("verify", made["journal"])["takes"][0]["state"] == "discarded"


def test_json_and_a_take_that_was_never_sealed(cli: Cli, library: Path) -> None:
    journal = build_take(library, slate="Boreal", counter=2)
    done = cli.ok("discard", str(journal), "--yes")
    assert [Path(name).name for name in done["removed"]] == [
        "Boreal_T001_01_Kick.wav",
        "Boreal_T001_02_Snare.wav",
    ]
    open_take = build_take(library, slate="Cirrus", counter=3, ended=False)
    result = cli.run("discard", str(open_take), "--yes")
    assert result.code == 4
    assert len(list(open_take.parent.glob("*.wav"))) == 2
