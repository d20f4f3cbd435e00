"""Audio without its journal and journals that are links are said, and nothing is opened."""

from __future__ import annotations

from pathlib import Path

from capture.library import Library
from capture.library.strays import strays
from tests.support.takes import build_take


def test_audio_without_its_journal_is_said_once_for_each_take(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    whole = build_take(library.path)
    assert list(strays(library)) == []
    gone = build_take(library.path, number=2)
    gone.unlink()
    (whole.parent / "Aurora_T002-2_01_Kick.wav").write_bytes(b"RIFF")
    (whole.parent / "Aurora_T003_01_Kick.wav").write_bytes(b"")
    (whole.parent / "Aurora_T003.take.jsonl.never-begun").write_bytes(b"")
    (whole.parent / "reference mix.wav").write_bytes(b"RIFF")
    (whole.parent / "Aurora_T0010_01_Kick.wav").write_bytes(b"RIFF")
    found = {stray.journal.name: stray.what for stray in strays(library)}
    assert set(found) == {"Aurora_T002.take.jsonl", "Aurora_T0010.take.jsonl"}
    assert "Aurora_T002-2_01_Kick.wav and 2 more" in found["Aurora_T002.take.jsonl"]


def test_a_journal_that_is_a_link_is_said(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    path = build_take(library.path)
    path.rename(tmp_path / "away.take.jsonl")
    path.symlink_to(tmp_path / "away.take.jsonl")
    (only,) = strays(library)
    assert (only.journal, only.what) == (path, "it is a symbolic link: it is not followed")
