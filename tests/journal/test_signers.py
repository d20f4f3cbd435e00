"""Whose a signature is: statements that prove themselves, rotation, revocation, and verify's words."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.errors import UsageError
from capture.journal.finish import edit_after_end
from capture.journal.identities import Identity, KeyStatement, Revocation, SignerKind
from capture.journal.keyring import Keyring, read_bundle
from capture.journal.keys import Key, pae, station_key
from capture.journal.report import Report, State
from capture.journal.signers import Signers, Statements
from capture.journal.verify import verify_take
from capture.library import Library
from capture.library.signing import publish
from tests.support.takes import KEY, OTHER_KEY, build_take

STUDIO = Identity("11111111-2222-4333-8444-555555555555", SignerKind.STATION, "Studio A")
EARLY, LATE = "2026-01-01T00:00:00.000000Z", "2026-12-31T00:00:00.000000Z"  # before and after the takes


def key(name: str) -> Key:
    return Key(hashlib.sha256(name.encode()).digest())


def line(kind: str, thing: KeyStatement | Revocation) -> dict[str, Any]:
    return {"type": kind, **json.loads(json.dumps(thing.as_fields()))}


def statements(*things: KeyStatement | Revocation) -> Statements:
    return Statements().take(
        line("key" if isinstance(one, KeyStatement) else "revoke", one) for one in things
    )


def said(report: Report) -> str:
    return "\n".join(report.words)


def test_a_statement_is_signed_as_openssl_reads_it(tmp_path: Path) -> None:
    fields = KeyStatement.make(STUDIO, KEY, since=EARLY).as_fields()
    payload = rfc8785.dumps({name: value for name, value in fields.items() if name != "sigs"})
    (tmp_path / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + KEY.public)
    (tmp_path / "signed").write_bytes(pae("application/vnd.takechain.key+json", payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(fields["sigs"][0]["sig"]))
    shape = ["-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "signed", "-sigfile", "sig"]
    command = ["openssl", "pkeyutl", "-verify", *shape]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": base64.b64encode(OTHER_KEY.public).decode()},
        {"identity": {"id": "x", "kind": "station", "name": "Studio B"}},
        {"identity": {"id": "x", "kind": "king", "name": "Studio A"}},
        {"since": LATE},
        {"since": "yesterday"},
        {"follows": OTHER_KEY.keyid},
        {"follows": 3},
        {"id": OTHER_KEY.keyid},
        {"sigs": []},
        {"sigs": [{"keyid": KEY.keyid, "sig": 5}, 7]},
    ],
)
def test_a_statement_that_does_not_prove_itself_is_none(change: dict[str, Any]) -> None:
    fields = KeyStatement.make(STUDIO, KEY, since=EARLY).as_fields()
    assert KeyStatement.read(fields) is not None
    assert KeyStatement.read({**fields, **change}) is None


def test_who_knows_a_key_knows_those_that_follow_it() -> None:
    one, two, three = key("one"), key("two"), key("three")
    found = statements(
        KeyStatement.make(STUDIO, one, since=EARLY),
        KeyStatement.make(STUDIO, two, after=one, since=LATE),
        KeyStatement.make(STUDIO, three, after=two, since=LATE),
    )
    signers = Signers({one.keyid: "Studio A"}, found)
    assert [signers.of(k.keyid).known for k in (one, two, three)] == [True, True, True]
    assert (signers.of(one.keyid).replaced, signers.of(three.keyid).replaced) == (LATE, None)


def test_a_key_that_only_says_that_it_follows_is_not_known() -> None:
    one, thief = key("one"), key("thief")
    alone = KeyStatement.make(STUDIO, thief, since=LATE)
    claim = KeyStatement(
        STUDIO,
        thief.public,
        LATE,
        one.keyid,
        KeyStatement.make(STUDIO, thief, after=key("x"), since=LATE).sigs,
    )
    own = KeyStatement.make(STUDIO, one, since=EARLY)
    for other in (alone, claim):
        assert not Signers({one.keyid: "Studio A"}, statements(own, other)).of(thief.keyid).known


def test_a_revoked_key_vouches_for_none_and_only_its_own_line_can_revoke_it() -> None:
    one, two = key("one"), key("two")
    stated = [
        KeyStatement.make(STUDIO, one, since=EARLY),
        KeyStatement.make(STUDIO, two, after=one, since=EARLY),
    ]
    for by in (one, two):
        revoked = Signers(
            {one.keyid: "A"}, statements(*stated, Revocation.make(one.keyid, LATE, "stolen", by))
        )
        assert (revoked.of(one.keyid).revoked, revoked.of(one.keyid).reason) == (LATE, "stolen")
        assert not revoked.of(two.keyid).known
    by_others = statements(*stated, Revocation.make(one.keyid, EARLY, "", OTHER_KEY))
    assert Signers({}, by_others).of(one.keyid).revoked is None


def test_verify_names_a_known_signer_and_one_that_only_the_library_names(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    path = build_take(library.path)
    assert "signer unknown)" in said(verify_take(path))
    library.append("key", **KeyStatement.make(STUDIO, KEY, since=EARLY).as_fields())
    report = verify_take(path)
    assert "signer unknown: it says of itself Studio A (station)" in said(report)
    assert report.as_dict()["signer"] == {
        "keyid": KEY.keyid, "name": "Studio A", "kind": "station", "known": False,
        "replaced": None, "revoked": None,
    }  # fmt: skip
    report = verify_take(path, own_keyid=KEY.keyid)
    assert "signed by Studio A (station), key 5d67 7f3f 0376 07f6: a known signer" in said(report)
    assert report.state is State.WHOLE


def test_a_seal_after_the_revocation_is_a_fault_and_one_before_it_is_said(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    path = build_take(library.path)
    library.append("key", **KeyStatement.make(STUDIO, KEY, since=EARLY).as_fields())
    library.append("revoke", **Revocation.make(KEY.keyid, LATE, "laptop stolen", KEY).as_fields())
    report = verify_take(path)
    assert report.state is State.WHOLE
    assert f"revoked from {LATE} on (laptop stolen); the seal says it is older" in said(report)
    library.append("revoke", **Revocation.make(KEY.keyid, EARLY, "laptop stolen", KEY).as_fields())
    report = verify_take(path)
    assert report.state is State.REVOKED
    assert "this take was sealed 2026-11-25T14:03:12" in said(report)
    assert "Aurora_T001.take.jsonl, line 6 (byte" in str(report.faults[0])


def test_notes_by_an_engineer_are_named_and_those_after_a_revocation_are_faults(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    path = build_take(library.path)
    edit_after_end(path, OTHER_KEY, "verdict", "circled", "bo")
    bo = Identity("22222222-2222-4333-8444-555555555555", SignerKind.ENGINEER, "Bo")
    library.append("key", **KeyStatement.make(bo, OTHER_KEY, since=EARLY).as_fields())
    assert "another key than the seal: Bo (engineer), key" in said(verify_take(path))
    library.append("revoke", **Revocation.make(OTHER_KEY.keyid, EARLY, "", OTHER_KEY).as_fields())
    report = verify_take(path)
    assert report.state is State.REVOKED
    assert "the key of Bo (engineer)" in said(report)


def test_a_take_sealed_with_a_replaced_key_is_said_to_be(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    path = build_take(library.path)
    library.append("key", **KeyStatement.make(STUDIO, KEY, since=EARLY).as_fields())
    library.append("key", **KeyStatement.make(STUDIO, OTHER_KEY, after=KEY, since=EARLY).as_fields())
    report = verify_take(path)
    assert report.ok
    assert f"sealed with a key that had been replaced {EARLY}" in said(report)


def test_a_rotation_keeps_the_identity_and_the_old_private_key_is_gone(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    old = station_key(tmp_path)
    first = ring.station()
    (own,) = ring.own()
    statement, fresh = ring.rotate(own, old, None)
    assert station_key(tmp_path) == fresh
    assert (statement.identity, statement.follows) == (first.identity, old.keyid)
    assert old.seed not in b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert ring.signers().of(old.keyid).known
    assert ring.signers().of(fresh.keyid).known


@pytest.mark.parametrize("stated", [False, True])
def test_a_rotation_cut_off_by_a_crash_is_finished_or_taken_back(tmp_path: Path, stated: bool) -> None:
    from capture.journal.keys import store_key

    ring = Keyring(tmp_path)
    old = station_key(tmp_path)
    ring.station()
    fresh = key("fresh")
    store_key(tmp_path / f"station.key.next-{fresh.keyid}", fresh)
    if stated:
        statement = KeyStatement.make(Identity.new(SignerKind.STATION, "A"), fresh, after=old)
        ring._append("keys.jsonl", [line("key", statement)])
    ring.own()
    assert station_key(tmp_path) == (fresh if stated else old)
    assert not list(tmp_path.glob("*.next-*"))


def test_an_exported_signer_is_known_elsewhere_with_all_its_keys(tmp_path: Path) -> None:
    here, there = Keyring(tmp_path / "here"), Keyring(tmp_path / "there")
    old = station_key(here.folder)
    here.rename(here.own()[0] if here.own() else _own(here), "Studio A", old)
    _, fresh = here.rotate(here.own()[0], old, None)
    keyid, lines, name = read_bundle(json.dumps(here.bundle(here.own()[0])).encode())
    assert (keyid, name, len(lines)) == (fresh.keyid, "Studio A", 2)
    there.trust(name, keyid, lines)
    assert there.signers().of(fresh.keyid).known
    assert there.signers().of(fresh.keyid).words.startswith("Studio A (station), key ")
    there.forget(keyid)
    assert not there.signers().of(fresh.keyid).known


def _own(ring: Keyring) -> Any:
    ring.station()
    return ring.own()[0]


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"format":"takechain-signer/1","lines":[]}', b"\xff", b"[" * 9999]
)
def test_what_is_no_exported_signer_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(UsageError):
        read_bundle(raw)


def test_a_library_learns_once_of_what_its_keys_stated(tmp_path: Path) -> None:
    ring, library = Keyring(tmp_path / "keys"), Library.open(tmp_path / "library")
    ring.station()
    assert (publish(library, ring), publish(library, ring)) == (1, 0)
    ring.new_engineer("Anna", None)
    ring.revoke(ring.own()[0].statement.keyid, EARLY, "", station_key(ring.folder))
    assert (publish(library, ring), publish(library, ring)) == (2, 0)
    assert [fields["type"] for fields in library.lines()] == ["library", "key", "key", "revoke"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=6)
    | st.sampled_from([KEY.keyid, EARLY]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_stands_in_key_and_revoke_lines_is_read_or_passed_over(data: st.DataObject) -> None:
    lines = [
        line("key", KeyStatement.make(STUDIO, KEY, since=EARLY)),
        line("key", KeyStatement.make(STUDIO, OTHER_KEY, after=KEY, since=LATE)),
        line("revoke", Revocation.make(KEY.keyid, LATE, "x", OTHER_KEY)),
    ]
    for _ in range(data.draw(st.integers(0, 3))):
        fields = data.draw(st.sampled_from(lines))
        fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(JSON)
    signers = Signers({KEY.keyid: "A"}, Statements().take(lines))
    assert signers.of(KEY.keyid).known
    assert isinstance(signers.of(OTHER_KEY.keyid).words, str)


def test_statements_in_a_ring_end() -> None:
    one, two = key("one"), key("two")
    found = statements(
        KeyStatement.make(STUDIO, one, after=two, since=EARLY),
        KeyStatement.make(STUDIO, two, after=one, since=EARLY),
    )
    assert sorted(found.followers(one.keyid)) == sorted([one.keyid, two.keyid])
    assert Signers({one.keyid: "A"}, found).of(two.keyid).known
