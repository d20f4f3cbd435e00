"""Settings that make sense are kept, others refused in words; a spoiled file never stops a station."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.chain.errors import ChainError
from capture.errors import UsageError
from capture.library import Library
from capture.station.notices import Notices
from capture.station.patch import PatchBook, differences
from capture.station.settings import NAMES, Settings, check

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(NAMES)), anything)
def test_a_value_is_kept_as_it_will_be_read_back_or_refused(name: str, value: Any) -> None:
    try:
        kept = check(name, value)
    except UsageError:
        return
    read_back = Settings.remembered(json.loads(json.dumps({name: kept})))
    assert getattr(read_back, name) == kept


@given(st.dictionaries(st.sampled_from([*sorted(NAMES), "colour"]), anything))
def test_what_a_library_remembers_never_stops_a_station(stored: dict[str, Any]) -> None:
    Settings.remembered(stored).armed(8)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rate", 0, "not a sampling rate"),
        ("format", "mp3", "choose pcm24 or float32"),
        ("inputs", "8-1", "counts backwards"),
        ("links", "1-2,2-3", "one pair only"),
        ("project", "x" * 301, "too many"),
        ("stop_guard", "yes", "neither on nor off"),
        ("split_mb", -1, "0 not to split"),
        ("split_mb", 1.5, "megabytes from 1"),
        ("lost_grace", 601, "seconds from 0 to 600"),
        ("lost_grace", float("nan"), "seconds from 0 to 600"),
    ],
)
def test_refusals_say_what_to_do(name: str, value: Any, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        check(name, value)
    assert words in f"{refused.value.what} {refused.value.do}"


def test_arming_keeps_the_rest_as_it_was() -> None:
    settings = Settings(inputs="1-3,7")
    assert settings.arm(2, armed=False, available=8) == "1,3,7"
    assert settings.arm(5, armed=True, available=8) == "1-3,5,7"
    assert Settings(inputs="4").arm(4, armed=False, available=8) == "none"
    assert Settings().armed(3) == [1, 2, 3]
    assert Settings(inputs="2,9").armed(4) == [2]
    assert Settings(links=[[1, 2], [3, 4]]).pairs([1, 2, 3]) == [(1, 2)]


def test_the_patch_is_the_same_after_every_restart(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    book = PatchBook(library)
    book.change(lambda patch: patch.set_range("SM57 > 1073 ch 1 +40 dB 48V off", 1, 40, "Kari"))
    book.change(lambda patch: patch.set("input.3.preamp.phantom", True, "Kari"))
    book.change(lambda patch: patch.set_line("DI > in 2", None, "Kari"))
    again = PatchBook(library)
    assert again.patch.fields == book.patch.fields
    assert again.patch.line(3) == "SM57 > 1073 ch 3 +40 dB 48V > in 3"
    assert again.patch.line(2) == "DI > in 2"


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    book = PatchBook(Library.open(tmp_path / "library"))
    book.change(lambda patch: patch.set_line("SM57 > in 1", None, "Kari"))
    before = book.patch
    with pytest.raises(ChainError, match="no gain"):
        book.change(lambda patch: patch.nudge_gain(1, 3, "Kari"))
    assert book.patch is before


def test_off_and_not_declared_are_different(tmp_path: Path) -> None:
    book = PatchBook(Library.open(tmp_path / "library"))
    before = book.patch
    book.change(lambda patch: patch.set("input.1.preamp.phantom", False, "Kari"))
    assert differences(before, book.patch) == [("input.1.preamp.phantom", None, False)]
    off = book.patch
    book.change(lambda patch: patch.set("input.1.preamp.phantom", None, "Kari"))
    assert differences(off, book.patch) == [("input.1.preamp.phantom", False, None)]


def test_a_warning_is_said_once_until_it_was_seen() -> None:
    notices = Notices()
    notices.warn("disk", "nearly full")
    notices.warn("disk", "nearly full")
    (first,) = notices.as_list()
    notices.seen(first["id"])
    assert notices.as_list() == []
    notices.warn("disk", "nearly full")
    assert len(notices.as_list()) == 1
    with pytest.raises(UsageError, match="no warning 99"):
        notices.seen(99)
