"""The words with which fields are withheld, and the fields that they mean."""

import pytest

from capture.chain import ChainError
from capture.chain.withholding import GROUPS, paths_of, wanted_words

PATHS = (
    "input.1.microphone.serial",
    "input.1.microphone.gear",
    "input.1.preamp.gain_db",
    "input.1.source.player",
    "input.1.place.room",
    "input.1.note",
    "input.12.preamp.gain_db",
    "people.1.name",
    "people.1.role",
    "session.artist",
    "session.studio",
    "session.title",
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("serial", {"input.1.microphone.serial", "input.1.microphone.gear"}),
        ("names", {"input.1.source.player", "people.1.name", "session.artist"}),
        ("address", {"session.studio"}),
        ("rooms", {"input.1.place.room"}),
        ("notes", {"input.1.note"}),
        ("preamp.gain_db", {"input.1.preamp.gain_db", "input.12.preamp.gain_db"}),
        ("input.1.preamp.gain_db", {"input.1.preamp.gain_db"}),
        ("people.1.name", {"people.1.name"}),
        ("session.title", {"session.title"}),
        ("title", {"session.title"}),
        ("converter.serial", set()),
    ],
)
def test_a_word_means_these_fields(word: str, meant: set[str]) -> None:
    assert wanted_words(word) == (word,)
    assert set(paths_of(word, PATHS)) == meant


def test_a_list_is_read_word_by_word() -> None:
    assert wanted_words(" serial, names,serial ,") == ("serial", "names")
    assert wanted_words("") == ()


@pytest.mark.parametrize("word", ["serials", "input.1.colour", "people.1.age", "input.0.note", "..", "begin"])
def test_a_word_that_means_nothing_is_refused(word: str) -> None:
    with pytest.raises(ChainError, match="no field that can be withheld") as raised:
        wanted_words(f"serial,{word}")
    assert all(group in raised.value.do for group in GROUPS)
