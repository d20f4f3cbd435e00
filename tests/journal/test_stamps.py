"""Time stamps of a real authority (`openssl ts` on loopback): asked for, kept, and checked offline."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.clock import parse_utc
from capture.errors import UsageError
from capture.journal.identities import Identity, KeyStatement, Revocation, SignerKind
from capture.journal.record import load, summary
from capture.journal.report import State
from capture.journal.stamps import (
    BadStamp,
    own_roots,
    prove,
    read,
    request_for,
    roots_in,
    seal_line,
    stamp_seal,
)
from capture.journal.verify import verify_take
from capture.library import Library
from capture.station.core import Core
from capture.station.errors import StationError
from capture.station.stamper import Stamper, fetch, stamp
from tests.support.poll import until
from tests.support.takes import KEY, build_take, journal_fields
from tests.support.tsa import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("other"), "Another")


def said(path: Path, *roots: Authority) -> str:
    found = [certificate for one in roots for certificate in roots_in(one.root)]
    report = verify_take(path, roots=found)
    return "\n".join(report.words)


def test_a_stamp_is_kept_as_a_signed_line_and_holds_for_who_trusts_the_authority(
    tmp_path: Path, authority: Authority, other: Authority
) -> None:
    path = build_take(tmp_path)
    with authority.serving() as url:
        made = stamp(path, url, KEY)
    now = datetime.now(UTC)
    assert abs((parse_utc(made.utc) - now).total_seconds()) < 600
    assert made.authority == "Test Time Stamps"
    line = journal_fields(path)[-1]
    assert (line["type"], line["server"], sorted(line["sig"])) == ("stamp", url, ["keyid", "sig"])
    assert load(path).stamps == summary(path).stamps == [url]
    assert f"the seal existed at {made.utc}: the time stamp of Test Time Stamps holds" in said(
        path, authority
    )
    assert "its signature was not checked" in said(path)
    report = verify_take(path, roots=roots_in(other.root))
    assert report.state is State.ALTERED
    assert "does not lead to a root that is trusted here" in str(report.faults[0])
    assert f"line {len(journal_fields(path))}" in str(report.faults[0])


def test_a_stamp_of_another_take_is_refused_and_found(tmp_path: Path, authority: Authority) -> None:
    one, two = build_take(tmp_path), build_take(tmp_path, number=2, counter=2)
    response = authority.answer(request_for(seal_line(one)).raw)
    with pytest.raises(BadStamp, match="something else"):
        stamp_seal(two, KEY, response, "http://x")
    request = request_for(seal_line(one))
    with pytest.raises(BadStamp, match="another request"):
        read(authority.answer(request.raw), seal_line(one), (request.nonce or 0) + 1)
    stamp_seal(one, KEY, response, "http://x")
    assert verify_take(one).ok


def test_a_stamp_proves_that_a_seal_is_older_than_the_revocation_of_its_key(
    tmp_path: Path, authority: Authority
) -> None:
    library = Library.open(tmp_path / "library")
    path = build_take(library.path)
    stamp_seal(path, KEY, authority.answer(request_for(seal_line(path)).raw), "http://x")
    studio = Identity.new(SignerKind.STATION, "Studio A")
    library.append("key", **KeyStatement.make(studio, KEY).as_fields())
    late = "2099-01-01T00:00:00.000000Z"
    library.append("revoke", **Revocation.make(KEY.keyid, late, "stolen", KEY).as_fields())
    assert "older, which its time stamp proves" in said(path, authority)
    assert "older, which only a time stamp could prove" in said(path)


def test_an_answer_that_was_cut_or_refuses_is_no_stamp(authority: Authority) -> None:
    good = authority.answer(request_for(b"line").raw)
    roots = roots_in(authority.root)
    assert prove(good, b"line", roots).authority == "Test Time Stamps"
    refused = bytes.fromhex("30163014020102300f0c0d6e6f7420746f64617920210a")  # PKIStatus 2, RFC 3161 2.4.2
    for changed in (good[:-5], b"", b"\x30\x00", good[:40] + b"\0" * 20 + good[60:], refused):
        with pytest.raises(BadStamp):
            prove(changed, b"line", roots)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_a_server_answers_is_a_stamp_or_a_bad_one(authority: Authority, data: st.DataObject) -> None:
    raw = bytearray(_ANSWER.setdefault("raw", authority.answer(request_for(b"line").raw)))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    try:
        found = prove(bytes(raw), b"line", roots_in(authority.root))
    except BadStamp:
        return
    assert found.utc.endswith("Z")


_ANSWER: dict[str, bytes] = {}


def test_roots_are_certificates(tmp_path: Path, authority: Authority) -> None:
    assert own_roots(tmp_path) == []
    shutil.copy(authority.root, tmp_path / "tsa-roots.pem")
    assert len(own_roots(tmp_path)) == 1
    (tmp_path / "bad.pem").write_text("no certificate")
    for name in ("bad.pem", "none.pem"):
        with pytest.raises(UsageError):
            roots_in(tmp_path / name)


def test_a_server_that_refuses_or_is_not_there_is_an_error_in_words(authority: Authority) -> None:
    with authority.serving() as url:
        authority.down = True
        with pytest.raises(StationError, match="503"):
            fetch(url, b"")
        authority.down = False
    with pytest.raises(StationError, match="does not answer"):
        fetch(url, b"", timeout=5)


def test_takes_are_stamped_behind_and_again_when_the_server_comes_back(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    from capture.station import stamper as module

    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(module, "_LONGEST_PAUSE", 0.05)
    monkeypatch.setenv("TAKECHAIN_CONFIG", str(tmp_path / "config"))
    core = Core(Library.open(tmp_path / "library"))
    before = build_take(core.path, started=datetime(2026, 1, 1, tzinfo=UTC))
    with authority.serving() as url:
        core.set(tsa=url)
        later = datetime(2099, 1, 1, tzinfo=UTC)
        new = build_take(core.path, number=2, counter=2, started=later)
        unfinished = build_take(core.path, number=3, counter=3, started=later, finished=False)
        authority.down, asked = True, authority.requests
        changed: list[Path] = []
        stamper = Stamper(core, changed.append)
        for path in (before, unfinished, new):
            stamper.consider(path)
        stamper.start()
        try:
            until(lambda: authority.requests >= asked + 3)
            assert stamper.waiting
            assert "503" in stamper.trouble
            authority.down = False
            until(lambda: not stamper.waiting)
        finally:
            authority.down = False
            stamper.stop()
    assert changed == [new]
    assert load(new).stamps == [url]
    assert load(before).stamps == load(unfinished).stamps == []
    assert verify_take(new, roots=roots_in(authority.root)).ok
