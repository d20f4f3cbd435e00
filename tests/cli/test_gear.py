"""The gear commands: keep, change, show, history with a certificate, and files in and out."""

import csv
import hashlib
from pathlib import Path

import yaml

from tests.support.cli import Cli


def test_a_piece_from_its_first_day_to_its_certificate(cli: Cli, tmp_path: Path) -> None:
    cli.ok(
        "gear", "add", "U87-1", "--kind", "microphone", "--make", "Neumann", "--model", "U 87 Ai",
        "--serial", "0123",
        "--pattern", "omni,cardioid,figure-8", "--powering", "required", "--owner", "Anna",
        "--spec", "sensitivity_mv_pa=28 mV/Pa ±1 dB from operating instructions 2010",
        "--spec", "max_spl_db=117 from same",
    )  # fmt: skip
    changed = cli.ok("gear", "add", "U87-1", "--note", "dent", "--owner", "", "--spec", "max_spl_db=")
    assert (changed["note"], changed["serial"], "owner" in changed) == ("dent", "0123", False)
    assert changed["specs"] == {
        "sensitivity_mv_pa": {"value": 28, "source": "operating instructions 2010", "tolerance": 1}
    }
    certificate = tmp_path / "Kalibrier schein.pdf"
    certificate.write_bytes(b"27.1 mV/Pa")
    cli.ok("gear", "service", "0123", "capsule cleaned", "--date", "2024-01-02", "--who", "Workshop")
    done = cli.ok(
        "gear", "calibration", "U87-1", "--quantity", "sensitivity_mv_pa", "--value", "27.1",
        "--date", "2024-05-06",
        "--who", "Lab", "--certificate", certificate,
    )  # fmt: skip
    assert done["calibrations"][0]["sha256"] == hashlib.sha256(b"27.1 mV/Pa").hexdigest()
    shown = cli.ok("gear", "show", "0123")
    assert shown["known"]["sensitivity_mv_pa"]["value"] == 27.1
    assert shown["calibrations"][0]["state"] == "as recorded"
    certificate.write_bytes(b"28.0 mV/Pa")
    text = cli.run("gear", "show", "U87-1").out
    assert "sensitivity: 28 mV/Pa ±1 dB, from operating instructions 2010" in text
    assert "48 V required" in text
    assert "(changed)" in text
    assert [g["id"] for g in cli.ok("gear", "search", "NEUMANN", "dent")["gear"]] == ["U87-1"]
    assert cli.ok("gear", "list", "--kind", "preamp")["gear"] == []


def test_files_go_out_and_come_in(cli: Cli, tmp_path: Path) -> None:
    cli.ok("gear", "add", "=evil", "--model", "'; DROP TABLE", "--note", 'a,b "c" Ω')
    table, tree = tmp_path / "locker.csv", tmp_path / "locker.yaml"
    cli.ok("gear", "export", "-o", table)
    cli.ok("gear", "export", "-o", tree)
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert {"'=evil": 'a,b "c" Ω'}.items() <= {r["id"]: r["note"] for r in csv.DictReader(file)}.items()
    pieces = len(cli.ok("gear", "list")["gear"])
    assert len(yaml.safe_load(tree.read_text("utf-8"))["gear"]) == pieces
    before = cli.ok("gear", "list")
    elsewhere = {"TAKECHAIN_LIBRARY": str(tmp_path / "another")}
    assert cli.run("gear", "import", table, **elsewhere).code == 0
    assert cli.run("gear", "list", "--json", **elsewhere).json == before
    assert cli.ok("gear", "import", tree)["imported"] == []
    assert len(cli.ok("gear", "import", table)["unchanged"]) == pieces
    assert cli.run("gear", "export", "--to", "csv").out.startswith("id,kind,")


def test_a_file_with_a_fault_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    before = (cli.library / "library.jsonl").read_bytes()
    bad = tmp_path / "bad.csv"
    bad.write_text("id,kind\ngood,microphone\nbad,spoon\n")
    refused = cli.run("gear", "import", bad)
    assert (refused.code, refused.out) == (2, "")
    assert "bad.csv, line 3: there is no kind of gear 'spoon'" in refused.said[0]
    bad.write_text("id,make\n=evil,x\n'=evil,y\n")
    assert cli.run("gear", "import", bad).code == 2
    bad.write_text("id,make\n'=evil,x\nnew,y\n")
    assert "--replace" in cli.run("gear", "import", bad).said[1]
    for words in (
        ("import", tmp_path / "none.csv"),
        ("import", tmp_path),
        ("import", bad, "--from", "docx"),
        ("show", "nobody"),
        ("list", "--kind", "spoon"),
        ("add", "x", "--spec", "sensitivity_mv_pa=28"),
        ("add", "x", "--spec", "loud"),
        ("add", "x", "--photo", tmp_path / "none.jpg"),
        ("calibration", "=evil", "--quantity", "level", "--value", "much"),
        ("service", "=evil", "x", "--date", "32.1."),
        ("export", "-o", tmp_path / "none" / "x.csv"),
    ):
        refused = cli.run("gear", *words)
        assert (refused.code, refused.out, len(refused.said) <= 2) == (2, "", True), words
    assert (cli.library / "library.jsonl").read_bytes() == before
    assert cli.ok("gear", "import", bad, "--replace")["imported"] == ["=evil", "new"]


def test_the_starter_catalogue_is_looked_up_and_copied(cli: Cli) -> None:
    found = cli.ok("gear", "starter", "neumann", "u87")["gear"]
    assert [(g["make"], g["model"], g["powering"]) for g in found] == [("Neumann", "U 87 Ai", "required")]
    assert all(spec["source"] for spec in found[0]["specs"].values())
    assert "48 V does harm" in cli.run("gear", "starter", "coles-4038").out
    copied = cli.ok("gear", "starter", "u87", "--as", "U87-starter", "--serial", "77", "--owner", "Studio")
    assert (copied["serial"], copied["known"]["sensitivity_mv_pa"]["value"]) == ("77", 28)
    assert cli.ok("gear", "show", "77")["id"] == "U87-starter"
    for words in (("u87", "--as", "U87-starter"), ("neumann", "--as", "x"), ("u87", "--serial", "1")):
        assert cli.run("gear", "starter", *words).code == 2
