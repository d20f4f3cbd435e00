"""Copies: what arrives, what a second copy does, and everything that can go wrong on the way."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from capture.errors import UsageError
from capture.journal.durable import write_new
from capture.journal.finish import edit_after_end, edit_many
from capture.journal.record import load
from capture.journal.verify import verify_take, verify_takes
from capture.journal.writer import JournalWriter
from capture.offload import DestinationUnfit, NoRoom, OffloadError, Outcome, copy, plan_session, plan_take
from capture.offload import transfer as moving
from capture.slices import Handles, Order, slice_take
from tests.support.disks import small_disk
from tests.support.poll import until
from tests.support.slice_takes import marked
from tests.support.takes import KEY, build_take

SESSION = "Nordlys/2026-11-25"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library"
    build_take(path)
    build_take(path, slate="Ørken 50%", layout="poly", format="float32", counter=2)
    (path / SESSION / "sheets").mkdir()
    (path / SESSION / "sheets" / "day.pdf").write_bytes(b"%PDF")
    return path


def verdicts(outcome: Outcome, number: int = 0) -> dict[str, str]:
    return {d.item.target.split("/")[-1]: d.landings[number].verdict.value for d in outcome.transfers}


def name_of(fd: int) -> str:
    """The path of an open file."""
    return str(Path(f"/proc/self/fd/{fd}").readlink())


def sums(folder: Path) -> dict[str, str]:
    """Hashes by sha256sum, by path below the folder; reports left out."""
    command = ["find", ".", "-type", "f", "!", "-name", "*.copy-*.json", "-exec", "sha256sum", "{}", "+"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {line[66:]: line[:64] for line in done.stdout.replace("\\", "").splitlines()}


def test_a_session_on_two_disks(library: Path, tmp_path: Path) -> None:
    ticks: list[tuple[int, int]] = []
    plan = plan_session(library / SESSION)
    places = [tmp_path / "one", tmp_path / "two" / "deep"]
    outcome = copy(plan, places, progress=lambda done, total, _: ticks.append((done, total)))
    assert outcome.complete
    assert not outcome.bytes_differ
    for place in places:
        assert sums(place) == sums(library)
        journals = sorted(place.rglob("*.take.jsonl"))
        assert [report.ok for report in verify_takes(journals)] == [True, True]
        assert not list(place.rglob(".*"))
    assert ticks[-1] == (plan.bytes, plan.bytes)
    source = library / SESSION / "Aurora" / "Aurora_T001_01_Kick.wav"
    assert (places[0] / SESSION / "Aurora" / source.name).stat().st_mtime_ns == source.stat().st_mtime_ns


def test_the_report_on_each_disk(library: Path, tmp_path: Path) -> None:
    outcome = copy(plan_session(library / SESSION), [tmp_path / "one", tmp_path / "two"], software="T 1")
    for place, name in zip(outcome.destinations, ("one", "two"), strict=True):
        assert place.report is not None
        assert place.report.parent == tmp_path / name
        told = json.loads(place.report.read_text())
        assert (told["format"], told["ok"], told["complete"], told["faults"]) == (
            "takechain-copy/1",
            True,
            True,
            [],
        )
        assert told["takes"] == ["Aurora_T001", "Ørken 50%_T001"]
        found = sums(tmp_path / name)
        assert {f"./{f['path']}": f["sha256"] for f in told["files"]} == found
        assert {f["verdict"] for f in told["files"]} == {"copied"}
        assert {f["path"][-4:]: f["signed"] for f in told["files"]}[".wav"] == "as signed"


def test_what_is_verified_is_checked_and_not_copied_again(library: Path, tmp_path: Path) -> None:
    plan, place = plan_session(library / SESSION), tmp_path / "disk"
    copy(plan, [place])
    one = place / SESSION / "Aurora" / "Aurora_T001_01_Kick.wav"
    (place / SESSION / "Aurora" / "Aurora_T001_02_Snare.wav").unlink()
    (place / SESSION / "Aurora" / ".Aurora_T001_02_Snare.wav.takechain-copy").write_bytes(b"half of it")
    before = one.stat()
    again = copy(plan, [place])
    assert again.complete
    assert verdicts(again).pop("Aurora_T001_02_Snare.wav") == "copied"
    assert sorted(verdicts(again).values()).count("was there") == len(plan.items) - 1
    after = one.stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)
    assert sums(place) == sums(library)
    assert len(list(place.glob("*.copy-*.json"))) == 2


def test_another_file_is_never_written_over(library: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    folder = place / SESSION / "Aurora"
    folder.mkdir(parents=True)
    (folder / "Aurora_T001_01_Kick.wav").write_bytes(b"somebody's own")
    (folder / "Aurora_T001_02_Snare.wav").symlink_to(tmp_path / "elsewhere")
    outcome = copy(plan_session(library / SESSION), [place, tmp_path / "other"])
    found = verdicts(outcome)
    assert found["Aurora_T001_01_Kick.wav"] == "another file of that name is there"
    assert found["Aurora_T001_02_Snare.wav"] == "not copied"
    assert (outcome.bytes_differ, outcome.complete) == (True, False)
    assert (folder / "Aurora_T001_01_Kick.wav").read_bytes() == b"somebody's own"
    assert not (tmp_path / "elsewhere").exists()
    assert set(verdicts(outcome, 1).values()) == {"copied"}


def test_one_take_is_whole_alone(library: Path, tmp_path: Path) -> None:
    journal = library / SESSION / "Aurora" / "Aurora_T001.take.jsonl"
    (journal.parent / "Aurora_T001.take.jsonl.torn-1").write_bytes(b"{")
    outcome = copy(plan_take(journal), [tmp_path / "stick"])
    assert outcome.complete
    there = tmp_path / "stick" / SESSION / "Aurora"
    assert sorted(path.name for path in there.iterdir()) == [
        "Aurora_T001.chain.json",
        "Aurora_T001.take.jsonl",
        "Aurora_T001.take.jsonl.torn-1",
        "Aurora_T001_01_Kick.wav",
        "Aurora_T001_02_Snare.wav",
    ]
    assert verify_take(there / journal.name).ok
    alone = copy(plan_take(there / journal.name), [tmp_path / "second"])  # and from there, without a library
    assert alone.complete
    assert sums(tmp_path / "second") == sums(tmp_path / "stick")


def test_new_names(tmp_path: Path) -> None:
    library = tmp_path / "library"
    journal = marked(library)
    edit_many(journal, KEY, [("slate", "Boreal: two"), ("number", 7)], "anna")
    outcome = copy(plan_session(library / SESSION, rename=True), [tmp_path / "disk"])
    assert outcome.complete
    folder = tmp_path / "disk" / SESSION / "Boreal_ two"
    there = folder / "Boreal_ two_T007.take.jsonl"
    assert sorted(path.name for path in folder.iterdir()) == [
        "Boreal_ two_T007.chain.json",
        "Boreal_ two_T007.take.jsonl",
        "Boreal_ two_T007_01_Kick.wav",
        "Boreal_ two_T007_02_Snare.wav",
    ]
    report = verify_take(there)
    assert report.ok, report.words
    assert "recorded under the name Aurora_T001" in " ".join(report.words)
    assert not edit_after_end(there, KEY, "verdict", "circled", "anna").problems
    assert verify_take(there).ok
    cut = slice_take(there, KEY, Order(tmp_path / "cut", handles=Handles(blocks=True)))
    assert cut[0].wav.name == "Boreal_ two_T007_01_Big Hit_Kick.wav"
    once_more = copy(plan_take(there), [tmp_path / "second"])
    assert once_more.complete
    assert verify_take(tmp_path / "second" / SESSION / "Aurora" / there.name).ok
    raw = bytearray((folder / "Boreal_ two_T007_01_Kick.wav").read_bytes())
    raw[-1] ^= 1
    (folder / "Boreal_ two_T007_01_Kick.wav").write_bytes(raw)
    assert not verify_take(there).ok


def test_two_takes_that_would_get_one_name(tmp_path: Path) -> None:
    build_take(tmp_path)
    other = build_take(tmp_path, number=2, counter=2)
    edit_after_end(other, KEY, "number", 1, "anna")
    assert copy(plan_session(tmp_path / SESSION), [tmp_path / "disk"]).complete
    with pytest.raises(UsageError, match="would both be called"):
        plan_session(tmp_path / SESSION, rename=True)


def test_what_is_altered_at_the_source_is_copied_and_told(library: Path, tmp_path: Path) -> None:
    folder = library / SESSION / "Aurora"
    path = folder / "Aurora_T001_01_Kick.wav"
    raw = bytearray(path.read_bytes())
    raw[46000] ^= 1
    path.write_bytes(raw)
    journal = folder / "Aurora_T001.take.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"by":"anna"', b'"by":"olga"', 1))
    outcome = copy(plan_session(library / SESSION), [tmp_path / "disk"])
    assert outcome.complete  # every byte of the source is there
    assert outcome.bytes_differ
    told = " | ".join(outcome.faults)
    assert "Aurora_T001_01_Kick.wav is not what was signed" in told
    assert "was altered" in told


def test_a_file_that_changes_while_it_is_copied(library: Path, tmp_path: Path) -> None:
    plan, changing = plan_session(library / SESSION), library / SESSION / "sheets" / "day.pdf"

    def meanwhile(done: int, total: int, name: str) -> None:
        if name == changing.name:
            with changing.open("ab") as file:
                file.write(b"x" if changing.stat().st_size < 100 else b"")

    outcome = copy(plan, [tmp_path / "disk"], progress=meanwhile)
    assert verdicts(outcome)["day.pdf"] == "changed while it was copied"
    assert (outcome.bytes_differ, outcome.complete) == (True, False)
    assert not (tmp_path / "disk" / SESSION / "sheets" / "day.pdf").exists()


def test_a_disk_that_gives_back_other_bytes(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def rot(fd: int) -> None:
        if "Kick" in name_of(fd):
            os.pwrite(fd, b"!", 100)
        real(fd)

    monkeypatch.setattr(os, "fsync", rot)
    outcome = copy(plan_session(library / SESSION), [tmp_path / "disk"])
    assert verdicts(outcome)["Aurora_T001_01_Kick.wav"] == "reads back differently"
    assert outcome.bytes_differ
    assert not list((tmp_path / "disk").rglob("*Kick*"))


def test_a_source_that_vanishes(library: Path, tmp_path: Path) -> None:
    plan = plan_session(library / SESSION)
    (library / SESSION / "Aurora" / "Aurora_T001_01_Kick.wav").unlink()
    outcome = copy(plan, [tmp_path / "disk"])
    done = next(d for d in outcome.transfers if d.item.source.name == "Aurora_T001_01_Kick.wav")
    assert done.why == "it cannot be read: it does not exist"
    assert (outcome.complete, outcome.bytes_differ) == (False, False)
    assert list(verdicts(outcome).values()).count("copied") == len(plan.items) - 1
    shutil.rmtree(library)
    with pytest.raises(OffloadError, match="has vanished while it was copied"):
        copy(plan, [tmp_path / "other"])


def test_a_disk_that_fills_up_on_the_way(library: Path, tmp_path: Path) -> None:
    """Another program takes the room while the copy runs; the other disk gets its copy all the same."""
    (library / SESSION / "sheets" / "large.bin").write_bytes(bytes(12 << 20))
    plan, filled = plan_session(library / SESSION), []
    with small_disk(tmp_path) as small:

        def meanwhile(done: int, total: int, name: str) -> None:
            if name == "large.bin" and not filled:
                filled.append(small.fill())

        outcome = copy(plan, [small.folder, tmp_path / "large"], progress=meanwhile)
        assert outcome.destinations[0].why == "the disk is full"
        assert "not copied" in verdicts(outcome).values()
        assert set(verdicts(outcome, 1).values()) == {"copied"}
        assert (outcome.complete, outcome.bytes_differ) == (False, False)
        assert not list(small.folder.rglob("*.takechain-copy"))
        assert outcome.destinations[1].report is not None
        with pytest.raises(NoRoom, match="MB are lacking"):  # said before anything is written
            copy(plan, [small.folder])
        filled[0].unlink()
        assert copy(plan, [small.folder]).complete


def test_a_disk_that_knows_no_second_names(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT and exFAT refuse links (EPERM): files get their names all the same, and none is written over."""

    def refused(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    plan, place = plan_session(library / SESSION), tmp_path / "card"
    assert copy(plan, [place]).complete
    assert sums(place) == sums(library)
    assert set(verdicts(copy(plan, [place])).values()) == {"was there"}
    with pytest.raises(FileExistsError):
        write_new(place / SESSION / "sheets" / "day.pdf", b"other")
    assert (place / SESSION / "sheets" / "day.pdf").read_bytes() == b"%PDF"


def test_a_disk_that_is_pulled_and_leaves_its_folder(library: Path, tmp_path: Path) -> None:
    plan, pulled = plan_session(library / SESSION), []
    with small_disk(tmp_path) as small:

        def meanwhile(done: int, total: int, name: str) -> None:
            if not pulled and name != plan.items[0].source.name:
                subprocess.run(["umount", "--lazy", str(small.folder)], check=True)
                pulled.append(name)

        try:
            outcome = copy(plan, [small.folder, tmp_path / "other"], progress=meanwhile)
            left = list(small.folder.iterdir())
        finally:  # the fixture takes it away as it made it
            again = ["mount", "-o", "loop", str(small.image), str(small.folder)]
            until(lambda: subprocess.run(again, capture_output=True).returncode == 0)
        assert outcome.destinations[0].why == "the disk is gone"
        assert left == []
        assert set(verdicts(outcome, 1).values()) == {"copied"}
        assert not outcome.complete


def test_no_room_is_said_before_anything_is_written(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(NoRoom) as refused:
        copy(plan_session(library / SESSION), [tmp_path / "disk"])
    assert refused.value.exit_code == 6
    assert "MB are lacking" in refused.value.what
    assert not (tmp_path / "disk").exists()


def test_destinations_that_cannot_be(library: Path, tmp_path: Path) -> None:
    plan = plan_session(library / SESSION)
    (library / "takechain.toml").write_text('format = "takechain-library/1"\n')
    (tmp_path / "file").write_text("")
    for places in (
        [library],
        [library / "Backup"],
        [library / SESSION / "x"],
        [tmp_path / "file"],
        [tmp_path / "a", tmp_path / "b" / ".." / "a"],
    ):
        with pytest.raises(DestinationUnfit):
            copy(plan, places)
    (library / "takechain.toml").unlink()
    with pytest.raises(DestinationUnfit, match="what is to be copied"):
        copy(plan, [library / SESSION / "x"])


@pytest.fixture
def rolling(library: Path) -> Iterator[Path]:
    with JournalWriter.reopen(library / SESSION / "Aurora" / "Aurora_T001.take.jsonl") as writer:
        yield writer.path


def test_what_rolls_is_left_out(library: Path, tmp_path: Path, rolling: Path) -> None:
    plan = plan_session(library / SESSION)
    assert plan.left_out == ["Aurora_T001 is left out: it rolls, or is being written to"]
    assert not copy(plan, [tmp_path / "disk"]).complete
    assert not (tmp_path / "disk" / SESSION / "Aurora").exists()
    with pytest.raises(OffloadError, match="rolls"):
        plan_take(rolling)


def test_links_are_told_and_not_followed(library: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (library / SESSION / "sheets" / "link.txt").symlink_to(tmp_path / "secret")
    (library / SESSION / "more").symlink_to(tmp_path)
    plan = plan_session(library / SESSION)
    assert [words.split(" ")[0] for words in plan.said] == ["more", "sheets/link.txt"]
    assert copy(plan, [tmp_path / "disk"]).complete
    assert not list((tmp_path / "disk").rglob("link.txt"))


def test_a_take_that_was_never_sealed_is_copied_as_it_is(tmp_path: Path) -> None:
    build_take(tmp_path, ended=False)
    plan = plan_session(tmp_path / SESSION)
    assert "never sealed" in plan.said[0]
    outcome = copy(plan, [tmp_path / "disk"])
    assert (outcome.complete, outcome.bytes_differ) == (True, False)


def test_two_copies_at_once_do_not_meet(library: Path, tmp_path: Path) -> None:
    plan, place = plan_session(library / SESSION), tmp_path / "disk"
    landing = moving.Landing(place / plan.items[0].target)
    part = moving._Part(landing)
    outcome = copy(plan, [place])
    first = outcome.transfers[0].landings[0]
    assert (first.verdict.value, first.why) == ("not copied", "another copy is writing it")
    assert list(verdicts(outcome).values()).count("copied") == len(plan.items) - 1
    part.close()
    assert copy(plan, [place]).complete


def test_the_journal_keeps_its_names(tmp_path: Path) -> None:
    """A journal that was only given another name finds its files under the names it says."""
    journal = build_take(tmp_path)
    moved = journal.rename(journal.with_name("Other.take.jsonl"))
    assert verify_take(moved).ok
    assert load(moved).recorded_name == "Aurora_T001"
