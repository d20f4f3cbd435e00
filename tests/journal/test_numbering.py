"""Names of takes and files, and the number a name carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.journal.errors import JournalError
from capture.journal.numbering import file_names, number_in, slate_folder, take_name

NAMES = st.text(min_size=1, max_size=90)


def test_names_are_those_of_the_take_folder() -> None:
    assert take_name("Aurora", 3) == "Aurora_T003"
    assert take_name("Aurora", 1234, "Studio A") == "Studio A_Aurora_T1234"
    assert file_names("Aurora_T003", ["Kick", "Snare"]) == (
        ["Aurora_T003_01_Kick.wav", "Aurora_T003_02_Snare.wav"],
        [(0, 0), (1, 0)],
    )
    assert file_names("Aurora_T003", ["Kick", "Snare"], "poly") == (["Aurora_T003.wav"], [(0, 0), (0, 1)])
    assert file_names("Aurora_T003", ["Kick"], part=2)[0] == ["Aurora_T003-2_01_Kick.wav"]
    assert file_names("Aurora_T003", ["Kick"], "poly", part=2)[0] == ["Aurora_T003-2.wav"]


def test_a_linked_pair_is_one_stereo_file() -> None:
    files, places = file_names("A_T001", ["Kick", "OH L", "OH R", "Piano", "Room"], links=[(2, 3), (4, 5)])
    assert files == ["A_T001_01_Kick.wav", "A_T001_02_OH.wav", "A_T001_04_Piano+Room.wav"]
    assert places == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)]


@given(NAMES, NAMES, st.lists(NAMES, min_size=1, max_size=5), st.integers(1, 10**6))
def test_names_fit_every_file_system(slate: str, prefix: str, tracks: list[str], number: int) -> None:
    name = take_name(slate, number, prefix)
    for layout in ("track", "poly"):
        files, places = file_names(name, tracks, layout)
        assert len(set(files)) == len(files)
        assert len(places) == len(tracks)
        assert all(len(file.encode()) <= 240 for file in files)
        assert all(not set(file) & set('<>:"/\\|?*\0\n') for file in files)
        assert all(number_in(file, slate_folder(slate)) >= 1 for file in files)


@given(NAMES, st.integers(1, 10**6))
def test_the_number_of_a_name_is_read_back(slate: str, number: int) -> None:
    assert number_in(take_name(slate, number) + ".take.jsonl", slate_folder(slate)) == number


@pytest.mark.parametrize(
    ("name", "folder", "number"),
    [
        ("Aurora_T003-2_01_Mic_T9.wav", "Aurora", 3), ("Room_T9_aurora_T004.wav", "Aurora", 4),
        ("X_T5_T003.wav", "X_T5", 3), ("sheets_T002.wav", "sheets_", 2), ("Aurora.wav", "Aurora", 0),
        ("Aurora_T003x.wav", "Aurora", 0), ("Other_T003.wav", "Aurora", 0), ("Aurora_T.wav", "Aurora", 0),
    ],
)  # fmt: skip
def test_numbers_in_names(name: str, folder: str, number: int) -> None:
    assert number_in(name, folder) == number


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(JournalError, match="too long"):
        file_names("x" * 240, ["Kick"])
