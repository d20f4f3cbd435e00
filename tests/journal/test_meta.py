"""One record makes the header: chain, people, place and air of a take as independent readers find them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from capture.journal.finish import edit_after_end, edit_many
from capture.journal.meta import file_meta
from capture.journal.record import load
from capture.take import Origin
from capture.wav.read import read_wav
from tests.support import wav_files
from tests.support.takes import KEY, build_take

CHAIN: dict[str, Any] = {
    "input.1.kind": "microphone",
    "input.1.source.name": "Hardanger fiddle",
    "input.1.source.player": "Åse Bø",
    "input.1.place.room": "Live",
    "input.1.microphone.make": "Neumann",
    "input.1.microphone.model": "U 87",
    "input.1.microphone.serial": "1234",
    "input.1.microphone.pattern": "fig-8",
    "input.1.distance_m": 1.2,
    "input.1.preamp.make": "Neve",
    "input.1.preamp.model": "1073",
    "input.1.preamp.gain_db": 42,
    "input.1.preamp.phantom": True,
    "input.1.converter.make": "RME",
    "input.1.converter.model": "ADI-2",
    "input.2.place.room": "Live",
    "input.2.kind": "digital",
    "session.studio": "Rainbow",
    "session.place": "Oslo",
    "session.title": "Halling",
    "session.artist": "Åse Bø trio",
}
AIR = [
    {"sensor": "s", "quantity": "temperature", "unit": "°C", "value": 19.5, "quality": "ok", "typed": False},
    {"sensor": "s", "quantity": "pressure", "unit": "hPa", "value": 1002.5, "quality": "suspect"},
]
HUMIDITY = {
    "sensor": "", "quantity": "relative_humidity", "value": 28.0, "unit": "%RH", "quality": "ok", "raw": "28",
    "typed": True, "by": "anna", "instrument": "hygrometer", "simulated": False,
}  # fmt: skip


def _take(folder: Path, **changes: Any) -> Path:
    given: dict[str, Any] = {"chain": CHAIN, "air": AIR, "lines": [("reading", 100, HUMIDITY)], **changes}
    return build_take(folder, **given)


def _root(path: Path) -> ET.Element:
    data = path.read_bytes()
    payload = next(data[at : at + size] for name, at, size in wav_files.chunks(data) if name == b"iXML")
    return ET.fromstring(payload.rstrip(b" "))


def _files(journal: Path) -> list[Path]:
    return sorted(journal.parent.glob("*.wav"))


def test_the_chain_reaches_every_block_of_the_header(tmp_path: Path) -> None:
    kick, snare = _files(_take(tmp_path))
    root = _root(kick)
    found = {
        tag: root.findtext(f"ASWG/{tag}")
        for tag in ("micType", "micDistance", "micConfig", "recordingLoc", "recStudio", "instrument")
    }
    assert found == {
        "micType": "1-Neumann U 87",
        "micDistance": "1.2",
        "micConfig": "Mono",
        "recordingLoc": "Oslo, Rainbow, Live",
        "recStudio": "Rainbow",
        "instrument": "Hardanger fiddle",
    }
    assert root.findtext("LOCATION/LOCATION_NAME") == "Oslo, Rainbow, Live"
    assert root.findtext("USER/FULL_TITLE") == root.findtext("ASWG/songTitle") == "Halling"
    assert root.findtext("ASWG/artist") == "Åse Bø trio"
    assert root.findtext("USER/SOUND_MIXER_NAME") == root.findtext("ASWG/recEngineer") == "Anna"
    path = root.find("TAKECHAIN/PATH")
    assert path is not None
    assert path.text is not None
    assert path.text.startswith(
        "Hardanger fiddle (Åse Bø) @ Live: mic Neumann U 87 #1234 fig-8 1.2 m > Neve 1073"
    )
    bext = read_wav(kick).bext
    assert bext is not None
    assert bext.coding_history == (
        "A=ANALOGUE,M=mono,T=Neumann U 87 SN1234 fig-8; Neve 1073 +42dB\r\n"
        "A=PCM,F=48000,W=24,M=mono,T=RME ADI-2; Test Interface; A/D; Takechain 0.1.0\r\n"
    )
    other = read_wav(snare).bext
    assert other is not None
    assert other.coding_history.endswith("T=Test Interface; digital input; Takechain 0.1.0\r\n")
    assert "ANALOGUE" not in other.coding_history


def test_air_that_was_suspect_is_left_out_and_a_typed_value_makes_it_typed(tmp_path: Path) -> None:
    told = read_wav(_files(_take(tmp_path))[0]).guano
    assert (told["Temperature Ext"], told["Humidity"], told["TKC|Air"]) == ("19.5", "28", "typed")
    assert "TKC|Pressure hPa" not in told
    measured = read_wav(_files(_take(tmp_path / "b", lines=()))[0]).guano
    assert (measured["TKC|Air"], "Humidity" in measured) == ("measured", False)
    simulated = [{**AIR[0], "simulated": True}]
    told = read_wav(_files(_take(tmp_path / "c", lines=(), air=simulated))[0]).guano
    assert told["TKC|Air"] == "simulated"


def test_the_greatest_sample_is_that_of_the_end_line(tmp_path: Path) -> None:
    journal = _take(tmp_path)
    record = load(journal)
    for level, path in zip(record.levels, _files(journal), strict=True):
        assert _root(path).findtext("ASWG/maxPeak") == f"{level.peak:.2f}"


def test_verdict_note_and_covers_reach_every_file_after_stop(tmp_path: Path) -> None:
    journal = _take(tmp_path)
    edit_many(
        journal, KEY, [("verdict", "circled"), ("covers", "bars 45–78"), ("note", "keep & use")], "anna"
    )
    for path in _files(journal):
        root = _root(path)
        assert root.findtext("CIRCLED") == "TRUE"
        assert root.findtext("TAKECHAIN/COVERS") == "bars 45–78"
        assert root.findtext("NOTE") == root.findtext("ASWG/notes") == "keep & use"
        bext = read_wav(path).bext
        assert bext is not None
        assert "sNOTE=keep & use\r\n" in bext.description
        assert bext.coding_history.count("\r\n") == len(bext.coding_history.splitlines())


def test_a_chain_that_is_not_the_sealed_one_says_nothing(tmp_path: Path) -> None:
    journal = _take(tmp_path)
    record = load(journal)
    chain = record.folder / record.chain_file
    before = chain.read_text(encoding="utf-8")
    for altered in (before.replace("U 87", "U 67"), before.replace(record.chain_digest, "0" * 64), "{", ""):
        chain.write_text(altered, encoding="utf-8")
        moved = load(journal.rename(journal.with_name(f"{len(altered)}.take.jsonl")))
        journal = moved.path or journal
        chain = chain.rename(chain.with_name(f"{len(altered)}.chain.json"))
        moved.chain_file = chain.name
        assert file_meta(moved, 1, 0).paths == ()
    chain.unlink()
    assert file_meta(record, 1, 1).paths == ()


def test_without_its_chain_an_edit_still_reaches_the_header(tmp_path: Path) -> None:
    journal = _take(tmp_path)
    edit_after_end(journal, KEY, "verdict", "hold", "anna")
    assert _root(_files(journal)[0]).findtext("TAKECHAIN/VERDICT") == "hold"


@pytest.mark.parametrize("origin", list(Origin))
def test_what_is_not_physical_says_so_and_claims_nothing(tmp_path: Path, origin: Origin) -> None:
    root = _root(_files(_take(tmp_path, origin=origin.value))[0])
    assert root.findtext("TAKECHAIN/ORIGIN") == origin.value
    assert (root.findtext("ASWG/isGenerated") == "false") == (origin is Origin.PHYSICAL)


def test_a_pair_is_left_and_right_and_a_poly_is_not(tmp_path: Path) -> None:
    (poly,) = _files(_take(tmp_path, layout="poly"))
    assert _root(poly).find("ASWG/channelConfig") is None
    assert _root(poly).find("TRACK_LIST/TRACK/FUNCTION") is None
    record = load(_take(tmp_path / "b"))
    record.tracks = [
        type(track)(track.number, track.input, track.name, 0, i) for i, track in enumerate(record.tracks)
    ]
    meta = file_meta(record, 1, 0)
    assert [track.function for track in meta.tracks] == ["LEFT", "RIGHT"]
    assert meta.linked


def test_an_array_that_was_declared_is_in_tracks_and_aswg(tmp_path: Path) -> None:
    array = {f"input.{n}.array.kind": "M/S" for n in (1, 2)}
    roles = {"input.1.array.role": "mid", "input.2.array.role": "side", "input.2.microphone.model": "U 87"}
    (poly,) = _files(_take(tmp_path, layout="poly", chain={**CHAIN, **array, **roles}))
    root = _root(poly)
    assert root.findtext("ASWG/micConfig") == "MS"
    assert [t.text for t in root.findall("TRACK_LIST/TRACK/FUNCTION")] == ["M-MID_SIDE", "S-MID_SIDE"]


def test_a_pair_of_two_files_is_left_and_right_too(tmp_path: Path) -> None:
    sides = {"input.1.pair.input": 2, "input.1.pair.side": "left", "input.2.pair.side": "right"}
    found = [_root(file) for file in _files(_take(tmp_path, chain={**CHAIN, **sides}))]
    assert [root.findtext("TRACK_LIST/TRACK/FUNCTION") for root in found] == ["LEFT", "RIGHT"]
