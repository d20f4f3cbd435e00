"""Chains taken over from a template, an earlier session, a take."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.errors import NothingRecorded, UsageError
from capture.journal.finish import edit_after_end
from capture.library import Library
from capture.station.earlier import earlier
from tests.support.takes import KEY, build_take


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two sessions: Monday's takes 1 (inputs 1, 2) and 2 (input 1 alone), Tuesday's take 3."""
    home = Library.open(tmp_path / "library")
    for number, session, inputs, gain in (
        (1, "Monday", (1, 2), 40),
        (2, "Monday", (1,), 42),
        (3, "Tuesday", (1,), 50),
    ):
        build_take(
            home.path,
            session=session,
            slate=f"S{number}",
            counter=number,
            tracks=["T"] * len(inputs),
            inputs=inputs,
            chain={f"input.{n}.preamp.gain_db": gain + n - 1 for n in inputs}
            | {f"input.{n}.microphone.model": "SM57" for n in inputs},
            lines=[
                (
                    "change",
                    10,
                    {
                        "input": 1,
                        "path": "input.1.microphone.model",
                        "from": "SM57",
                        "to": "SM58",
                        "by": "bo",
                    },
                )
            ]
            if number == 2
            else [],
        )
    return home


def values(library: Library, source: str, session: str = "Wednesday") -> tuple[dict[str, object], str]:
    found = earlier(library, source, "Nordlys", session)
    return {path.removeprefix("input."): v for path, v in found.patch.values().items()}, found.origin


TUESDAY = {"1.preamp.gain_db": 50, "1.microphone.model": "SM57"}
MONDAY = {
    "1.preamp.gain_db": 42,
    "1.microphone.model": "SM58",  # as it was at the end of the take
    "2.preamp.gain_db": 41,
    "2.microphone.model": "SM57",
}


def test_the_session_before_this_one(library: Library) -> None:
    assert values(library, "") == (TUESDAY, "Tuesday")
    assert values(library, "last", session="tuesday") == (MONDAY, "Monday")


def test_a_session_by_name_gives_each_input_from_its_newest_take(library: Library) -> None:
    assert values(library, "Monday") == (MONDAY, "Monday")
    assert values(library, "Nordlys/Monday") == (MONDAY, "Monday")


def test_a_take_with_what_was_corrected_since(library: Library) -> None:
    journal = library.find_take("S1_T001")
    edit_after_end(journal, KEY, "chain.input.2.preamp.gain_db", 30, "anna")
    assert values(library, "S1_T001") == (
        {
            "1.preamp.gain_db": 40,
            "1.microphone.model": "SM57",
            "2.preamp.gain_db": 30,
            "2.microphone.model": "SM57",
        },
        "Monday",
    )


def test_a_template_goes_before_what_else_has_its_name(library: Library) -> None:
    kept = {"input.4.kind": "di", "input.4.colour": "red", "people.1.name": "Per", "input.5.kind": 7}
    library.put("template", "Monday", {"fields": kept}, "Ida")
    found, origin = values(library, "Monday")
    assert (found, origin) == ({"4.kind": "di"}, "template Monday")  # and nothing that no input can hold
    assert values(library, "Nordlys/Monday")[1] == "Monday"


def test_what_is_not_there(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Sunday"):
        values(library, "Sunday")
    with pytest.raises(NothingRecorded):
        values(Library.open(tmp_path / "empty"), "")
