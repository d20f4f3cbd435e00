"""The levels page: what one side writes the other reads, also while it is being written."""

from __future__ import annotations

import select
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from capture.recorder.page import BLOCKS, Levels, PageError, PageReader, PageWriter, page_bytes
from tests.support.disks import small_disk
from tests.support.poll import until

ZEROS = np.zeros(3, np.int64)


def levels(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_look_gives_the_largest_peak_since_the_last_one(tmp_path: Path) -> None:
    writer = PageWriter(tmp_path / "p", 3, 48000)
    with PageReader(tmp_path / "p") as reader:
        first = reader.read()
        assert first is not None
        assert (first.fresh, first.stale, first.block, list(first.peaks)) == (False, True, 0, [0, 0, 0])
        writer.write("armed", 2400, -1, 0, levels(0.5, 0.1, 0), levels(0.04, 0, 0), ZEROS, ZEROS)
        writer.write("rolling", 4800, 100, 7, levels(0.2, 0.3, 0), levels(0.16, 0, 0), ZEROS + 1, ZEROS + 2)
        second = reader.read(first.block)
        assert second is not None
        assert list(second.peaks) == pytest.approx([0.5, 0.3, 0])
        assert list(second.rms) == pytest.approx([0.1**0.5, 0, 0])
        assert (second.state, second.stream_frames, second.take_frames, second.lost_frames) == (
            "rolling",
            4800,
            100,
            7,
        )
        assert (list(second.overs), list(second.zero_run), second.stale) == ([1, 1, 1], [2, 2, 2], False)
        third = reader.read(second.block)
        assert third is not None
        assert not third.fresh
        assert list(third.peaks) == pytest.approx([0.2, 0.3, 0])
    writer.close()
    assert not (tmp_path / "p").exists()


def test_only_so_many_blocks_are_kept(tmp_path: Path) -> None:
    writer = PageWriter(tmp_path / "p", 1, 48000)
    for n in range(BLOCKS + 5):
        writer.write("armed", n, -1, 0, levels(1 / (n + 1)), levels(0), ZEROS[:1], ZEROS[:1])
    with PageReader(tmp_path / "p") as reader:
        seen = reader.read()
        assert seen is not None
        assert seen.block == BLOCKS + 5
        assert seen.peaks[0] == pytest.approx(1 / 6)


def test_a_reader_never_sees_half_an_update(tmp_path: Path) -> None:
    writer = PageWriter(tmp_path / "p", 64, 48000)
    done = threading.Event()
    counts = np.zeros(64, np.int64)

    def write() -> None:
        n = 0
        while not done.is_set():
            n += 1
            same = np.full(64, n, np.float32)
            writer.write("rolling", n, n, n, same, same, counts + n, counts + n)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        with PageReader(tmp_path / "p") as reader:
            seen: list[Levels] = []

            def another() -> bool:
                now = reader.read(seen[-1].block if seen else 0)
                seen.extend([now] if now is not None and now.fresh else [])
                return len(seen) >= 20

            until(another)
    finally:
        done.set()
        thread.join()
    for one in seen:
        numbers = {one.stream_frames, one.take_frames, one.lost_frames, one.block}
        assert numbers == {one.block}
        assert set(one.overs) == set(one.zero_run) == {one.block}


@pytest.mark.parametrize("bytes_", [b"", b"x" * 500, b"TCLEVEL1" + b"\xff" * 500])
def test_what_is_no_page_is_said(tmp_path: Path, bytes_: bytes) -> None:
    (tmp_path / "p").write_bytes(bytes_)
    with pytest.raises(PageError):
        PageReader(tmp_path / "p")
    with pytest.raises(PageError):
        PageReader(tmp_path / "none")


def test_a_page_put_in_its_place_is_noticed(tmp_path: Path) -> None:
    PageWriter(tmp_path / "p", 2, 48000)
    with PageReader(tmp_path / "p") as reader:
        assert not reader.replaced()
        PageWriter(tmp_path / "p", 4, 96000)
        assert reader.replaced()
    assert (tmp_path / "p").stat().st_size == page_bytes(4)


def test_looking_needs_no_audio_and_no_journal() -> None:
    code = "import sys, capture.recorder.page; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"sounddevice", "rtmixer", "capture.journal.writer", "hardware.interfaces"})


_WRITES = """
import sys
from pathlib import Path
from capture.recorder.page import PageWriter

page = PageWriter(Path(sys.argv[1]), 2, 48000)
page.state("armed", 1, -1, 0)
print("ready", flush=True)
for number, _ in enumerate(sys.stdin):
    page.state("rolling", number, -1, 0)
    print("written", flush=True)
"""


def test_writing_levels_never_waits_for_a_disk_that_does_not_answer(tmp_path: Path) -> None:
    with small_disk(tmp_path, 16) as disk:
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITES, disk.folder / "p"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert writer.stdin is not None
        assert writer.stdout is not None
        try:
            assert writer.stdout.readline() == b"ready\n"
            with disk.frozen():
                writer.stdin.write(b"\n" * 3)
                came = bool(select.select([writer.stdout], [], [], 20)[0])
            assert came, "it waits for the disk"
            assert writer.stdout.readline() == b"written\n"
        finally:
            writer.stdin.close()
            writer.wait(30)
            writer.stdout.close()
