"""How long a disk lasts and whether it is fast enough: said once, in words, never in the way of a take."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from capture.recorder.files import RESERVE_BYTES
from capture.station.disk import Disk, Form, LowDisk, time_left
from capture.station.notices import Notices
from capture.station.settings import Settings
from capture.station.trial import Abandoned, Measured, Verdict, judge, try_disk
from tests.support.disks import small_disk
from tests.support.poll import until
from tests.support.recorder import REPOSITORY
from tests.support.stations import Desk, desk, running

MONO_64 = Form((1,) * 64, 48_000, "pcm24")  # 9.2 MB/s


def said(notices: Notices) -> list[str]:
    return [notice["text"] for notice in notices.as_list()]


def test_low_disk_is_said_once_at_each_level_and_again_only_after_there_was_room(tmp_path: Path) -> None:
    notices = Notices()
    low = LowDisk(notices, tmp_path)
    heard = []
    for seconds in (3000, 1801, 1799, 1500, 301, 299, 250, 61, 59, 10, 3):
        low.follow(float(seconds), 64)
        heard += [(seconds, text) for text in said(notices)]
        notices.seen(None)
    disk = f"the disk of {tmp_path} holds"
    assert heard == [
        (1799, f"{disk} 30 min more at 64 tracks"),
        (299, f"{disk} 5 min more at 64 tracks"),
        (59, f"{disk} 59 s more at 64 tracks"),
    ]
    for seconds in (65, 59):  # not clearly more room than a minute
        low.follow(float(seconds), 64)
    assert said(notices) == []
    for seconds in (70, 59):
        low.follow(float(seconds), 1)
    assert said(notices) == [f"{disk} 59 s more at 1 track"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(65_000, "18 h"), (10_000, "167 min"), (1799, "30 min"), (100, "2 min"), (99, "99 s"), (0, "0 s")],
)
def test_a_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert time_left(seconds) == words


def test_what_is_true_now_takes_the_place_of_what_was_said_before(tmp_path: Path) -> None:
    notices = Notices()
    notices.warn("catalogue", "behind")
    low = LowDisk(notices, tmp_path)
    for seconds in (1700.0, 200.0):
        low.follow(seconds, 8)
    assert said(notices) == ["behind", f"the disk of {tmp_path} holds 3 min more at 8 tracks"]
    low.follow(None, 8)


def test_a_disk_that_does_not_answer_has_no_time_left(tmp_path: Path) -> None:
    now = [0.0]
    disk = Disk(tmp_path, clock=lambda: now[0])
    disk.watch(rolling=False)
    assert not disk.stale
    assert disk.seconds_left(1e6)
    now[0] = 11.0
    assert disk.stale
    assert (disk.free_bytes(), disk.seconds_left(1e6)) == (None, None)
    never = Disk(tmp_path, clock=lambda: now[0], trusted=False)
    assert (never.stale, never.free_bytes()) == (False, None)  # nobody but the watch asks it
    now[0] = 22.0
    assert never.stale


def test_what_is_written_twice_to_one_disk_halves_the_time_it_lasts(studio: Desk) -> None:
    def left() -> float:
        return float(studio.status()["disk"]["seconds_left"])

    studio.set_up()
    alone = left()
    studio.set_up(mirror=str(studio.library.parent / "mirror"))
    until(lambda: left() < 0.6 * alone)
    assert left() == pytest.approx(alone / 2, rel=0.05)


@pytest.mark.parametrize(
    ("layout", "links", "files"),
    [("poly", [], (5,)), ("track", [], (1,) * 5), ("track", [[1, 2], [3, 9]], (2, 1, 1, 1))],
)
def test_the_form_is_that_of_the_next_take(layout: str, links: list[list[int]], files: tuple[int]) -> None:
    form = Form.of(Settings(layout=layout, links=links, inputs="1-4,8", rate=96_000, format="float32"), 8)
    assert (form.files, form.tracks, form.bytes_per_second) == (files, 5, 5 * 96_000 * 4.0)


@pytest.mark.parametrize(
    ("measured", "form", "word", "words"),
    [
        (Measured(64, 0.012, 10**6, 180e6), MONO_64, "enough",
         "the disk takes 180 MB/s and syncs in 12 ms, this take needs 9.2 MB/s: enough"),
        (Measured(64, 0.020, 10**6, 14e6), MONO_64, "just enough", "this take needs 9.2 MB/s: just enough"),
        (Measured(64, 0.020, 10**6, 9e6), MONO_64, "too slow", "the disk takes 9.0 MB/s"),
        # the writer may take 2 s for 2 s of sound: syncs alone that need longer are too slow on any bandwidth
        (Measured(64, 2.1, 10**6, 500e6), MONO_64, "too slow", "syncs in 2.1 s"),
        (Measured(64, 0.7, 10**6, 500e6), MONO_64, "slow sync", "a power cut may cost 1.7 s"),
        # measured with one file: sixty-four need sixty-four syncs
        (Measured(1, 0.030, 10**6, 500e6), MONO_64, "too slow", "syncs in 1.9 s"),
    ],
)  # fmt: skip
def test_the_verdict_is_arithmetic(measured: Measured, form: Form, word: str, words: str) -> None:
    verdict = judge(measured, form)
    assert verdict.word == word
    assert words in verdict.text
    assert bool(verdict.do) == (word != "enough")


def test_the_test_writes_where_it_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    seen = set()

    def look() -> bool:
        seen.update(entry.name for entry in tmp_path.iterdir())
        return False

    found = try_disk(tmp_path, MONO_64, look)
    assert isinstance(found, Measured)
    assert (found.files, found.round_bytes) == (64, 1 << 20)
    assert found.round_seconds > 0
    assert seen == set()  # no name stays, so that nothing is left even when the process is killed
    assert list(tmp_path.iterdir()) == []


def test_it_is_given_up_at_once_when_record_is_pressed(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Abandoned):
        try_disk(tmp_path, MONO_64, lambda: next(asked))
    assert list(asked) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    found = try_disk(tmp_path / "gone", MONO_64)
    assert isinstance(found, Verdict)
    assert (found.word, found.text) == (
        "too slow",
        f"{tmp_path / 'gone'} cannot be written: it does not exist",
    )


def test_it_keeps_out_of_the_reserve(tmp_path: Path) -> None:
    with small_disk(tmp_path, 32) as disk:
        place = Disk(disk.folder)
        (disk.folder / "rest").write_bytes(bytes((place.ask() or 0) - RESERVE_BYTES - (3 << 20)))
        least = [1 << 40]

        def look() -> bool:
            least[0] = min(least[0], place.ask() or 0)
            return False

        assert isinstance(try_disk(disk.folder, Form((1,), 48_000, "pcm24"), look), Measured)
        assert least[0] >= RESERVE_BYTES
        (disk.folder / "more").write_bytes(bytes(3 << 20))
        found = try_disk(disk.folder, Form((1,), 48_000, "pcm24"))
        assert isinstance(found, Verdict)
        assert (found.word, found.do) == ("not tested", "make room on the disk")


_JUDGED = """
import json, sys
from pathlib import Path
from capture.station.disk import Form
from capture.station.trial import judge, try_disk

Path(sys.argv[1]).write_text(str(__import__("os").getpid()))
measured = try_disk(Path(sys.argv[2]), Form((1,) * 64, 48_000, "pcm24"))
verdict = judge(measured, Form((1,) * 64, 48_000, "pcm24"))
small = judge(measured, Form((1,), 48_000, "pcm24"))
print(json.dumps([measured.bytes_per_second, verdict.word, verdict.text, small.word]))
"""


def test_a_disk_that_really_is_slow_is_found_out(tmp_path: Path) -> None:
    """The kernel lets this process write 5 MB/s: too slow for 64 tracks (9.2 MB/s), enough for one (0.14)."""
    with small_disk(tmp_path, 96) as disk, disk.slow(5_000_000) as group:
        done = subprocess.run(
            [sys.executable, "-c", _JUDGED, str(group), str(disk.folder)],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    pace, word, text, small = json.loads(done.stdout)
    assert pace == pytest.approx(5e6, rel=0.5)
    assert (word, small) == ("too slow", "enough")
    assert "this take needs 9.2 MB/s: too slow" in text


def test_an_armed_station_tries_its_disk_once_a_session_and_says_it(studio: Desk) -> None:
    studio.set_up()
    until(lambda: studio.status()["disk"]["test"]["state"] == "done")
    test = studio.status()["disk"]["test"]
    assert test["text"].startswith("the disk takes ")
    assert "this take needs 0.6 MB/s" in test["text"]  # 4 tracks * 48 kHz * 3 bytes
    assert not [p.name for p in studio.library.iterdir() if "write-test" in p.name]
    assert studio.take()["condition"] == "clean"


def test_a_low_disk_is_said_while_armed_and_does_not_come_back_when_dismissed(tmp_path: Path) -> None:
    """160 MB for 32 tracks of 0.14 MB/s each last less than a minute."""
    with small_disk(tmp_path, 160) as disk, desk(disk.folder / "library") as studio:
        studio.set_up(interface="sim:32")

        def told() -> list[dict[str, object]]:
            return [notice for notice in studio.status()["warnings"] if " s more at 32" in notice["text"]]

        until(told)
        assert told()[0]["text"].startswith(f"the disk of {studio.library} holds ")
        studio.call("ack", id=told()[0]["id"])
        studio.call("roll")
        studio.until_rolled(2.5)
        assert told() == []
        studio.call("stop")
        pid = studio.station_pid()
        studio.client.close()
        until(lambda: not running(pid))


def test_the_disk_of_the_mirror_is_watched_and_tried_as_well(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk, desk(tmp_path / "library") as studio:
        mirror = disk.folder / "mirror"
        studio.set_up(interface="sim:32", mirror=str(mirror))
        until(lambda: all(d["test"]["state"] == "done" for d in studio.status()["disks"]))
        ours, theirs = studio.status()["disks"]
        assert (ours["folder"], theirs["folder"]) == (str(studio.library), str(mirror))
        assert studio.status()["disk"]["folder"] == str(studio.library)
        assert theirs["seconds_left"] < 20 < ours["seconds_left"]
        assert theirs["test"]["text"].startswith("the mirror's disk takes ")
        told = [notice["text"] for notice in studio.status()["warnings"]]
        assert [text for text in told if text.startswith(f"the disk of {mirror} holds ")]
        studio.set_up(interface="sim:32", mirror="")
        until(lambda: len(studio.status()["disks"]) == 1)
        pid = studio.station_pid()
        studio.client.close()
        until(lambda: not running(pid))


def test_record_does_not_wait_for_the_test(studio: Desk) -> None:
    studio.set_up()
    rolled = threading.Event()
    studio.call("roll")
    rolled.set()
    studio.until_rolled(2.5)  # the eye on the disk has looked twice by then
    assert studio.status()["disk"]["test"]["state"] in ("none", "abandoned")
    studio.call("stop")
    until(lambda: studio.status()["disk"]["test"]["state"] == "done")
