"""The mirror of a whole station: a library whose disk stands still, and a recorder that is replaced."""

from __future__ import annotations

import time
from pathlib import Path

from capture.journal.keys import station_key
from capture.journal.record import load
from capture.journal.recover import recover_take
from capture.journal.verify import verify_take
from tests.support.disks import small_disk
from tests.support.poll import until
from tests.support.stations import Desk, assert_whole, desk, kill


def said(studio: Desk, words: str) -> bool:
    return any(words in warning["text"] for warning in studio.status()["warnings"])


def test_a_frozen_library_is_left_behind_and_the_mirror_has_the_take(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk, desk(disk.folder / "library") as studio:
        studio.set_up(inputs="1-2", mirror=str(tmp_path / "mirror"))
        journal = Path(studio.call("roll")["journal"])
        copy = tmp_path / "mirror" / journal.relative_to(studio.library)
        studio.until_rolled(1.5)
        with disk.frozen():
            frozen = studio.status()["take"]["frames"]
            studio.until_rolled(frozen / 48_000 + 1.0)
            began = time.monotonic()
            done = studio.call("stop")
            assert time.monotonic() - began < 20
            assert studio.status()["take"] is None
            assert said(studio, "the mirror holds it whole")
            assert said(studio, "stuck in the system and was left behind")
            assert (load(copy).condition.value, load(copy).frames) == ("clean", done["frames"])
            assert done["frames"] > frozen + 40_000
        until(lambda: studio.status()["state"] == "armed")
        assert studio.status()["setup"]["mirror"] == str(tmp_path / "mirror")
        until(lambda: load(journal).sealed)  # mended as soon as its disk is back
        again = Path(studio.call("roll")["journal"])
        studio.until_rolled(0.5)
        assert studio.call("stop")["condition"] == "clean"
        assert_whole(studio.client, again)
        assert_whole(studio.client, journal)
        mended = load(journal)  # and completed from the mirror
        assert (mended.condition.value, mended.frames) == ("recovered", done["frames"])


def test_both_sides_go_on_in_the_recorder_that_takes_over(studio: Desk, tmp_path: Path) -> None:
    studio.set_up(inputs="1-2", mirror=str(tmp_path / "mirror"))
    journal = Path(studio.call("roll")["journal"])
    copy = tmp_path / "mirror" / journal.relative_to(studio.library)
    studio.until_rolled(1.2)
    kill(studio.recorder_pid())
    until(lambda: (studio.status()["take"] or {}).get("part") == 2)
    until(lambda: studio.status()["state"] == "rolling")
    studio.until_rolled(studio.status()["take"]["seconds"] + 0.5)
    studio.call("stop")
    assert_whole(studio.client, journal)
    report = verify_take(copy)
    assert report.ok, report.findings
    one, other = load(journal), load(copy)
    assert one.mirror_lost == ""
    assert [part.first for part in one.parts] == [part.first for part in other.parts]
    assert (one.frames, len(one.parts)) == (other.frames, 2)
    assert recover_take(copy, station_key()) == []
