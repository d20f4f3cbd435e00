"""CSV and YAML of the locker: exact round trips, what other readers find in them, errors with their line."""

import csv
import io
import string

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.gear import Gear, GearError, Spec
from capture.gear.as_csv import from_csv, to_csv
from capture.gear.as_yaml import from_yaml, to_yaml
from tests.support.gear import HOSTILE, WHOLE, lockers


def told(several: list[Gear]) -> list[dict[str, object]]:
    return [gear.as_json() for gear in several]


@settings(max_examples=40, deadline=None)
@given(lockers)
def test_csv_comes_back_exactly(locker: list[Gear]) -> None:
    assert told(from_csv(to_csv(locker))) == told(locker)


@settings(max_examples=40, deadline=None)
@given(lockers)
def test_yaml_comes_back_exactly(locker: list[Gear]) -> None:
    assert told(from_yaml(to_yaml(locker))) == told(locker)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_exactly_and_no_spreadsheet_runs_it(text: str) -> None:
    locker = [Gear("x", model=text, note=f"a {text}", serial=text), Gear(text)]
    locker = from_yaml(to_yaml(locker))  # as the records hold it: one line, no spaces around
    assert told(from_csv(to_csv(locker))) == told(locker)
    assert told(from_yaml(to_yaml(locker))) == told(locker)
    rows = list(csv.reader(io.StringIO(to_csv(locker).decode("utf-8-sig"), newline="")))
    for cell in (cell for row in rows for cell in row):
        assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\uff1d")), cell


def test_the_csv_module_finds_every_figure_and_every_entry() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([WHOLE, Gear("B")]).decode("utf-8-sig"), newline="")))
    first = rows[0]
    assert (first["id"], first["serial"], first["photo"]) == ("U87-1", "0123", "photos/U 87  (1).jpg")
    assert (first["sensitivity_mv_pa"], first["sensitivity_mv_pa:tolerance"]) == ("28", "1")
    assert first["sensitivity_mv_pa:source"] == "operating instructions"
    assert first["sensitivity_mv_pa@omni"] == "20.5"
    assert first["service.2.what"] == "'-XLR replaced"
    assert first["calibration.1.sha256"] == "ab" * 32
    assert first["note"] == "'=SUM(A1), \"quoted\", 'and' ; all"
    assert {name: cell for name, cell in rows[1].items() if cell} == {"id": "B", "kind": "other"}
    assert to_csv([WHOLE]).startswith(b"\xef\xbb\xbfid,kind,")
    assert to_csv([]).count(b"\r\n") == 1


def test_pyyaml_finds_what_the_record_says() -> None:
    found = yaml.safe_load(to_yaml([WHOLE]))
    assert found["format"] == "takechain-gear/1"
    record = found["gear"][0]
    assert record["serial"] == "0123"
    assert record["specs"]["sensitivity_mv_pa"] == {
        "value": 28, "source": "operating instructions", "edition": "2010", "tolerance": 1,
        "condition": "cardioid, 1 kHz",
    }  # fmt: skip
    assert record["calibrations"][1] == {
        "date": "2024-05-06",
        "quantity": "polarity",
        "value": -1,
        "unit": "of 1",
    }


def test_a_table_of_somebody_elses_spreadsheet_is_read() -> None:
    german = "ID;Make;Model;Serial;sensitivity_mv_pa;sensitivity_mv_pa:source\r\n\r\n"
    german += "A1;Neumann;KM 184;007;15,5;Blatt\r\n"
    (gear,) = from_csv(german.encode())
    assert (gear.name, gear.serial) == ("Neumann KM 184", "007")
    assert gear.specs == {"sensitivity_mv_pa": Spec(15.5, "Blatt")}
    assert from_csv(b"id\tpatterns\na\tomni, figure-8\n")[0].patterns == ("omni", "fig-8")
    assert from_csv(b'model,id,,\n"two\nlines",b,,\n')[0].model == "two lines"
    assert from_csv(b"id,note\nc,'57 Twin\n")[0].note == "'57 Twin"


MEASURED = "id,calibration.1.date,calibration.1.quantity,calibration.1.value,calibration.1.unit\n"
HEAD = "format: takechain-gear/1\ngear:\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "empty"),
        ("kind,make\nmicrophone,Shure\n", 1, "id"),
        ("id,colour\na,red\n", 1, "'colour'"),
        ("id,sensitivty_mv_pa\na,2\n", 1, "'sensitivty_mv_pa'"),
        ("id,sensitivity_mv_pa:sauce\na,2\n", 1, "sauce"),
        ("id,id\na,b\n", 1, "twice"),
        ("id,make\na,b,c\n", 2, "3 cells"),
        ("id,note\nb,\"two\nlines\"\nb,again\n", 4, "'b' is there twice"),
        ("id,kind\na,other\nb,spoon\n", 3, "spoon"),
        ("id,kind\n,other\n", 2, "needs an id"),
        ("id,sensitivity_mv_pa\na,28\n", 2, "where it is from"),
        ("id,sensitivity_mv_pa,sensitivity_mv_pa:source\na,loud,x\n", 2, "'loud' is not a number"),
        ("id,sensitivity_mv_pa,sensitivity_mv_pa:source\na,nan,x\n", 2, "not a number"),
        ("id,self_noise_dba,self_noise_dba:source\na,700,x\n", 2, "700 dB(A) does not exist"),
        ("id,sensitivity_mv_pa:source\na,x\n", 2, "sensitivity"),
        ("id,powering\na,sometimes\n", 2, "sometimes"),
        ("id,patterns\na,round\n", 2, "round"),
        ("id,service.1.date,service.1.what\na,yesterday,x\n", 2, "'yesterday' is not a day"),
        (MEASURED + "a,2024-01-01,sensitivity_mv_pa,2,V/Pa\n", 2, "V/Pa"),
        ("id,note\na,b\x07\n", 2, "control character"),
        ("id,note\na,\"never closed\n", 2, "CSV"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(GearError) as raised:
        from_csv(text.encode())
    assert said in raised.value.what
    assert not line or raised.value.what.startswith(f"line {line}: ")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "empty"),
        ("format: takechain-gear/2\n", 1, "takechain-gear/1"),
        ("format: takechain-gear/1\n", 0, "names no gear"),
        ("gear: []\nroom: x\n", 2, "'room'"),
        (HEAD + "- id: a\n  kind: spoon\n", 4, "spoon"),
        (HEAD + "- id: a\n- id: b\n- id: a\n", 5, "twice"),
        (HEAD + "- id: a\n  note: x\n  note: y\n", 5, "twice"),
        (HEAD + "- id: a\n  colour: red\n", 4, "'colour'"),
        (HEAD + "- kind: di\n", 3, "needs an id"),
        (HEAD + "- id: a\n  specs:\n    channels: {value: 8, source: x}\n    ein_dbu: {value: 1}\n", 6, "fr"),
        (HEAD + "- id: a\n  specs:\n    lodness: {value: 8, source: x}\n", 5, "lodness"),
        (HEAD + "- id: a\n  service:\n  - {what: x, date: 2024-01-01}\n  - {what: x, date: now}\n", 6, "day"),
        (HEAD + "- &a {id: a}\n- *a\n", 3, "alias"),
        (HEAD + "- id: a\n  note: [x]\n", 4, "list"),
        (HEAD + "- just words\n", 3, "names with values"),
        (HEAD + "- id: 'a\n", 4, "YAML"),
        (HEAD + "- id: a\n\t- b\n", 4, "YAML"),
        ("[" * 5000, 1, "YAML"),
    ],
)  # fmt: skip
def test_yaml_that_cannot_be_used_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(GearError) as raised:
        from_yaml(text.encode())
    assert said in raised.value.what + raised.value.do
    assert not line or raised.value.what.startswith(f"line {line}: ")


@pytest.mark.parametrize("reader", [from_csv, from_yaml])
def test_bytes_that_are_no_text_are_told(reader: object) -> None:
    with pytest.raises(GearError, match="line 3: this is not UTF-8"):
        reader(b"id\na\n\xff\n")  # type: ignore[operator]
    with pytest.raises(GearError, match="UTF-16"):
        reader("id\na\n".encode("utf-16"))  # type: ignore[operator]


@settings(max_examples=40, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(string.printable, max_size=200).map(str.encode)))
def test_any_bytes_are_pieces_or_a_clear_refusal(data: bytes) -> None:
    for reader, head in ((from_csv, b"id,note\n"), (from_yaml, HEAD.encode() + b"- ")):
        for text in (data, head + data):
            try:
                found = reader(text)
            except GearError as error:
                assert error.what  # noqa: PT017 - the refusal itself is the other good end
            else:
                assert all(gear.id for gear in found)
