"""Lists, sheets, verification, recovery, catalogue, locker and station, on one library with two takes."""

import csv
import json
from pathlib import Path

import pytest

from tests.support.cli import Cli

RIG = (
    "--interface",
    "sim:8",
    "--rate",
    "48000",
    "--project",
    "Songs",
    "--session",
    "Day 1",
    "--inputs",
    "1-2",
)


@pytest.fixture(scope="module", autouse=True)
def takes(cli: Cli) -> list[dict[str, object]]:
    cli.ok("chain", "set", "Kick (Anna) @ Live Room: AKG D112 4 in > API 312 ch 1 +35 dB 48V off > in 1")
    cli.ok("chain", "people", "producer=Ida", "engineer=Per Å")
    one = cli.ok("record", *RIG, "--slate", "Aurora", "--seconds", "0.5")
    cli.ok("chain", "set", "AKG D112 4 in > API 312 ch 1 +40 dB 48V off pad -10 > in 1")
    two = cli.ok("record", *RIG, "--slate", "Boreal", "--seconds", "0.5", "--kind", "rehearsal")
    return [one, two]


def test_takes_are_listed_from_the_folders(cli: Cli) -> None:
    assert [take["name"] for take in cli.ok("takes")["takes"]] == ["Aurora_T001", "Boreal_T001"]
    assert [take["name"] for take in cli.ok("takes", "--slate", "aurora")["takes"]] == ["Aurora_T001"]
    assert [take["name"] for take in cli.ok("takes", "--kind", "rehearsal")["takes"]] == ["Boreal_T001"]
    assert cli.ok("takes", "--verdict", "circled")["takes"] == []
    assert "Boreal_T001" in cli.run("takes").out
    assert "no take" in cli.run("takes", "--session", "nowhere").out


def test_show_by_any_name(cli: Cli, takes: list[dict[str, object]]) -> None:
    wanted = takes[0]["take"]
    for name in ("Aurora_T001", "Aurora/1", str(wanted), str(wanted)[:8], str(takes[0]["journal"])):
        shown = cli.ok("show", name)
        assert shown["take"] == wanted
    assert shown["people"] == [{"role": "producer", "name": "Ida"}, {"role": "engineer", "name": "Per Å"}]
    first = shown["tracks"][0]
    assert first["line"] == "Kick (Anna) @ Live Room: AKG D112 4 in > API 312 ch 1 +35 dB 48V off > in 1"
    assert shown["chain"]["input.1.distance_m"]["value"] == 0.1016
    assert shown["tracks"][1]["line"] == ""  # nobody declared it, and nothing is made up
    text = cli.run("show", "Aurora_T001").out
    assert "+35 dB" in text
    assert "producer: Ida" in text


def test_a_journal_alone_needs_no_library(cli: Cli, takes: list[dict[str, object]], tmp_path: Path) -> None:
    result = cli.run("show", str(takes[0]["journal"]), "--json", "--library", tmp_path / "none")
    assert result.json["name"] == "Aurora_T001"


def test_what_changed_between_two_takes(cli: Cli) -> None:
    told = cli.ok("chain", "diff", "Aurora_T001", "Boreal_T001")
    assert [change["words"] for change in told["changes"]] == [
        "input 1 gain: +35 dB → +40 dB",
        "input 1 preamp pad: not declared → -10 dB",
    ]
    assert (told["from"], told["to"]) == ("Aurora_T001", "Boreal_T001")
    assert "the same" in cli.run("chain", "diff", "Aurora_T001", "Aurora_T001").out
    told = cli.ok("chain", "diff")  # of the last take, to the patch
    assert (told["from"], told["to"], told["changes"]) == ("Boreal_T001", None, [])
    assert [c["path"] for c in cli.ok("chain", "diff", "Aurora_T001")["changes"]] == [
        "input.1.preamp.gain_db",
        "input.1.preamp.pad_db",
    ]


def test_a_chain_corrected_after_the_end(cli: Cli) -> None:
    told = cli.ok("chain", "correct", "Boreal_T001", "input.1.preamp.gain_db=+41", "--by", "Ida")
    assert [c["words"] for c in told["corrections"]] == ["input 1 gain: +40 dB → +41 dB"]
    shown = cli.ok("show", "Boreal_T001")
    assert shown["chain"]["input.1.preamp.gain_db"]["value"] == 40
    assert (shown["corrections"][0]["to"], shown["corrections"][0]["by"]) == (41, "Ida")
    assert "corrected by Ida: input 1 gain: +40 dB → +41 dB" in cli.run("show", "Boreal_T001").out
    changed = cli.ok("chain", "diff", "Aurora_T001", "Boreal_T001")["changes"]
    assert changed[0]["words"] == "input 1 gain: +35 dB → +41 dB"
    assert cli.ok("verify", str(shown["journal"]))["ok"] is True
    for bad in ("input.1.colour=red", "gain", "input.9.note=x"):
        assert cli.run("chain", "correct", "Boreal_T001", bad).code == 2


@pytest.mark.parametrize("form", ["pdf", "html", "csv", "json", "md"])
def test_sheets_in_five_forms(cli: Cli, tmp_path: Path, form: str) -> None:
    for words in (("--session", "Day 1"), ("--take", "Aurora_T001")):
        out = tmp_path / f"{words[0]}.{form}"
        assert cli.ok("sheet", *words, "--to", form, "-o", out)["path"] == str(out)
        raw = out.read_bytes()
        assert raw.startswith(b"%PDF") if form == "pdf" else b"Aurora" in raw
        if form == "csv":
            assert list(csv.reader(raw.decode("utf-8-sig").splitlines()))
        if form == "json":
            assert json.loads(raw)


def test_a_sheet_goes_with_its_session_if_nobody_says_where(cli: Cli) -> None:
    path = Path(cli.ok("sheet", "--session", "Songs/Day 1", "--to", "md")["path"])
    assert path == cli.library / "Songs" / "Day 1" / "sheets" / "Day 1.md"
    assert path.is_file()


def test_a_page_for_a_buyer_without_names_and_serials(cli: Cli, tmp_path: Path) -> None:
    words = ("sheet", "--take", "Aurora_T001", "--form", "provenance", "--to", "html")
    told = cli.ok(*words, "--withhold", "names,serial", "--chain", "-o", tmp_path / "page.html")
    assert told["withheld"] == {
        "names": ["input.1.source.player", "people.1.name", "people.2.name"],
        "serial": [],
    }
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "withheld" in page
    assert "Ida" not in page
    chain = json.loads(Path(told["chain"]).read_text("utf-8"))
    assert chain["fields"]["people.1.name"].keys() == {"digest"}
    path = Path(cli.ok(*words)["path"])
    assert path == cli.library / "Songs" / "Day 1" / "sheets" / "Aurora_T001.provenance.html"
    assert "Ida" in path.read_text("utf-8")
    assert "declares no such field" in cli.run(*words, "--withhold", "serial", "-o", tmp_path / "x").err
    for wrong in (
        ("sheet", "--take", "Aurora_T001", "--withhold", "names"),
        ("sheet", "--session", "Day 1", "--form", "provenance"),
        (*words, "--withhold", "everything"),
        (*words[:3], "--form", "poster"),
    ):
        assert cli.run(*wrong).code == 2


def test_verify_finds_one_flipped_bit_and_says_where(cli: Cli, takes: list[dict[str, object]]) -> None:
    assert cli.run("verify", cli.library).code == 0
    assert cli.ok("verify", str(takes[0]["journal"]))["ok"] is True
    files = takes[1]["files"]
    assert isinstance(files, list)
    path = Path(files[0]["path"])
    raw = bytearray(path.read_bytes())
    raw[-1000] ^= 1
    path.write_bytes(raw)
    result = cli.run("verify", path, "--json")
    assert result.code == 5
    assert result.json["ok"] is False
    assert path.name in json.dumps(result.json)
    assert "not what was signed" in cli.run("verify", cli.library).out
    raw[-1000] ^= 1
    path.write_bytes(raw)
    assert cli.run("verify", cli.library).code == 0


def test_verify_makes_no_key(cli: Cli, takes: list[dict[str, object]], tmp_path: Path) -> None:
    result = cli.run("verify", str(takes[0]["journal"]), TAKECHAIN_CONFIG=str(tmp_path / "config"))
    assert result.code == 0
    assert not (tmp_path / "config").exists()


def test_recover_mends_a_torn_journal_and_leaves_whole_takes_alone(
    cli: Cli, takes: list[dict[str, object]]
) -> None:
    journal = Path(str(takes[0]["journal"]))
    before = journal.read_bytes()
    nothing = {"recovered": [], "locked": [], "problems": [], "mirrors": [], "dry_run": False, "waiting": []}
    assert cli.ok("recover") == nothing
    assert journal.read_bytes() == before
    journal.write_bytes(before + b'{"torn')
    assert cli.ok("recover", "--dry-run")["recovered"]
    assert cli.ok("recover")["recovered"]
    assert cli.ok("recover")["recovered"] == []
    assert journal.read_bytes().startswith(before)


def test_recover_says_audio_without_its_journal_and_touches_nothing(
    cli: Cli, takes: list[dict[str, object]], tmp_path: Path
) -> None:
    journal = Path(str(takes[1]["journal"]))
    away = journal.rename(tmp_path / journal.name)
    before = {path.name: path.read_bytes() for path in journal.parent.iterdir()}
    for words in (("--dry-run",), ()):
        result = cli.run("recover", *words, "--json")
        assert result.code == 1
        (problem,) = result.json["problems"]
        assert problem["journal"] == str(journal)
        assert "the journal is missing" in problem["what"]
        assert any("put the journal back" in line for line in result.said)
    assert {path.name: path.read_bytes() for path in journal.parent.iterdir()} == before
    away.rename(journal)
    assert cli.ok("recover")["problems"] == []


def test_rebuild_and_the_database(cli: Cli) -> None:
    assert cli.ok("rebuild")["takes"] == 2
    assert cli.ok("db", "check")["ok"] is True
    now = cli.ok("db", "current")
    assert now["revision"] == now["newest"]
    assert cli.ok("db", "upgrade")["after"] == now["newest"]
    (cli.library / "catalog.sqlite").unlink()
    assert cli.run("db", "check").code == 6
    assert cli.run("db", "current").code == 0
    unreachable = cli.run("rebuild", TAKECHAIN_DATABASE="postgresql://nobody:secret@127.0.0.1:1/none")
    assert unreachable.code == 1
    assert "secret" not in unreachable.err
    assert len(unreachable.said) == 2
    assert cli.ok("rebuild")["takes"] == 2


def test_the_gear_locker_and_rooms(cli: Cli) -> None:
    cli.ok(
        "gear",
        "add",
        "A1142",
        "--kind",
        "microphone",
        "--make",
        "Shure",
        "--model",
        "SM57",
        "--serial",
        "0042",
    )
    shown = cli.ok("gear", "list")["gear"][0]
    assert (shown["id"], shown["make"], shown["model"], shown["serial"]) == ("A1142", "Shure", "SM57", "0042")
    cli.ok("gear", "remove", "A1142")
    assert cli.ok("gear", "list")["gear"] == []
    assert cli.run("gear", "remove", "A1142").code == 2
    assert cli.run("gear", "add", "X", "--kind", "spoon").code == 2
    assert cli.ok("room", "add", "Live Room", "--size", "27ftx16ftx3m", "--note", "wood")["size_m"] == [
        8.2296,
        4.8768,
        3,
    ]
    assert cli.ok("room", "list")["rooms"][0]["id"] == "Live Room"
    assert cli.run("room", "add", "X", "--size", "big").code == 2
    cli.ok("room", "remove", "Live Room")
    assert "no room" in cli.run("room", "list").out


def test_the_patch_as_lines_and_as_yaml(cli: Cli, tmp_path: Path) -> None:
    cli.ok("chain", "names", "Kick, Snare T", "--first", "1")
    cli.ok("chain", "set", "KM 184 > Grace m801 ch 1 +30 dB", "--input", "5-6")
    cli.ok("chain", "copy", "5", "7")
    shown = {track["input"]: track["line"] for track in cli.ok("chain", "show")["inputs"]}
    assert shown[6] == "KM 184 > Grace m801 ch 2 +30 dB > in 6"
    assert shown[7] == "KM 184 > Grace m801 +30 dB > in 7"
    assert shown[2] == "Snare T: in 2"
    assert cli.ok("chain", "show")["cautions"] == []
    told = cli.ok("chain", "set", "Grace m801 > Grace m801 ch 1 > in 8")
    text = "in 5 and 8: Grace m801 ch 1 is used twice"
    assert told["cautions"] == [{"kind": "preamp channel", "inputs": [5, 8], "text": text}]
    assert f"caution: {text}" in cli.run("chain", "show").out
    cli.ok("chain", "set", "in 8")
    out = tmp_path / "patch.yaml"
    cli.ok("chain", "export", "-o", out)
    assert "nothing changed" in cli.run("chain", "import", out).out
    out.write_text(out.read_text().replace("gain_db: 30", "gain_db: 33"))
    assert len(cli.ok("chain", "import", out)["changes"]) == 3
    assert cli.ok("chain", "show", "6")["inputs"][0]["line"] == "KM 184 > Grace m801 ch 2 +33 dB > in 6"
    assert "KM 184" not in cli.ok("chain", "export", "--take", "Aurora_T001")["yaml"]
    linked = cli.ok("chain", "link", "5-6")["lines"]
    assert linked["6"] == "KM 184 > Grace m801 ch 2 +33 dB > in 6"
    assert [t["pair"] for t in cli.ok("chain", "show", "5-7")["inputs"]] == [6, 5, None]
    assert "(pair with 6)" in cli.run("chain", "show", "5").out
    assert cli.run("chain", "link", "5").code == 2
    cli.ok("chain", "link", "7-8", "--stereo-file")
    assert cli.ok("station", "status")["setup"]["links"] == [[7, 8]]
    cli.ok("chain", "unlink", "7")
    cli.ok("chain", "set", "in 8")
    cli.ok("chain", "unlink", "6")
    cli.ok("chain", "save", "pianos", "--input", "5-6")
    assert cli.ok("chain", "templates")["templates"][0]["inputs"] == [5, 6]
    used = cli.ok("chain", "use", "pianos", "--to", "11")
    assert used["lines"] == {
        "11": "KM 184 > Grace m801 ch 1 +33 dB > in 11",
        "12": "KM 184 > Grace m801 ch 2 +33 dB > in 12",
    }
    assert [c["kind"] for c in used["cautions"]] == ["preamp channel", "preamp channel"]
    assert cli.ok("chain", "show", "11")["inputs"][0]["carried"] is True
    assert cli.ok("chain", "use", "Aurora_T001", "--input", "1")["origin"] == "Day 1"
    cli.ok("chain", "forget", "pianos")
    assert cli.ok("chain", "templates")["templates"] == []
    assert cli.run("chain", "use", "pianos").code == 2
    out.write_text("inputs: {1: {colour: red}}")
    bad = cli.run("chain", "import", out)
    assert bad.code == 2
    assert "line 1" in bad.said[0]
    assert cli.run("chain", "set", "SM57 +42 dB > in 1").code == 2
    assert cli.run("chain", "people", "Ida").code == 2


def test_carried_over_into_a_new_session_until_confirmed(cli: Cli) -> None:
    cli.ok("record", *RIG, "--slate", "Crux", "--seconds", "0.2", "--session", "Day 2")
    assert cli.ok("chain", "show", "1")["inputs"][0]["carried"] is True
    chain = cli.ok("show", "Crux_T001")["chain"]
    assert chain["input.1.preamp.gain_db"]["carried_from"] == "Day 1"
    assert cli.ok("chain", "confirm")["confirmed"] > 0
    assert cli.ok("chain", "show", "1")["inputs"][0]["carried"] is False


def test_typed_air(cli: Cli) -> None:
    read = ("--temperature", "70F", "--humidity", "44,5", "--pressure", "29.92 inHg")
    typed = cli.ok("air", *read, "--by", "Ida", "--instrument", "Assmann")
    values = {r["quantity"]: r["value"] for r in typed["air"] if r["typed"]}
    assert values["temperature"] == pytest.approx((70 - 32) / 1.8, abs=1e-3)
    assert values["relative_humidity"] == 44.5
    assert values["pressure"] == pytest.approx(29.92 * 33.86389, abs=0.01)  # NIST SP 811 B.8
    assert all(r["by"] == "Ida" for r in typed["air"] if r["typed"])
    for bad in (("--temperature", "warm"), ("--temperature", "500"), ("--pressure", "1 psi")):
        assert cli.run("air", *bad).code == 2
    assert cli.ok("air")["air"]


def test_the_station(cli: Cli) -> None:
    pid = cli.ok("station", "start")["pid"]
    status = cli.ok("station", "status")
    assert (status["running"], status["pid"]) == (True, pid)
    manual = (Path(__file__).resolve().parents[2] / "docs" / "manual.md").read_text()
    assert [name for name in status if f"`{name}`" not in manual] == []
    assert cli.ok("station", "stop")["stopped"] is True
    gone = cli.run("station", "status", "--json")
    assert (gone.code, gone.json["running"]) == (4, False)
    assert cli.ok("station", "stop")["stopped"] is False


def test_doctor_looks_at_everything(cli: Cli) -> None:
    result = cli.run("doctor", "--json")
    found = {finding["about"]: finding for finding in result.json["findings"]}
    assert result.code == (0 if result.json["ok"] else 6)
    assert found["Python"]["ok"]
    assert found["library"]["ok"]
    assert found["PDF sheets"]["ok"]
    assert "this take needs" in found["write test"]["what"]
    for about in ("battery", "memory", "processor"):  # advice at most: none of them stops a take
        assert found[about]["ok"]
        assert found[about]["what"]
    broken = cli.run("doctor", "--json", TAKECHAIN_DATABASE="nonsense")
    assert broken.code == 6
    assert all(finding["do"] for finding in broken.json["findings"] if not finding["ok"])


def test_devices_and_sensors(cli: Cli) -> None:
    told = cli.run("devices", "--json")
    keys = {"id", "name", "host_api", "inputs", "rates", "default_rate", "origin"}
    assert all(keys <= set(interface) for interface in told.json["interfaces"])
    assert told.json["interfaces"][-1]["origin"] == "simulated"
    port = cli.ok("sensors", "--port", "sim", "--listen", "1.5")["ports"][0]
    assert {"port", "identity", "driver", "state", "readings", "rejected"} <= set(port)
    assert {"quantity", "value", "unit", "quality", "raw"} == set(port["readings"][0])
    assert {"raw", "reason"} == set(port["rejected"][0])
    assert cli.run("sensors", "--port", "/dev/ttyNONE", "--listen", "0.5").code == 1


def test_version(cli: Cli) -> None:
    from importlib.metadata import version

    assert cli.run("--version").out == f"takechain {version('takechain')}\n"
