"""Signed slices and copies, judged by a verifier of our own that shares nothing with c2pa."""

from __future__ import annotations

import hashlib
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from cryptography import x509
from wavinfo import WavInfoReader

from capture.credentials import Signing, check_files, own_identity, users_identity
from capture.credentials.check import sidecar_of
from capture.credentials.evidence import Evidence
from capture.journal.verify import verify_take
from capture.slices import verify_slice
from tests.credentials.conftest import Made
from tests.support import wav_files
from tests.support.c2pa_verifier import Broken, riff_chunks, verify_sidecar, verify_wav
from tests.support.certificates import authority_and_leaf
from tests.support.takes import KEY

CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


def test_inside_a_slice(made: Made) -> None:
    one = made.slices[0]
    manifest = verify_wav(one.wav, made.anchor)
    assert manifest.algorithm == "ES256"
    assert manifest.chain[-1] == made.anchor
    action, *others = manifest.assertions["c2pa.actions.v2"]["actions"]
    assert (action["action"], action["digitalSourceType"], others) == ("c2pa.created", CAPTURE, [])
    own = manifest.assertions["org.takechain.recording"]
    assert (own["origin"], own["take"], own["keyid"]) == (
        "physical",
        one.statement["take"]["take"],
        KEY.keyid,
    )
    assert own["slice"]["first"] == one.statement["first"]
    assert own["chain"]["digest"] == one.statement["chain"]["digest"]
    assert own["chain"]["fields"]["input.1.preamp.gain_db"].keys() == {"digest"}  # what is withheld stays so
    samples = WavInfoReader(str(one.wav)).data
    assert samples is not None
    assert own["data_sha256"] == hashlib.sha256(_samples(made.before[0])).hexdigest()
    mining = manifest.assertions["cawg.training-mining"]["entries"]
    assert mining == {"cawg.ai_training": {"use": "notAllowed"}}


def _samples(raw: bytes) -> bytes:
    offset, size = next((at, size) for name, at, size in riff_chunks(raw) if name == b"data")
    return raw[offset : offset + size]


def test_nothing_else_of_the_slice_changes(made: Made) -> None:
    one, before = made.slices[0], made.before[0]
    after = one.wav.read_bytes()
    assert (after[:4], after[8 : len(before)]) == (before[:4], before[8:])
    assert after[len(before) : len(before) + 4] == b"C2PA"
    assert struct.unpack_from("<I", after, 4)[0] + 8 == len(after)
    assert verify_slice(one.statement_path).ok
    assert soundfile.info(one.wav).frames == wav_files.ffprobe(one.wav).frames == one.cut.frames
    assert one.wav.stat().st_mode & 0o777 == made.slices[2].wav.stat().st_mode & 0o777
    assert not list(one.wav.parent.glob(".*"))


def test_beside_a_file_that_is_too_large(made: Made) -> None:
    one = made.slices[1]
    assert one.wav.read_bytes() == made.before[1]
    manifest = verify_sidecar(one.wav, sidecar_of(one.wav), made.anchor)
    assert "cawg.training-mining" not in manifest.assertions  # the owner set nothing, so nothing is said
    assert verify_slice(one.statement_path).ok


def test_a_copied_take_stays_whole_to_the_last_byte(made: Made) -> None:
    wav = min(made.copied.parent.glob("*.wav"))
    own = verify_sidecar(wav, sidecar_of(wav), made.anchor).assertions["org.takechain.recording"]
    begin = made.copied.read_bytes().splitlines()[0]
    assert own["begin_sha256"] == hashlib.sha256(begin).hexdigest()
    assert own["data_sha256"] == hashlib.sha256(_samples(wav.read_bytes())).hexdigest()
    report = verify_take(made.copied)
    assert (report.ok, report.state) == (True, "whole")


def test_who_is_trusted(made: Made, config: Path, tmp_path: Path) -> None:
    wavs = [made.slices[0].wav, made.slices[1].wav]
    assert [one.state for one in check_files(wavs)] == ["trusted"] * 2
    authority, _, _ = authority_and_leaf(tmp_path)
    strangers = check_files(wavs, authority.read_text())
    assert [one.state for one in strangers] == ["unknown signer"] * 2
    assert all(one.ok and "intact, signer unknown" in one.words for one in strangers)
    assert check_files([made.slices[2].wav, tmp_path / "none.wav"]) == []


def flipped(at: int) -> Callable[[bytes], bytes]:
    return lambda raw: raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def longer(raw: bytes) -> bytes:
    return raw[:4] + struct.pack("<I", len(raw) + 4) + raw[8:] + b"junk\x04\0\0\0abcd"


def test_every_change_is_found_by_both_verifiers(made: Made, tmp_path: Path) -> None:
    raw = made.slices[0].wav.read_bytes()
    chunks = {name: at for name, at, _ in riff_chunks(raw)}
    store = chunks[b"C2PA"]
    changes: dict[str, Callable[[bytes], bytes]] = {
        "one bit of a sample": flipped(chunks[b"data"] + 100),
        "one bit of bext": flipped(chunks[b"bext"] + 10),
        "one bit of iXML": flipped(chunks[b"iXML"] + 50),
        "our own assertion": flipped(raw.index(b"Big Hit", store) + 2),
        "the mining assertion": flipped(raw.index(b"notAllowed", store)),
        "the claim's title": flipped(raw.index(b"dc:title", store)),
        "the certificate": flipped(raw.index(b"authority of its", store)),
        "bytes behind the file": lambda raw: raw + b"junk",
        "a chunk behind the file": longer,
        "the store cut short": lambda raw: raw[: store + 900],
    }
    paths = []
    for number, (what, change) in enumerate(changes.items()):
        path = tmp_path / f"{number} {what}.wav"
        path.write_bytes(change(raw))
        paths.append(path)
        with pytest.raises(Broken):
            verify_wav(path, made.anchor)
    shutil.copy(made.slices[1].wav, tmp_path / "beside.wav")
    shutil.copy(sidecar_of(made.slices[1].wav), tmp_path / "beside.wav.c2pa")
    (tmp_path / "beside.wav").write_bytes(flipped(1000)(made.before[1]))
    paths.append(tmp_path / "beside.wav")
    with pytest.raises(Broken):
        verify_sidecar(paths[-1], sidecar_of(paths[-1]), made.anchor)
    found = {one.path.name: one for one in check_files(paths)}
    assert [path.name for path in paths if path.name not in found or found[path.name].ok] == []
    assert all("not what was signed" in one.words for one in found.values())


def test_the_users_own_certificate(made: Made, tmp_path: Path) -> None:
    authority, chain, key = authority_and_leaf(tmp_path)
    one = made.slices[2]
    for file in one.wav.parent.glob(f"{one.wav.stem}.*"):
        shutil.copy(file, tmp_path)
    copy = tmp_path / one.wav.name
    identity = users_identity(chain, key)
    assert identity.algorithm == "ed25519"
    assert "Studio Bryggen" in identity.name
    Signing(identity, "0.1.0").sign(copy)
    manifest = verify_wav(copy, x509.load_pem_x509_certificate(authority.read_bytes()))
    assert manifest.algorithm == "EdDSA"
    assert [check_files([copy])[0].state, check_files([copy], authority.read_text())[0].state] == [
        "unknown signer",
        "trusted",
    ]


def test_our_own_authority_is_made_once_and_its_key_is_gone(config: Path) -> None:
    assert own_identity() == own_identity()
    place = config / "c2pa"
    assert sorted(path.name for path in place.iterdir()) == ["authority.pem", "chain.pem", "signing.key"]
    assert (place / "signing.key").stat().st_mode & 0o077 == 0
    leaf, root = x509.load_pem_x509_certificates((place / "chain.pem").read_bytes())
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert "BEGIN" in (place / "signing.key").read_text()
    assert (place / "signing.key").read_text().count("BEGIN") == 1


def test_only_riff_of_less_than_the_limit_is_embedded(tmp_path: Path) -> None:
    """C2PA 2.2, A.3.6 knows RIFF alone; RF64 and BW64 have their manifest beside them."""
    for name, inside in (("RIFF", True), ("RF64", False), ("BW64", False)):
        path = tmp_path / f"{name}.wav"
        path.write_bytes(name.encode() + bytes(96))
        signing = Signing(own_identity(), "0", embed_bytes=101)
        assert signing._fits(path, Evidence({}, embed=True)) is inside
        assert not signing._fits(path, Evidence({}, embed=False))
        assert not Signing(own_identity(), "0", embed_bytes=100)._fits(path, Evidence({}, embed=True))
    assert Signing(own_identity(), "0").embed_bytes == 500_000_000
