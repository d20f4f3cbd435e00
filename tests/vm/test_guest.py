"""Takes under a guest's kernel with a real ALSA card and USB serial adapter, both pulled while they roll.

`python3 dev.py vm` builds the guest and runs this. The sound is a signal that says the place of each of its
samples; it comes from another program (aplay), over the card's own cable.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from capture.journal.record import TakeRecord, load
from hardware.stream import BUFFER_SECONDS
from tests.support.cli import Cli
from tests.support.rig import Check, check_signal, integers_of
from tests.support.stations import lines
from tests.vm.guest import CHANNELS, PLAIN_SECONDS, RATE
from tests.vm.image import built
from tests.vm.machine import ADAPTER, Json, Machine

MOST_SECONDS = 540.0
PROJECT = Path(__file__).resolve().parent.parent.parent
START = """\
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
cd '{project}' && exec '{python}' -m tests.vm.guest {adapter}
"""

pytestmark = [pytest.mark.vm, pytest.mark.timeout(MOST_SECONDS + 120)]


@dataclass(frozen=True)
class Evidence:
    """What the guest told, and the library it made."""

    told: list[Json]
    sent: list[float]  # °C
    library: Path

    def named(self, key: str) -> list[Json]:
        """Everything told under this key, in order."""
        return [line for line in self.told if key in line]

    def journal(self, slate: str) -> Path:
        """The journal of the only take of a slate."""
        (found,) = self.library.rglob(f"{slate}_T001.take.jsonl")
        return found

    def at(self, key: str, value: object) -> int:
        """When something was told, in nanoseconds of the guest's clock."""
        return int(next(line["at_ns"] for line in self.told if line.get(key) == value))


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    image = built()
    if image is None:
        pytest.skip("needs the guest's kernel: python3 dev.py vm")
    share = tmp_path_factory.mktemp("guest")
    program = Path(__file__).with_name("player.c")
    subprocess.run(["cc", "-O2", "-Wall", "-o", share / "player", program], check=True)
    python = PROJECT / ".venv" / "bin" / "python"
    (share / "run.sh").write_text(START.format(project=PROJECT, python=python, adapter=ADAPTER))
    with Machine(image, share) as machine:
        machine.run(MOST_SECONDS)
    logs = "\n".join(
        f"{log.name}:\n{log.read_text('utf-8', 'replace')[-2000:]}" for log in share.glob("*.log")
    )
    assert machine.told[-1:], logs
    assert machine.told[-1].get("finished"), f"{machine.told[-1]}\n{logs}"
    return Evidence(machine.told, machine.sent, share / "library")


def heard(record: TakeRecord, part: int = 1) -> Check:
    """What one part holds of the signal."""
    (path,) = (path for number, path in located(record) if number == part)
    return check_signal(integers_of(path), range(1, CHANNELS + 1))


def located(record: TakeRecord) -> list[tuple[int, Path]]:
    """The one file of each part."""
    return [(part.number, record.folder / part.files[0]) for part in record.parts]


def check_sound(evidence: Evidence, record: TakeRecord, part: int = 1) -> None:
    """Nothing of a part is wrong, and nothing is missing or silent but what the take or the player said."""
    found, end = heard(record, part), part_end(record, part)
    first = record.parts[part - 1].first
    gaps = [gap for gap in record.gaps if gap.filled and first <= gap.first < end]
    filled, pm = sum(gap.frames for gap in gaps), sum(gap.first_pm + gap.frames_pm for gap in gaps)
    assert found.frames == end - first
    assert (found.wrong_samples, found.repeated) == (0, 0)
    assert abs(found.lost - filled) <= pm
    (underruns,) = (line["underruns"] for line in evidence.named("underruns") if line["of"] == record.slate)
    assert found.silent == filled or underruns, f"{found}, {gaps}"


def part_end(record: TakeRecord, part: int) -> int:
    """The take's frame after the last of a part."""
    return record.parts[part - 1].first + record.part_frames(record.parts[part - 1])


def test_eight_channels_come_through_alsa_exactly(evidence: Evidence) -> None:
    *spoiled, last = evidence.named("judged")
    assert all(line["player"] or line["probe"] for line in spoiled), (
        f"ALSA's own tools were in time: {spoiled}"
    )
    record = load(evidence.journal(last["judged"]))
    assert (record.frames, record.condition.value) == (PLAIN_SECONDS * RATE, "clean")
    assert (record.interface["id"], record.origin) == ("alsa:hw:Loopback,1", "loopback")
    found = heard(record)
    assert found.frames == PLAIN_SECONDS * RATE
    assert found.exact, found


def test_a_sensor_that_is_pulled_goes_on_when_it_is_back_and_the_take_is_not_touched(
    evidence: Evidence,
) -> None:
    told = [line for line in lines(evidence.journal("Sensor")) if line["type"] in ("device", "reading")]
    states = [line.get("state", "") for line in told]
    assert [state for state in states if state] == ["lost", "back"]
    lost, back = states.index("lost"), states.index("back")
    assert [told[at]["device"] for at in (lost, back)] == [f"sensor:{ADAPTER}"] * 2
    assert back == lost + 1
    assert (lost >= 4, len(told) - back > 4) == (True, True)
    readings = [line for line in told if line["type"] == "reading"]
    assert {(line["sensor"], line["quality"]) for line in readings} == {(ADAPTER, "ok")}
    celsius = [line["value"] for line in readings if line["quantity"] == "temperature"]
    assert celsius == sorted(celsius)
    assert set(celsius) <= set(evidence.sent)
    record = load(evidence.journal("Sensor"))
    assert told[back]["frame"] - told[lost]["frame"] > 2 * record.rate
    assert len(record.parts) == 1
    check_sound(evidence, record)


def test_a_card_that_is_pulled_costs_the_time_it_was_away_and_no_more(evidence: Evidence) -> None:
    record = load(evidence.journal("Card"))
    assert ([part.number for part in record.parts], record.reason) == ([1, 2], "stop")
    assert not record.is_clean
    pulled, back = (frame_of(record, evidence.at(key, "card")) for key in ("pulling", "back"))
    (said,) = (device for device in record.devices if device.state == "lost")
    end, second = part_end(record, 1), record.parts[1]
    print(f"lost {end - pulled} frames from the pull on, said after {(said.frame - pulled) / RATE:.2f} s")
    assert end > pulled - BUFFER_SECONDS * RATE
    assert second.first + second.first_pm >= back
    hole = next(gap for gap in record.gaps if not gap.filled)
    assert (hole.first, hole.first + hole.frames) == (end, second.first)
    for part in (1, 2):
        check_sound(evidence, record, part)


def frame_of(record: TakeRecord, at_ns: int) -> int:
    """The frame of the take's timeline at a moment of the guest's clock."""
    return round((at_ns - int(record.clock["boottime_ns"])) * record.rate / 1e9)


def test_all_of_it_verifies(evidence: Evidence, tmp_path: Path) -> None:
    result = Cli(tmp_path, str(tmp_path)).run("verify", evidence.library)
    assert result.code == 0, result
