"""Audio thrown away on purpose: what stays, what verify says, and where a crash can come between."""

import subprocess
from pathlib import Path

import pytest

from capture.errors import UsageError
from capture.journal import discarding
from capture.journal.discarding import discard_of, discard_take
from capture.journal.errors import JournalLocked
from capture.journal.finish import edit_after_end
from capture.journal.record import load, summary
from capture.journal.recover import plan_take, recover_take
from capture.journal.report import State
from capture.journal.verify import verify_take
from capture.journal.writer import JournalWriter
from capture.take import Verdict
from tests.support.takes import KEY, OTHER_KEY, build_take, journal_fields


def wavs(journal: Path) -> list[str]:
    return sorted(path.name for path in journal.parent.glob("*.wav"))


def said(journal: Path) -> str:
    return " | ".join(verify_take(journal).words)


def test_the_journal_stays_and_tells(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    before = journal.read_bytes()
    done = discard_take(journal, KEY, "anna", "the guitar was out of tune")
    assert done.files == ["Aurora_T001_01_Kick.wav", "Aurora_T001_02_Snare.wav"]
    assert (done.bytes, done.problems, wavs(journal)) == (2 * (45056 + 3600), [], [])
    assert journal.read_bytes().startswith(before)
    notes = [line for line in journal_fields(journal) if line["type"] == "note"]
    assert [(n["field"], n["value"]["done"], n["by"]) for n in notes] == [
        ("discarded", False, "anna"),
        ("discarded", True, "anna"),
    ]
    assert all(note["sig"]["keyid"] == KEY.keyid for note in notes)
    report = verify_take(journal)
    assert (report.ok, report.state) == (True, State.DISCARDED), report.words
    assert "discarded on purpose by anna" in said(journal)
    assert "the guitar was out of tune (2 files not here)" in said(journal)
    found = discard_of(summary(journal))
    assert found is not None
    assert (found.reason, found.done) == ("the guitar was out of tune", True)
    assert plan_take(journal) == []


def test_missing_audio_that_nobody_declared_is_a_fault(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    (journal.parent / wavs(journal)[0]).unlink()
    assert verify_take(journal).state is State.INCOMPLETE
    discard_take(journal, KEY, "anna")
    assert verify_take(journal).ok


def test_a_forged_note_does_not_hide_a_hole(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    discard_take(journal, KEY, "anna")
    raw = journal.read_bytes()
    journal.write_bytes(raw.replace(b'"by":"anna","field":"discarded"', b'"by":"olga","field":"discarded"'))
    assert not verify_take(journal).ok
    other = build_take(tmp_path / "other")
    discard_take(other, OTHER_KEY, "olga")
    assert f"another key than the seal: key {OTHER_KEY.fingerprint}" in said(other)


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_a_crash_between_the_note_and_the_end(
    tmp_path: Path, removed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, count = build_take(tmp_path), [0]
    real = Path.unlink

    def crash(path: Path, missing_ok: bool = False) -> None:
        if count[0] == removed:
            raise KeyboardInterrupt
        count[0] += 1
        real(path, missing_ok)

    def crash_at_last(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", crash)
        if removed == 2:
            patched.setattr(discarding, "sync_folder", crash_at_last)
        with pytest.raises(KeyboardInterrupt):
            discard_take(journal, KEY, "anna", "cough")
    assert len(wavs(journal)) == 2 - removed
    assert verify_take(journal).ok
    if removed < 2:
        assert "begun and not finished: run takechain recover" in said(journal)
    assert "remove the audio that was discarded" in plan_take(journal)
    assert recover_take(journal, KEY)
    assert wavs(journal) == []
    report = verify_take(journal)
    assert (report.ok, report.state) == (True, State.DISCARDED)
    assert recover_take(journal, KEY) == []
    found = discard_of(load(journal))
    assert found is not None
    assert (found.by, found.reason, found.done) == ("anna", "cough", True)


def test_audio_put_back_is_audio_again(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    path = journal.parent / wavs(journal)[0]
    kept = path.read_bytes()
    discard_take(journal, KEY, "anna")
    path.write_bytes(kept)
    assert recover_take(journal, KEY) == []
    assert path.read_bytes() == kept
    report = verify_take(journal)
    assert report.ok
    assert "1 of its files are here again, and were checked" in said(journal)
    path.write_bytes(kept[:-1] + b"\xff")
    assert not verify_take(journal).ok
    discard_take(journal, KEY, "anna")  # and it can be thrown away again
    assert wavs(journal) == []


def test_edits_after_it_are_notes_alone(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    discard_take(journal, KEY, "anna")
    outcome = edit_after_end(journal, KEY, "verdict", "no good", "anna")
    assert (outcome.problems, load(journal).verdict) == ([], Verdict.NO_GOOD)
    assert verify_take(journal).state is State.DISCARDED
    last = [line for line in journal_fields(journal) if line.get("field") == "discarded"][-1]
    with pytest.raises(UsageError):  # it cannot be undone: the audio is gone
        edit_after_end(journal, KEY, "undo", last["seq"], "anna")
    with pytest.raises(UsageError):
        edit_after_end(journal, KEY, "discarded", {"done": True}, "anna")


def test_what_is_refused(tmp_path: Path) -> None:
    for changes in ({"ended": False}, {"sealed": False}):
        journal = build_take(tmp_path / str(changes), **changes)
        with pytest.raises(JournalLocked, match="not sealed"):
            discard_take(journal, KEY, "anna")
        assert len(wavs(journal)) == 2
    journal = build_take(tmp_path / "held")
    with JournalWriter.reopen(journal), pytest.raises(JournalLocked):
        discard_take(journal, KEY, "anna")
    discard_take(journal, KEY, "anna")
    with pytest.raises(UsageError, match="already"):
        discard_take(journal, KEY, "anna")


def test_links_are_never_followed(tmp_path: Path) -> None:
    journal = build_take(tmp_path / "library")
    path, outside = journal.parent / wavs(journal)[0], tmp_path / "outside.wav"
    path.rename(outside)
    path.symlink_to(outside)
    done = discard_take(journal, KEY, "anna")
    assert done.files == ["Aurora_T001_02_Snare.wav"]
    assert "left alone" in done.problems[0]
    assert outside.exists()
    assert path.is_symlink()
    assert not verify_take(journal).ok


def test_the_note_is_plain_to_outsiders(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    discard_take(journal, KEY, "anna", "cough")
    query = 'select(.type=="note" and .field=="discarded") | "\\(.by) \\(.value.reason) \\(.value.done)"'
    done = subprocess.run(["jq", "-r", query, str(journal)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["anna cough false", "anna cough true"]
