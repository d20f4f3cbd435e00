"""`takechain record --mirror`: a second folder with the same takes, and what is said when it fails."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.cli import Cli, ended
from tests.support.poll import until

RIG = ("--interface", "sim:8", "--rate", "48000", "--project", "P", "--session", "S", "--slate", "Aurora")


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("other") / "mirror"


def mirror_pid(cli: Cli) -> int:
    """The process that writes the rolling take's mirror."""

    def found() -> int:
        status = cli.run("station", "status", "--json")
        take = status.json.get("take") if status.code == 0 else None
        return int(((take or {}).get("mirror") or {}).get("pid") or 0)

    until(lambda: found() > 0)
    return found()


def test_a_take_lies_in_both_folders_and_verifies_in_both(cli: Cli, mirror: Path) -> None:
    cli.ok("record", *RIG, "--inputs", "1", "--seconds", "0.3", "--mirror", "")  # the mirror begins later
    taken = cli.ok("record", *RIG, "--inputs", "1-2", "--seconds", "1.2", "--mirror", mirror)
    copy = mirror / Path(str(taken["journal"])).relative_to(cli.library)
    assert taken["mirror"] == {"journal": str(copy), "lost": None}
    for folder in (cli.library, mirror):
        assert cli.run("verify", folder).code == 0
    again = cli.ok("show", copy)
    assert [again[name] for name in ("take", "frames", "condition")] == [taken["take"], 57_600, "clean"]
    assert [f["frames"] for f in again["files"]] == [57_600, 57_600]


def test_its_loss_exits_3_and_is_listed(cli: Cli, mirror: Path) -> None:
    process = cli.start("record", *RIG, "--seconds", "60", "--json", "--mirror", mirror)
    os.kill(mirror_pid(cli), signal.SIGKILL)
    until(lambda: any("mirror was lost" in w["text"] for w in cli.ok("station", "status")["warnings"]))
    cli.run("stop")
    result = ended(process)
    assert result.code == 3
    assert (result.json["condition"], result.json["lost_frames"]) == ("clean", 0)
    assert result.json["mirror"]["lost"] == "the mirror process ended"
    assert "its mirror was lost" in result.said[0]
    assert "clean, mirror lost" in cli.run("takes").out
    assert "LOST: the mirror process ended" in cli.run("show", result.json["name"]).out
    verified = cli.run("verify", result.json["journal"])
    assert (verified.code, "its mirror was lost" in verified.out) == (0, True)
    assert cli.run("recover", "--library", mirror).code == 0
    assert cli.run("verify", mirror).code == 0


def test_folders_that_cannot_be_a_mirror_are_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    wrong = {
        cli.library / "mirror": "may not lie in its library",
        cli.library.parent: "may not lie in its library",
        tmp_path / "full": "it is not empty",
        tmp_path / "file": "is a file",
        tmp_path / "file" / "below": "cannot be made",
    }
    for folder, words in wrong.items():
        result = cli.run("record", *RIG, "--seconds", "0.2", "--mirror", folder)
        assert (result.code in (2, 4), words in result.err, len(result.said)) == (True, True, 2), result
    assert cli.ok("station", "status")["setup"]["mirror"] not in map(str, wrong)


def test_a_mirror_whose_disk_is_not_there_is_not_made_anew(cli: Cli, tmp_path: Path) -> None:
    mirror, away = tmp_path / "mirror", tmp_path / "away"
    cli.ok("record", *RIG, "--seconds", "0.2", "--mirror", mirror)
    mirror.rename(away)
    result = cli.run("record", *RIG, "--seconds", "0.2", "--mirror", mirror)
    assert (result.code, "is its disk there?" in result.said[0]) == (4, True)
    lost = cli.run("record", *RIG, "--seconds", "0.2", "--json")  # the one that is remembered
    assert (lost.code, "is its disk there?" in lost.json["mirror"]["lost"]) == (3, True)
    assert not mirror.exists()
    assert cli.ok("record", *RIG, "--seconds", "0.2", "--mirror", "")["mirror"] is None
