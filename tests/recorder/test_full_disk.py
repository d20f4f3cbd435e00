"""A disk that runs full while a take rolls: a small file system, filled by the take itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from capture.journal.finish import write_file_lines
from capture.journal.keys import station_key
from capture.journal.record import load
from capture.journal.verify import verify_take
from tests.support.recorder import RecorderProcess, begin_of, part_names

MEGABYTE = 1 << 20
DISK_MEGABYTES = 20
INPUTS = range(1, 33)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("may not mount a tmpfs here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_a_full_disk_ends_the_take_with_whole_files(tmp_path: Path, small_disk: Path, layout: str) -> None:
    with RecorderProcess(tmp_path, "sim:32", 32) as recorder:
        journal = recorder.roll(small_disk, begin_of(INPUTS, layout, interface="sim:32"))
        last = recorder.wait_ended()
    found = os.statvfs(small_disk)
    assert found.f_bavail * found.f_frsize > 6 * MEGABYTE  # the reserve was not eaten but for its purpose
    record = load(journal)
    assert (record.ended, record.sealed, record.reason) == (True, True, "the disk is full")
    assert (last["condition"], last["error"]["what"]) == ("gap", "the disk is full")
    infos = [soundfile.info(journal.parent / name) for name in part_names("Aurora_T001", INPUTS, layout)]
    (kept,) = {info.frames for info in infos}
    frame_bytes = 32 * 3
    most = (DISK_MEGABYTES - 8) * MEGABYTE // frame_bytes
    assert most - 2 * 48_000 < kept <= most
    (gap,) = record.gaps
    assert (gap.first, gap.first + gap.frames, gap.filled) == (kept, record.frames, False)
    assert gap.frames < 3 * 48_000  # what was still in memory
    key = station_key(tmp_path / "key")
    assert write_file_lines(journal, key).problems == []  # hashes and headers find room in the reserve
    assert [f.what for f in verify_take(journal, own_keyid=key.keyid).findings if f.severity == "fault"] == []
