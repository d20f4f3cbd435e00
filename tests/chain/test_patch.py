"""The patch: lines, ranges, copies, carrying over, gain, names, people."""

import json

import pytest

from capture.chain import ChainError, Field, Patch, complete, diff, parse_names, words

AT = "2026-11-25T14:03:12.000000Z"
LATER = "2026-11-26T09:00:00.000000Z"


def patch_with(*lines: str) -> Patch:
    patch = Patch()
    for line in lines:
        patch.set_line(line, None, "Ida", AT)
    return patch


def test_a_line_declares_with_who_and_when() -> None:
    patch = patch_with("SM57 > 1073 48V off > in 3")
    assert patch.fields["input.3.preamp.phantom"] == Field(False, "declared", "Ida", AT, None)
    assert patch.get("input.3.preamp.gain_db") is None
    assert patch.line(3) == "SM57 > 1073 48V off > in 3"
    assert patch.line(4) == ""


def test_what_a_line_leaves_out_is_not_declared_any_more_but_the_source_stays() -> None:
    patch = patch_with("Snare (Anna) @ Live Room: SM57 > 1073 +42 dB > in 3")
    patch.set_line("MD 441 > 1073", 3, "Per", LATER)
    assert patch.line(3) == "Snare (Anna) @ Live Room: MD 441 > 1073 > in 3"
    assert patch.fields["input.3.preamp.model"].by == "Ida"  # unchanged, so still Ida's word
    assert patch.fields["input.3.microphone.model"].by == "Per"
    patch.set_line(": MD 441", 3, "Per")
    assert patch.line(3) == "MD 441 > in 3"


def test_a_bad_line_changes_nothing() -> None:
    patch = patch_with("SM57 > in 3")
    before = patch.to_fields()
    with pytest.raises(ChainError):
        patch.set_line("SM58 48V", 3, "Per")
    with pytest.raises(ChainError, match="in 3"):
        patch.set_line("SM58 > in 3", 4, "Per")
    with pytest.raises(ChainError, match="which input"):
        patch.set_line("SM58", None, "Per")
    assert patch.to_fields() == before


def test_a_range_counts_preamp_channel_and_input_up() -> None:
    patch = Patch()
    patch.set_range("KM 184 > Grace m801 ch 1 +30 dB > Lynx Aurora ch 9 > in 5", 5, 8, "Ida", AT)
    assert patch.inputs() == [5, 6, 7, 8]
    assert patch.line(8) == "KM 184 > Grace m801 ch 4 +30 dB > adc Lynx Aurora ch 12 > in 8"
    for first, last in ((8, 5), (0, 3)):
        with pytest.raises(ChainError):
            patch.set_range("KM 184", first, last, "Ida")


def test_a_copy_leaves_out_what_is_a_tracks_own() -> None:
    patch = patch_with(
        "OH L (Anna) @ Hall: KM 184 #11 cardioid 2 m > Grace m801 ch 1 +30 dB > in 1", "OH R: in 2"
    )
    patch.copy(1, 2, "Ida", AT)
    assert patch.line(2) == "OH R (Anna) @ Hall: KM 184 cardioid 2 m > Grace m801 +30 dB > in 2"
    for source, target in ((1, 1), (9, 1)):
        with pytest.raises(ChainError):
            patch.copy(source, target, "Ida")


def test_carried_over_until_confirmed() -> None:
    patch = Patch()
    patch.take_over(patch_with("SM57 > in 3", "U 87 > in 4"), {3: 3, 4: 4}, "2026-11-24")
    assert patch.fields["input.3.microphone.model"] == Field("SM57", "declared", "Ida", AT, "2026-11-24")
    assert patch.carried()
    assert patch.confirm(3, "Per", LATER) == 1
    assert not patch.carried(3)
    assert patch.carried(4)
    assert patch.fields["input.3.microphone.model"] == Field("SM57", "declared", "Per", LATER, None)
    patch.set_line("U 87", 4, "Per", LATER)  # typing it again confirms it as well
    assert not patch.carried()
    patch.carry_over("2026-11-25")
    patch.carry_over("2026-11-26")
    assert patch.fields["input.4.microphone.model"].carried_from == "2026-11-25"


def test_inputs_taken_over_to_others() -> None:
    earlier = patch_with("OH L: KM 184 > in 1", "OH R: KM 184 > in 2", "Kick: D112 > in 3")
    for one, other in ((1, 2), (2, 1)):
        earlier.set(f"input.{one}.pair.input", other, "Ida", at=AT)
    earlier.set_people([("engineer", "Per")], "Ida", AT)
    patch = patch_with("Old: SM57 4 cm > 1073 > in 5", "Gtr: SM57 > in 7")
    patch.take_over(earlier, {1: 5, 2: 6}, "Day 1")
    assert [patch.line(n) for n in patch.inputs()] == [
        "OH L: KM 184 > in 5",
        "OH R: KM 184 > in 6",
        "Gtr: SM57 > in 7",
    ]
    assert (patch.get("input.5.pair.input"), patch.get("input.6.pair.input")) == (6, 5)
    assert patch.people() == [("engineer", "Per")]
    patch.take_over(earlier, {1: 8}, "Day 1")
    assert patch.get("input.8.pair.input") is None  # its partner stayed behind


def test_measured_values_stay_measured_when_the_line_repeats_them() -> None:
    patch = Patch()
    patch.set("input.1.preamp.gain_db", 42.0, "Ida", how="measured", at=AT)
    patch.set_line("> +42 dB", 1, "Per", LATER)
    assert patch.fields["input.1.preamp.gain_db"].how == "measured"
    patch.set_line("> +43 dB", 1, "Per", LATER)
    assert patch.fields["input.1.preamp.gain_db"] == Field(43, "declared", "Per", LATER, None)


def test_nudging_the_gain() -> None:
    patch = patch_with('> +42 dB "red 45" > in 3', '> "red 45" > in 4')
    assert patch.nudge_gain(3, -2.5, "Ida") == 39.5
    assert patch.line(3) == "> +39.5 dB > in 3"
    with pytest.raises(ChainError, match="no gain in dB"):
        patch.nudge_gain(4, 1, "Ida")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Kick, Snare T, Snare B, OH L, OH R", ["Kick", "Snare T", "Snare B", "OH L", "OH R"]),
        ("Kick;Snare;", ["Kick", "Snare"]),
        ("Vox, lead\tGtr\t\tBass\n", ["Vox, lead", "Gtr", "", "Bass"]),
        ("Kick\nSnare\r\nTom", ["Kick", "Snare", "Tom"]),
        ("Kick,\nSnare,\nTom,\n", ["Kick", "Snare", "Tom"]),
        ("Kick,,Snare", ["Kick", "", "Snare"]),
    ],
)
def test_names_pasted_in_one_line(text: str, names: list[str]) -> None:
    assert parse_names(text) == names


def test_names_reach_their_inputs() -> None:
    patch = patch_with("Old: in 2")
    patch.set_names(parse_names("Kick,,Snare"), [1, 2, 3], "Ida", AT)
    assert [patch.get(f"input.{n}.source.name") for n in (1, 2, 3)] == ["Kick", "Old", "Snare"]
    with pytest.raises(ChainError, match="2 names for 1"):
        patch.set_names(["a", "b"], [1], "Ida")
    with pytest.raises(ChainError):
        parse_names(" ,, \n")


def test_people() -> None:
    patch = Patch()
    patch.set_people([("Producer", "Ida"), ("engineer", "Per"), ("artist", "")], "Ida", AT)
    assert patch.people() == [("producer", "Ida"), ("engineer", "Per")]
    patch.set_people([("artist", "Åse")], "Ida", AT)
    assert patch.people() == [("artist", "Åse")]


def test_kept_as_plain_json() -> None:
    patch = patch_with("Snare (Anna): SM57 4 cm > 1073 +42 dB 48V off pad off > in 3 -- hot")
    patch.carry_over("2026-11-24")
    kept = json.loads(json.dumps(patch.to_fields()))
    assert Patch.from_fields(kept).fields == patch.fields
    for broken in ({"input.1.note": {}}, {"input.1.note": {"value": None}}, {"input.1.note": "x"}):
        with pytest.raises(ChainError):
            Patch.from_fields(broken)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("input.3.preamp.color", "red"),
        ("input.0.note", "x"),
        ("track.3.note", "x"),
        ("input.3.preamp.gain_db", "much"),
        ("input.3.preamp.gain_db", float("nan")),
        ("input.3.preamp.gain_db", True),
        ("input.3.preamp.phantom", "maybe"),
        ("input.3.kind", "guitar"),
        ("input.3.distance_m", -1),
        ("input.3.distance_text", "far"),
        ("input.3.microphone.pad_db", -1000),
        ("input.3.note", "a\x00b"),
        ("input.3.note", "\ud800"),
        ("input.3.note", "x" * 501),
        ("input.3.note", ["x"]),
        ("people.1.age", "x"),
        ("session.weather", "x"),
    ],
)
def test_unfit_fields_are_refused(path: str, value: object) -> None:
    with pytest.raises(ChainError):
        Patch().set(path, value, "Ida")


def test_setting_nothing_takes_a_field_back() -> None:
    patch = patch_with("SM57 > in 3")
    patch.set("input.3.microphone.model", None, "Ida")
    assert patch.fields == {}


def test_a_distance_never_says_two_things() -> None:
    patch = patch_with("SM57 4 cm > in 3")
    patch.set("input.3.distance_m", 0.5, "Ida")
    assert patch.line(3) == "SM57 0.5 m > in 3"
    assert patch.get("input.3.distance_text") is None
    patch.set("input.3.distance_text", "2 ft", "Ida")
    assert patch.get("input.3.distance_m") == 0.6096


def test_differences_in_words() -> None:
    before = patch_with("SM57 4 cm > 1073 +42 dB > in 3")
    after = patch_with("SM57 10 cm > 1073 +45 dB 48V off pad -10 > in 3")
    assert [words(change) for change in diff(before, after)] == [
        "input 3 distance: 0.04 m → 0.1 m",
        "input 3 gain: +42 dB → +45 dB",
        "input 3 preamp pad: not declared → -10 dB",
        "input 3 48 V: not declared → off",
    ]
    assert diff(before, before) == []


def test_false_and_zero_are_different_from_each_other() -> None:
    one, other = Patch({"input.1.x": Field(False)}), Patch({"input.1.x": Field(0)})
    assert len(diff(one, other)) == 1


def test_completion_from_what_was_typed_before() -> None:
    known = ["SM57 #A1142 cardioid > Neve 1073 #55 > in 3", "SM58 > API 312 > in 4"]
    assert complete("sm5", known) == [known[1], known[0], "SM58", "SM57 #A1142 cardioid"]
    assert complete("U 87 > ne", known) == ["U 87 > Neve 1073 #55"]
    assert complete("U 87 car", known) == ["U 87 cardioid"]
    assert complete("Snare: sm58", known) == []
    assert complete("", known)[:2] == [known[1], known[0]]


def test_completion_of_ids_from_the_locker() -> None:
    pieces = {"A1142": "microphone", "A7": "preamp", "rack 1": "preamp", "J48": "di"}
    assert complete("mic=a", [], pieces) == ["mic=a1142"]  # any case of letters will do
    assert complete("SM57 > pre=", [], pieces) == ["SM57 > pre=A7", "SM57 > pre=J48"]
    assert complete('SM57 > pre="r', [], pieces) == ['SM57 > pre="rack 1"']
    assert complete("SM57 > di=J", [], pieces) == ["SM57 > di=J48"]
    assert complete("mic=B", [], pieces) == []
