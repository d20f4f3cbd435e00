"""The scripted demo: what it makes, how long it takes, and that it is told from a real session."""

import time
from pathlib import Path

from tests.support.cli import TAKECHAIN, Cli


def test_a_session_in_under_half_a_minute(cli: Cli) -> None:
    began = time.monotonic()
    made = cli.ok("demo")
    assert time.monotonic() - began < 30
    takes = made["takes"]
    assert [take["name"] for take in takes] == ["Aurora_T001", "Aurora_T002", "Boreal_T001"]
    assert all(take["simulated"] and take["condition"] == "clean" for take in takes)
    assert all(take["channels"] == 8 and take["readings"] > 0 for take in takes)
    assert takes[1]["verdict"] == "circled"
    assert len(cli.ok("show", "Aurora_T001")["markers"]) == 1
    pdf, html = (Path(sheet) for sheet in made["sheets"])
    assert pdf.read_bytes().startswith(b"%PDF")
    assert "simulated" in html.read_text().lower()
    assert cli.run("verify", made["library"]).code == 0
    assert cli.run("station", "status").code == 4


def test_again_in_the_same_library_it_counts_on_and_tells_people(cli: Cli) -> None:
    result = cli.run("demo")
    assert result.code == 0, result
    assert result.said == []
    assert "Aurora_T003" in result.out
    assert (
        f"{TAKECHAIN} demo --library {cli.library}" in result.out
    )  # as it was called, since it is not on PATH
    assert "none of them real" in result.out
