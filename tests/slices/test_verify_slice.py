"""What a slice is proved by, what is found when it was altered, and the same check with openssl alone."""

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.journal.identities import Identity, KeyStatement, Revocation, SignerKind
from capture.journal.signers import Signers, Statements
from capture.slices import Handles, Order, Sliced, SliceReport, Takes, slice_take, verify_slice
from capture.slices.report import Proof
from capture.slices.statement import SLICE_TYPE, sealed_statement
from tests.support.slice_takes import marked, pcm, two_parts
from tests.support.takes import KEY, OTHER_KEY


def cut(journal: Path, out: Path, key: Any = KEY, **how: Any) -> list[Sliced]:
    return slice_take(journal, key, Order(out, **how))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return marked(tmp_path / "library")


@pytest.fixture
def one(journal: Path, tmp_path: Path) -> Sliced:
    return cut(journal, tmp_path / "out", handles=Handles(blocks=True))[0]


def faults(report: SliceReport) -> str:
    return " | ".join(str(finding) for finding in report.findings if finding.severity == "fault")


def test_against_its_take_wherever_that_is(journal: Path, one: Sliced, tmp_path: Path) -> None:
    report = verify_slice(one.statement_path, Takes([journal]))
    assert (report.ok, report.proof) == (True, Proof.TAKE), report.words
    assert "every sample is that of Aurora_T001_01_Kick.wav, frames 500–1499" in " ".join(report.words)
    here = cut(journal, journal.parent / "Aurora_T001 slices")[0]
    assert verify_slice(here.statement_path).proof is Proof.TAKE  # found in the folder above
    (tmp_path / "library" / "takechain.toml").write_text('format = "takechain-library/1"\n')
    deep = cut(journal, tmp_path / "library" / "Shop" / "Drums")[0]
    assert verify_slice(deep.statement_path).proof is Proof.TAKE  # found in the library


def test_alone_by_its_whole_blocks(one: Sliced) -> None:
    report = verify_slice(one.statement_path)
    assert (report.ok, report.proof) == (True, Proof.BLOCKS), report.words
    assert "2 whole blocks (frames 0–999 of its 1000) proved by the seal of the take" in " ".join(
        report.words
    )


def test_alone_without_handles_only_in_part(journal: Path, tmp_path: Path) -> None:
    first, *_ = cut(journal, tmp_path / "plain")
    report = verify_slice(first.statement_path)
    assert report.proof is Proof.BLOCKS
    assert "1 whole block (frames 300–799 of its 800) proved by the seal" in " ".join(report.words)
    assert "the rest by the signature of whoever cut it" in " ".join(report.words)
    (tmp_path / "plain" / "Aurora_T001.blocks.json").unlink()
    report = verify_slice(first.statement_path)
    assert (report.ok, report.proof) == (True, Proof.SIGNATURE)
    assert "signature of whoever cut it alone" in " ".join(report.words)


def test_by_the_journal_when_the_audio_is_gone(journal: Path, one: Sliced) -> None:
    for wav in journal.parent.glob("*.wav"):
        wav.unlink()
    report = verify_slice(one.statement_path, Takes([journal]))
    assert (report.ok, report.proof) == (True, Proof.JOURNAL), report.words
    assert "audio is not here: 2 whole blocks" in " ".join(report.words)


@pytest.mark.parametrize("hole", [0, 300])
def test_parts_poly_and_float(tmp_path: Path, hole: int) -> None:
    parts = two_parts(tmp_path / "a", hole, format="float32")
    poly = marked(tmp_path / "b", layout="poly", tracks=("L", "R", "C"))
    for journal in (parts, poly):
        for one in cut(journal, tmp_path / journal.parent.parts[-4]):
            report = verify_slice(one.statement_path, Takes([journal]))
            assert (report.ok, report.proof) == (True, Proof.TAKE), report.words
            assert verify_slice(one.statement_path).ok


def test_another_key_than_the_seals(journal: Path, tmp_path: Path) -> None:
    one = cut(journal, tmp_path / "out", OTHER_KEY)[0]
    report = verify_slice(one.statement_path, Takes([journal]), signers=Signers({KEY.keyid: "Anna"}))
    assert report.ok
    assert report.keyid == OTHER_KEY.keyid
    assert "signer unknown" in " ".join(report.words)
    known = verify_slice(one.statement_path, signers=Signers({OTHER_KEY.keyid: "Per"}))
    assert "cut and signed by Per" in " ".join(known.words)


def test_a_key_that_was_revoked_before(one: Sliced) -> None:
    stated = Statements()
    statement = KeyStatement.make(Identity.new(SignerKind.ENGINEER, "Anna"), KEY)
    stated.keys[KEY.keyid] = statement
    for since, ok in (("2000-01-01T00:00:00.000000Z", False), ("2999-01-01T00:00:00.000000Z", True)):
        stated.revocations[KEY.keyid] = [Revocation.make(KEY.keyid, since, "lost", KEY)]
        report = verify_slice(one.statement_path, signers=Signers({}, stated))
        assert report.ok is ok, report.words
        assert "revoked from" in " ".join(report.words)


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (45056 + 3 * 250, "frames 0–499: the audio was altered"),
        (45056 + 3 * 999 + 2, "frames 500–999: the audio was altered"),
        (700, "the header was altered"),
        (45052, "the header was altered"),
    ],
)
def test_one_bit_of_the_file(journal: Path, one: Sliced, at: int, words: str) -> None:
    flip(one.wav, at)
    for takes in (Takes(), Takes([journal])):
        report = verify_slice(one.statement_path, takes)
        assert not report.ok
        assert words in faults(report)
        assert report.state == "altered slice"
        assert report.as_dict()["proof"] == "nothing"


def test_audio_outside_of_whole_blocks(journal: Path, tmp_path: Path) -> None:
    one = cut(journal, tmp_path / "out")[0]
    flip(one.wav, 45056 + 3 * 10)
    assert "outside of its whole blocks" in faults(verify_slice(one.statement_path))


def test_what_is_missing_or_added(one: Sliced) -> None:
    raw = one.wav.read_bytes()
    one.wav.write_bytes(raw[:-6])
    assert "6 bytes of its audio are missing" in faults(verify_slice(one.statement_path))
    one.wav.write_bytes(raw + b"more")
    assert "4 bytes were put behind its audio" in faults(verify_slice(one.statement_path))
    extra = raw + b"C2PA" + (4).to_bytes(4, "little") + b"jumb"
    one.wav.write_bytes(extra[:4] + (len(extra) - 8).to_bytes(4, "little") + extra[8:])
    report = verify_slice(one.statement_path)
    assert report.ok, report.words
    assert "a C2PA chunk stands behind the audio: it is not of the slice" in " ".join(report.words)
    one.wav.unlink()
    report = verify_slice(one.statement_path)
    assert report.state == "incomplete slice"
    one.wav.symlink_to(one.chain)
    assert not verify_slice(one.statement_path).ok


def test_the_chain_is_bound(one: Sliced, tmp_path: Path) -> None:
    chain = json.loads(one.chain.read_text())
    chain["fields"]["input.1.microphone.model"]["value"] = "SM58"
    one.chain.write_bytes(rfc8785.dumps(chain))
    assert "input.1.microphone.model is not what its digest says" in faults(verify_slice(one.statement_path))
    other = marked(tmp_path / "other", chain={"input.1.microphone.model": "U 87"})
    shutil.copy(other.with_name("Aurora_T001.chain.json"), one.chain)
    assert "not that of the take" in faults(verify_slice(one.statement_path))
    one.chain.unlink()
    assert "chain snapshot is missing" in faults(verify_slice(one.statement_path))


def resigned(one: Sliced, key: Any = KEY, **changes: Any) -> None:
    one.statement_path.write_bytes(sealed_statement({**one.statement, **changes}, key))


def test_a_statement_by_another_that_claims_the_take(journal: Path, one: Sliced) -> None:
    """Whoever has a key can sign anything: what the seal of the take does not bear out is found."""
    resigned(one, OTHER_KEY, first=501)
    assert "blocks" in faults(verify_slice(one.statement_path))
    blocks = [{**b, "sha256": "0" * 64} for b in one.statement["blocks"]]
    audio = pcm(one.wav)
    resigned(one, OTHER_KEY, blocks=blocks)
    assert "the audio was altered" in faults(verify_slice(one.statement_path))
    shifted = [{**b, "first": b["first"] + 500} for b in one.statement["blocks"]]
    resigned(one, OTHER_KEY, first=1000, blocks=shifted)
    assert "not those of its take" in faults(verify_slice(one.statement_path, Takes([journal])))
    forged = bytes(len(audio))
    digests = [{**b, "sha256": hashlib.sha256(forged[:1500]).hexdigest()} for b in one.statement["blocks"]]
    data = {**one.statement["data"], "sha256": hashlib.sha256(forged).hexdigest()}
    raw = one.wav.read_bytes()
    one.wav.write_bytes(raw.replace(audio, forged))
    resigned(one, OTHER_KEY, blocks=digests, data=data)
    assert "is not one of its take" in faults(verify_slice(one.statement_path))
    assert "not those of its take" in faults(verify_slice(one.statement_path, Takes([journal])))
    resigned(one, OTHER_KEY, blocks=[], data=data)
    report = verify_slice(one.statement_path)
    assert (report.ok, report.proof) == (True, Proof.SIGNATURE)  # and it claims no more than that
    assert not verify_slice(one.statement_path, Takes([journal])).ok


@pytest.mark.parametrize(
    ("member", "changes", "what"),
    [
        ("take", {"origin": "simulated"}, "the origin"),
        ("take", {"keyid": OTHER_KEY.keyid}, "the signer"),
        ("take", {"take": "0" * 36}, "the take"),
        ("audio", {"rate": 96000}, "the format"),
        ("tracks", [{"number": 2, "input": 2, "channel": 0, "name": "Snare"}], "the tracks"),
        ("gaps", [{"first": 500, "frames": 1}], "the gaps"),
        ("calibrations", [{"input": 1, "spl_at_0dbfs_db": 120}], "the calibrations"),
        ("changes", [{"path": "input.1.preamp.gain_db", "frame": 1}], "changes of the chain"),
    ],
)
def test_a_statement_that_says_otherwise_than_its_take(
    journal: Path, one: Sliced, member: str, changes: Any, what: str
) -> None:
    value = changes if isinstance(changes, list) else {**one.statement[member], **changes}
    resigned(one, **{member: value})
    assert f"says of {what} what its take does not" in faults(
        verify_slice(one.statement_path, Takes([journal]))
    )


def test_the_statement_itself(one: Sliced) -> None:
    envelope = json.loads(one.statement_path.read_text())
    payload = base64.b64decode(envelope["payload"]).replace(b"Big Hit", b"Bad Hit")
    envelope["payload"] = base64.b64encode(payload).decode()
    one.statement_path.write_text(json.dumps(envelope))
    assert "signature" in faults(verify_slice(one.statement_path))
    for raw in (b"", b"{}", b"[]", b"\xff", one.chain.read_bytes()):
        one.statement_path.write_bytes(raw)
        assert not verify_slice(one.statement_path).ok


def test_the_list_of_blocks(one: Sliced) -> None:
    path = one.wav.with_name("Aurora_T001.blocks.json")
    fields = json.loads(path.read_text())
    digests = bytearray(base64.b64decode(fields["digests"]))
    digests[0] ^= 1
    for name, value, words in (
        ("digests", base64.b64encode(digests).decode(), "not those that were sealed"),
        ("end", fields["end"].replace("1", "2"), "not that of its take"),
        ("seal", "{}", "not that of its take"),
        ("format", "other", "altered"),
    ):
        path.write_text(json.dumps({**fields, name: value}))
        assert words in faults(verify_slice(one.statement_path)), name


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        ["first", "frames", "blocks", "data", "take", "audio", "part", "parent", "chain", "gaps"]
    ),
    value=st.one_of(
        st.none(),
        st.integers(-5, 2**60),
        st.text(max_size=5),
        st.lists(st.integers(), max_size=3),
        st.just({}),
    ),
)
def test_any_statement_gives_words_and_no_traceback(
    journal: Path, one: Sliced, name: str, value: Any
) -> None:
    resigned(one, **{name: value})
    assert verify_slice(one.statement_path).words
    against = verify_slice(one.statement_path, Takes([journal]))
    assert against.ok == (value == one.statement[name])


def test_the_signature_and_the_blocks_by_openssl_and_hand(one: Sliced, tmp_path: Path) -> None:
    """As docs/format.md says it, with nothing of ours."""
    envelope = json.loads(one.statement_path.read_text())
    payload = base64.b64decode(envelope["payload"])
    kind = SLICE_TYPE.encode()
    (tmp_path / "signed").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    der = bytes.fromhex("302a300506032b6570032100") + base64.b64decode(envelope["public_key"])
    (tmp_path / "key.der").write_bytes(der)
    command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in signed -sigfile sig"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(payload)
    assert hashlib.sha256(pcm(one.wav)).hexdigest() == said["data"]["sha256"]
    head = bytearray(one.wav.read_bytes()[: said["data"]["offset"]])
    head[4:8] = bytes(4)
    assert hashlib.sha256(head).hexdigest() == said["data"]["header_sha256"]
    listed = json.loads(one.wav.with_name("Aurora_T001.blocks.json").read_text())
    digests = base64.b64decode(listed["digests"])
    assert hashlib.sha256(listed["end"].encode()).hexdigest() == said["take"]["end_sha256"]
    assert json.loads(listed["end"])["blocks"] == hashlib.sha256(digests).hexdigest()
    for block in said["blocks"]:
        at = (block["first"] - said["first"]) * 3
        found = hashlib.sha256(pcm(one.wav)[at : at + block["frames"] * 3]).hexdigest()
        assert found == block["sha256"] == digests[32 * block["index"] :][:32].hex()
