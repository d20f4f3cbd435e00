"""The second copy of a take, written by a process of its own, when all is well and when one side fails."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import soundfile

from capture.errors import TakechainError
from capture.journal.appending import is_held
from capture.journal.errors import JournalLocked
from capture.journal.finish import write_file_lines
from capture.journal.keys import station_key
from capture.journal.mirrored import newer_words
from capture.journal.places import first_line
from capture.journal.record import TakeRecord, load
from capture.journal.recover import plan_take, recover_take
from capture.journal.verify import verify_take
from capture.recorder import mirror_wire
from capture.recorder.mirror import Mirror
from capture.station.mirror import is_done
from tests.support.disks import small_disk
from tests.support.poll import until
from tests.support.recorder import RecorderProcess, begin_of, part_names

MEGABYTE = 1 << 20


class Pair:
    """A recorder whose takes are written into two folders."""

    def __init__(self, folder: Path, main: Path | None = None, inputs: int = 8, **config: Any) -> None:
        self.key, self.main, self.root = folder / "key", main or folder / "main", folder / "mirror"
        self.root.mkdir()
        (self.root / "takechain.toml").write_text(f'mirror_of = "{begin_of([1])["library"]}"\n')
        self.inputs = range(1, inputs + 1)
        self.recorder = RecorderProcess(folder, f"sim:{inputs}", inputs, mirror=True, **config)

    def roll(
        self, layout: str = "poly", number: int = 1, split_bytes: int = 0, limit: int | None = None
    ) -> None:
        begin = begin_of(self.inputs, layout, interface=self.recorder.config["interface"], number=number)
        begin["audio"]["split_bytes"] = split_bytes
        name = f"{begin['name']}.take.jsonl"
        self.journal, self.copy = self.main / name, self.root / "Nordlys" / name
        self.recorder.call(
            "roll",
            journal=str(self.journal),
            begin=begin,
            chain=_chain(),
            limit_frames=limit,
            mirror=str(self.copy),
            mirror_root=str(self.root),
        )
        self.names = part_names(begin["name"], self.inputs, layout)

    @property
    def mirror(self) -> dict[str, Any]:
        """What the recorder says of the newest take's mirror."""
        return dict(self.recorder.call("status")["mirrors"][-1])

    def wait_mirror(self, **wanted: Any) -> dict[str, Any]:
        until(lambda: all(self.mirror[name] == value for name, value in wanted.items()))
        return self.mirror

    def audio(self, journal: Path, frames: int = -1) -> list[str]:
        """Hex SHA-256 of the samples of each file, up to a frame, as libsndfile reads them."""
        read = [soundfile.read(journal.parent / name, frames, dtype="int32")[0] for name in self.names]
        return [hashlib.sha256(samples.tobytes()).hexdigest() for samples in read]

    def verified(self, journal: Path) -> TakeRecord:
        """The take of a journal that nothing can be held against, its files' hashes made if need be."""
        key = station_key(self.key)

        def hashed() -> bool:
            with contextlib.suppress(JournalLocked):  # the mirror's process is at it
                return write_file_lines(journal, key).problems == []
            return False

        until(hashed)
        report = verify_take(journal, own_keyid=key.keyid)
        assert [f.what for f in report.findings if f.severity == "fault"] == []
        return load(journal)


def _chain() -> str:
    from tests.support.takes import chain_text

    return chain_text()[0]


def _gone(pid: int) -> None:
    """End a process that may have been stopped, and would never end by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def devices(record: TakeRecord) -> list[tuple[str, str]]:
    return [(device.device, device.state) for device in record.devices]


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_a_mirror_is_the_same_take_to_the_bit(tmp_path: Path, layout: str) -> None:
    pair = Pair(tmp_path)
    with pair.recorder as recorder:
        pair.roll(layout)
        recorder.wait_frames(24_000)
        recorder.call("append", lines=[{"type": "marker", "text": "bar 5"}])
        recorder.wait_frames(80_000)
        told = recorder.call("stop")
        pair.wait_mirror(state="whole", files_done=True)
    assert (told["condition"], told["error"]) == ("clean", None)
    assert first_line(pair.journal) == first_line(pair.copy)
    one, other = (pair.verified(journal) for journal in (pair.journal, pair.copy))
    assert (one.frames, one.lost_frames, one.condition) == (other.frames, 0, other.condition)
    assert pair.audio(pair.journal) == pair.audio(pair.copy)
    assert one.markers == other.markers != []
    assert one.levels == other.levels
    assert (devices(one), devices(other)) == ([("mirror", "live")], [("main", "live")])
    assert (one.devices[0].text, other.devices[0].text) == (str(pair.copy), str(pair.journal))


def test_pre_roll_and_parts_are_on_both_sides(tmp_path: Path) -> None:
    pair = Pair(tmp_path, pre_roll_s=2.0, pre_roll_bytes=64 << 20)
    with pair.recorder as recorder:
        until(lambda: recorder.call("status")["pre_roll"]["held"] >= 48_000)
        pair.roll(split_bytes=1 << 20)
        recorder.wait_frames(120_000)
        recorder.call("stop")
        pair.wait_mirror(state="whole")
    one, other = (pair.verified(journal) for journal in (pair.journal, pair.copy))
    assert one.pre_roll == other.pre_roll >= 47_000
    assert [(p.first, p.files) for p in one.parts] == [(p.first, p.files) for p in other.parts]
    assert len(one.parts) > 2
    pair.names = [name for _, _, name in one.media]
    assert pair.audio(pair.journal) == pair.audio(pair.copy)


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP])
def test_a_mirror_that_dies_or_stands_still_costs_the_library_nothing(tmp_path: Path, fault: int) -> None:
    pair = Pair(tmp_path, mirror_stall_s=2.0)
    with pair.recorder as recorder, contextlib.ExitStack() as behind:
        pair.roll()
        pid = pair.wait_mirror(state="live")["pid"]
        behind.callback(_gone, pid)
        recorder.wait_frames(40_000)
        os.kill(pid, fault)
        lost = pair.wait_mirror(state="lost")
        here = recorder.call("status")["take"]["frames"]
        recorder.wait_frames(here + 20_000)
        began = time.monotonic()
        told = recorder.call("stop")
        assert time.monotonic() - began < 2.0
        assert recorder.call("status")["state"] == "armed"
        pair.roll(number=2)  # the next take has a mirror again
        pair.wait_mirror(state="live")
        recorder.call("stop")
        pair.wait_mirror(state="whole")
    assert (told["condition"], told["lost_frames"]) == ("clean", 0)
    record = pair.verified(pair.main / "Aurora_T001.take.jsonl")
    assert devices(record) == [("mirror", "live"), ("mirror", "lost")]
    assert (record.devices[1].frame, record.devices[1].text) == (lost["frames"], lost["why"])
    assert record.mirror_lost == lost["why"]
    copy = pair.root / "Nordlys" / "Aurora_T001.take.jsonl"
    assert recover_take(copy, station_key(pair.key))
    kept = pair.verified(copy)
    assert lost["frames"] <= kept.frames <= record.frames
    pair.names = part_names("Aurora_T001", pair.inputs)
    assert pair.audio(copy) == pair.audio(pair.main / copy.name, kept.frames)


@pytest.fixture
def little_room(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount a tmpfs here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_library_that_runs_full_leaves_the_mirror_going_without_a_lost_frame(
    tmp_path: Path, little_room: Path
) -> None:
    pair = Pair(tmp_path, main=little_room, inputs=32)
    with pair.recorder as recorder:
        pair.roll()
        until(lambda: recorder.call("status")["take"]["main_lost"] is not None)
        here = recorder.call("status")["take"]["frames"]
        line = recorder.call("append", lines=[{"type": "marker", "text": "on the mirror"}])["lines"][0]
        recorder.wait_frames(here + 30_000)
        told = recorder.call("stop")
        pair.wait_mirror(state="whole", files_done=True)
    assert (told["condition"], told["error"]["what"]) == ("gap", "the disk is full")
    one, other = (pair.verified(journal) for journal in (pair.journal, pair.copy))
    assert (other.condition.value, other.gaps, other.reason) == ("clean", [], "stop")
    assert devices(other) == [("main", "live"), ("main", "lost")]
    assert other.frames == one.frames > here + 30_000 - 4800
    assert [(m.id, m.frame) for m in other.markers] == [(line["id"], line["frame"])]
    (gap,) = one.gaps
    assert (one.condition.value, one.reason, gap.filled) == ("gap", "the disk is full", False)
    kept = gap.first
    assert other.devices[1].frame <= kept
    assert pair.audio(pair.journal, kept) == pair.audio(pair.copy, kept)
    assert newer_words(one).startswith(f"its mirror has {other.frames - kept} frames more")  # told, no more
    assert (recover_take(pair.journal, station_key(pair.key)), newer_words(other)) == ([], "")


def _near(recorder: RecorderProcess) -> tuple[int, int]:
    """A frame that came just now, both sides at most 1 s behind, as they are on a machine that has time."""
    found: list[tuple[int, int]] = []

    def near() -> bool:
        take = recorder.call("status")["take"]
        found.append((take["frames"], take["mirror"]["pid"]))
        return bool(min(take["written_frames"], take["mirror"]["frames"]) > take["frames"] - 48_000)

    until(near)
    return found[-1]


def test_when_everything_is_killed_both_sides_are_recovered(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    with pair.recorder as recorder:
        pair.roll()
        pair.wait_mirror(state="live")
        recorder.wait_frames(70_000)
        before, pid = _near(recorder)
        os.kill(pid, signal.SIGKILL)
        recorder.kill()
    for journal in (pair.journal, pair.copy):
        assert recover_take(journal, station_key(pair.key))
        record = pair.verified(journal)
        assert record.frames > before - 48_000
    kept = min(load(pair.journal).frames, load(pair.copy).frames)
    assert pair.audio(pair.journal, kept) == pair.audio(pair.copy, kept)


def test_a_name_that_exists_in_the_mirror_is_never_overwritten(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    taken = pair.root / "Nordlys" / "Aurora_T001.wav"
    taken.parent.mkdir()
    taken.write_bytes(b"mine")
    with pair.recorder as recorder:
        with pytest.raises(TakechainError) as refused:
            pair.roll()
        assert refused.value.code == "name taken"
        assert taken.read_bytes() == b"mine"
        assert [path.name for path in taken.parent.iterdir()] == [taken.name]
        assert not list(pair.main.glob("*"))
        pair.roll(number=2)
        recorder.call("stop")
        assert pair.wait_mirror(state="whole")["why"] == ""


def test_a_mirror_that_is_not_there_is_said_and_the_take_goes_on(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    (pair.root / "takechain.toml").unlink()
    with pair.recorder as recorder:
        pair.roll()
        assert "is its disk there?" in pair.wait_mirror(state="lost")["why"]
        recorder.wait_frames(20_000)
        assert recorder.call("stop")["condition"] == "clean"
    assert "is its disk there?" in pair.verified(pair.journal).mirror_lost
    assert [path.name for path in pair.root.iterdir()] == []


def test_a_take_ends_without_waiting_for_a_library_whose_disk_stands_still(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        pair = Pair(tmp_path, main=disk.folder)
        with pair.recorder as recorder:
            pair.roll(limit=288_000)
            recorder.wait_frames(60_000, written=True)
            with disk.frozen():
                here = _stopped_without_it(pair, recorder, tmp_path)
            recorder.process.wait(20)
        shutil.copytree(disk.folder, tmp_path / "untouched")
        until(lambda: not is_held(pair.copy))  # its process makes the hashes of its files
        planned = " ".join(plan_take(pair.journal))
        done = " ".join(recover_take(pair.journal, station_key(pair.key)))
        kept, copy = pair.verified(pair.journal), load(pair.copy)
        assert f"from the mirror {pair.copy}, each block proved by its hash" in planned
        assert f"from the mirror {pair.copy}, each block proved by its hash" in done
        assert (kept.condition.value, kept.frames) == ("recovered", copy.frames)
        assert pair.audio(pair.journal) == pair.audio(pair.copy)
        assert kept.markers == copy.markers
        _nothing_is_taken_over_unproved(pair, tmp_path / "untouched", here)


def _nothing_is_taken_over_unproved(pair: Pair, folder: Path, here: int) -> None:
    """With one bit of the mirror's audio changed, the take ends with what lies in the library alone."""
    audio = pair.copy.parent / pair.names[0]
    raw = bytearray(audio.read_bytes())
    raw[-3000] ^= 1
    audio.write_bytes(raw)
    journal = folder / pair.journal.name
    done = " ".join(recover_take(journal, station_key(pair.key)))
    assert "was not used: the block at frame" in done
    kept = pair.verified(journal)
    assert here - 48_000 < kept.frames < load(pair.copy).frames
    assert pair.audio(journal) == pair.audio(pair.journal, kept.frames)


def _stopped_without_it(pair: Pair, recorder: RecorderProcess, places: Path) -> int:
    """Stop a take whose library stands still; returns the frame at which it did."""
    here = recorder.call("status")["take"]["frames"]
    lines = recorder.call("append", lines=[{"type": "marker", "text": "still"}])["lines"]
    told: dict[str, Any] = {}

    def ended() -> bool:
        told.update(recorder.call("status")["last"] or {})
        return bool(told)

    until(ended)
    assert (told["left_behind"], told["error"]["do"]) == (True, f"the mirror holds it whole: {pair.copy}")
    until(lambda: not (recorder.runtime / "recorder.json").exists())
    other = RecorderProcess(places / "next")  # the next take needs nothing of the one left behind
    with other:
        other.roll(places / "elsewhere", begin_of([1], number=2))
        assert other.call("stop")["condition"] == "clean"
    copy = pair.verified(pair.copy)
    assert (copy.condition.value, copy.gaps, copy.reason) == ("clean", [], "seconds")
    assert copy.frames == told["frames"] == 288_000
    assert [marker.frame for marker in copy.markers] == [lines[0]["frame"]]
    return here


def test_a_mirror_that_is_gone_before_its_files_were_hashed_is_not_waited_for(tmp_path: Path) -> None:
    """Its take is whole; a command that waited for the hashes as well waited for ever."""
    ours, theirs = socket.socketpair()
    with ours, subprocess.Popen([sys.executable, "-c", ""]) as process:
        mirror = Mirror(tmp_path / "copy.take.jsonl", None, 48_000, 1)  # nothing is put: no pool is asked
        mirror.begin(SimpleNamespace(socket=ours, process=process, let_go=lambda: None), {"do": "open"})
        mirror_wire.send(theirs, {"do": "open"})
        mirror.flush()
        mirror_wire.send(theirs, {"do": "sealed", "frames": 48_000})
        until(lambda: mirror.about()["state"] == "whole")
        assert not is_done(mirror.about())
        theirs.close()
        until(lambda: is_done(mirror.about()))
    assert (mirror.about()["state"], mirror.about()["files_done"]) == ("whole", False)
