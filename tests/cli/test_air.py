"""takechain air: what the air does, with values, of a take, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.sheet_takes import one_take


def test_only_calculated_and_nothing_declared(cli: Cli) -> None:
    said = cli.ok("air", "--temperature", "68F", "--humidity", "50", "--pressure", "1013.25", "--calculate")
    assert said["figures"]["speed_of_sound_m_s"] == pytest.approx(343.987, abs=0.001)
    assert said["figures"]["density_kg_m3"] == pytest.approx(1.199314, abs=1e-5)
    assert not cli.library.exists()
    lines = cli.run("air", "--temperature", "20", "--calculate").out.splitlines()
    assert "not computed: speed of sound: relative humidity is not known" in lines
    assert cli.run("air", "--calculate").code == 2
    assert cli.run("air", "--temperature", "500", "--calculate").code == 2
    assert cli.run("air", "--temperature", "20", "--take", "x").code == 2


def test_of_a_take(cli: Cli, tmp_path: Path) -> None:
    journal = one_take(tmp_path)
    said = cli.ok("air", "--take", str(journal))
    assert said["from"]["pressure"]["value"] == 1006.4
    assert said["missing"] == []
    lines = cli.run("air", "--take", str(journal)).out.splitlines()
    assert any(line.startswith("speed of sound 344.") and "±" in line for line in lines)
    assert lines[1].startswith("temperature 21.41 °C (21.4 to 21.42) ±0.2")


def test_typed_values_are_declared_and_their_figures_said(cli: Cli) -> None:
    said = cli.ok("air", "--temperature", "21", "--humidity", "40")
    assert [r["quantity"] for r in said["air"]] == ["temperature", "relative_humidity"]
    assert said["assumed"] == ["1013.25 hPa for speed of sound and absorption: the pressure is not known"]
    assert cli.ok("air")["figures"] == said["figures"]
