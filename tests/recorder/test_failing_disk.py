"""Disks that fail under a rolling take: real file systems, turned read-only or without room under them."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from capture.journal.appending import is_held
from capture.journal.keys import station_key
from capture.journal.record import load
from capture.journal.recover import recover_take
from capture.journal.verify import verify_take
from tests.support.disks import SmallDisk, failing_disk, small_disk
from tests.support.recorder import RecorderProcess, begin_of

RATE = 48_000


def whole_again(disk: SmallDisk, journal: Path, key_folder: Path, told: int) -> int:
    """The frames of the take once its disk can be written and it was recovered; `told` were proved before."""
    disk.mount_again()
    assert load(journal).frames >= told  # what the journal spoke of is on the disk
    for file in journal.parent.glob("*.wav"):
        assert soundfile.info(file).frames  # and it opens as it lies
    key = station_key(key_folder)
    recover_take(journal, key)
    report = verify_take(journal, own_keyid=key.keyid)
    assert report.ok, report.findings
    return load(journal).frames


def test_a_disk_that_turns_read_only_ends_the_take_in_words(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        with RecorderProcess(tmp_path) as recorder:
            journal = recorder.roll(disk.folder / "take", begin_of(range(1, 9), "track"))
            recorder.wait_frames(2 * RATE, written=True)
            came = recorder.call("status")["take"]["frames"]
            disk.turn_read_only()
            last = recorder.wait_ended()
            assert recorder.call("status")["state"] == "armed"
            assert (recorder.said(), is_held(journal)) == ("", False)
        assert last["error"]["what"] == "the disk is read-only"
        assert (last["error"]["exit"], last["sealed"]) == (3, False)
        told = load(journal).frames
        kept = whole_again(disk, journal, tmp_path / "key", told)
    assert told <= kept
    assert came - kept <= RATE


@pytest.mark.parametrize(("layout", "errors"), [("poly", "continue"), ("track", "remount-ro")])
def test_a_write_error_ends_the_take_in_words_and_proves_nothing_that_is_lost(
    tmp_path: Path, layout: str, errors: str
) -> None:
    with failing_disk(tmp_path, 12, errors) as disk:
        with RecorderProcess(tmp_path, "sim:32", 32) as recorder:
            journal = recorder.roll(disk.folder / "take", begin_of(range(1, 33), layout, interface="sim:32"))
            last = recorder.wait_ended()
            assert recorder.call("status")["state"] == "armed"
            assert (recorder.said(), is_held(journal)) == ("", False)
        words = ("the disk is full", "the disk is read-only", "the disk failed to read or write")
        assert last["error"]["what"].startswith(words) or last["error"]["what"].endswith(words)
        assert last["error"]["exit"] == 3
        kept = whole_again(disk, journal, tmp_path / "key", 0)
    assert kept > 0
