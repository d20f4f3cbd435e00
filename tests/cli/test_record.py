"""`takechain record` as a script uses it: its JSON, its exit codes, and what ends it."""

import hashlib
import os
import signal
import subprocess
import tempfile
import wave
from pathlib import Path

import pytest

from tests.support.cli import Cli, ended
from tests.support.faults import memory_fails
from tests.support.poll import until

RIG = ("--interface", "sim:8", "--rate", "48000", "--project", "P", "--session", "S")


@pytest.fixture(scope="module")
def taken(cli: Cli) -> dict[str, object]:
    return cli.ok(
        "record", *RIG, "--inputs", "3,5-6", "--slate", "Aurora", "--seconds", "1.5", "--sensor", "sim"
    )


def test_the_object_has_what_the_manual_promises(cli: Cli, taken: dict[str, object]) -> None:
    promised = {"take", "slate", "number", "kind", "verdict", "condition", "frames", "rate", "channels"}
    promised |= {"lost_frames", "gaps", "readings", "files", "journal"}
    assert promised <= set(taken)
    assert (taken["slate"], taken["number"], taken["kind"], taken["verdict"]) == ("Aurora", 1, "take", "none")
    assert (taken["condition"], taken["frames"], taken["rate"]) == ("clean", 72_000, 48_000)
    assert (taken["channels"], taken["lost_frames"], taken["gaps"]) == (3, 0, [])
    assert Path(str(taken["journal"])).is_file()
    assert isinstance(taken["readings"], int)
    assert taken["readings"] > 0


def test_its_files_are_whole_and_hashed_whole(taken: dict[str, object]) -> None:
    files = taken["files"]
    assert isinstance(files, list)
    assert len(files) == 3
    for file in files:
        path = Path(file["path"])
        assert path.is_absolute()
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
        assert file["frames"] == 72_000
        with wave.open(str(path)) as audio:
            assert (audio.getnframes(), audio.getframerate(), audio.getsampwidth()) == (72_000, 48_000, 3)


def test_a_split_take_is_clean_verifies_and_is_told_file_by_file(cli: Cli) -> None:
    taken = cli.ok(
        "record", *RIG, "--inputs", "1-8", "--rate", "192000", "--layout", "poly", "--format", "float32",
        "--slate", "Halves", "--split", "13", "--seconds", "2.5",
    )  # fmt: skip
    assert (taken["condition"], taken["frames"]) == ("clean", 480_000)
    assert [file["part"] for file in taken["files"]] == [1, 2]
    assert sum(file["frames"] for file in taken["files"]) == 480_000
    sizes = [Path(file["path"]).stat().st_size for file in taken["files"]]
    assert 13_000_000 - 8 * 4 < sizes[0] <= 13_000_000
    assert cli.run("verify", str(taken["journal"])).code == 0
    refused = cli.run("record", *RIG, "--inputs", "1-8", "--split", "1", "--seconds", "1")
    assert refused.code == 4
    assert refused.said[0].startswith("takechain: files of 1 MB would hold")
    assert cli.run("record", *RIG, "--split", "-3", "--seconds", "1").code == 2
    back = ("--rate", "48000", "--layout", "track", "--format", "pcm24", "--split", "0")
    whole = cli.ok("record", *RIG, *back, "--slate", "Halves", "--inputs", "1", "--seconds", "0.3")
    assert len(whole["files"]) == 1


def test_without_json_it_tells_people(cli: Cli, taken: dict[str, object]) -> None:
    result = cli.run(
        "record", *RIG, "--inputs", "1", "--slate", "Aurora", "--seconds", "0.5", "--layout", "poly"
    )
    assert result.code == 0
    assert result.said == []
    assert "rolling Aurora_T002" in result.out
    assert "Aurora_T002: 00:00:00.5, 1 tracks, clean" in result.out


def rolling(cli: Cli) -> bool:
    return bool(cli.run("station", "status", "--json").json.get("take"))


def began(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_ctrl_c_ends_the_take_cleanly(cli: Cli, taken: dict[str, object]) -> None:
    process = cli.start("record", *RIG, "--slate", "Breve")
    assert "rolling Breve_T001" in began(process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 0, result
    assert "Breve_T001" in result.out
    assert cli.ok("show", "Breve_T001")["condition"] == "clean"


def test_a_lost_terminal_leaves_the_take_rolling_and_stop_ends_it(cli: Cli, taken: dict[str, object]) -> None:
    process = cli.start("record", *RIG, "--slate", "Corona")
    began(process)
    process.send_signal(signal.SIGHUP)
    assert ended(process).code == -signal.SIGHUP
    assert rolling(cli)
    stopped = cli.ok("stop")
    assert (stopped["name"], stopped["condition"]) == ("Corona_T001", "clean")


def test_another_client_may_stop_it_and_mark_it(cli: Cli, taken: dict[str, object]) -> None:
    process = cli.start("record", *RIG, "--slate", "Dorian")
    began(process)
    second = cli.run("record", *RIG, "--slate", "Dorian", "--seconds", "1")
    assert second.code == 4
    assert "Dorian_T001" in second.said[0]
    assert cli.ok("mark", "verse")["id"] == 1
    assert cli.ok("circle")["verdict"] == "circled"
    assert cli.ok("note", "a note")["note"] == "a note"
    assert cli.run("slate", "Other").code == 4
    assert "clean (simulated)" in cli.run("stop").out
    assert ended(process).code == 0
    shown = cli.ok("show", "Dorian_T001")
    assert shown["verdict"] == "circled"
    assert [mark["text"] for mark in shown["markers"]] == ["verse"]
    assert [note["text"] for note in shown["notes"]] == ["a note"]


def test_a_killed_station_costs_no_frame(cli: Cli, taken: dict[str, object]) -> None:
    process = cli.start("record", *RIG, "--slate", "Echo", "--seconds", "6", "--json")
    until(lambda: rolling(cli), 30)
    os.kill(cli.run("station", "status", "--json").json["pid"], signal.SIGKILL)
    result = ended(process)
    assert result.code == 0, result
    assert (result.json["condition"], result.json["frames"]) == ("clean", 288_000)


def test_a_killed_recorder_is_said_with_exit_3(cli: Cli, taken: dict[str, object]) -> None:
    process = cli.start("record", *RIG, "--slate", "Fault", "--seconds", "8", "--json")
    until(lambda: rolling(cli), 30)
    until(lambda: cli.run("station", "status", "--json").json["take"]["frames"] > 96_000)
    os.kill(cli.run("station", "status", "--json").json["recorder"]["pid"], signal.SIGKILL)
    result = ended(process)
    assert result.code == 3, result
    told = result.json
    assert told["condition"] != "clean"
    assert told["lost_frames"] > 0
    assert len(told["gaps"]) == 1
    assert {file["part"] for file in told["files"]} == {1, 2}
    assert "not clean" in result.said[0]
    assert cli.run("verify", told["journal"]).code == 0


def test_a_writer_that_dies_is_said_with_exit_3(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as runtime:
        broken = Cli(tmp_path, runtime)
        broken.env["PYTHONPATH"] = memory_fails(tmp_path / "fault")
        try:
            result = broken.run("record", *RIG, "--slate", "Fault", "--seconds", "4", "--json")
        finally:
            broken.close()
    assert result.code == 3, result
    assert result.json["condition"] == "recovered"
    assert "not clean" in result.said[0]


def test_a_recorder_that_was_told_to_leave_is_said_with_exit_3(cli: Cli, taken: dict[str, object]) -> None:
    process = cli.start("record", *RIG, "--slate", "Goodbye", "--seconds", "60", "--json")
    until(lambda: rolling(cli), 30)
    os.kill(cli.run("station", "status", "--json").json["recorder"]["pid"], signal.SIGTERM)
    result = ended(process)
    assert result.code == 3, result
    assert result.json["condition"] == "clean"
    assert result.json["frames"] < 60 * 48_000
    assert "Goodbye_T001 ended early" in result.said[0]


def test_a_take_that_cannot_be_read_after_it_rolled_is_exit_3(cli: Cli, taken: dict[str, object]) -> None:
    process = cli.start("record", *RIG, "--slate", "Hidden", "--json")
    until(lambda: rolling(cli), 30)
    (journal,) = cli.library.rglob("Hidden_T001.take.jsonl")
    journal.rename(journal.with_suffix(".away"))
    cli.run("stop")
    result = ended(process)
    assert result.code == 3, result
    assert "Hidden_T001" in result.said[0]


def test_roll_returns_at_once_and_ends_at_its_length(cli: Cli, taken: dict[str, object]) -> None:
    cli.ok("slate", "Foxtrot")
    assert cli.ok("roll", "--seconds", "1", "--kind", "rehearsal")["name"] == "Foxtrot_T001"
    until(lambda: not rolling(cli), 20)
    shown = cli.ok("show", "Foxtrot/1")
    assert (shown["kind"], shown["frames"]) == ("rehearsal", 48_000)
    assert cli.run("stop").code == 4
    assert cli.run("mark").code == 4


def test_a_mark_is_set_when_the_key_was_pressed_not_when_python_had_started() -> None:
    import sys

    from capture.clock import boottime_ns

    code = "import time; time.sleep(0.5); from tui.commands.live import started_ns; print(started_ns())"
    before = boottime_ns()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert -20_000_000 < int(done.stdout) - before < 500_000_000


def test_pre_roll_from_cold_says_what_it_really_got(cli: Cli, taken: dict[str, object]) -> None:
    words = ("--inputs", "1", "--slate", "Vorher", "--seconds", "0.5")
    result = cli.run("record", *RIG, *words, "--interface", "sim:7", "--pre-roll", "60")  # opened just now
    assert result.code == 0, result
    assert " s of the 60 s asked for" in result.out
    got = cli.ok("show", "Vorher_T001")
    assert 0 < int(got["pre_roll"]) < 30 * 48_000
    assert int(got["frames"]) == int(got["pre_roll"]) + 24_000
    assert " of it before Record" in cli.run("show", "Vorher_T001").out
    again = cli.ok("record", *RIG, *words, "--pre-roll", "0")
    assert (again["pre_roll"], again["frames"]) == (0, 24_000)


def test_stop_waits_for_the_post_roll(cli: Cli, taken: dict[str, object]) -> None:
    process = cli.start("record", *RIG, "--slate", "Nachher", "--post-roll", "0.7")
    assert "rolling Nachher_T001" in began(process)
    stopped = cli.ok("stop")
    assert stopped["origin"] == "simulated"
    assert (stopped["name"], stopped["condition"], stopped["ended"]) == ("Nachher_T001", "clean", True)
    assert stopped["frames"] == stopped["post_roll_end"]
    assert ended(process).code == 0
    shown = cli.ok("show", "Nachher_T001")
    assert (shown["post_roll"], shown["frames"]) == (33_600, stopped["frames"])
    assert cli.run("record", *RIG, "--seconds", "0.2", "--post-roll", "31").code == 2
    assert cli.run("record", *RIG, "--seconds", "0.2", "--post-roll", "0").code == 0
