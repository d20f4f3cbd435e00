"""What a start reads may be damaged, or put there by somebody: it is refused in words, or passed over."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from capture.chain.patch import Patch
from capture.errors import NothingRecorded, UsageError
from capture.journal.record import load
from capture.library import Library, NotALibrary
from capture.recorder.config import Config
from capture.station.link import CONFIG_NAME, INFO_NAME, read_config, read_info
from capture.station.lock import LOCK_NAME, StationLock, holder
from capture.station.patch import PatchBook, rolling_patch
from tests.support.takes import build_take

DEEP = "[" * 100_000
HOLE_BYTES = 64 * 2**20
VERSION_ONE = 'format = "takechain-library/1"\n'
CONFIG: dict[str, Any] = {"interface": "sim:2", "rate": 48000, "channels": 2, "runtime": "/tmp/x"}


@pytest.mark.parametrize(
    "text", ["a = " + DEEP, "a = " + "{b=" * 5000, "\ufeff", 'format = "x', VERSION_ONE + "uuid = 7"]
)
def test_an_identity_that_is_none_is_no_library(tmp_path: Path, text: str) -> None:
    (tmp_path / "takechain.toml").write_text(text)
    with pytest.raises(NotALibrary):
        Library.open(tmp_path, create=False)


def _peak(work: Any) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_files_that_grew_beyond_measure_are_not_read_into_memory(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    library.set_setting("rate", 96000)
    for name in ("library.jsonl", LOCK_NAME):
        with (library.path / name).open("ab") as file:
            file.truncate(HOLE_BYTES)
    assert _peak(lambda: library.settings()) < HOLE_BYTES // 4
    assert library.settings() == {"rate": 96000}
    assert _peak(lambda: holder(library.path)) < 2**20
    with (library.path / "takechain.toml").open("ab") as file:
        file.truncate(HOLE_BYTES)
    with pytest.raises(NotALibrary):
        Library.open(library.path, create=False)


@pytest.mark.parametrize(
    "text",
    [
        DEEP,
        "",
        "[]",
        json.dumps({**CONFIG, "rate": 10**30}),
        json.dumps({**CONFIG, "channels": 0}),
        json.dumps({**CONFIG, "rate": float("inf")}),
        json.dumps({**CONFIG, "ring_seconds": float("nan")}),
        json.dumps({**CONFIG, "idle_exit_s": -1}),
        json.dumps({**CONFIG, "lost_grace_s": 1e300}),
        json.dumps({**CONFIG, "runtime": "/tmp/\0"}),
        json.dumps({**CONFIG, "config_dir": "\0"}),
    ],
)
def test_a_recorder_refuses_settings_that_cannot_be(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(UsageError):
        Config.load(path)


def test_a_recorder_takes_the_settings_a_station_writes(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG))
    config = Config.load(path)
    assert (config.rate, config.channels, config.lost_grace_s) == (48000, 2, 120.0)


@pytest.mark.parametrize("text", [DEEP, '{"pid":', "[]", "\0"])
def test_what_others_left_in_the_run_time_folder_is_passed_over(tmp_path: Path, text: str) -> None:
    for name in (CONFIG_NAME, INFO_NAME, LOCK_NAME):
        (tmp_path / name).write_text(text)
    assert read_config(tmp_path) == {}
    assert read_info(tmp_path) is None
    assert holder(tmp_path) == {}


def test_the_lock_follows_no_link_out_of_the_library(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    other = tmp_path / "letter.txt"
    other.write_text("something of the user's own\n")
    (library.path / LOCK_NAME).symlink_to(other)
    with pytest.raises(NothingRecorded):
        StationLock(library.path)
    assert other.read_text() == "something of the user's own\n"


def test_an_unfit_field_in_the_library_leaves_the_others_of_its_line(tmp_path: Path) -> None:
    library = Library.open(tmp_path / "library")
    PatchBook(library).change(lambda patch: patch.set_line("SM57 > 1073 +40 dB > in 1", None, "Kari"))
    good = {"how": "declared", "by": "Kari", "at": "", "carried_from": None}
    fields = {
        "input.1.preamp.gain_db": {**good, "value": "4 cm"},
        "input.1.colour": {**good, "value": "red"},
        "input.1.note": {**good, "value": "late"},
        "input.2.note": "not even a field",
    }
    library.append("patch", set=fields, unset=["input.1.preamp.model", 7, {}])
    library.append("patch", set=[1], unset="input.1.note")
    assert PatchBook(library).patch.line(1) == "SM57 > +40 dB > in 1 -- late"


def test_a_change_that_no_chain_can_hold_is_not_carried_on(tmp_path: Path) -> None:
    unfit = ("change", 9, {"input": 1, "path": "input.1.preamp.gain_db", "from": 42, "to": "4 cm", "by": "x"})
    fit = ("change", 9, {"input": 1, "path": "input.1.note", "from": None, "to": "late", "by": "x"})
    patch = rolling_patch(load(build_take(tmp_path, lines=[unfit, fit])), Patch())
    assert (patch.get("input.1.preamp.gain_db"), patch.get("input.1.note")) == (42, "late")
    assert patch.line(1)
