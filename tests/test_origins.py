"""Simulated means simulated: every face of a take says where its sound came from; only physical is silent.

One take of each origin lies in a library. Walked are the lists, `show`, `verify`, the sheets of take and
session, the page for a buyer, the header as wavinfo reads it, JSON everywhere, and the screen.
"""

# ruff: noqa: F811 - fixtures of two rooms are used by their names

from __future__ import annotations

import json
from pathlib import Path

import pytest
import wavinfo

from capture.journal.verify import verify_take
from capture.library import Library
from capture.sheets import build_provenance, build_session, build_take, render
from capture.take import Origin
from tests.cli.conftest import cli  # noqa: F401 - a fixture
from tests.screen.conftest import rig  # noqa: F401 - a fixture
from tests.support.cli import Cli
from tests.support.fake_station import FakeStation, setup
from tests.support.fake_station import take as fake_take
from tests.support.screen_rig import RigMaker
from tests.support.screens import rows
from tests.support.sheet_readers import html_text, md_text, pdf_text, read_csv, squeezed
from tests.support.takes import build_take as make_take
from tests.support.takes import journal_fields, rechained

MARKS = {
    "physical": "",
    "software": "software",
    "loopback": "loopback",
    "monitor": "monitor",
    "simulated": "simulated",
    "unknown": "origin unknown",
}
SHOUTS = {
    "physical": "",
    "software": "SOFTWARE – the sound of another program, not a physical recording",
    "loopback": "LOOPBACK – the computer's own output, not a physical recording",
    "monitor": "MONITOR – what the computer was playing, not a physical recording",
    "simulated": "SIMULATED – not a physical recording",
    "unknown": "ORIGIN UNKNOWN – nothing says that its inputs were physical",
}
every_origin = pytest.mark.parametrize("origin", MARKS)


def others(origin: str, said: dict[str, str] = MARKS) -> list[str]:
    return [word for other, word in said.items() if other != origin and word]


@pytest.fixture(scope="module")
def made(cli: Cli) -> dict[str, Path]:
    """The journal of a take of each origin, each in a session of its own."""
    Library.open(cli.library, create=True)
    return {
        origin: make_take(cli.library, origin=origin, session=origin, slate=f"S {place}", counter=place)
        for place, origin in enumerate(MARKS, 1)
    }


def test_there_are_no_other_origins() -> None:
    assert {origin.value: origin.mark for origin in Origin} == MARKS
    assert len({origin.said for origin in Origin}) == len(MARKS)


def test_lists_and_their_json(cli: Cli, made: dict[str, Path]) -> None:
    lines = {line.split("  ")[0]: line for line in cli.run("takes").out.splitlines()}
    facts = {take["name"]: take for take in cli.ok("takes")["takes"]}
    for origin, journal in made.items():
        name = journal.name.removesuffix(".take.jsonl")
        assert (f"({MARKS[origin]})" in lines[name]) is bool(MARKS[origin])
        assert not any(f"({word})" in lines[name] for word in others(origin))
        assert facts[name]["origin"] == origin
        assert facts[name]["simulated"] is (origin == "simulated")


@every_origin
def test_show(cli: Cli, made: dict[str, Path], origin: str) -> None:
    text = cli.run("show", made[origin]).out
    assert f"({origin})" in text
    assert (Origin(origin).said in text) is (origin != "physical")
    assert cli.ok("show", made[origin])["origin"] == origin


@every_origin
def test_verify(cli: Cli, made: dict[str, Path], origin: str) -> None:
    report = verify_take(made[origin])
    assert report.ok
    text = " ".join(report.words)
    assert (Origin(origin).said in text) is (origin != "physical")
    assert [word for word in others(origin, {o.value: o.said for o in Origin}) if word in text] == []
    assert report.as_dict()["origin"] == origin


def test_verify_as_people_call_it(cli: Cli, made: dict[str, Path]) -> None:
    result = cli.run("verify", cli.library)
    assert all(Origin(origin).said in result.out for origin in MARKS if origin != "physical")
    told = cli.run("verify", cli.library, "--json").json
    assert sorted(take["origin"] for take in told["takes"]) == sorted(MARKS)


@every_origin
@pytest.mark.parametrize("form", ["pdf", "html", "md", "json", "csv"])
def test_sheets_of_take_session_and_buyer(
    made: dict[str, Path], origin: str, form: str, tmp_path: Path
) -> None:
    journal = made[origin]
    sheets = [build_take(journal), build_session([journal])]
    sheets += [build_provenance(journal).page] if form != "csv" else []
    for sheet in sheets:
        text = _text(render(sheet, form, tmp_path / "sheet").path, form)
        assert (squeezed(SHOUTS[origin]) in text) is bool(SHOUTS[origin]) or not SHOUTS[origin]
        assert [shout for shout in others(origin, SHOUTS) if squeezed(shout) in text] == []
        assert origin in text


def _text(path: Path, form: str) -> str:
    raw = path.read_bytes()
    if form == "pdf":
        return squeezed(pdf_text(path))
    if form == "csv":
        return squeezed(" ".join(cell for row in read_csv(raw) for cell in row))
    if form == "json":
        return squeezed(json.dumps(json.loads(raw), ensure_ascii=False))
    return squeezed((html_text if form == "html" else md_text)(raw))


@every_origin
def test_the_header(made: dict[str, Path], origin: str) -> None:
    for path in made[origin].parent.glob("*.wav"):
        info = wavinfo.WavInfoReader(str(path))
        assert f"<ORIGIN>{origin}</ORIGIN>" in info.ixml.xml_str()


@every_origin
async def test_the_screen_marks_interface_and_takes(rig: RigMaker, origin: str) -> None:
    def prepare(station: FakeStation) -> None:
        face = setup(8)["interface"] | {"name": "A Face", "origin": origin}
        station.facts["setup"] |= {"interface": face}
        station.facts["takes"] = [fake_take(1, origin=origin)]

    async with rig(size=(120, 40), prepare=prepare) as shown:
        text = rows(shown.app)
    faces, takes = (next(line for line in text if sign in line) for sign in ("A Face", "02:11"))
    for line in (faces, takes):
        assert MARKS[origin] in line
        assert [word for word in others(origin) if word in line] == []


@pytest.mark.parametrize("told", [origin for origin in MARKS if origin != "physical"])
def test_a_take_that_calls_itself_physical_against_its_interface_fails(tmp_path: Path, told: str) -> None:
    """Sealed by whoever holds a key: the begin line says physical, its interface something else."""
    face = {"id": "x", "name": "x", "host_api": "x", "inputs": 2, "origin": told, "rate": 48000}
    report = verify_take(make_take(tmp_path, origin="physical", interface=face))
    assert not report.ok
    assert any(f"calls its origin physical, and its interface was {told}" in word for word in report.words)


def test_the_word_cannot_be_changed_after_the_seal(made: dict[str, Path], tmp_path: Path) -> None:
    lines = journal_fields(made["simulated"])
    lines[0]["origin"] = lines[0]["interface"]["origin"] = "physical"
    copy = tmp_path / made["simulated"].name
    copy.write_bytes(rechained(lines))
    assert not verify_take(copy).ok
