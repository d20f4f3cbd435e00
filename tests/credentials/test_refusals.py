"""What is never signed, and that a refusal leaves every byte and no file behind."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from capture.credentials import (
    CredentialError,
    NoC2pa,
    NotAsSigned,
    NotPhysical,
    Signing,
    check_files,
    own_identity,
    parse_mining,
    users_identity,
)
from capture.credentials.mining import assertion, mining_words, usable
from capture.errors import UsageError
from capture.slices import Order, slice_take
from capture.take import Origin
from tests.credentials.conftest import Made
from tests.support.certificates import authority_and_leaf
from tests.support.slice_takes import marked
from tests.support.takes import KEY


def state_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.mark.parametrize("origin", [origin.value for origin in Origin if origin != "physical"])
@pytest.mark.parametrize("how", ["slice", "copy"])
def test_only_physical_sound_is_a_digital_capture(origin: str, how: str, tmp_path: Path) -> None:
    journal = marked(tmp_path / "takes", origin=origin)
    folder = journal.parent
    if how == "slice":
        folder = slice_take(journal, KEY, Order(tmp_path / "out"))[0].wav.parent
    before = state_of(folder)
    with pytest.raises(NotPhysical, match="not signed as a digital capture") as refused:
        Signing(own_identity(), "0").sign(min(folder.glob("*.wav")))
    assert Origin(origin).said in refused.value.what
    assert state_of(folder) == before


def test_a_librarys_own_files_and_files_of_nobody(tmp_path: Path) -> None:
    journal = marked(tmp_path / "library")
    (tmp_path / "library" / "takechain.toml").write_text('format = "takechain-library/1"\n')
    before = state_of(journal.parent)
    wav = min(journal.parent.glob("*.wav"))
    with pytest.raises(NotPhysical, match="lies in a library"):
        Signing(own_identity(), "0").sign(wav)
    assert state_of(journal.parent) == before
    shutil.copy(wav, tmp_path / "alone.wav")
    with pytest.raises(NotPhysical, match=r"nothing beside alone\.wav"):
        Signing(own_identity(), "0").sign(tmp_path / "alone.wav")


def test_what_was_altered_signed_or_is_no_file(made: Made, tmp_path: Path) -> None:
    signing = Signing(own_identity(), "0")
    for one in made.slices[:2]:
        with pytest.raises(CredentialError, match="credentials already"):
            signing.sign(one.wav)
    one = made.slices[3]
    for file in one.wav.parent.glob(f"{one.wav.stem}.*"):
        shutil.copy(file, tmp_path)
    copy = tmp_path / one.wav.name
    raw = bytearray(copy.read_bytes())
    raw[-1] ^= 1
    copy.write_bytes(raw)
    with pytest.raises(NotAsSigned, match="not what was signed"):
        signing.sign(copy)
    (tmp_path / "bag" / "data").mkdir(parents=True)
    (tmp_path / "bag" / "bagit.txt").write_text("BagIt-Version: 1.0\n")
    shutil.copy(one.wav, tmp_path / "bag" / "data")
    with pytest.raises(CredentialError, match="lies in a bag"):
        signing.sign(tmp_path / "bag" / "data" / one.wav.name)
    (tmp_path / "link.wav").symlink_to(one.wav)
    for wrong in (tmp_path / "link.wav", tmp_path, tmp_path / "none.wav"):
        with pytest.raises(CredentialError):
            signing.sign(wrong)


def test_a_signature_that_fails_leaves_the_file_as_it_was(made: Made, tmp_path: Path) -> None:
    """A chain whose leaf is an authority: the library that signs refuses it, in its own process."""
    authority, _, _ = authority_and_leaf(tmp_path)
    identity = replace(own_identity(), chain=authority.read_text())
    one = made.slices[3]
    before = state_of(one.wav.parent)
    with pytest.raises(CredentialError):
        Signing(identity, "0").sign(one.wav)
    with pytest.raises(CredentialError):
        Signing(identity, "0", embed_bytes=1).sign(one.wav)
    assert state_of(one.wav.parent) == before


def test_without_the_package(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c2pa.py").write_text("raise ImportError('not here')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    before = state_of(made.slices[3].wav.parent)
    with pytest.raises(NoC2pa) as lacking:
        Signing(own_identity(), "0").sign(made.slices[3].wav)
    assert (lacking.value.exit_code, "takechain[c2pa]" in lacking.value.do) == (6, True)
    assert state_of(made.slices[3].wav.parent) == before
    (found,) = check_files([made.slices[0].wav])
    assert (found.state, found.ok) == ("not checked", True)
    assert "takechain[c2pa]" in found.words


def test_certificates_that_cannot_sign(tmp_path: Path) -> None:
    _, chain, key = authority_and_leaf(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, _, wrong = authority_and_leaf(other)
    with pytest.raises(CredentialError, match="is not the key of"):
        users_identity(chain, wrong)
    with pytest.raises(CredentialError, match="are not a certificate chain"):
        users_identity(key, chain)
    with pytest.raises(CredentialError, match="cannot be read"):
        users_identity(tmp_path / "none", key)
    authority_and_leaf(tmp_path, days=-1)
    with pytest.raises(CredentialError, match="expired"):
        users_identity(chain, key)
    authority_and_leaf(tmp_path, rsa.generate_private_key(65537, 1024))
    with pytest.raises(CredentialError, match="cannot sign"):
        users_identity(chain, key)
    authority_and_leaf(tmp_path, ec.generate_private_key(ec.SECP384R1()))
    assert users_identity(chain, key).algorithm == "es384"


ALL = ("data_mining", "ai_inference", "ai_training", "ai_generative_training")


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", {}),
        ("notallowed", dict.fromkeys(ALL, "notAllowed")),
        (
            "ai_training=notAllowed, data_mining = allowed",
            {"ai_training": "notAllowed", "data_mining": "allowed"},
        ),
        ("allowed, ai_training=notAllowed", dict.fromkeys(ALL, "allowed") | {"ai_training": "notAllowed"}),
    ],
)
def test_what_the_owner_allows(text: str, entries: dict[str, str]) -> None:
    found = parse_mining(text)
    assert {name: entry["use"] for name, entry in found.items()} == entries
    assert parse_mining(mining_words(found)) == found
    assert usable(found) == found
    assert [one["data"]["entries"].keys() for one in assertion(found)] == (
        [{f"cawg.{name}" for name in entries}] if entries else []
    )


def test_constrained_says_how() -> None:
    found = parse_mining("ai_training=constrained: ask us first")
    assert found == {"ai_training": {"use": "constrained", "constraint_info": "ask us first"}}
    for wrong in ("maybe", "ai_training=constrained", "allowed: why", "humming=allowed", "=", "a=b=c"):
        with pytest.raises(UsageError):
            parse_mining(wrong)
    for damaged in (
        None,
        3,
        [],
        {"ai_training": 3},
        {"x": {"use": "allowed"}},
        {"ai_training": {"use": "no"}},
    ):
        assert usable(damaged) == {}
