"""What the station says of dB SPL at 0 dBFS: from the patch, and from a calibration the moment it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.evidence.arithmetic import of_input
from capture.evidence.calibrations import keep
from capture.evidence.calibrator import Reading
from capture.evidence.tracks import calibrations_around, of_take, values_of
from capture.journal.finish import edit_after_end
from capture.journal.record import load
from capture.library import Library
from tests.evidence.sounds import CHAIN
from tests.support.stations import Desk
from tests.support.takes import KEY

READING = Reading(94, 10, 1000, -7, 101, 0, -60, 60, ())


def test_the_level_at_full_scale_of_every_input(studio: Desk) -> None:
    studio.set_up(inputs="1-2")
    first, second = studio.status()["tracks"][:2]
    assert first["spl_at_0dbfs_db"] is second["spl_at_0dbfs_db"] is None
    studio.call("chainfields", fields=CHAIN)
    first, second = studio.status()["tracks"][:2]
    assert first["spl_at_0dbfs_db"] == pytest.approx(100.82, abs=0.01)
    assert first["spl_words"] == "computed from the chain"
    assert second["spl_words"].startswith("not known")


def test_a_calibration_is_seen_at_once_and_ends_with_the_gain(studio: Desk) -> None:
    studio.set_up(inputs="1")
    studio.call("chainfields", fields=CHAIN)
    library, record = Library.open(studio.library), load(Path(studio.take(kind="calibration")["journal"]))
    keep(library, record, 1, of_input(CHAIN, 1), READING, "anna")
    track = studio.status()["tracks"][0]
    assert (track["spl_at_0dbfs_db"], track["spl_words"]) == (101, "calibrated with 94 dB in " + record.name)
    alone = studio.library.parent / "alone"
    alone.mkdir()
    journal = Path(studio.take()["journal"])
    for file in journal.parent.iterdir():
        (alone / file.name).write_bytes(file.read_bytes())
    copy = load(alone / journal.name)
    assert "1234" not in str(copy.begin["calibrations"])  # a serial number could not be withheld there
    (row,) = of_take(copy, values_of(copy), calibrations_around(copy))
    assert (row.known.db, row.known.how) == (101, "calibrated")
    edit_after_end(alone / journal.name, KEY, "chain.input.1.preamp.gain_db", 30, "anna")
    other = load(alone / journal.name)
    assert of_take(other, values_of(other), calibrations_around(other))[0].known.how == "computed"
    studio.call("chainfields", fields={"input.1.preamp.gain_db": 36})
    assert studio.status()["tracks"][0]["spl_at_0dbfs_db"] == pytest.approx(99.82, abs=0.01)
