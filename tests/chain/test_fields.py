"""Every field of a chain: what it takes, what it refuses, how it is said, and that every form carries it."""

from __future__ import annotations

import pytest

from capture.chain import ChainError, Patch, from_yaml, load, path_words, snapshot, to_yaml, value_words
from capture.chain.fields import SPECS
from capture.chain.specs import FACTS

AT = "2026-11-25T14:03:12.000000Z"
PLACES = ("4 cm, 30° off axis, 1.6 m up, x 1 m, y 2 m, z 1 m", "x 1 m, y 2 m, z 1 m")
SHURE = {"powering": "none", "sensitivity_mv_pa": 1.6, "max_spl_db": 150, "impedance_ohm": 150}

TAKEN = [
    ("microphone.powering", "Required", "required", "powering", "required"),
    ("microphone.powering", "own supply", "own supply", "powering", "own supply"),
    ("microphone.sensitivity_mv_pa", "1,6", 1.6, "sensitivity", "1.6 mV/Pa"),
    ("microphone.self_noise_dba", 7, 7, "self-noise", "7 dB(A)"),
    ("microphone.max_spl_db", 137.0, 137, "maximum level", "137 dB SPL"),
    ("microphone.impedance_ohm", 200, 200, "microphone impedance", "200 Ω"),
    ("microphone.split", True, True, "split", "on"),
    ("microphone.output", "rear", "rear", "microphone output", "rear"),
    ("di.pad_db", 20, -20, "DI pad", "-20 dB"),
    ("di.pad_db", "off", 0, "DI pad", "off"),
    ("di.impedance_ohm", 1_000_000, 1_000_000, "DI impedance", "1000000 Ω"),
    ("preamp.impedance_ohm", 1200, 1200, "preamp impedance", "1200 Ω"),
    ("preamp.gain_max_db", 76.5, 76.5, "highest gain", "+76.5 dB"),
    ("preamp.gain_min_db", 0, 0, "lowest gain", "+0 dB"),
    ("preamp.gain_step_db", 5, 5, "gain step", "5 dB"),
    ("preamp.ein_dbu", -129.5, -129.5, "EIN (A-weighted)", "-129.5 dBu"),
    ("insert.2.model", "1176", "1176", "insert 2", "1176"),
    ("insert.1.channel", "2", 2, "insert 1 channel", "2"),
    ("insert.4.setting", "4:1, slow", "4:1, slow", "insert 4 setting", "4:1, slow"),
    ("converter.full_scale_dbu", 18, 18, "full scale", "18 dBu"),
    ("converter.clock", "word clock", "word clock", "clock", "word clock"),
    ("distance_m", 0.04, 0.04, "distance", "0.04 m"),
    ("angle_deg", "−30", -30, "angle off axis", "-30°"),
    ("height_m", 1.6, 1.6, "height", "1.6 m"),
    ("source.x_m", -2, -2, "source x", "-2 m"),
    ("array.kind", "ORTF", "ORTF", "array", "ORTF"),
    ("array.angle_deg", 110, 110, "array angle", "110°"),
    ("pair.input", 6, 6, "paired with input", "6"),
    ("pair.side", "Left", "left", "side of the pair", "left"),
]


@pytest.mark.parametrize(("suffix", "typed", "kept", "label", "said"), TAKEN)
def test_what_a_field_takes_and_how_it_is_said(
    suffix: str, typed: object, kept: object, label: str, said: str
) -> None:
    path = f"input.3.{suffix}"
    patch = Patch()
    patch.set(path, typed, "Ida", at=AT)
    assert patch.get(path) == kept
    assert type(patch.get(path)) is type(kept)
    assert path_words(path) == f"input 3 {label}"
    if not suffix.startswith("preamp.gain_m"):
        assert value_words(path, patch.get(path)) == said


@pytest.mark.parametrize(
    ("suffix", "value"),
    [
        ("microphone.powering", "yes"),
        ("microphone.sensitivity_mv_pa", 0),
        ("microphone.sensitivity_mv_pa", -1),
        ("microphone.self_noise_dba", 900),
        ("microphone.impedance_ohm", 0),
        ("microphone.split", "perhaps"),
        ("preamp.gain_step_db", -1),
        ("preamp.gain_max_db", 300),
        ("insert.5.model", "1176"),
        ("insert.0.model", "1176"),
        ("insert.model", "1176"),
        ("converter.full_scale_dbu", "loud"),
        ("angle_deg", 400),
        ("x_m", 20_000),
        ("height_m", float("inf")),
        ("array.spacing_m", -0.17),
        ("pair.input", 0),
        ("pair.input", 1.5),
        ("pair.side", "middle"),
    ],
)
def test_what_a_field_refuses(suffix: str, value: object) -> None:
    with pytest.raises(ChainError):
        Patch().set(f"input.3.{suffix}", value, "Ida")


def test_snapshot_yaml_and_the_kept_patch_carry_every_field() -> None:
    patch = Patch()
    for suffix, typed, *_ in TAKEN:
        patch.set(f"input.3.{suffix}", typed, "Ida", at=AT)
    for suffix in SPECS:
        if f"input.3.{suffix}" not in patch.fields:
            for guess in (*PLACES, "4 cm", "on", "microphone", "normal", "required", 4):
                try:
                    patch.set(f"input.3.{suffix}", guess, "Ida", at=AT)
                    break
                except ChainError:
                    continue
    assert {path[len("input.3.") :] for path in patch.fields} == set(SPECS)
    assert load(snapshot(patch, [3]).to_json()).patch().fields == patch.fields
    assert from_yaml(to_yaml(patch), "Ida", at=AT).fields == patch.fields
    assert Patch.from_fields(patch.to_fields()).fields == patch.fields


def test_what_is_known_of_a_device_stays_while_a_line_names_the_same_one() -> None:
    patch = Patch()
    patch.set_line("Shure SM57 #1 4 cm > Neve 1073 +40 dB > in 3", None, "Ida", AT)
    for fact, value in SHURE.items():
        patch.set(f"input.3.microphone.{fact}", value, "Ida", at=AT)
    patch.set("input.3.preamp.gain_max_db", 80, "Ida", at=AT)
    patch.set("input.3.source.x_m", 2, "Ida", at=AT)
    patch.set_line("Shure SM57 #1 10 cm > Neve 1073 +45 dB > in 3", None, "Per")
    assert patch.get("input.3.microphone.sensitivity_mv_pa") == 1.6
    patch.set_line("Shure SM58 #1 10 cm > Neve 1073 +45 dB > in 3", None, "Per")
    assert not [suffix for suffix in patch.of_input(3) if suffix in FACTS["microphone"]]
    assert patch.get("input.3.preamp.gain_max_db") == 80
    patch.set_line("Shure SM58 > API 312", 3, "Per")
    assert patch.get("input.3.preamp.gain_max_db") is None
    assert patch.get("input.3.source.x_m") == 2


def test_a_copy_knows_the_model_but_not_the_specimen() -> None:
    patch = Patch()
    patch.set_line("Shure SM57 #1 > Neve 1073 #5 ch 1 > in 3", None, "Ida", AT)
    patch.set("input.3.microphone.gear", "A1142", "Ida", at=AT)
    patch.set("input.3.preamp.gear", "rack 1", "Ida", at=AT)
    for fact, value in SHURE.items():
        patch.set(f"input.3.microphone.{fact}", value, "Ida", at=AT)
    patch.copy(3, 4, "Ida")
    copied = {suffix: field.value for suffix, field in patch.of_input(4).items()}
    assert copied == {
        "microphone.make": "Shure",
        "microphone.model": "SM57",
        "microphone.powering": "none",
        "microphone.max_spl_db": 150,
        "microphone.impedance_ohm": 150,
        "preamp.make": "Neve",
        "preamp.model": "1073",
        "preamp.serial": "5",
        "preamp.gear": "rack 1",
    }
