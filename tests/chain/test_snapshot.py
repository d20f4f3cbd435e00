"""The snapshot: complete, salted, provable with fields left out; checked here with hashlib and json alone."""

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given, settings

from capture.chain import ChainError, Patch, Snapshot, SnapshotError, from_yaml, load, snapshot, to_yaml
from tests.support.chains import chains

AT = "2026-11-25T14:03:12.000000Z"


def entry(value: bytes) -> bytes:
    fields = b'{"a":{"digest":"x","value":' + value + b',"how":"","by":"","at":"","salt":""}}'
    return b'{"format":"takechain-chain/1","digest":"","fields":' + fields + b"}"


def a_patch() -> Patch:
    patch = Patch()
    patch.set_line(
        "Snare (Åse) @ Live Room: SM57 #A1142 4 cm > 1073 ch 2 +42,5 dB 48V off > in 3", None, "Ida", AT
    )
    patch.set_line("DI J48 > in 4", None, "Ida", AT)
    patch.set_people([("producer", "Ida")], "Ida", AT)
    patch.set("session.studio", "Big Room", "Ida", at=AT)
    return patch


def test_a_snapshot_holds_the_chosen_inputs_people_and_session() -> None:
    taken = snapshot(a_patch(), [3])
    paths = set(taken.fields)
    assert not any(path.startswith("input.4.") for path in paths)
    assert {"people.1.name", "people.1.role", "session.studio", "input.3.place.room"} <= paths
    assert taken.patch().line(3) == a_patch().line(3)


def test_its_digests_are_those_of_the_format() -> None:
    whole = json.loads(snapshot(a_patch(), [3]).to_json())
    assert whole["format"] == "takechain-chain/1"
    digests = []
    for path in sorted(whole["fields"]):
        entry = dict(whole["fields"][path])
        digest = entry.pop("digest")
        assert hashlib.sha256(rfc8785.dumps({"path": path, **entry})).hexdigest() == digest
        digests.append(digest)
    assert hashlib.sha256("\n".join(digests).encode()).hexdigest() == whole["digest"]


def test_every_salt_is_new() -> None:
    one, other = snapshot(a_patch(), [3]), snapshot(a_patch(), [3])
    assert one.digest != other.digest
    assert len({kept.salt for kept in one.fields.values()}) == len(one.fields)


def test_it_is_written_and_read_the_same() -> None:
    taken = snapshot(a_patch(), [3, 4])
    assert load(taken.to_json()) == taken
    assert Snapshot.load(taken.to_json()).verify_digest()
    assert load(taken.to_json()).to_json() == taken.to_json()


@pytest.mark.parametrize("member", ["value", "by", "at", "how", "carried_from", "salt"])
def test_any_edit_is_found(member: str) -> None:
    whole = json.loads(snapshot(a_patch(), [3]).to_json())
    whole["fields"]["input.3.microphone.serial"][member] = "other"
    changed = load(json.dumps(whole).encode())
    assert changed.problems() == ["chain field input.3.microphone.serial is not what its digest says"]


def test_a_field_removed_or_added_is_found() -> None:
    whole = json.loads(snapshot(a_patch(), [3]).to_json())
    del whole["fields"]["input.3.microphone.serial"]
    assert load(json.dumps(whole).encode()).problems() == ["the chain's digest does not match its fields"]


def test_a_left_out_value_can_still_be_proved() -> None:
    whole = json.loads(snapshot(a_patch(), [3]).to_json())
    entry = whole["fields"]["input.3.microphone.serial"]
    whole["fields"]["input.3.microphone.serial"] = {"digest": entry["digest"]}
    copy = load(json.dumps(whole).encode())
    assert copy.verify_digest()
    assert "input.3.microphone.serial" not in copy.values()
    assert load(copy.to_json()) == copy


def test_a_copy_without_some_fields_is_proved_by_the_same_digest() -> None:
    whole = snapshot(a_patch(), [3])
    left_out = ["input.3.microphone.serial", "people.1.name"]
    copy = whole.without(left_out)
    written = json.loads(copy.to_json())
    assert written["digest"] == whole.digest == json.loads(whole.to_json())["digest"]
    for path in left_out:
        assert written["fields"][path] == {"digest": whole.fields[path].digest}
    assert b"A1142" not in copy.to_json()
    digests = [written["fields"][path]["digest"] for path in sorted(written["fields"])]
    assert hashlib.sha256("\n".join(digests).encode()).hexdigest() == whole.digest
    again = load(copy.to_json())
    assert again == copy
    assert again.problems() == []
    assert again.withheld() == left_out
    assert whole.withheld() == []
    assert copy.without(left_out) == copy  # what is left out already stays so
    assert set(copy.values()) == set(whole.values()) - set(left_out)


def test_an_edit_beside_a_left_out_field_is_still_found() -> None:
    written = json.loads(snapshot(a_patch(), [3]).without(["people.1.name"]).to_json())
    written["fields"]["input.3.microphone.serial"]["value"] = "A1143"
    assert load(json.dumps(written).encode()).problems() == [
        "chain field input.3.microphone.serial is not what its digest says"
    ]
    written["fields"]["people.1.name"]["digest"] = "0" * 64
    assert "the chain's digest does not match its fields" in load(json.dumps(written).encode()).problems()


def test_what_is_not_in_the_snapshot_cannot_be_left_out() -> None:
    with pytest.raises(SnapshotError, match=r"input\.9\.note"):
        snapshot(a_patch(), [3]).without(["input.3.microphone.serial", "input.9.note"])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"format":"takechain-chain/9","digest":"","fields":{}}',
        b'{"format":"takechain-chain/1","digest":"","fields":[]}',
        b'{"format":"takechain-chain/1","digest":"","fields":{"a":1}}',
        b'{"format":"takechain-chain/1","digest":"","fields":{"a":{"digest":"x","value":NaN}}}',
        b'{"format":"takechain-chain/1","digest":"","fields":{"a":{"digest":"x","value":1}}}',
        entry(b"[1]"),
        entry(b"1e999"),
        b'{"format":"takechain-chain/1","digest":"\\ud800","fields":{}}',
        b'{"format":"takechain-chain/1","digest":"","fields":{},"x":99999999999999999999}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_snapshot_is_one_clear_error(raw: bytes) -> None:
    with pytest.raises(SnapshotError):
        load(raw)


def test_yaml_is_written_and_read_the_same() -> None:
    patch = a_patch()
    patch.set("input.4.microphone.serial", "0123", "Ida", at=AT)
    patch.set("input.4.note", "null", "Ida", at=AT)
    patch.set("input.4.position", "off: axis # 1", "Ida", at=AT)
    text = to_yaml(patch)
    assert from_yaml(text, "Ida", at=AT).fields == patch.fields
    again = from_yaml(text, "Per", earlier=patch)
    assert again.fields == patch.fields  # nothing changed, so nobody's word changed


@settings(max_examples=150, deadline=None)
@given(chains())
def test_any_chain_comes_back_from_yaml_line_and_snapshot(fields: dict[str, object]) -> None:
    patch = Patch()
    for suffix, value in fields.items():
        if suffix != "interface_input":
            patch.set(f"input.7.{suffix}", value, "Ida", at=AT)
    assert from_yaml(to_yaml(patch), "Ida", at=AT).fields == patch.fields
    taken = load(snapshot(patch, [7]).to_json())
    assert taken.verify_digest()
    assert taken.patch().fields == patch.fields
    again = Patch()
    again.set_line(patch.line(7), 7, "Ida", AT)
    assert again.fields == patch.fields


def test_yaml_typed_by_hand() -> None:
    patch = from_yaml(
        """
        inputs:
          3:
            microphone: {model: SM57, serial: 0123, pad_db: off}
            preamp: {phantom: off, gain_db: "+42", channel: 2, model: }
            distance: 4 cm
        people: [{role: Producer, name: Ida}]
        """,
        "Ida",
    )
    assert patch.values() == {
        "input.3.microphone.model": "SM57",
        "input.3.microphone.serial": "0123",
        "input.3.microphone.pad_db": 0,
        "input.3.preamp.phantom": False,
        "input.3.preamp.gain_db": 42,
        "input.3.preamp.channel": 2,
        "input.3.distance_m": 0.04,
        "input.3.distance_text": "4 cm",
        "people.1.role": "Producer",
        "people.1.name": "Ida",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("just words", "line 1"),
        ("[1, 2]", "line 1"),
        ("a: b: c", "not YAML"),
        ("\x00", "not YAML"),
        ("inputs:\n  3:\n    colour: red", "line 3"),
        ("inputs:\n  3:\n    preamp: {gain_db: much}", "line 3"),
        ("inputs:\n  x: {note: y}", "no field"),
        ("inputs: &a\n  3: *a", "alias"),
        ("inputs: {3: {note: a, note: b}}", "twice"),
        ("people: {role: x}", "list"),
        ("format: takechain-patch/9", "form"),
        ("weather: bad", "weather"),
        ("session: {studio: [1]}", "cannot hold"),
        ("a: " + "[" * 5000, "YAML"),
    ],
)
def test_yaml_that_cannot_be_used_says_where(text: str, said: str) -> None:
    with pytest.raises(ChainError, match=said):
        from_yaml(text, "Ida")
