"""Signed slices and a signed copy of a take, made once: each signature is two processes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from capture.credentials import Signing, own_identity, parse_mining
from capture.slices import Order, Sliced, slice_take
from tests.support.slice_takes import marked
from tests.support.takes import KEY


@dataclass(frozen=True)
class Made:
    """The slices (0: signed inside, 1: beside, 2 and 3: not signed), the bytes before, a copy of the take."""

    slices: list[Sliced]
    before: list[bytes]
    copied: Path
    anchor: x509.Certificate


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config")


@pytest.fixture(autouse=True)
def places(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKECHAIN_CONFIG", str(config))


@pytest.fixture(scope="session")
def made(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAKECHAIN_CONFIG", str(config))
        root = tmp_path_factory.mktemp("credentials")
        journal = marked(root / "library")
        slices = slice_take(journal, KEY, Order(root / "out", withhold=("preamp.gain_db",)))
        before = [one.wav.read_bytes() for one in slices]
        Signing(own_identity(), "0.1.0", parse_mining("ai_training=notAllowed")).sign(slices[0].wav)
        Signing(own_identity(), "0.1.0", embed_bytes=100).sign(slices[1].wav)
        copied = root / "copied" / journal.name
        shutil.copytree(journal.parent, copied.parent)
        Signing(own_identity(), "0.1.0").sign(min(copied.parent.glob("*.wav")))
        anchor = x509.load_pem_x509_certificate((config / "c2pa" / "authority.pem").read_bytes())
    return Made(slices, before, copied, anchor)
