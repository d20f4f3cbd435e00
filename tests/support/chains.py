"""Chains that are hard to write down, for property tests of everything that writes and reads them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from capture.chain.fields import plain_number

# What is hard to write in a line: its own signs and keywords, in every place where a free text may stand.
HARD = r"""SM57 Neve AMS Line Audio DI mic in 3 4 cm m dB V 48V +48 +42 #5 ch pad -10 off hpf 80 -- / \ > a>b
→ -> => x: : (a) @ " a"b “q” omni ø cable adc cap pattern pos gain Grace Design æøå
30° deg up down, m, high on axis, on-axis ft feet inch x y z 6" 5'6" z,
insert output split array role spacing spread imp clock mic=A x=1 di=" #" src= off axis"""
words = st.sampled_from(HARD.split())
texts = st.one_of(
    st.lists(words, min_size=1, max_size=5).map(" ".join),
    st.text(min_size=1, max_size=30)
    .map(lambda t: " ".join("".join(c for c in t if c.isprintable()).split()))
    .filter(bool),
)


def whole(number: Decimal | float) -> int | float:
    return int(number) if number == int(number) else float(number)


numbers = st.decimals(-150, 150, places=2).map(whole)
places = st.decimals(-30, 30, places=3).map(whole)
filters = st.sampled_from(["off", "hpf 80", "hpf on", "hpf 80 lpf 12000", "lpf 7.5", "gentle slope"]) | texts
channels = st.integers(1, 99) | texts.filter(lambda t: not t.isdecimal())
patterns = st.sampled_from(["cardioid", "fig-8", "a fifth of the way to omni"])
metres = st.integers(1, 99999).map(lambda mm: mm / 1000)


@st.composite
def chains(draw: st.DrawFn) -> dict[str, object]:
    possible = {
        "source.name": texts,
        "source.player": texts,
        "place.room": texts,
        "kind": st.sampled_from(["microphone", "di", "line", "digital"]),
        "microphone.capsule": texts,
        "microphone.pattern": patterns,
        "position": texts,
        "preamp.gain_db": numbers,
        "preamp.gain_text": texts,
        "preamp.phantom": st.booleans(),
        "preamp.polarity": st.sampled_from(["normal", "inverted"]),
        "note": texts,
        "microphone.output": texts,
        "microphone.split": st.booleans(),
        "angle_deg": st.decimals(-360, 360, places=1).map(whole),
        "height_m": places,
        "x_m": places,
        "y_m": places,
        "z_m": places,
        "array.kind": texts,
        "array.spacing_m": metres.map(whole),
        "array.angle_deg": st.integers(-180, 180),
        "array.role": texts,
        "di.pad_db": st.integers(-60, 0),
        "preamp.impedance_ohm": st.integers(1, 9_999_999),
        "converter.clock": texts,
        "source.gear": texts,
        "interface_input": st.integers(1, 9999),
    }
    for part in ("microphone", "cable", "di", "preamp", "insert.1", "insert.3", "converter"):
        possible |= {f"{part}.{member}": texts for member in ("make", "model", "serial", "gear")}
    for part in ("insert.1", "insert.4"):
        possible |= {f"{part}.setting": texts}
    for part in ("microphone", "preamp"):
        possible |= {f"{part}.pad_db": st.integers(-60, 0), f"{part}.filter": filters}
    for part in ("di", "preamp", "insert.1", "converter"):
        possible |= {f"{part}.channel": channels}
    chosen = draw(st.sets(st.sampled_from(sorted(possible))))
    found = {suffix: draw(possible[suffix]) for suffix in sorted(chosen)}
    if draw(st.booleans()):
        found["distance_m"] = draw(metres)
        found["distance_text"] = f"{plain_number(found['distance_m'])} m"
    return found
