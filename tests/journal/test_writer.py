"""The one writer: exclusive, locked, whole lines or none."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from capture.journal.errors import JournalError, JournalLocked, NameTaken, NotATake
from capture.journal.writer import JournalWriter
from tests.support.takes import KEY, OTHER_KEY, build_take, journal_fields


def begun(path: Path) -> JournalWriter:
    writer = JournalWriter.create(path)
    writer.append("begin", 0, format="takechain-take/1", take="t")
    return writer


def test_each_line_names_the_hash_of_the_one_before(tmp_path: Path) -> None:
    with begun(tmp_path / "a.take.jsonl") as writer:
        for frame in range(5):
            writer.append("marker", frame, id=frame, text="here")
    lines = (tmp_path / "a.take.jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b""
    before = "0" * 64
    for seq, raw in enumerate(lines):
        assert json.loads(raw)["seq"] == seq
        assert json.loads(raw)["prev"] == before
        before = hashlib.sha256(raw).hexdigest()


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.take.jsonl"
    path.write_bytes(b"mine")
    with pytest.raises(NameTaken):
        JournalWriter.create(path)
    assert path.read_bytes() == b"mine"


def test_a_second_writer_is_locked_out_until_the_first_is_done(tmp_path: Path) -> None:
    path = tmp_path / "a.take.jsonl"
    writer = begun(path)
    with pytest.raises(JournalLocked):
        JournalWriter.reopen(path)
    script = f"""
from pathlib import Path
from capture.journal.errors import JournalLocked
from capture.journal.writer import JournalWriter
try:
    JournalWriter.reopen(Path({str(path)!r}))
except JournalLocked:
    print("locked")
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout == "locked\n"
    writer.close()
    writer.close()
    JournalWriter.reopen(path).close()
    with pytest.raises(JournalError):
        writer.append("marker", 0, id=1, text="")


def test_reopening_goes_on_where_the_chain_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.take.jsonl"
    with begun(path) as writer:
        writer.append("block", 0, first=0, frames=10, sha256=["00" * 32])
        blocks = writer.blocks_sha256
    with JournalWriter.reopen(path) as writer:
        assert writer.torn == b""
        assert writer.blocks_sha256 == blocks == hashlib.sha256(bytes(32)).hexdigest()
        assert writer.record.frames == 10
        assert writer.append("marker", 3, id=1, text="x")["seq"] == 2
    assert [line["seq"] for line in journal_fields(path)] == [0, 1, 2]


def test_a_torn_tail_is_kept_beside_before_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.take.jsonl"
    begun(path).close()
    whole = path.read_bytes()
    for number, torn in enumerate([b'{"bl', b"\0\0\0"], 1):
        path.write_bytes(whole + torn)
        with JournalWriter.reopen(path) as writer:
            assert writer.torn == torn
        assert path.read_bytes() == whole
        assert (tmp_path / f"a.take.jsonl.torn-{number}").read_bytes() == torn


def test_a_damaged_journal_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "a.take.jsonl"
    with begun(path) as writer:
        writer.append("marker", 0, id=1, text="one")
        writer.append("marker", 0, id=2, text="two")
    data = path.read_bytes().replace(b"one", b"ONE")
    path.write_bytes(data + b'{"torn')
    with pytest.raises(JournalError, match="damaged"):
        JournalWriter.reopen(path)
    assert path.read_bytes() == data + b'{"torn'
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_what_is_no_journal_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotATake):
        JournalWriter.reopen(tmp_path / "none.take.jsonl")
    (tmp_path / "folder.take.jsonl").mkdir()
    with pytest.raises(JournalError):
        JournalWriter.reopen(tmp_path / "folder.take.jsonl")
    os.mkfifo(tmp_path / "fifo.take.jsonl")
    with pytest.raises(NotATake):
        JournalWriter.reopen(tmp_path / "fifo.take.jsonl")
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link.take.jsonl").symlink_to(tmp_path / "real")
    with pytest.raises(JournalError):
        JournalWriter.reopen(tmp_path / "link.take.jsonl")


def test_a_short_write_is_taken_back_and_told(tmp_path: Path) -> None:
    """The system itself cuts the write short: a limit on the file's size, as a full disk would."""
    path = tmp_path / "a.take.jsonl"
    with begun(path) as writer:
        before = path.read_bytes()
        old = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, old[1]))
            with pytest.raises(JournalError, match="disk is full"):
                writer.append("marker", 0, id=1, text="x")
            assert path.read_bytes() == before
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
            signal.signal(signal.SIGXFSZ, handler)
        writer.append("marker", 0, id=1, text="x")
    assert [line["type"] for line in journal_fields(path)] == ["begin", "marker"]


def test_a_full_disk_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with begun(tmp_path / "a.take.jsonl") as writer:

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(JournalError, match="the disk is full") as found:
            writer.append("marker", 0, id=1, text="x")
        assert found.value.do == "make room on the disk"


def test_what_a_failed_sync_may_have_lost_is_written_once_more_or_nothing_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.take.jsonl"
    failing = [1]
    sync = os.fsync

    def fsync(handle: int) -> None:
        if failing[0] > 0:
            failing[0] -= 1
            if failing[0] == 0:  # the system has forgotten the lines: what it holds for written is a hole
                whole = path.read_bytes()
                first = whole.index(b"\n") + 1
                path.write_bytes(whole[:first] + bytes(len(whole) - first))
            raise OSError(errno.EIO, "injected")
        sync(handle)

    with begun(path) as writer:
        writer.sync()
        writer.append("marker", 1, id=1, text="one")
        monkeypatch.setattr(os, "fsync", fsync)
        writer.append("marker", 2, id=2, text="two", sync=True)
        writer.append("marker", 3, id=3, text="three", sync=True)
        failing[0] = 9
        with pytest.raises(JournalError, match="not made durable: the disk failed"):
            writer.append("marker", 4, id=4, text="four", sync=True)
        with pytest.raises(JournalError, match="could not be written before"):
            writer.append("marker", 5, id=5, text="five")
    assert [line.get("text") for line in journal_fields(path)[1:]] == ["one", "two", "three", "four"]
    with JournalWriter.reopen(path) as writer:
        assert writer.seq == 5


def test_orders_that_cannot_be_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.take.jsonl"
    with JournalWriter.create(path) as writer:
        with pytest.raises(JournalError):
            writer.append("marker", 0, id=1, text="before the beginning")
        writer.append("begin", 0, take="t")
        with pytest.raises(JournalError):
            writer.append("begin", 0, take="t")
        with pytest.raises(JournalError):
            writer.seal(KEY)
        with pytest.raises(JournalError):
            writer.append_signed("note", 0, KEY, field="note", value="x", by="")
        writer.append("end", 0, frames=0, lost_frames=0, blocks="", condition="clean")
        with pytest.raises(JournalError):
            writer.append("marker", 0, id=1, text="after the end")
        writer.seal(KEY)
        with pytest.raises(JournalError):
            writer.seal(KEY)
        with pytest.raises(JournalError):
            writer.append("marker", 0, id=1, text="unsigned")
        with pytest.raises(JournalError):
            writer.append_signed("block", 0, KEY)
    assert [line["type"] for line in journal_fields(path)] == ["begin", "end", "seal"]


def test_another_key_brings_its_public_half(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    with JournalWriter.reopen(path) as writer:
        own = writer.append_signed("note", 0, KEY, field="note", value="a", by="")
        other = writer.append_signed("note", 0, OTHER_KEY, field="note", value="b", by="")
    assert "public_key" not in own["sig"]
    assert other["sig"]["keyid"] == OTHER_KEY.keyid
    assert "public_key" in other["sig"]


def test_threads_may_share_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.take.jsonl"
    with begun(path) as writer:
        threads = [
            threading.Thread(target=lambda: [writer.append("marker", 0, id=1, text="x") for _ in range(50)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with JournalWriter.reopen(path) as writer:
        assert writer.seq == 201
