"""Interfaces: lasting identities, honest origins, and a listing that nothing can break."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hardware import interfaces
from hardware.errors import HardwareError, PortAudioMissing, UnknownInterface
from hardware.identity import base_id, hardware_of, origin_of, unique_ids
from hardware.interfaces import Interface, choose, find, list_interfaces, survey

JACK = "JACK Audio Connection Kit"


def card(root: Path, number: int, name: str, driver: str) -> None:
    """A sound card as Linux shows it in /proc and /sys."""
    (root / f"proc/asound/card{number}").mkdir(parents=True)
    (root / f"proc/asound/card{number}/id").write_text(name + "\n")
    drivers = root / f"sys/bus/drivers/{driver}"
    drivers.mkdir(parents=True, exist_ok=True)
    device = root / f"sys/class/sound/card{number}/device"
    device.mkdir(parents=True)
    (device / "driver").symlink_to(drivers)


def test_an_alsa_card_keeps_its_identity_when_its_number_changes(tmp_path: Path) -> None:
    card(tmp_path / "a", 1, "UMC404HD", "snd-usb-audio")
    card(tmp_path / "b", 3, "UMC404HD", "snd-usb-audio")
    first = base_id("ALSA", "UMC404HD 192k: USB Audio (hw:1,0)", tmp_path / "a")
    moved = base_id("ALSA", "UMC404HD 192k: USB Audio (hw:3,0)", tmp_path / "b")
    assert first == moved == "alsa:hw:UMC404HD,0"


def usb_card(root: Path, number: int, port: str, serial: str) -> None:
    """A USB card as Linux shows it: a function of the device that has the identity."""
    function = root / f"sys/devices/pci0000:00/usb1/{port}/{port}:1.0"
    function.mkdir(parents=True)
    for name, text in (("idVendor", "1397"), ("idProduct", "0509"), ("serial", serial)):
        if text:
            (function.parent / name).write_text(text + "\n")
    sound = root / f"sys/class/sound/card{number}"
    sound.mkdir(parents=True)
    (sound / "device").symlink_to(function)


def test_two_devices_of_one_kind_are_told_apart(tmp_path: Path) -> None:
    """The second of a kind gets the first one's card id when that is gone; its hardware is another."""

    def seen(root: str, number: int, port: str, serial: str) -> str:
        usb_card(tmp_path / root, number, port, serial)
        return hardware_of("ALSA", f"UMC404HD 192k: USB Audio (hw:{number},0)", tmp_path / root)

    first = seen("a", 1, "1-2", "8A01")
    assert first == seen("b", 3, "1-4.1", "8A01")  # another place and number, the same device
    assert first != seen("c", 1, "1-2", "8A02")
    assert "8A01" not in first
    assert first.startswith("usb 1397:0509 serial #")
    assert seen("d", 1, "1-2", "") == "usb 1397:0509 at 1-2"
    assert hardware_of("ALSA", "HDA Intel PCH: ALC257 (hw:9,0)", tmp_path / "d") == ""
    assert hardware_of(JACK, "siggen") == ""


def test_without_card_names_the_devices_own_name_serves(tmp_path: Path) -> None:
    assert base_id("ALSA", "HDA Intel PCH: ALC257 (hw:0,2)", tmp_path) == "alsa:hw:HDA Intel PCH: ALC257,2"


def test_identities_name_the_host_api_and_its_own_name() -> None:
    assert base_id(JACK, "siggen") == "jack:siggen"
    assert base_id("ALSA", "pulse") == "alsa:pulse"
    assert base_id("Core Audio", "Fireface UFX") == "coreaudio:Fireface UFX"
    assert base_id("Windows WASAPI", "Line (UMC)") == "wasapi:Line (UMC)"


def test_equal_names_are_numbered_in_their_order() -> None:
    assert unique_ids(["jack:a", "jack:b", "jack:a", "jack:a"]) == [
        "jack:a",
        "jack:b",
        "jack:a#2",
        "jack:a#3",
    ]


@pytest.mark.parametrize(
    ("api", "name", "origin"),
    [
        ("ALSA", "Loopback: PCM (hw:0,1)", "loopback"),
        ("ALSA", "UMC404HD: USB Audio (hw:1,0)", "physical"),
        ("ALSA", "Dummy: Dummy PCM (hw:2,0)", "unknown"),
        ("ALSA", "gone: nothing (hw:9,0)", "unknown"),
        ("ALSA", "pulse", "unknown"),
        ("ALSA", "Loopback", "unknown"),  # a name alone proves nothing
        (JACK, "system", "unknown"),
        (JACK, "siggen", "software"),
        ("Core Audio", "Fireface UFX", "unknown"),
        ("PulseAudio", "Monitor of Built-in Audio", "monitor"),
        ("PulseAudio", "Built-in Audio", "unknown"),
    ],
)
def test_origins_come_from_the_system(tmp_path: Path, api: str, name: str, origin: str) -> None:
    card(tmp_path, 0, "Loopback", "snd_aloop")
    card(tmp_path, 1, "UMC404HD", "snd-usb-audio")
    card(tmp_path, 2, "Dummy", "snd_dummy")
    assert origin_of(api, name, root=tmp_path) == origin


def test_behind_pipewires_jack_a_client_may_be_a_device() -> None:
    assert origin_of(JACK, "Scarlett 18i20", jack_is_pipewire=True) == "unknown"


def interface(name: str) -> Interface:
    return Interface(name, name, "JACK", 2, (48000,), 48000, "software", 3)


def test_an_unknown_interface_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownInterface) as raised:
        choose("jack:sigen", [interface("jack:siggen"), interface("alsa:hw:PCH,0")])
    assert "jack:siggen" in raised.value.do
    assert raised.value.exit_code == 4


def test_portaudios_number_never_leaves_the_process() -> None:
    assert "index" not in interface("jack:a").as_dict()


def answered(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let another program answer in place of the listing."""
    real = subprocess.run
    monkeypatch.setattr(
        interfaces.subprocess, "run", lambda command, **rest: real([sys.executable, "-c", program], **rest)
    )


def test_without_portaudio_the_simulated_interface_is_left_and_the_remedy_said() -> None:
    hidden = subprocess.run(
        [sys.executable, "-c", _WITHOUT_PORTAUDIO], capture_output=True, text=True, timeout=60
    )
    assert hidden.returncode == 0, hidden.stderr
    answer = json.loads(hidden.stdout)
    assert answer["ids"] == ["sim:8"]
    assert answer["exit"] == PortAudioMissing.exit_code == 6
    assert "libportaudio2" in answer["do"] or sys.platform != "linux"


_WITHOUT_PORTAUDIO = """
import json, subprocess, sys
from hardware import interfaces
from hardware.errors import HardwareError
hide = (
    "import ctypes.util; ctypes.util.find_library = lambda name: None; "
    "from hardware import listing; listing.main()"
)
real = subprocess.run
interfaces.subprocess.run = lambda command, **rest: real([sys.executable, "-c", hide], **rest)
listing = interfaces.survey()
try:
    interfaces.find("jack:system")
except HardwareError as error:
    print(json.dumps({"ids": [i.id for i in listing.interfaces], "exit": error.exit_code, "do": error.do}))
"""


def test_a_listing_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, "import time; time.sleep(60)")
    listing = survey(timeout=0.3)
    assert [found.id for found in listing.interfaces] == ["sim:8"]
    assert listing.problem is not None
    assert "within 0.3 s" in listing.problem.what


@pytest.mark.parametrize(
    "program", ["import os; os.abort()", "print('ALSA lib says hello')", "print('[]')", ""]
)
def test_a_listing_that_dies_or_babbles_is_said_so(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    answered(monkeypatch, program)
    with pytest.raises(HardwareError, match="without an answer"):
        find("jack:system")
    assert list_interfaces()[-1].id == "sim:8"


def test_what_audio_libraries_print_does_not_reach_the_answer() -> None:
    program = (
        "import os, sys, types\n"
        "sys.modules['hardware.portaudio'] = fake = types.ModuleType('hardware.portaudio')\n"
        "def enumerate_inputs():\n"
        "    os.write(1, b'jack server is not running\\n')\n"
        "    return []\n"
        "fake.enumerate_inputs = enumerate_inputs\n"
        "from hardware import listing\n"
        "listing.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=30, env=dict(os.environ)
    )
    assert json.loads(done.stdout) == {"interfaces": []}
    assert b"not running" in done.stderr
