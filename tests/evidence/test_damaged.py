"""Whatever a chain, a library or a journal holds in place of what belongs there: an answer, no traceback."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.errors import TakechainError
from capture.evidence.calibrations import of_begin
from capture.evidence.calibrator import read_take
from capture.evidence.checks import check_take
from capture.evidence.tracks import as_dict, of_take, values_of
from capture.journal.record import load
from capture.library import Library
from tests.evidence.sounds import CHAIN, noise, take_of
from tests.support.takes import journal_fields

LEVELS = {
    **CHAIN,
    **{f"input.{n}.{axis}_m": n for n in (1, 2) for axis in "xyz"},
    "input.1.microphone.impedance_ohm": 200,
    "input.1.preamp.ein_dbu": -128,
    "input.1.converter.dynamic_range_db": 120,
}
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from([10**400, 1e308, -1e308, 5e-324, "physical", "calibration"]),
    st.lists(st.integers(-2, 2), max_size=2),
)
quickly = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        library = Library.open(tmp_path_factory.mktemp("library"))
        sound = noise(-60, 1.5, 4000).reshape(-1, 2)
        yield take_of(library.path, patch, sound, rate=2000, chain=LEVELS, kind="calibration")


def all_that_is_said(path: Path, values: dict[str, Any], kept: Any = ()) -> None:
    with contextlib.suppress(TakechainError):
        record = load(path)
        rows = of_take(record, values, kept)
        for check in check_take(record, values, kept, 50):
            assert check.verdict in ("consistent", "contradicts", "not testable")
            json.dumps(check.numbers, allow_nan=False)
        for row in rows:
            json.dumps(as_dict(row.known, row.floor), allow_nan=False)
        for track in record.tracks:
            read_take(record, track, 94)


@quickly
@given(name=st.sampled_from(sorted(LEVELS)), value=anything)
def test_any_value_in_a_chain(journal: Path, name: str, value: Any) -> None:
    all_that_is_said(journal, {**LEVELS, name: value})


@quickly
@given(data=st.data(), value=anything)
def test_any_value_in_a_calibration(journal: Path, data: st.DataObject, value: Any) -> None:
    from capture.evidence.calibrations import Calibration, keep, of_library
    from capture.evidence.calibrator import Reading

    library, record = Library.open(journal.parents[3]), load(journal)
    kept: Calibration = keep(library, record, 1, {}, Reading(94, 10, 1000, -7, 101, 0, -60, 60, ()), "anna")
    whole = library.lines("calibration")[-1]
    line = {name: whole[name] for name in whole if name not in ("seq", "prev", "type", "utc")}
    name = data.draw(st.sampled_from(sorted(line)))
    try:
        library.append("calibration", **{**line, name: value})
    except (TakechainError, ValueError, TypeError):
        return  # what no line can hold
    assert kept.ok
    all_that_is_said(journal, LEVELS, of_library(library))


@quickly
@given(data=st.data(), value=anything)
def test_any_value_in_a_journal(journal: Path, data: st.DataObject, value: Any) -> None:
    lines = journal_fields(journal)
    line = data.draw(st.sampled_from([line for line in lines if line["type"] in ("begin", "block", "end")]))
    line[data.draw(st.sampled_from(sorted(line)))] = value
    spoilt = journal.with_name("spoilt.take.jsonl")
    spoilt.write_text("".join(json.dumps(line) + "\n" for line in lines))
    all_that_is_said(spoilt, values_of(load(journal)))


@quickly
@given(name=st.sampled_from(["input", "at", "level_db", "spl_at_0dbfs_db", "take", ""]), value=anything)
def test_any_value_in_what_a_take_carries(journal: Path, name: str, value: Any) -> None:
    record = load(journal)
    line = {
        "input": 1,
        "at": "2026-11-25T13:00:00.000000Z",
        "level_db": 94,
        "spl_at_0dbfs_db": 101,
        "take": "x",
    }
    record.begin = {**record.begin, "calibrations": [{**line, name: value}, value] if name else value}
    kept = of_begin(record, LEVELS)
    assert of_take(record, LEVELS, kept)[0].known.how in ("calibrated", "computed")
