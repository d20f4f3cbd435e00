"""chain place and chain array, and the distances that show and chain show make of them."""

from __future__ import annotations

import pytest

from tests.support.cli import Cli

RIG = ("--interface", "sim:4", "--rate", "48000", "--project", "Nordlys", "--session", "Day 1")


def test_places_become_distances_and_times(cli: Cli) -> None:
    cli.ok("chain", "set", "Oboe @ Hall: MK4 > in 1")
    cli.ok("chain", "set", "Orchestra @ Hall: MK2 > in 2")
    cli.ok("chain", "set", "Orchestra @ Hall: MK2 > in 3")
    said = cli.ok("chain", "place", "2 ft, 30° off axis, 1.6 m up", "--input", "1")
    assert said["fields"]["input.1.distance_m"] == 0.6096
    assert said["fields"]["input.1.position_text"] == "2 ft, 30° off axis, 1.6 m up"
    cli.ok("chain", "place", "x 3 m, y 4 m, 1 m up", "--input", "1", "--source")
    cli.ok("chain", "place", "x 0 m, y 0 m, z 1 m", "--input", "2")
    offered = cli.run("chain", "array", "ORTF", "--inputs", "2-3")
    assert "17 cm and 110°" in offered.out
    before = cli.ok("chain", "show")["distances"]
    assert before["microphones"] == []  # the definition is not a declaration
    assert before["sources"][0]["way"]["ms"] is None
    cli.ok("chain", "array", "ORTF", "--inputs", "2-3", "--standard")
    cli.ok("air", "--temperature", "20", "--humidity", "50", "--pressure", "1013.25")
    now = cli.ok("chain", "show")["distances"]
    assert now["speed_of_sound_m_s"] == pytest.approx(343.987, abs=0.001)
    assert now["sources"][0]["way"]["ms"] == pytest.approx(0.6096 / 343.987 * 1000, abs=1e-4)
    assert now["microphones"][0]["way"]["metres"] == 0.17
    (later,) = now["later"]
    assert (later["near"], later["far"]) == (1, 2)
    assert later["way"]["metres"] == pytest.approx(5 - 0.6096, abs=1e-6)  # 3-4-5
    cli.ok("record", *RIG, "--inputs", "1-3", "--slate", "One", "--seconds", "0.2")
    taken = cli.ok("show", "One_T001")
    assert taken["distances"]["later"] == now["later"]
    assert "Oboe: at in 2" in cli.run("show", "One_T001").out
    assert taken["chain"]["input.1.source.position_text"]["value"] == "x 3 m, y 4 m, 1 m up"


def test_a_place_is_taken_back(cli: Cli) -> None:
    cli.ok("chain", "place", "1 m", "--input", "4")
    assert cli.ok("chain", "place", "", "--input", "4")["fields"] == {}
    for bad in (("place", "there", "--input", "4"), ("place", "1 m", "--input", "4", "--source"),
                ("array", "AB", "--inputs", "1-3")):  # fmt: skip
        assert cli.run("chain", *bad).code == 2
