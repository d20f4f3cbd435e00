"""Whatever a journal or a chain holds in place of what belongs there: a sheet, or one clear line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.sheets import SheetError, build_provenance, build_session, build_take, draw
from tests.support.sheet_takes import chain_of, one_take

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "x", "../../etc/passwd", "\u0000", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.0Z"]
    ),
    st.text(max_size=5),
    st.lists(st.integers(-5, 5), max_size=3),
    st.dictionaries(st.sampled_from(["name", "number", "file", "utc"]), st.integers(), max_size=2),
)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return one_take(
        tmp_path_factory.mktemp("library"), frames=800, rate=800, tracks=("a", "b"), chain=chain_of([1, 2])
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for key, more in inner:
        found += places(more, (*path, key))
    return found


def replaced(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(whole))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return copy


def make_all(journal: Path) -> None:
    try:
        sheets = [build_take(journal, hash_files=False), build_session([journal])]
        page = build_provenance(journal, ("serial", "names", "address")).page
    except SheetError:
        return
    for form in ("html", "json", "md"):
        draw(page, form)
    for sheet in sheets:
        for form in ("html", "csv", "json", "md"):
            draw(sheet, form)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=values)
def test_any_value_in_a_journal(journal: Path, data: st.DataObject, value: Any) -> None:
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    path = data.draw(st.sampled_from([p for p in places(lines) if len(p) > 1]))
    spoilt = replaced(lines, path, value)
    copy = journal.with_name("spoilt.take.jsonl")
    copy.write_text("".join(json.dumps(line) + "\n" for line in spoilt))
    make_all(copy)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=values)
def test_any_value_in_a_chain(journal: Path, data: st.DataObject, value: Any) -> None:
    chain = next(journal.parent.glob("*.chain.json"))
    original = chain.read_text()
    whole = json.loads(original)
    path = data.draw(st.sampled_from(places(whole)))
    try:
        chain.write_text(json.dumps(replaced(whole, path, value)))
        make_all(journal)
    finally:
        chain.write_text(original)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_journal_cut_anywhere(journal: Path, data: st.DataObject) -> None:
    raw = journal.read_bytes()
    copy = journal.with_name("cut.take.jsonl")
    copy.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    make_all(copy)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("files", ["\0", "9" * 5000]),
        ("files", ["..", "/dev/zero"]),
        ("chain", {"file": "\0", "digest": ""}),
        ("chain", {"file": "/dev/zero", "digest": ""}),
        ("clock", {"utc": "9999-12-31T23:59:59.999999Z", "utc_offset_minutes": 1000}),
        ("clock", {"utc": "2026-11-25T00:00:00.000000Z", "utc_offset_minutes": 2**40}),
        ("audio", {"rate": -1}),
        ("audio", {"rate": 2**50}),
        ("audio", None),
        ("tracks", [{"number": [1], "file": 2**40, "channel": -1}]),
        ("tracks", [{"number": 1, "input": 1, "name": "a", "file": 0, "channel": -2}]),
    ],
)
def test_values_that_once_hurt(journal: Path, field: str, value: Any) -> None:
    lines = [json.loads(line) for line in journal.read_bytes().splitlines()]
    lines[0][field] = value
    copy = journal.with_name("spoilt.take.jsonl")
    copy.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert build_take(copy).head.files is not None
    make_all(copy)
