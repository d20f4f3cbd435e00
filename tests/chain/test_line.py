"""The one-line grammar: what is typed, what is shown, and that both are the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.chain import ChainError, format_line, parse_line
from tests.support.chains import chains, words

SHOWN = "SM57 #A1142 cardioid 4 cm > Neve 1073 #55 ch 2 +42 dB 48V off > in 3"


def test_the_line_of_the_manual() -> None:
    assert parse_line(SHOWN) == {
        "microphone.model": "SM57",
        "microphone.serial": "A1142",
        "microphone.pattern": "cardioid",
        "distance_m": 0.04,
        "distance_text": "4 cm",
        "preamp.make": "Neve",
        "preamp.model": "1073",
        "preamp.serial": "55",
        "preamp.channel": 2,
        "preamp.gain_db": 42,
        "preamp.phantom": False,
        "interface_input": 3,
    }
    assert format_line(parse_line(SHOWN)) == SHOWN


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("SM57 #A1142 4 cm > 1073 ch 2 +42 > in 3", "SM57 #A1142 4 cm > 1073 ch 2 +42 dB > in 3"),
        ("SM57→1073→in 3", "SM57 > 1073 > in 3"),
        ("SM57 -> 1073 => in 3", "SM57 > 1073 > in 3"),
        ("  SM57   4cm ", "SM57 4 cm"),
        ("U 87 omni 1,2 m", "U 87 omni 1,2 m"),
        ('U 87 3"', "U 87 3 in"),
        ("U 87 2'", "U 87 2 ft"),
        ("> 48V", "> 48V"),
        ("> +48V off", "> 48V off"),
        ("> +48", "> 48V"),
        ("> 48 V", "> 48V"),
        ("> P48 on", "> 48V"),
        ("> +48 dB", "> +48 dB"),
        ("> 1073 42dB ø", "> 1073 +42 dB pol inv"),
        ("> 1073 −6 dB pol normal", "> 1073 -6 dB pol normal"),
        ("> gain 30,5 dB", "> +30.5 dB"),
        ("> “red 45, trim 3 o'clock”", '> "red 45, trim 3 o\'clock"'),
        ('> gain "noon"', '> "noon"'),
        ("> pad 10 hpf 80 Hz", "> pad -10 hpf 80"),
        ("> pad -20 dB hpf 1.2k lpf 12 kHz", "> pad -20 hpf 1200 lpf 12000"),
        ("> pad off hpf off", "> pad off hpf off"),
        ("C 414 pad -6 filter off > ", "C 414 pad -6 filter off"),
        ("KM 184 cap MK4 figure-8", "KM 184 cap MK4 fig-8"),
        ("di Radial J48 > in 1", "DI Radial J48 > in 1"),
        ("LINE > in 9", "line > in 9"),
        ("digital > in 9", "digital > in 9"),
        ("Line Audio CM4", "Line Audio CM4"),
        ("AKG C 414 > > Lynx Aurora ch 3 > in 3", "AKG C 414 > adc Lynx Aurora ch 3 > in 3"),
        ("SM57 > cable Mogami 2549 #7 > API 312 ch A1", "SM57 > cable Mogami 2549 #7 > API 312 ch A1"),
        ("Acme / X1", "Acme / X1"),
        ("in 3", "in 3"),
        ("SM57 in 3", "SM57 > in 3"),
        ("SM57 4 in > in 3", "SM57 4 in > in 3"),
        (
            "Snare (Anna)  @ Live Room : SM57 -- taped > to the stand",
            "Snare (Anna) @ Live Room: SM57 -- taped > to the stand",
        ),
        ("(Anna): SM57", "(Anna): SM57"),
        ("@ Booth: SM57", "@ Booth: SM57"),
        ('12" Tom: MD 421', '12" Tom: MD 421'),
        ("line \\Audio / X1", "line \\Audio / X1"),
        ("", ""),
    ],
)
def test_tolerant_on_input(typed: str, shown: str) -> None:
    assert format_line(parse_line(typed)) == shown
    assert format_line(parse_line(shown)) == shown


@pytest.mark.parametrize(
    ("typed", "metres"),
    [("4 cm", 0.04), ("12 mm", 0.012), ("1.2 m", 1.2), ("3 in", 0.0762), ("2 ft", 0.6096)],
)
def test_distances_are_kept_in_metres(typed: str, metres: float) -> None:
    assert parse_line(typed)["distance_m"] == metres
    assert parse_line(typed)["distance_text"] == typed


def test_make_and_model_are_never_guessed() -> None:
    assert parse_line("Coles 4038") == {"microphone.make": "Coles", "microphone.model": "4038"}
    assert parse_line("Grandma's old ribbon") == {"microphone.model": "Grandma's old ribbon"}
    assert parse_line("Acme Works / X 1") == {"microphone.make": "Acme Works", "microphone.model": "X 1"}


def test_off_is_not_the_same_as_not_declared() -> None:
    assert "preamp.phantom" not in parse_line("> 1073")
    assert parse_line("> 1073 48V off")["preamp.phantom"] is False
    assert parse_line("> pad off")["preamp.pad_db"] == 0


@pytest.mark.parametrize(
    ("typed", "word", "at"),
    [
        ("SM57 #3 cardoid", "'cardoid'", 8),
        ("SM57 48V", "'48V'", 5),
        ("SM57 +42 dB", "'+42'", 5),
        ("SM57 ch 2", "'ch'", 5),
        ("> 1073 cardioid", "'cardioid'", 7),
        ("> 1073 ch", "'ch'", 7),
        ("> pad loud", "'loud'", 6),
        ("> hpf loud", "'loud'", 6),
        ("> gain loud", "'loud'", 7),
        ("> pol up", "'up'", 6),
        ("> +42 dB +43 dB", "'+43'", 9),
        ("SM57 #1 #2", "'#2'", 8),
        ('> "red 45', "quote", 2),
        ("SM57 > in 3 > 1073", "'in'", 7),
        ("SM57 > in 0", "'0'", 10),
        ("SM57 > in 3 loud", "'in'", 7),
        ("a > b > c > d", "'d'", 12),
        ("SM57 \x07", "character 6", 5),
        ("> 1073 +300 dB", "'+300'", 7),
        ("A: B: C", "':'", 4),
    ],
)
def test_a_bad_line_says_what_and_where(typed: str, word: str, at: int) -> None:
    with pytest.raises(ChainError) as caught:
        parse_line(typed)
    assert word in caught.value.what
    assert caught.value.at == at
    assert caught.value.exit_code == 2


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(ChainError, match="too long"):
        parse_line("x " * 5000)


@settings(max_examples=400, deadline=None)
@given(chains())
def test_whatever_is_declared_survives_the_line(fields: dict[str, object]) -> None:
    read = {suffix: value for suffix, value in parse_line(format_line(fields)).items() if value != ""}
    assert read == fields


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(words, max_size=12).map(" ".join)))
def test_any_text_is_a_line_or_one_clear_error(text: str) -> None:
    try:
        fields = parse_line(text)
    except ChainError:
        return
    shown = format_line(fields)
    assert parse_line(shown) == fields or "" in fields.values()
    assert format_line(parse_line(shown)) == shown
