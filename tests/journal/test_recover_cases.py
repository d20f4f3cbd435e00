"""A table of what crashes, power loss and people leave in a take's folder, each on a real take.

For every case: a dry run says it and changes no byte, no sample is ever lost, a second run has nothing new
to do, and the take verifies where all of its audio is there.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from capture.journal.errors import JournalError, JournalLocked, NotATake
from capture.journal.finish import edit_after_end
from capture.journal.record import load
from capture.journal.recover import plan_take, recover_take
from capture.journal.report import State
from capture.journal.verify import verify_take
from capture.wav.read import read_wav
from tests.support.takes import KEY, build_take, journal_fields
from tests.support.wav_files import READERS

OFFSET = 45056  # where the audio of a mono 24-bit file begins (docs/format.md, section 9)
KICK, SNARE = "Aurora_T001_01_Kick.wav", "Aurora_T001_02_Snare.wav"


def patched(path: Path, *patches: tuple[int, bytes]) -> None:
    with path.open("r+b") as file:
        for offset, data in patches:
            file.seek(offset)
            file.write(data)


def grown(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def sizes(riff: int, data: int) -> Callable[[Path], None]:
    """Both size fields of the kick's header."""
    return lambda folder: patched(
        folder / KICK, (4, struct.pack("<I", riff)), (OFFSET - 4, struct.pack("<I", data))
    )


def zeroed(folder: Path) -> None:
    """Both files were made longer and the machine lost power before the bytes came."""
    for name in (KICK, SNARE):
        grown(folder / name, bytes(3000))


def journal_tail(data: bytes) -> Callable[[Path], None]:
    return lambda folder: grown(folder / "Aurora_T001.take.jsonl", data)


def without_header(folder: Path) -> None:
    patched(folder / KICK, (0, bytes(OFFSET)))


def first_page_lost(folder: Path) -> None:
    patched(folder / KICK, (0, bytes(4096)))


def room_page_lost(folder: Path) -> None:
    """A page in the middle of the header: the walk from chunk to chunk breaks off there."""
    patched(folder / KICK, (24576, b"\xa5" * 4096))


@dataclass(frozen=True)
class Case:
    """What is done to a take without an end; words that a dry run and a real one say of it."""

    name: str
    break_it: Callable[[Path], None]
    plans: tuple[str, ...]
    says: tuple[str, ...]
    frames: int = 1200
    kept: tuple[bytes, ...] = field(default=())


CASES = [
    Case(
        "as a killed recorder leaves it", lambda _: None, ("hash 200 frames",), ("200 frames that lay past",)
    ),
    Case(
        "a torn line",
        journal_tail(b'{"type":"bl'),
        ("cut the torn last line (11 bytes)",),
        ("the torn last line (11 bytes) was cut",),
        kept=(b'{"type":"bl',),
    ),
    Case(
        "a torn line, then zeros",
        journal_tail(b'{"type":"bl' + bytes(900)),
        ("cut the torn last line (911 bytes)",),
        ("the torn last line (911 bytes) was cut",),
        kept=(b'{"type":"bl' + bytes(900),),
    ),
    Case(
        "a journal with a zero-filled tail",
        journal_tail(bytes(4096)),
        ("cut a tail of 4096 zero bytes",),
        ("a tail of 4096 zero bytes that were never written was cut",),
        kept=(bytes(4096),),
    ),
    Case(
        "a journal with a zero-filled tail longer than any line",
        journal_tail(bytes(3 << 20)),
        ("cut a tail of 3145728 zero bytes",),
        ("a tail of 3145728 zero bytes that were never written was cut",),
        kept=(bytes(3 << 20),),
    ),
    Case("sizes of zero", sizes(0, 0), (f"mend the sizes in {KICK}",), (f"the sizes in {KICK} were mended",)),
    Case(
        "sizes of FFFFFFFF",
        sizes(0xFFFFFFFF, 0xFFFFFFFF),
        (f"mend the sizes in {KICK}",),
        (f"the sizes in {KICK} were mended",),
    ),
    Case(
        "sizes past the end of the file",
        sizes(OFFSET + 90_000, 90_008),
        (f"mend the sizes in {KICK}",),
        (f"the sizes in {KICK} were mended",),
    ),
    Case(
        "sizes of an earlier second",
        sizes(OFFSET - 8 + 1500, 1500),
        (f"mend the sizes in {KICK}",),
        (f"the sizes in {KICK} were mended",),
    ),
    Case(
        "the RF64 form half written, sizes not yet",
        lambda folder: patched(folder / KICK, (0, b"RF64\xff\xff\xff\xffWAVEJUNK")),
        (f"mend the sizes in {KICK}",),
        (f"the sizes in {KICK} were mended",),
    ),
    Case(
        "an RF64 header whose sizes never came",
        lambda folder: patched(
            folder / KICK, (0, b"RF64\xff\xff\xff\xffWAVEds64"), (OFFSET - 4, b"\xff\xff\xff\xff")
        ),
        (f"mend the sizes in {KICK}",),
        (f"the sizes in {KICK} were mended",),
    ),
    Case(
        "audio with a zero-filled tail",
        zeroed,
        ("hash 1200 frames", "the last 1000 frames are zero: perhaps never written"),
        ("1200 frames that lay past", "the last 1000 frames are zero: perhaps never written"),
        frames=2200,
    ),
    Case(
        "one file with a zero-filled tail",
        lambda folder: grown(folder / SNARE, bytes(3000)),
        ("hash 200 frames", f"the last 1000 frames of {SNARE} are zero: perhaps never written"),
        ("200 frames that lay past", f"the last 1000 frames of {SNARE} are zero: perhaps never written"),
    ),
    *(
        Case(
            name,
            break_it,
            (f"make the header of {KICK} again",),
            (f"the header of {KICK} was made again",),
            kept=() if name == "a header that was never written" else (b"",),
        )
        for name, break_it in (
            ("a header that was never written", without_header),
            ("a header without its first page", first_page_lost),
            ("a header without a page in its middle", room_page_lost),
        )
    ),
]


def hashes(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file's SHA-256 and time of change; links are told by where they lead."""
    return {
        p.name: (
            hashlib.sha256(str(p.readlink()).encode() if p.is_symlink() else p.read_bytes()).hexdigest(),
            p.lstat().st_mtime_ns,
        )
        for p in folder.iterdir()
    }


def audio(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes()[OFFSET:] for p in folder.glob("*.wav") if not p.is_symlink()}


def says(words: list[str], wanted: tuple[str, ...]) -> None:
    for want in wanted:
        assert any(want in line for line in words), (want, words)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_crash_leaves_is_said_mended_and_proved(tmp_path: Path, case: Case) -> None:
    path = build_take(tmp_path, ended=False, unwritten=1)
    case.break_it(path.parent)
    before, sound = hashes(path.parent), audio(path.parent)
    says(plan_take(path), case.plans)
    assert hashes(path.parent) == before
    says(recover_take(path, KEY), case.says)
    assert audio(path.parent) == sound
    assert load(path).frames == case.frames
    report = verify_take(path)
    assert report.ok, report.words
    assert report.state is State.RECOVERED
    assert (plan_take(path), recover_take(path, KEY)) == ([], [])
    torn = [p.read_bytes() for p in path.parent.glob("*.torn-*")]
    assert len(torn) == len(case.kept)
    assert all(not kept or kept == found for kept, found in zip(case.kept, torn, strict=True))
    for name, data in sound.items():
        for reader in READERS:
            assert reader(path.parent / name).frames == len(data) // 3, reader.__name__


def test_a_held_take_is_said_to_be_held_by_a_dry_run_too(tmp_path: Path) -> None:
    import fcntl

    path = build_take(tmp_path, ended=False)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(JournalLocked):
            plan_take(path)


def test_a_missing_file_is_said_and_the_rest_is_mended(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, unwritten=1)
    kept = (path.parent / KICK).read_bytes()
    (path.parent / KICK).unlink()
    before = hashes(path.parent)
    wanted = (f"{KICK}: it is missing", "200 frames past the last block are hashed only in the lines")
    says(plan_take(path), (*wanted, "headers and hashes of 1 file"))
    assert hashes(path.parent) == before
    words = recover_take(path, KEY)
    says(words, (*wanted, "sealed", "headers and hashes of 1 files written"))
    assert not any("not in the file" in line for line in words)
    take = load(path)
    assert (take.sealed, take.frames, list(take.files)) == (True, 1000, [SNARE])
    assert take.files[SNARE].frames == 1200
    assert not verify_take(path).ok
    settled = hashes(path.parent)
    assert len(plan_take(path)) == len(recover_take(path, KEY)) == 1
    assert hashes(path.parent) == settled
    (path.parent / KICK).write_bytes(kept)
    assert recover_take(path, KEY) == ["headers and hashes of 1 files written"]
    report = verify_take(path)
    assert report.ok, report.words


@pytest.mark.parametrize("ended", [False, True])
def test_a_link_out_of_the_library_is_not_followed(tmp_path: Path, ended: bool) -> None:
    path = build_take(tmp_path / "library", ended=ended, unwritten=0 if ended else 1, finished=False)
    away = tmp_path / "away.wav"
    (path.parent / KICK).rename(away)
    patched(away, (4, bytes(4)))
    (path.parent / KICK).symlink_to(away)
    outside, before = away.read_bytes(), hashes(path.parent)
    says(plan_take(path), (f"{KICK}: it is a symbolic link: it is not followed",))
    assert hashes(path.parent) == before
    says(recover_take(path, KEY), (f"{KICK}: it is a symbolic link", "headers and hashes of 1 files written"))
    assert KICK not in load(path).files
    edit = edit_after_end(path, KEY, "note", "an edit", "anna")
    says(edit.problems, (f"{KICK}: it is a symbolic link",))
    assert (away.read_bytes(), (path.parent / KICK).is_symlink()) == (outside, True)


def test_a_journal_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False)
    away = tmp_path / "away.take.jsonl"
    path.rename(away)
    path.symlink_to(away)
    before = hashes(path.parent), away.read_bytes()
    for act in (plan_take, lambda link: recover_take(link, KEY)):
        with pytest.raises(NotATake, match="symbolic link"):
            act(path)
    assert (hashes(path.parent), away.read_bytes()) == before


def test_a_link_beside_a_journal_without_a_begin_line_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "Aurora_T001.take.jsonl"
    path.write_bytes(bytes(512))
    (tmp_path / KICK).symlink_to(tmp_path / "nothing")
    with pytest.raises(NotATake, match="audio lies beside it"):
        recover_take(path, KEY)


def test_a_name_that_leads_out_of_the_folder_is_never_opened(tmp_path: Path) -> None:
    path = build_take(tmp_path / "library", ended=False, unwritten=1)
    away = path.parent.parent / KICK
    (path.parent / KICK).rename(away)
    first, *_ = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first.replace(KICK.encode(), b"../" + KICK.encode()))
    outside = away.read_bytes()
    says(plan_take(path), ("a file outside the take's folder",))
    says(recover_take(path, KEY), ("a file outside the take's folder", "sealed"))
    assert away.read_bytes() == outside


def test_chunks_that_other_software_put_behind_the_audio_stay(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, unwritten=1)
    kick = path.parent / KICK
    grown(kick, b"LIST\x04\0\0\0INFO")
    patched(kick, (4, struct.pack("<I", kick.stat().st_size - 8)))
    before, whole = hashes(path.parent), kick.read_bytes()
    wanted = f"{KICK} has chunks of other software behind its audio (LIST): its header is left alone"
    says(plan_take(path), (wanted,))
    assert hashes(path.parent) == before
    words = recover_take(path, KEY)
    says(words, (wanted, "200 frames that lay past the last block were hashed", "sealed"))
    assert words.count(wanted) == 1
    assert kick.read_bytes() == whole
    assert (load(path).frames, list(load(path).files)) == (1200, [SNARE])


def test_an_edit_never_makes_sound_of_chunks_behind_the_audio(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    kick = path.parent / KICK
    grown(kick, b"LIST\x04\0\0\0INFO")
    patched(kick, (4, struct.pack("<I", kick.stat().st_size - 8)))
    whole = kick.read_bytes()
    says(edit_after_end(path, KEY, "note", "x", "anna").problems, ("chunks of other software",))
    assert kick.read_bytes() == whole
    assert read_wav(kick).frames == 1200


def test_a_header_is_never_made_where_nothing_proves_the_audio(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False)
    for name, break_it in (
        (KICK, lambda p: p.write_bytes(os.urandom(90_000))),
        (SNARE, lambda p: p.write_bytes(b"")),
    ):
        break_it(path.parent / name)
    sound = {name: (path.parent / name).read_bytes() for name in (KICK, SNARE)}
    words = recover_take(path, KEY)
    says(words, (f"{KICK}: neither its header nor its first block", f"{SNARE}: 1200 frames"))
    assert {name: (path.parent / name).read_bytes() for name in (KICK, SNARE)} == sound
    assert load(path).sealed


def test_a_header_that_no_block_proves_is_left_alone(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, frames=400, unwritten=1)
    patched(path.parent / KICK, (0, bytes(OFFSET)))
    before = (path.parent / KICK).read_bytes()
    says(recover_take(path, KEY), ("no block shows where audio begins",))
    assert (path.parent / KICK).read_bytes() == before
    assert load(path).files[SNARE].frames == 400


@pytest.mark.parametrize("pages", [(0,), (6,), (0, 3, 6), tuple(range(11))])
def test_an_edit_that_power_loss_left_in_pieces_is_finished(tmp_path: Path, pages: tuple[int, ...]) -> None:
    """Of the header that was being written some pages are old, some new, and some were never written."""
    lines = [("marker", at, {"id": at + 1, "text": f"bar {at}"}) for at in range(200)]
    path = build_take(tmp_path, lines=lines)
    kick = path.parent / KICK
    old, sound = kick.read_bytes()[:OFFSET], audio(path.parent)
    edit_after_end(path, KEY, "note", "late", "anna")
    raw = path.read_bytes().splitlines(keepends=True)
    cut = max(i for i, f in enumerate(journal_fields(path)) if f["type"] == "rewrite")
    path.write_bytes(b"".join(raw[: cut + 1]))  # both rewrite lines of the edit, no file line yet
    patched(kick, (0, old), *((4096 * page, b"\xa5" * 4096) for page in pages))
    before = hashes(path.parent)
    says(plan_take(path), (f"make the header of {KICK} again", "headers and hashes of 2 files"))
    assert hashes(path.parent) == before
    recover_take(path, KEY)
    report = verify_take(path)
    assert report.ok, report.words
    assert audio(path.parent) == sound
    assert b"late" in kick.read_bytes()[:OFFSET]
    assert recover_take(path, KEY) == []


def test_a_whole_take_whose_header_somebody_spoilt_is_for_verify_alone(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    first_page_lost(path.parent)
    before = hashes(path.parent)
    assert recover_take(path, KEY) == []
    assert hashes(path.parent) == before
    assert not verify_take(path).ok


@pytest.mark.parametrize("hole", [bytes(700) + b'{"x":1}\n', b'{"x":' + bytes(2 << 20) + b"1}\n"])
def test_zeros_with_something_behind_them_are_damage_and_left(tmp_path: Path, hole: bytes) -> None:
    path = build_take(tmp_path, ended=False)
    journal_tail(hole)(path.parent)
    before = hashes(path.parent)
    with pytest.raises(JournalError, match="damaged"):
        recover_take(path, KEY)
    assert hashes(path.parent) == before
