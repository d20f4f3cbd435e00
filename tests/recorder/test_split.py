"""A take in parts of a set size: joined they are what was played, wherever it is cut."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import numpy as np
import pytest
from wavinfo import WavInfoReader

from capture.journal.finish import write_file_lines
from capture.journal.keys import station_key
from capture.journal.record import TakeRecord, load
from capture.journal.recover import recover_take
from capture.journal.verify import verify_take
from capture.recorder import opening
from capture.recorder.files import RESERVE_BYTES, PartFiles
from capture.recorder.parts import gap_split
from capture.recorder.rolling import RollingTake
from capture.take import Gap
from capture.wav.header import Layout
from tests.recorder.test_engine import CHANNELS, PERIOD, RATE, Bench
from tests.support import wav_files
from tests.support.disks import small_disk
from tests.support.faults import dies_at
from tests.support.poll import until
from tests.support.recorder import RecorderProcess, begin_of, part_names
from tests.support.rig import check_signal, integers_of

INPUTS = range(1, CHANNELS + 1)
_FAMILY = ("FILE_SET/TOTAL_FILES", "FILE_SET/FILE_SET_INDEX", "TAKECHAIN/PART")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "take")


def roll(bench: Bench, size: int, layout: str = "poly", kind: str = "pcm24") -> RollingTake:
    """Roll a take on the bench whose files hold `size` bytes."""
    begin = begin_of(INPUTS, layout, kind)
    begin["audio"]["split_bytes"] = size
    plan = opening.plan_of(begin, RATE, CHANNELS, bench.engine.chunk_frames)
    take = bench.engine.start_take(plan)
    bench.begin = opening.begin_fields(begin, bench.engine.timeline.time_of(take.start), RATE, "unknown")
    bench.open(take)
    return take


def part_integers(folder: Path, record: TakeRecord) -> list[np.ndarray]:
    """The samples of each part, one column a track."""
    return [np.concatenate([integers_of(folder / n) for n in p.files], axis=1) for p in record.parts]


@pytest.mark.parametrize("kind", ["pcm24", "float32"])
@pytest.mark.parametrize("layout", ["poly", "track"])
def test_joined_parts_are_what_was_played(bench: Bench, layout: str, kind: str) -> None:
    take = roll(bench, 200_001 if layout == "track" else 600_000, layout, kind)
    bench.turn(1)
    take.writer.put_line("marker", 100, id=1, text="bar 1")
    take.writer.put_line("marker", 60_000, id=2, text="bar 9")
    bench.turn(2)
    record = bench.stop()
    assert len(record.parts) >= 3
    assert (record.condition.value, record.gaps, record.is_clean) == ("clean", [], True)
    pieces = part_integers(bench.folder, record)
    joined = check_signal(np.concatenate(pieces), INPUTS)
    assert (joined.exact, joined.frames) == (True, record.frames)
    firsts = np.cumsum([0, *(len(piece) for piece in pieces)])[:-1].tolist()
    assert [(p.number, p.first, p.first_pm, p.cause) for p in record.parts[1:]] == [
        (n, first, 0, "split") for n, first in enumerate(firsts[1:], 2)
    ]
    for part, piece in zip(record.parts, pieces, strict=True):
        assert list(part.files) == part_names("Aurora_T001", INPUTS, layout, part.number)
        for reader in (wav_files.soundfile, wav_files.wavinfo, wav_files.ffprobe):
            for name in part.files[-1:]:
                seen = reader(bench.folder / name)
                assert (seen.frames, seen.rate) == (len(piece), RATE), reader
                assert seen.time_reference in (None, record.time_reference + part.first)
    marked = [(m.frame, p.number) for p in record.parts for m in record.markers if _holds(p, record, m.frame)]
    cues = [(p.first + f, p.number) for p in record.parts for f in _cues(bench.folder / p.files[0])]
    assert sorted(cues) == sorted(marked)
    assert [frame for frame, _ in marked] == [100, 60_000]


def _holds(part: object, record: TakeRecord, frame: int) -> bool:
    firsts = [p.first for p in record.parts if p.first <= frame]
    return getattr(part, "first", -1) == max(firsts)


def _cues(path: Path) -> list[int]:
    return wav_files.libsndfile_cues(path)


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_levels_and_file_family_are_those_of_the_whole_take(bench: Bench, layout: str) -> None:
    roll(bench, 260_000, layout)
    bench.turn(2)
    record = bench.stop()
    whole = np.concatenate(part_integers(bench.folder, record))
    peaks = 20 * np.log10(np.abs(whole).max(axis=0) / (1 << 23))
    assert [level.peak for level in record.levels] == pytest.approx(peaks.tolist(), abs=0.01)
    count = 1 if layout == "poly" else CHANNELS
    for part in record.parts:
        for index, name in enumerate(part.files):
            ixml = WavInfoReader(str(bench.folder / name)).ixml
            assert ixml
            assert ixml.family_uid == record.take
            told = [ixml.raw_xml.findtext(path) for path in _FAMILY]
            assert told == [str(count), "A" if count == 1 else str(index + 1), str(part.number)]


@pytest.mark.parametrize("beyond", range(7))
def test_no_file_exceeds_the_size_by_a_byte(tmp_path: Path, beyond: int) -> None:
    """Mono 24-bit: a pad byte stands behind an odd number of frames."""
    size = 45_056 + 300 + beyond
    files = PartFiles(tmp_path, ["a.wav"], [1], "pcm24")
    frames = files.frames_within(size)
    files.discard()
    data = [frame * 3 + frame * 3 % 2 for frame in (frames, frames + 1)]
    assert 45_056 + data[0] <= size < 45_056 + data[1]


@pytest.mark.parametrize("size", [145_057, 145_058, 145_059, 145_060, 145_061, 145_062])
def test_full_files_are_as_large_as_they_may_be(bench: Bench, size: int) -> None:
    roll(bench, size, "track")
    bench.turn(1.6)
    record = bench.stop()
    assert len(record.parts) >= 2
    for part in record.parts[:-1]:
        sizes = {(bench.folder / name).stat().st_size for name in part.files}
        assert len(sizes) == 1
        assert size - 4 < sizes.pop() <= size
    assert check_signal(np.concatenate(part_integers(bench.folder, record)), INPUTS).exact


def test_a_take_that_just_fills_its_files_has_no_empty_part(tmp_path: Path) -> None:
    begin = begin_of([1, 2])
    begin["audio"]["split_bytes"] = Layout.plan(2, "pcm24").data_offset + 6 * 12_000
    with RecorderProcess(tmp_path, "sim:2", 2) as recorder:
        journal = recorder.roll(tmp_path / "take", begin, limit=24_000)
        recorder.wait_ended()
    record = load(journal)
    assert [(p.first, record.part_frames(p)) for p in record.parts] == [(0, 12_000), (12_000, 12_000)]
    assert not (tmp_path / "take" / "Aurora_T001-3.wav").exists()


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_silence_across_the_border_is_one_gap_and_stands_in_both_files(bench: Bench, layout: str) -> None:
    roll(bench, 45_056 + 3 * 48_000 if layout == "track" else 49_152 + 12 * 48_000, layout)
    bench.turn(0.7)
    bench.stream.lose(60)
    bench.turn(2)
    record = bench.stop()
    (gap,) = record.gaps
    border = record.parts[1].first
    assert gap.first < border < gap.first + gap.frames
    assert (gap.frames, gap.filled, record.lost_frames) == (60 * PERIOD, True, 60 * PERIOD)
    joined = np.concatenate(part_integers(bench.folder, record))
    found = check_signal(joined, INPUTS)
    assert (found.silent, found.lost, found.wrong_samples) == (gap.frames, gap.frames, 0)
    assert not joined[gap.first : gap.first + gap.frames].any()
    assert joined[-1, 0] - joined[0, 0] == len(joined) - 1
    told = []
    for part in record.parts:
        xml = (bench.folder / part.files[0]).read_bytes()[:60_000].decode("latin-1")
        told += [(part.number, *map(int, found)) for found in _gaps_in(xml)]
    assert told[:2] == [(1, gap.first, border - gap.first), (2, 0, told[1][2])]
    assert sum(frames for _, _, frames in told) == gap.frames


def _gaps_in(xml: str) -> list[tuple[str, str]]:
    import re

    return re.findall(r'<GAP first="(\d+)".*? frames="(\d+)"', xml)


def test_a_full_disk_ends_a_split_take_with_its_reserve_untouched(tmp_path: Path) -> None:
    """Each part of 32 files begins with 1.4 MB of headers: they are audio's room, not the end's."""
    begin = begin_of(range(1, 33), "track", interface="sim:32")
    begin["audio"]["split_bytes"] = 45_056 + 3 * 24_000
    with small_disk(tmp_path, 28) as disk:
        with RecorderProcess(tmp_path, "sim:32", 32) as recorder:
            journal = recorder.roll(disk.folder / "take", begin)
            last = recorder.wait_ended()
            found = os.statvfs(disk.folder)
        assert found.f_bavail * found.f_frsize > RESERVE_BYTES - (1 << 20)
        record = load(journal)
        assert (last["condition"], record.reason, record.sealed) == ("gap", "the disk is full", True)
        assert len(record.parts) >= 2
        assert _faults(journal, tmp_path / "key") == []
        kept = sum(len(piece) for piece in part_integers(journal.parent, record))
        assert [(gap.first, gap.filled) for gap in record.gaps] == [(kept, False)]


def test_a_gap_is_split_with_nothing_lost_of_it() -> None:
    gap = Gap(100, 50, 7, 3, "clock", filled=True)
    assert gap_split(gap, 150) == (gap, [])
    head, (rest,) = gap_split(gap, 120)
    assert (head.first, head.frames, head.first_pm, head.frames_pm) == (100, 20, 7, 3)
    assert (rest.first, rest.frames, rest.first_pm, rest.frames_pm) == (120, 30, 0, 0)


def test_a_name_that_is_taken_is_passed_over(bench: Bench) -> None:
    (bench.folder / "Aurora_T001-2.wav").write_bytes(b"mine")
    roll(bench, 600_000)
    bench.turn(2)
    record = bench.stop()
    assert [part.number for part in record.parts][:2] == [1, 3]
    assert (bench.folder / "Aurora_T001-2.wav").read_bytes() == b"mine"
    assert check_signal(np.concatenate(part_integers(bench.folder, record)), INPUTS).exact


def test_a_folder_renamed_meanwhile_takes_the_next_part_too(bench: Bench) -> None:
    take = roll(bench, 600_000)
    bench.turn(0.5)
    moved = bench.folder.with_name("moved")
    bench.folder.rename(moved)
    bench.turn(1.5)
    bench.folder, bench.journal = moved, moved / bench.journal.name
    record = bench.stop()
    assert (take.writer.failure, len(record.parts) >= 2, record.is_clean) == (None, True, True)
    assert check_signal(np.concatenate(part_integers(moved, record)), INPUTS).exact


def test_where_no_file_can_be_made_the_part_goes_on_and_it_is_told(tmp_path: Path) -> None:
    begin = begin_of(range(1, 9), "track")
    begin["audio"]["split_bytes"] = 45_056 + 3 * 36_000
    with RecorderProcess(tmp_path) as recorder:
        journal = recorder.roll(tmp_path / "take", begin, limit=150_000)
        handles = len(list(Path(f"/proc/{recorder.process.pid}/fd").iterdir())) + 2
        _, most = resource.prlimit(recorder.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(recorder.process.pid, resource.RLIMIT_NOFILE, (handles, most))
        until(lambda: load(journal).devices)
        resource.prlimit(recorder.process.pid, resource.RLIMIT_NOFILE, (1024, most))
        last = recorder.wait_ended()
    record = load(journal)
    assert (last["condition"], last["error"], record.frames) == ("clean", None, 150_000)
    told = record.devices[0]
    assert (told.device, told.state) == ("disk", "not split")
    words, _, went_on = told.text.rpartition(": ")
    assert words.endswith("too many open files")
    (part,) = (p for p in record.parts if went_on == f"part {p.number} goes on")
    assert len(record.parts) > part.number
    assert record.part_frames(part) % 36_000 == 0
    assert record.part_frames(part) >= 72_000
    assert _faults(journal, tmp_path / "key") == []


def _faults(journal: Path, key_folder: Path) -> list[str]:
    key = station_key(key_folder)
    write_file_lines(journal, key)
    report = verify_take(journal, own_keyid=key.keyid)
    return [finding.what for finding in report.findings if finding.severity == "fault"]


@pytest.mark.parametrize(
    ("place", "goes_on"),
    [("PartFiles.start", 2), ("begin_part", 3), ("PartFiles.finish", 3)],
    ids=["line, no header", "files, no line", "headers, the part before not finished"],
)
def test_killed_at_the_split_it_recovers_and_goes_on(tmp_path: Path, place: str, goes_on: int) -> None:
    folder = tmp_path / "take"
    begin = begin_of([1, 2, 3], "track")
    begin["audio"]["split_bytes"] = 45_056 + 3 * 24_000
    deadly = {**os.environ, "PYTHONPATH": dies_at(tmp_path / "fault", place)}
    with RecorderProcess(tmp_path, "sim:3", 3, environment=deadly) as recorder:
        journal = recorder.roll(folder, begin)
        until(lambda: recorder.process.poll() is not None)
        told = load(journal)
        kept = told.part_frames(told.parts[0])
        assert kept == 24_000  # every frame of the full part is proved before anything of the next is made
        copy = tmp_path / "copy"
        copy.mkdir()
        for file in folder.iterdir():
            (copy / file.name).write_bytes(file.read_bytes())
        recorder.client.close()
        recorder.log.close()
        recorder.environment = dict(os.environ)
        recorder.start()
        taken = recorder.call("continue", journal=str(journal), cause="the recorder was killed")
        recorder.wait_frames(taken["frames"] + 30_000)
        end = recorder.call("stop")
    assert end["condition"] == "gap"
    record = load(journal)
    assert record.parts[-1].number >= goes_on
    assert _faults(journal, tmp_path / "key") == []
    mended = copy / journal.name
    said = recover_take(mended, station_key(tmp_path / "key"))
    told_of_empties = [words for words in said if words.startswith("Aurora_T001-2_01_Input 1.wav and 2 more")]
    assert len(told_of_empties) == (place == "begin_part")
    assert load(mended).condition.value == "recovered"
    kept = load(mended).frames
    assert kept == 24_000 or (kept > 24_000 and place == "PartFiles.finish")  # the next part rolls by then
    assert _faults(mended, tmp_path / "key") == []
