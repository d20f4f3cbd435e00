"""`takes` and `show`: by chain and air through the catalogue, which says when it is behind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from capture.library import Library
from tests.support.cli import Cli
from tests.support.takes import STARTED, build_take

U87 = {
    "input.1.microphone.make": "Neumann",
    "input.1.microphone.model": "U 87",
    "input.1.microphone.serial": "S1",
}
DRY = {"sensor": "s", "quantity": "relative_humidity", "unit": "%RH", "value": 24.5, "quality": "ok"}


@pytest.fixture
def alone(tmp_path: Path) -> Cli:
    return Cli(tmp_path, str(tmp_path / "run"))


def test_takes_are_found_by_chain_and_air(alone: Cli) -> None:
    library = Library.open(alone.library, create=True)
    for number, (chain, air) in enumerate(((U87, []), ({}, [DRY]), (U87, [DRY])), 1):
        build_take(
            library.path, library_uuid=library.uuid, number=number, counter=number, chain=chain, air=air,
            started=STARTED + timedelta(hours=number), kind="wild" if number == 3 else "take",
        )  # fmt: skip
    assert alone.ok("rebuild")["takes"] == 3

    def names(*words: str) -> list[str]:
        found = alone.ok("takes", *words)
        assert found["behind"] == 0
        return [take["name"] for take in found["takes"]]

    assert names("--microphone", "u 87") == ["Aurora_T001", "Aurora_T003"]
    assert names("--serial", "s1", "--kind", "wild") == ["Aurora_T003"]
    assert names("--humidity-below", "30") == ["Aurora_T002", "Aurora_T003"]
    assert names("--humidity-below", "30", "--serial", "S1", "--slate", "Aurora") == ["Aurora_T003"]
    assert names("--person", "Anna", "--text", "T002") == ["Aurora_T002"]
    assert alone.ok("takes")["behind"] is None

    build_take(library.path, library_uuid=library.uuid, number=4, counter=4, chain=U87)
    late = alone.run("takes", "--serial", "S1")
    assert late.code == 0
    assert "Aurora_T004" not in late.out
    assert late.said == [
        "takechain: the catalogue is behind: it does not know 1 take yet",
        "takechain: try: takechain rebuild",
    ]
    assert alone.run("takes", "--serial", "S1", "--json").json["behind"] == 1


def test_a_database_that_cannot_be_used_is_said(alone: Cli) -> None:
    Library.open(alone.library, create=True)
    (alone.library / "catalog.sqlite").write_bytes(b"no database" * 1000)
    result = alone.run("takes", "--humidity-below", "30")
    assert result.code != 0
    assert "database" in result.said[0]
    assert alone.run("takes").code == 0


def test_loudness_that_was_measured_is_shown(alone: Cli) -> None:
    library = Library.open(alone.library, create=True)
    build_take(library.path, library_uuid=library.uuid, rate=8000, frames=4 * 8000, block=8000)
    build_take(library.path, library_uuid=library.uuid, slate="Poly", layout="poly", tracks=("a", "b", "c"))
    (mono, _), (poly,) = (alone.ok("show", name)["files"] for name in ("Aurora_T001", "Poly_T001"))
    assert set(mono["loudness"]) == {"integrated", "range", "true_peak", "momentary", "short_term"}
    assert poly["loudness"] is None
    assert f"{mono['loudness']['integrated']:.1f} LUFS, range" in alone.run("show", "Aurora_T001").out
    assert "LUFS" not in alone.run("show", "Poly_T001").out
