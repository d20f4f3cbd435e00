"""What the machine says of itself, from made-up trees in the layout of the kernel's ABI documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware.machine import conditions, memory_available
from tests.support.machines import adapter, battery, core, machine, memory


def said(root: Path, files: dict[str, str], about: str) -> tuple[str, str]:
    found = {condition.about: condition for condition in conditions(machine(root, files))}[about]
    return found.what, found.do


BATTERIES = {
    "low": (battery("BAT0", "12", "Discharging") | adapter("AC", "0"), "at 12 %, not charging", "plug it in"),
    "high": (battery("BAT0", "80", "Discharging") | adapter("AC", "0"), "at 80 %, not charging", ""),
    "border": (battery("BAT0", "20", "Discharging"), "at 20 %, not charging", "plug it in"),
    "above": (battery("BAT0", "21", "Discharging"), "at 21 %, not charging", ""),
    "charging": (battery("BAT0", "5", "Charging") | adapter("AC", "1"), "at 5 %, charging", ""),
    "full": (battery("BAT0", "100", "Full") | adapter("AC", "1"), "at 100 %, on mains", ""),
    "held": (battery("BAT0", "60", "Not charging") | adapter("AC", "1"), "at 60 %, on mains", ""),
    "usb": (battery("BAT0", "9", "Not charging") | adapter("C1", "1", "USB"), "at 9 %, on mains", ""),
    "other-plug": (
        battery("BAT0", "60", "Not charging") | adapter("AC", "0") | adapter("C1", "1", "USB"),
        "at 60 %, on mains",
        "",
    ),
    "weak": (
        battery("BAT0", "15", "Discharging") | adapter("C1", "1", "USB"),
        "at 15 %, going down although plugged in",
        "use a stronger power supply",
    ),
    "two": (
        battery("BAT0", "3", "Not charging") | battery("BAT1", "70", "Discharging") | adapter("AC", "0"),
        "at 3 % and 70 %, not charging",
        "",
    ),
    "not-told": (
        battery("BAT0", "10", "Unknown"),
        "at 10 %, whether it charges is not known",
        "see that it is plugged in",
    ),
    "no-level": (battery("BAT0", "?", "Discharging"), "at a level not known, not charging", ""),
    "nonsense": (battery("BAT0", "900", "Discharging"), "at a level not known, not charging", ""),
    "mouse": (
        battery("hidpp_0", "4", "Discharging", scope="Device") | adapter("AC", "1"),
        "none is here",
        "",
    ),
    "empty-bay": (battery("BAT1", "0", "Unknown", present="0") | adapter("AC", "1"), "none is here", ""),
    "unreachable": (memory(1), "not known", ""),
}


@pytest.mark.parametrize("case", BATTERIES)
def test_battery(tmp_path: Path, case: str) -> None:
    files, what, do = BATTERIES[case]
    assert said(tmp_path, files, "battery") == (what, do)


def test_memory(tmp_path: Path) -> None:
    assert said(tmp_path / "a", memory(8_000_000), "memory") == ("8.2 GB left", "")
    assert said(tmp_path / "b", memory(300_000), "memory") == ("0.3 GB left", "close other programs")
    assert memory_available(tmp_path / "a") == 8_000_000 * 1024
    for text in ("", "MemAvailable: lots kB", "MemFree: 12 kB"):
        assert said(tmp_path / "c", {"proc/meminfo": text}, "memory") == ("not known", "")


@pytest.mark.parametrize(
    ("files", "what", "slow"),
    [
        (core(0, "powersave") | core(1, "powersave"), "held slow to save power (powersave)", True),
        (core(0, "performance") | core(1, "performance"), "set to performance", False),
        (core(0, "schedutil") | core(1, "ondemand"), "set to ondemand and schedutil", False),
        (
            core(0, "powersave") | core(1, "performance"),
            "held slow on 1 of 2 cores to save power (performance and powersave)",
            True,
        ),
        # The kernel's intel_pstate and amd-pstate pages: "powersave" scales with the load there.
        (core(0, "powersave", "intel_pstate", "balance_performance"), "set to powersave", False),
        (core(0, "powersave", "intel_pstate", "power"), "held slow to save power (powersave)", True),
        (core(0, "powersave", "amd-pstate-epp", "power"), "held slow to save power (powersave)", True),
        (core(0, ""), "how it is set is not known", False),
        ({}, "how it is set is not known", False),
    ],
)
def test_processor(tmp_path: Path, files: dict[str, str], what: str, slow: bool) -> None:
    found, do = said(tmp_path, files, "processor")
    assert found == what
    assert ("performance" in do) is slow


def test_a_machine_that_tells_nothing_is_not_known_and_advised_nothing(tmp_path: Path) -> None:
    found = conditions(tmp_path)
    assert [condition.about for condition in found] == ["battery", "memory", "processor"]
    assert all("not known" in condition.what and not condition.do for condition in found)


def test_the_sentence_says_what_and_what_to_do(tmp_path: Path) -> None:
    found = conditions(machine(tmp_path, battery("BAT0", "12", "Discharging")))[0]
    assert found.text == "battery at 12 %, not charging: plug it in"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.lists(st.binary(max_size=60), min_size=7, max_size=7))
def test_no_content_of_the_files_raises(tmp_path: Path, raw: list[bytes]) -> None:
    files = battery("BAT0", "1", "x") | core(0, "x", "x", "x") | memory(1) | adapter("AC", "1")
    machine(tmp_path, files)
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for path, content in zip(paths, raw, strict=False):
        if path.name not in ("type", "present"):
            path.write_bytes(content)
    assert len(conditions(tmp_path)) == 3
