"""The page for a buyer: plain words, nothing withheld on it, and every digest one that others compute."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from capture.chain import load
from capture.journal import stamps
from capture.journal.finish import edit_after_end
from capture.journal.keyring import Keyring
from capture.sheets import SheetError, UnknownForm, build_provenance, draw, render, write_reduced_chain
from capture.sheets.spoken_path import speak
from tests.journal.test_verify_doc import run as shell_check
from tests.support import sheet_takes
from tests.support.sheet_readers import html_text, md_text, pdf_info, pdf_text, pdf_words, squeezed
from tests.support.takes import KEY, build_take, journal_fields
from tests.support.tsa import Authority

FORMS = ("pdf", "html", "md", "json")
SECRETS = (
    "A1101",
    "A1108",
    "Åse Lind",
    "Anna Ødegård",
    "Blåbær & Sønner",
    "Nordlys AS",
    "Bryggen 12, Bergen",
)


def chain() -> dict[str, object]:
    return {
        **sheet_takes.chain_of(range(1, 9)),
        "input.6.source.player": "Åse Lind",
        "people.1.name": "Anna Ødegård",
        "people.1.role": "engineer",
        "session.place": "Bryggen 12, Bergen",
        "session.artist": "Blåbær & Sønner",
    }


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sheet_takes.one_take(tmp_path_factory.mktemp("library"), chain=chain(), number=1)


def shown(page: object, form: str, folder: Path) -> str:
    path = render(page, form, folder / f"page.{form}").path  # type: ignore[arg-type]
    if form == "pdf":
        return squeezed(pdf_text(path))
    read = {"html": html_text, "md": md_text}.get(form)
    raw = path.read_bytes()
    return squeezed(read(raw) if read else json.dumps(json.loads(raw), ensure_ascii=False))


@pytest.mark.parametrize("form", FORMS)
def test_the_page_says_path_people_air_digests_and_signer(form: str, journal: Path, tmp_path: Path) -> None:
    text = shown(build_provenance(journal).page, form, tmp_path)
    end = next(raw for raw in journal.read_bytes().splitlines() if b'"type":"end"' in raw)
    expected = [
        "Source 6, played by Åse Lind, in Booth → Shure SM57, serial A1106, 4 cm away",
        "→ Neve 1073, channel 6, gain +42 dB, 48 V off → input 6",
        "Studio Bryggen",
        "Anna Ødegård",
        "GAP – 480 frames lost",
        "physical",
        "input 2 gain: +42 dB → +45 dB",
        hashlib.sha256(end).hexdigest(),
        journal_fields(journal)[0]["chain"]["digest"],
        KEY.keyid,
        *(hashlib.sha256(wav.read_bytes()).hexdigest() for wav in journal.parent.glob("*.wav")),
    ]
    expected += ["temperature 21.4 °C", KEY.keyid[:4] + " " + KEY.keyid[4:8]] if form != "json" else []
    expected += ["not proved", "takechain verify", "docs/verify.md"] if form != "json" else []
    lower = text.lower()
    assert [word for word in expected if squeezed(word).lower() not in lower] == []


@pytest.mark.parametrize("form", FORMS)
def test_nothing_withheld_stands_on_the_page(form: str, journal: Path, tmp_path: Path) -> None:
    made = build_provenance(journal, ("serial", "names", "address"))
    text = shown(made.page, form, tmp_path)
    assert [secret for secret in (*SECRETS, "Studio Bryggen") if squeezed(secret) in text] == []
    assert "withheld" in text
    for plain in ("Shure SM57", "Neve 1073", "Live Room"):
        assert squeezed(plain) in text
    if form != "json":
        assert squeezed("The journal cannot be shortened") in text


def test_the_reduced_chain_proves_by_the_digest_of_the_journal(journal: Path, tmp_path: Path) -> None:
    made = build_provenance(journal, ("serial", "names"))
    assert made.chain is not None
    path = write_reduced_chain(tmp_path, made.page.chain_file, made.chain)
    raw = path.read_text()
    assert [s for s in ("A1101", "Åse Lind", "Anna Ødegård", "Nordlys AS") if s in raw] == []
    whole = json.loads(raw)
    assert len([1 for entry in whole["fields"].values() if list(entry) == ["digest"]]) == 8 + 4
    begin = journal_fields(journal)[0]
    joined = "\n".join(whole["fields"][field]["digest"] for field in sorted(whole["fields"]))
    assert hashlib.sha256(joined.encode()).hexdigest() == begin["chain"]["digest"] == whole["digest"]
    assert load(path.read_bytes()).problems() == []


def test_the_commands_of_the_page_tell_what_it_says(journal: Path, tmp_path: Path) -> None:
    """The page's own lines, run by a shell in a folder with the take and the reduced chain."""
    made = build_provenance(journal, ("serial", "address"))
    for file in journal.parent.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / made.page.chain_file).unlink()
    assert made.chain is not None
    write_reduced_chain(tmp_path, made.page.chain_file, made.chain)
    from capture.sheets.provenance_layout import lay_out

    rows = {row[0].text: row[1].text for row in lay_out(made.page).sections[-1].blocks[-1].rows}  # type: ignore[union-attr]
    for what, expected in (
        ("the chain", made.page.chain_digest),
        ("a file", made.page.files[0].sha256),
    ):
        done = subprocess.run(
            ["sh", "-c", rows[what]], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[0] == expected


def test_the_page_of_docs_verify_proves_a_take_with_two_fields_withheld(
    journal: Path, tmp_path: Path
) -> None:
    """What a buyer gets: the take with the reduced chain, checked by the shell page alone."""
    folder = tmp_path / "bought"
    shutil.copytree(journal.parent, folder)
    made = build_provenance(journal, ("input.1.microphone.serial", "people.1.name"))
    (folder / made.page.chain_file).unlink()
    assert made.chain is not None
    write_reduced_chain(folder, made.page.chain_file, made.chain)
    done = shell_check(folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"{len(made.chain.fields)} fields, 2 of them withheld in this copy" in done.stdout


def test_eight_tracks_fit_on_one_page(journal: Path, tmp_path: Path) -> None:
    path = render(build_provenance(journal, ("serial", "names")).page, "pdf", tmp_path / "page.pdf").path
    assert pdf_info(path)["Pages"] == "1"
    words = pdf_words(path)
    assert min(word.left for word in words) >= 48.1
    assert max(word.right for word in words) <= 595.28 - 48.1


@pytest.mark.parametrize(("paper", "width"), [("a4", 595.28), ("letter", 612.0)])
def test_long_names_leave_every_column_its_place(paper: str, width: float, tmp_path: Path) -> None:
    fields = {**chain(), "input.1.source.player": "y" * 200, "session.artist": "Z" * 300}
    names = ["x" * 150, *["b"] * 7]
    journal = sheet_takes.one_take(
        tmp_path, frames=8000, slate="Langt" * 40, project="P" * 120, tracks=names, lines=[], chain=fields
    )
    words = pdf_words(render(build_provenance(journal).page, "pdf", tmp_path / "page.pdf", paper).path)
    assert min(word.left for word in words) >= 48.1
    assert max(word.right for word in words) <= width - 48.1
    assert [(a.text, b.text) for a, b in pairwise(words) if a.overlaps(b)] == []


def test_corrections_stand_beside_what_was_recorded_and_are_withheld_with_it(tmp_path: Path) -> None:
    journal = build_take(tmp_path, chain={"input.1.microphone.serial": "A1101", "input.1.preamp.gain_db": 42})
    for path, value in (("microphone.serial", "B2202"), ("preamp.gain_db", 45)):
        edit_after_end(journal, KEY, f"chain.input.1.{path}", value, "Per")
    page = build_provenance(journal).page
    assert page.corrected == ("input 1 microphone serial: A1101 → B2202", "input 1 gain: +42 dB → +45 dB")
    assert "gain +42 dB" in page.tracks[0].path
    made = build_provenance(journal, ("serial", "names"))
    assert made.page.corrected[0] == "input 1 microphone serial: withheld"
    for form in ("html", "json"):
        text = shown(made.page, form, tmp_path)
        assert not [secret for secret in ("A1101", "B2202", "Per") if secret in text.replace("Perhaps", "")]


def test_the_signer_is_named_where_the_name_is_known(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAKECHAIN_CONFIG", str(tmp_path))
    assert build_provenance(journal).page.signer_name == ""
    assert squeezed("a key without a name") in shown(build_provenance(journal).page, "html", tmp_path)
    Keyring().trust("Studio Bryggen AS", KEY.keyid)
    assert squeezed("Studio Bryggen AS") in shown(build_provenance(journal).page, "pdf", tmp_path)
    assert squeezed("Studio Bryggen AS") not in shown(
        build_provenance(journal, ("names",)).page, "pdf", tmp_path
    )


def test_a_time_stamp_is_told_with_its_moment_and_its_server(tmp_path: Path) -> None:
    journal = build_take(tmp_path / "takes")
    tsa = Authority(tmp_path / "tsa")
    request = stamps.request_for(stamps.seal_line(journal))
    stamp = stamps.stamp_seal(journal, KEY, tsa.answer(request.raw), "http://tsa.test", request.nonce)
    page = build_provenance(journal).page
    assert page.stamped == (f"{stamp.utc} by Test Time Stamps",)
    text = shown(page, "pdf", tmp_path)
    assert squeezed(page.stamped[0]) in text
    assert squeezed("older than its time stamp") in text
    assert squeezed("the time is that of the recording computer") not in text


def test_what_can_still_be_read_is_told(journal: Path) -> None:
    made = build_provenance(journal, ("names",))
    assert "Vox Åse" in made.still_said  # the track is called after its singer
    assert "Nordlys" not in made.still_said  # the client is Nordlys AS: only people are known by a part
    assert all("Åse" in text for text in made.still_said)
    assert build_provenance(journal, ("serial",)).still_said == ()


def test_an_altered_take_is_called_that(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    wav = next(journal.parent.glob("*.wav"))
    raw = bytearray(wav.read_bytes())
    raw[-1] ^= 1
    wav.write_bytes(raw)
    page = build_provenance(journal).page
    assert page.state == "altered"
    assert any(warning.startswith("NOT WHOLE") for warning in page.warnings)


def test_a_take_without_chain_or_seal_says_so(tmp_path: Path) -> None:
    journal = build_take(tmp_path, sealed=False)
    next(journal.parent.glob("*.chain.json")).unlink()
    made = build_provenance(journal, ("serial",))
    assert made.chain is None
    assert made.page.signer == ""
    text = shown(made.page, "html", tmp_path)
    assert all(squeezed(word) in text for word in ("NO CHAIN", "NOT SEALED", "not declared"))


def test_a_whole_chain_file_is_never_written_over(journal: Path, tmp_path: Path) -> None:
    made, more = build_provenance(journal, ("serial",)), build_provenance(journal, ("serial", "names"))
    name = made.page.chain_file
    assert made.chain is not None
    assert more.chain is not None
    before = (journal.parent / name).read_bytes()
    with pytest.raises(SheetError, match="is not written over"):
        write_reduced_chain(journal.parent, name, made.chain)
    assert (journal.parent / name).read_bytes() == before
    write_reduced_chain(tmp_path, name, made.chain)
    write_reduced_chain(tmp_path, name, more.chain)  # a reduced copy is made again
    assert json.loads((tmp_path / name).read_text()) == json.loads(more.chain.to_json())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / name).write_text("mine")
    with pytest.raises(SheetError, match="there already"):
        write_reduced_chain(tmp_path / "other", name, made.chain)


def test_the_page_is_no_table(journal: Path) -> None:
    with pytest.raises(UnknownForm, match="csv"):
        draw(build_provenance(journal).page, "csv")


@pytest.mark.parametrize(
    ("values", "withheld", "said"),
    [
        ({}, [], "input 1"),
        ({"source.name": "Snare", "place.room": "A"}, [], "Snare, in A → input 1"),
        ({"source.player": "Per"}, [], "a source, played by Per → input 1"),
        ({"kind": "di"}, [], "a DI → input 1"),
        ({"kind": "line"}, [], "at line level → input 1"),
        ({"microphone.model": "SM57", "kind": "microphone"}, [], "SM57 → input 1"),
        ({"microphone.pattern": "cardioid"}, [], "a microphone, cardioid → input 1"),
        ({"distance_m": 0.04}, [], "0.04 m away → input 1"),
        ({"distance_m": 0.04, "distance_text": "4 cm"}, [], "4 cm away → input 1"),
        ({"preamp.phantom": True, "preamp.pad_db": -20}, [], "a preamp, 48 V on, pad -20 dB → input 1"),
        ({"preamp.model": "512c"}, ["preamp.serial"], "512c, serial withheld → input 1"),
        ({"microphone.sensitivity_mv_pa": 1.6, "microphone.gear": "x"}, ["di.gear"], "input 1"),
        (
            {"source.name": "Kick", "source.make": "Gretsch", "source.model": "BB"},
            [],
            "Kick (Gretsch BB) → input 1",
        ),
        ({"source.x_m": 1, "source.y_m": 0.5, "kind": "di"}, [], "at x 1 m y 0.5 m → a DI → input 1"),
        (
            {"position_text": "1.2 m, 30° off axis", "distance_m": 1.2, "angle_deg": 30},
            [],
            "1.2 m, 30° off axis → input 1",
        ),
        ({"angle_deg": 30, "height_m": 1.6}, [], "30° off axis, 1.6 m up → input 1"),
        (
            {
                "microphone.model": "CM4",
                "array.kind": "ORTF",
                "array.role": "left",
                "pair.input": 2,
                "pair.side": "left",
            },
            [],
            "CM4, left of ORTF, left side, paired with input 2 → input 1",
        ),
        ({"di.model": "J48", "di.channel": 2, "di.pad_db": -15}, [], "J48, channel 2, pad -15 dB → input 1"),
        (
            {
                "preamp.model": "1073",
                "insert.1.model": "1176",
                "insert.1.setting": "4:1",
                "insert.2.serial": "7",
            },
            [],
            "1073 → 1176, setting 4:1 → an insert, serial 7 → input 1",
        ),
        ({"preamp.impedance_ohm": 300}, [], "a preamp, impedance 300 Ω → input 1"),
        ({"place.room": "A", "place.size": "6 × 4 × 3 m", "place.rt60": "0.4 s"}, [], "in A → input 1"),
        ({"note": "bright"}, ["place.room"], "room withheld → input 1 (note bright)"),
        ({"strange.field_of_later": 3}, [], "input 1 (strange field of later 3)"),
    ],
)
def test_a_path_in_plain_words(values: dict[str, object], withheld: list[str], said: str) -> None:
    assert speak(values, withheld, 1) == said  # type: ignore[arg-type]
