"""takechain key: identities, rotation, revocation and known signers, and what verify says of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from capture.journal.keys import Key
from tests.support.cli import TAKECHAIN, Cli, Result
from tests.support.takes import build_take


@pytest.fixture(scope="module", autouse=True)
def library(cli: Cli) -> None:
    """There is a library, and a key."""
    cli.ok("gear", "add", "x")
    cli.ok("key", "list")


def sealing_key(cli: Cli) -> Key:
    return Key((Path(cli.env["TAKECHAIN_CONFIG"]) / "station.key").read_bytes())


def words(cli: Cli, path: Path) -> str:
    return cli.run("verify", path).out


def test_a_studio_gets_its_name_and_its_takes_say_it(cli: Cli) -> None:
    first = cli.ok("key", "name", "Studio A")
    assert (first["name"], first["kind"], first["known"]) == ("Studio A", "station", True)
    path = build_take(cli.library, key=sealing_key(cli))
    assert "signed by Studio A (station)" in words(cli, path)
    assert "Studio A" in cli.run("key", "list").out
    stranger = {"TAKECHAIN_CONFIG": str(cli.library.parent / "stranger")}
    said = cli.run("verify", path, **stranger).out
    assert "signer unknown: it says of itself Studio A (station)" in said


def test_rotation_revocation_and_trust(cli: Cli, tmp_path: Path) -> None:
    old = sealing_key(cli)
    new = cli.ok("key", "rotate")
    assert new["keyid"] == sealing_key(cli).keyid != old.keyid
    path = build_take(cli.library, number=2, slate="Boreal", key=sealing_key(cli))
    assert "signed by Studio A (station)" in words(cli, path)
    out = tmp_path / "studio.json"
    assert cli.ok("key", "export", "-o", out)["file"] == str(out)
    assert cli.ok("key", "export") == json.loads(out.read_text())
    stranger = {"TAKECHAIN_CONFIG": str(tmp_path / "stranger")}
    alone = tmp_path / "buyer"
    shutil.copytree(path.parent, alone)
    assert "(signer unknown)" in cli.run("verify", alone, **stranger).out
    trusted = cli.run("key", "trust", out, "--name", "Ida's studio", "--json", **stranger)
    assert trusted.json["known"] is True
    assert "signed by Ida's studio (station)" in cli.run("verify", alone, **stranger).out
    cli.run("key", "trust", new["keyid"], "--forget", **stranger)
    assert "signer unknown: it says of itself" in cli.run("verify", alone, **stranger).out
    revoked = cli.ok(
        "key", "revoke", old.fingerprint, "--since", "2026-01-01T00:00:00Z", "--reason", "stolen"
    )
    assert revoked["revoked"] == "2026-01-01T00:00:00.000000Z"
    result = cli.run("verify", cli.library / "Nordlys" / "2026-11-25" / "Aurora", **stranger)
    assert result.code == 5
    assert "Aurora_T001: signed with a revoked key" in result.out
    assert "was revoked from 2026-01-01T00:00:00.000000Z on (stolen)" in result.out


def test_an_engineer_has_a_key_of_their_own(cli: Cli) -> None:
    made = cli.ok("key", "new", "Anna")
    assert (made["name"], made["kind"]) == ("Anna", "engineer")
    assert [one["name"] for one in cli.ok("key", "list")["own"]] == ["Studio A", "Anna"]
    again = cli.ok("key", "rotate", "--of", "Anna", "--name", "Anna B.")
    assert again["name"] == "Anna B."
    assert again["keyid"] != made["keyid"]


def test_what_cannot_be_is_said(cli: Cli, tmp_path: Path) -> None:
    for order in (
        ("new", "Anna B."),
        ("rotate", "--of", "nobody"),
        ("name", "Other", "--of", "Anna B."),
        ("revoke", "123"),
        ("revoke", "0" * 16),
        ("trust", "0123"),
        ("trust", "0" * 64),
        ("trust", tmp_path),
    ):
        result = cli.run("key", *order)
        assert result.code == 2, (order, result)
        assert result.said


def test_a_passphrase_is_read_from_stdin_or_the_environment_and_recover_says_what_waits(cli: Cli) -> None:
    locked = run_with(cli, "one\n", "key", "passphrase", "--stdin")
    assert locked.code == 0, locked
    assert cli.ok("key", "list")["own"][0]["passphrase"] is True
    path = build_take(cli.library, number=3, slate="Cirrus", sealed=False)
    waits = cli.run("recover", "--json")
    assert (waits.code, waits.json["waiting"]) == (6, [str(path)])
    assert "closed, waiting for the key" in cli.run("takes").out
    assert "closed, waiting for the key" in cli.run("show", path).out
    result = cli.run("verify", path)
    assert result.code == 5
    assert result.out.startswith("Cirrus_T003: closed, waiting for the key")
    refused = cli.run("key", "rotate")
    assert (refused.code, len(refused.said)) == (6, 2)
    assert cli.run("key", "rotate", TAKECHAIN_PASSPHRASE="one", TAKECHAIN_STATION_LINGER="0").code == 0
    assert cli.run("recover", TAKECHAIN_PASSPHRASE="wrong").code == 6
    assert cli.run("recover", TAKECHAIN_PASSPHRASE="one").code == 0
    assert cli.run("verify", path).code == 0
    assert run_with(cli, "wrong\ntwo\n", "key", "passphrase", "--stdin").code == 6
    assert run_with(cli, "one\ntwo\n", "key", "passphrase", "--stdin").code == 0
    assert run_with(cli, "two\n", "key", "passphrase", "--stdin", "--none").code == 0
    assert cli.ok("key", "list")["own"][0]["passphrase"] is False


def test_the_station_is_unlocked_from_stdin(cli: Cli) -> None:
    assert run_with(cli, "one\n", "key", "passphrase", "--stdin").code == 0
    cli.ok("station", "start")
    assert cli.ok("station", "status")["key"]["locked"] is True
    assert run_with(cli, "wrong\n", "key", "unlock", "--stdin").code == 6
    assert run_with(cli, "one\n", "key", "unlock", "--stdin").code == 0
    assert cli.ok("station", "status")["key"]["locked"] is False
    assert run_with(cli, "one\n", "key", "passphrase", "--stdin", "--none").code == 0


def run_with(cli: Cli, text: str, *words: str) -> Result:
    process = subprocess.run(
        [TAKECHAIN, *words], env=cli.env, input=text, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in process.stderr
    return Result(process.returncode, process.stdout, process.stderr)
