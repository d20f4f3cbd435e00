"""Lines: the canonical form, and a reader that nothing can hurt."""

from __future__ import annotations

import io
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.journal.errors import JournalError
from capture.journal.lines import DEPTH, LINE_BYTES, line_bytes, parse_fields, read_stream

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def test_canonical_form_is_that_of_rfc_8785_section_3_2_4() -> None:
    fields = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f",
        "literals": [None, True, False],
    }
    expected = bytes.fromhex(
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e"
        "756d62657273223a5b3333333333333333332e333333333333332c31652b3330"
        "2c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac24"
        "5c75303030665c6e4127425c225c5c5c5c5c222f227d"
    )
    assert line_bytes(fields) == expected


def test_what_json_cannot_hold_everywhere_becomes_what_it_can() -> None:
    fields = {"nan": math.nan, "inf": -math.inf, "large": 2**53, "text": "a\ud800b", "tuple": (1, True)}
    assert json.loads(line_bytes(fields)) == {
        "nan": None,
        "inf": None,
        "large": "9007199254740992",
        "text": "a\ufffdb",
        "tuple": [1, True],
    }


def test_a_value_without_a_json_form_is_refused() -> None:
    with pytest.raises(JournalError):
        line_bytes({"x": object()})


def test_a_line_over_the_limit_is_refused() -> None:
    with pytest.raises(JournalError, match="over the limit"):
        line_bytes({"text": "x" * LINE_BYTES})


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=6))
def test_every_line_reads_back_as_itself(fields: dict[str, object]) -> None:
    raw = line_bytes(fields)
    assert line_bytes(parse_fields(raw)) == raw
    assert b"\n" not in raw


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_hurt_the_reader(pieces: list[bytes]) -> None:
    data = b"\n".join(pieces)
    found = read_stream(io.BytesIO(data))
    assert len(found.lines) + len(found.problems) == data.count(b"\n")
    assert data.endswith(found.torn)
    assert found.torn == data[data.rfind(b"\n") + 1 :]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"[1]", "not a JSON object"),
        (b"{", "not JSON"),
        (b"\xff{}", "not UTF-8"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":' + b"[" * 50 + b"]" * 50 + b"}", f"deeper than {DEPTH}"),
        (b'{"a":' + b"[" * 100000, f"deeper than {DEPTH}"),
    ],
)
def test_what_is_no_line_is_told_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_fields(raw)


def test_brackets_in_a_text_are_not_depth() -> None:
    assert parse_fields(line_bytes({"text": "[" * 1000 + '\\"' + "{" * 1000}))["text"].startswith("[[")


def test_numbers_of_any_length_are_read() -> None:
    assert parse_fields(b'{"a":' + b"9" * 5000 + b"}")["a"] == math.inf


def test_an_endless_line_is_one_problem_and_the_next_line_is_read() -> None:
    data = b"x" * (3 * LINE_BYTES) + b"\n" + b'{"a":1}\n'
    found = read_stream(io.BytesIO(data))
    assert [line.fields for line in found.lines] == [{"a": 1}]
    assert [problem.number for problem in found.problems] == [1]
    assert found.lines[0].offset == 3 * LINE_BYTES + 1
    assert found.lines[0].number == 2
