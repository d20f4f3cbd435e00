"""The locker: records kept whole or not at all, old lines, history, search, and what a chain is told."""

import hashlib
import json
import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from capture.chain.fields import SPECS
from capture.gear import (
    Calibration,
    Gear,
    GearError,
    GearTaken,
    Locker,
    Service,
    Spec,
    UnknownGear,
    figures,
    make_gear,
    picked,
    search,
)
from capture.gear.as_csv import from_csv, to_csv
from capture.gear.locker import certificate_state, kept_path
from capture.journal.errors import JournalError
from capture.library import Library
from tests.support.gear import WHOLE


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


@pytest.fixture
def locker(library: Library) -> Locker:
    return Locker(library)


def lines(library: Library) -> list[dict[str, object]]:
    return [json.loads(line) for line in (library.path / "library.jsonl").read_text().splitlines()]


def test_a_record_is_kept_whole_in_one_line(library: Library, locker: Locker) -> None:
    locker.put(WHOLE, by="anna")
    assert locker.all() == {"U87-1": WHOLE}
    line = lines(library)[-1]
    assert (line["type"], line["by"], line["specs"]["sensitivity_mv_pa"]["tolerance"]) == ("gear", "anna", 1)
    assert line["specs"]["sensitivity_mv_pa@omni"]["tolerance"] is None
    assert make_gear(WHOLE.as_json()) == WHOLE


def test_old_lines_stay_readable_and_what_is_not_known_is_kept(library: Library, locker: Locker) -> None:
    old = {"kind": "microphone", "make": "Shure", "model": "SM57", "serial": "0042", "note": "dent"}
    library.put("gear", "A1142", old, by="per")
    library.put("gear", "odd", {"kind": "spoon", "specs": [1], "tags": ["x"], "make": "Acme"}, by="per")
    assert locker.get("A1142") == Gear("A1142", **old)
    odd = locker.get("odd")
    assert (odd.kind, odd.make, odd.specs) == ("other", "Acme", {})
    locker.add_service("odd", Service("2024-01-01", "polished"), by="anna")
    line = library.records("gear")["odd"]
    assert (line["tags"], line["make"], line["service"]) == (
        ["x"], "Acme", [{"date": "2024-01-01", "what": "polished"}],
    )  # fmt: skip
    assert line["specs"] == [1]


def test_history_is_added_in_order_and_found_by_serial(locker: Locker) -> None:
    locker.put(WHOLE, by="anna")
    locker.add_service("0123", Service("2022-07-01", "grille straightened"), by="anna")
    assert [entry.date for entry in locker.get("U87-1").service] == ["2020-02-29", "2022-07-01", "2024-01-02"]
    locker.put(Gear("other", serial="0123"), by="anna")
    with pytest.raises(GearError, match="2 pieces have the serial number"):
        locker.get("0123")
    with pytest.raises(UnknownGear):
        locker.add_service("none", Service("2022-07-01", "x"), by="anna")
    locker.remove("other", by="anna")
    assert list(locker.all()) == ["U87-1"]
    with pytest.raises(UnknownGear):
        locker.remove("other", by="anna")
    with pytest.raises(GearTaken):
        locker.put(Gear("U87-1"), by="anna", new=True)


def test_an_import_is_whole_or_not_at_all(library: Library, locker: Locker) -> None:
    locker.put(Gear("a", make="Old"), by="anna")
    before = (library.path / "library.jsonl").read_bytes()
    several = [Gear("b"), Gear("a", make="New"), Gear("c")]
    with pytest.raises(GearTaken, match="'a'"):
        locker.bring_in(several, by="anna")
    assert (library.path / "library.jsonl").read_bytes() == before
    kept, same = locker.bring_in(several, by="anna", replacing=True)
    assert ([g.id for g in kept], same) == (["b", "a", "c"], [])
    assert locker.get("a").make == "New"
    kept, same = locker.bring_in(several, by="anna")
    assert (kept, len(same)) == ([], 3)
    assert len(lines(library)) == 5  # the head, and four lines of gear


def test_an_import_that_finds_no_room_leaves_nothing(tmp_path: Path, library: Library) -> None:
    """A process that may not write past a size is cut short by the system in the middle of the import."""
    Locker(library).put(Gear("first"), by="anna")
    path = library.path / "library.jsonl"
    before = path.read_bytes()
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from capture.gear import Gear, Locker; from capture.library import Library\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 5000},) * 2)\n"
        f"Locker(Library.open(Path({str(library.path)!r}))).bring_in([Gear(str(n)) for n in range(100)], 'x')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert JournalError.__name__ in done.stderr
    assert path.read_bytes() == before
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != len(before) + 5000
    assert list(Locker(library).all()) == ["first"]


def test_a_history_that_is_full_is_told_and_nothing_of_it_is_lost(locker: Locker) -> None:
    full = tuple(Service("2024-01-01", f"{number}") for number in range(999))
    locker.put(Gear("a", service=full), by="anna")
    with pytest.raises(GearError, match="999 entries already"):
        locker.add_service("a", Service("2024-01-02", "one more"), by="anna")
    assert locker.get("a").service == full
    assert from_csv(to_csv([locker.get("a")]))[0].service == full


def test_many_writers_lose_no_entry(library: Library, locker: Locker) -> None:
    locker.put(Gear("a"), by="anna")
    code = (
        "import sys; from pathlib import Path\nfrom capture.gear import Locker, Service\n"
        "from capture.library import Library\n"
        f"locker = Locker(Library.open(Path({str(library.path)!r})))\n"
        "[locker.add_service('a', Service('2024-01-01', f'{sys.argv[1]} {n}'), by='x') for n in range(10)]"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert {entry.what for entry in locker.get("a").service} == {
        f"{p} {n}" for p in range(3) for n in range(10)
    }


def test_search_takes_all_words_and_no_case_or_accent() -> None:
    several = [WHOLE, Gear("A1", make="RØDE", model="NT1-A"), Gear("A2", kind="cable", note="blue")]
    assert search(several, ["neumann", "astrom"]) == [WHOLE]
    assert [g.id for g in search(several, ["rode nt1a"])] == ["A1"]
    assert search(several, ["u87", "WORKSHOP", "fig-8"]) == [WHOLE]
    assert [g.id for g in search(several, [], "cable")] == ["A2"]
    assert search(several, ["neumann", "blue"]) == []


def test_a_certificate_is_known_by_its_sum(library: Library) -> None:
    file = library.path / "certs" / "one.pdf"
    file.parent.mkdir()
    file.write_bytes(b"certificate")
    kept = kept_path(file, library.path)
    assert kept == "certs/one.pdf"
    entry = Calibration(
        "2024-01-01", "polarity", 1, certificate=kept, sha256=hashlib.sha256(b"certificate").hexdigest()
    )
    assert certificate_state(entry, library.path) == "as recorded"
    file.write_bytes(b"certificatf")
    assert certificate_state(entry, library.path) == "changed"
    file.unlink()
    assert certificate_state(entry, library.path) == "not found"
    assert certificate_state(replace(entry, certificate=""), library.path) == ""
    assert kept_path(Path(os.sep, "elsewhere", "x.pdf"), library.path) == "/elsewhere/x.pdf"


def test_what_was_measured_goes_before_what_the_maker_says() -> None:
    known = figures(WHOLE)
    assert (known["sensitivity_mv_pa"].value, known["sensitivity_mv_pa"].source) == (
        27.1,
        "calibration by Lab",
    )
    newer = replace(
        WHOLE, calibrations=(Calibration("2025-01-01", "sensitivity_mv_pa", 27.4), *WHOLE.calibrations)
    )
    assert figures(newer)["sensitivity_mv_pa"].value == 27.4
    assert "polarity" not in known


def test_a_figure_of_one_pattern_is_not_taken_for_another() -> None:
    assert figures(WHOLE, "cardioid")["sensitivity_mv_pa"].value == 27.1
    assert figures(WHOLE, "omni")["sensitivity_mv_pa"].value == 20.5
    assert "sensitivity_mv_pa" not in figures(WHOLE, "fig-8")  # nobody says it
    assert figures(WHOLE, "fig-8")["self_noise_dba"].value == 12  # told for no pattern: for all


def test_a_chain_is_told_what_it_has_fields_for() -> None:
    chain = picked(WHOLE, "microphone", "cardioid")
    assert chain == {
        "microphone.gear": "U87-1", "microphone.make": "Neumann", "microphone.model": "U 87 Ai",
        "microphone.serial": "0123", "microphone.capsule": "K 87", "microphone.powering": "required",
        "microphone.pattern": "cardioid", "microphone.sensitivity_mv_pa": 27.1,
        "microphone.self_noise_dba": 12,
    }  # fmt: skip
    for suffix, value in chain.items():
        assert SPECS[suffix].clean(value) == value
    one = Gear(
        "p",
        make="Grace",
        patterns=("cardioid",),
        specs={"ein_dbu": Spec(-130, "x"), "channels": Spec(8, "x")},
    )
    assert picked(one, "preamp") == {"preamp.gear": "p", "preamp.make": "Grace", "preamp.ein_dbu": -130}
    assert picked(one, "insert.1") == {"insert.1.gear": "p", "insert.1.make": "Grace"}
