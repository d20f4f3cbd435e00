"""c2pa at the command line: signed, checked by it and by verify, and what the owner set."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from capture.slices import Order, Sliced, slice_take
from tests.support.c2pa_verifier import verify_sidecar, verify_wav
from tests.support.cli import Cli
from tests.support.slice_takes import marked
from tests.support.takes import KEY


@pytest.fixture(scope="module")
def slices(cli: Cli) -> list[Sliced]:
    cli.library.mkdir()
    (cli.library / "takechain.toml").write_text(
        'format = "takechain-library/1"\nuuid = "67853496-e5f5-5c23-93ed-4ef34da8a246"\n'
    )
    return slice_take(marked(cli.library), KEY, Order(cli.library.parent / "cut"))


def test_a_slice_is_signed_checked_and_verified(cli: Cli, slices: list[Sliced]) -> None:
    assert cli.ok("c2pa", "mining")["mining"] == {}
    cli.ok("c2pa", "mining", "ai_training=notAllowed", "--by", "anna")
    wav = slices[0].wav
    made = cli.ok("c2pa", "sign", wav)
    assert made["signed"] == [{"path": str(wav), "manifest": str(wav), "embedded": True}]
    anchor = Path(cli.env["TAKECHAIN_CONFIG"]) / "c2pa" / "authority.pem"
    manifest = verify_wav(wav, x509.load_pem_x509_certificate(anchor.read_bytes()))
    assert manifest.assertions["cawg.training-mining"]["entries"] == {
        "cawg.ai_training": {"use": "notAllowed"}
    }
    checked = cli.ok("c2pa", "check", wav, slices[1].wav)
    assert [one["state"] for one in checked["files"]] == ["trusted"]
    assert checked["without"] == [str(slices[1].wav)]
    both = cli.ok("verify", wav)
    assert [one["state"] for one in both["credentials"]] == ["trusted"]
    assert "Content Credentials intact" in cli.run("verify", wav.parent).out
    cli.ok("c2pa", "mining", "none")
    assert "nothing is set" in cli.run("c2pa", "mining").out


def test_refusals_are_words_and_codes(cli: Cli, slices: list[Sliced], tmp_path: Path) -> None:
    taken = next(cli.library.rglob("*_01_Kick.wav"))
    refused = cli.run("c2pa", "sign", taken)
    assert refused.code == 2
    assert "lies in a library" in refused.err
    assert cli.run("c2pa", "sign", slices[1].wav, "--certificate", "x.pem").code == 2
    assert cli.run("c2pa", "sign", slices[1].wav, "--mining", "perhaps").code == 2
    raw = bytearray(slices[0].wav.read_bytes())
    raw[-10] ^= 1
    copy = tmp_path / "copy.wav"
    copy.write_bytes(raw[:-40])
    assert cli.run("c2pa", "check", copy).code == 5


def test_slices_and_copies_get_them_at_once(cli: Cli, slices: list[Sliced], tmp_path: Path) -> None:
    authority = Path(cli.env["TAKECHAIN_CONFIG"]) / "c2pa" / "authority.pem"
    anchor = x509.load_pem_x509_certificate(authority.read_bytes())
    cut = cli.ok("slice", "Aurora/1", "--tracks", "1", "--out", tmp_path / "cut", "--c2pa")
    assert [one["embedded"] for one in cut["credentials"]["signed"]] == [True, True]
    for one in cut["slices"]:
        verify_wav(Path(one["path"]), anchor)
    copied = cli.ok("copy", "Aurora/1", tmp_path / "disk", "--c2pa")
    for one in copied["credentials"]["signed"]:
        verify_sidecar(Path(one["path"]), Path(one["manifest"]), anchor)
    assert len(copied["credentials"]["signed"]) == 2
    again = cli.ok("copy", "Aurora/1", tmp_path / "disk", "--c2pa")
    assert again["credentials"] == {"signed": [], "problems": []}
    both = cli.ok("verify", tmp_path / "disk")
    assert [both["ok"], *(one["state"] for one in both["credentials"])] == [True, "trusted", "trusted"]
    assert cli.run("copy", "Aurora/1", tmp_path / "bag", "--c2pa", "--bagit").code == 2


def test_what_is_simulated_is_cut_and_copied_without(cli: Cli, slices: list[Sliced], tmp_path: Path) -> None:
    journal = marked(tmp_path / "takes", origin="simulated", slate="Fake")
    refused = cli.run("slice", journal, "--out", tmp_path / "cut", "--c2pa")
    assert refused.code == 2
    assert "not signed as a digital capture" in refused.err
    assert not (tmp_path / "cut").exists()
    copied = cli.run("copy", journal, tmp_path / "disk", "--c2pa", "--json")
    assert copied.code == 2
    assert copied.json["ok"] is True
    assert copied.json["credentials"]["signed"] == []
    assert not list((tmp_path / "disk").rglob("*.c2pa"))
