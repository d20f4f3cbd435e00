"""Pieces of gear for tests: one with everything, and a strategy for any."""

from __future__ import annotations

from hypothesis import strategies as st

from capture.gear import KINDS, POWERING, Calibration, Gear, Service, Spec
from capture.gear.record import clean_id, clean_path, clean_words
from capture.gear.specs import SPEC_NAMES, pattern_words

HOSTILE = (
    "=HYPERLINK(\"x\")", "'=1+1", "''@sum", "-- dash", "+48 V", "@me", "'57 Strat", "a,b;c\t\"d\"",
    "yes", "null", "~", "0123", "1e3", "- x: y", "# no comment", "{a: b}", "| pipe",
    "&anchor *alias", "%TAG", "Ωμέγα 🎸 <b>&amp;",
    "\ufeffbom", "\u200b\u202e", "\ufffe", "2024-01-02", "\u00a0=x", "\uff1d1",
)  # fmt: skip

WHOLE = Gear(
    "U87-1",
    kind="microphone",
    make="Neumann",
    model="U 87 Ai",
    serial="0123",
    owner="Anna Åström",
    photo="photos/U 87  (1).jpg",
    note="=SUM(A1), \"quoted\", 'and' ; all",
    capsule="K 87",
    powering="required",
    patterns=("omni", "cardioid", "fig-8"),
    specs={
        "sensitivity_mv_pa": Spec(28, "operating instructions", "2010", 1, "cardioid, 1 kHz"),
        "sensitivity_mv_pa@omni": Spec(20.5, "operating instructions"),
        "self_noise_dba": Spec(12, "data sheet", tolerance=0),
    },
    service=(Service("2020-02-29", "capsule cleaned", "Workshop"), Service("2024-01-02", "-XLR replaced")),
    calibrations=(
        Calibration("2024-05-06", "sensitivity_mv_pa", 27.1, "mV/Pa", "Lab", "certs/U87 1.pdf", "ab" * 32),
        Calibration("2024-05-06", "polarity", -1, "of 1"),
    ),
)

_chars = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
_plain = st.one_of(st.sampled_from(HOSTILE), st.text(_chars, max_size=40))
texts = _plain.map(lambda text: clean_words("text", text))
filled = texts.filter(bool)
paths = _plain.filter(lambda text: bool(text.strip()) and "\t" not in text).map(
    lambda text: clean_path("photo", text)
)
days = st.dates().map(lambda day: day.isoformat())
numbers = st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6).map(lambda x: _tidy(x)))


def _tidy(number: float) -> int | float:
    rounded = round(number, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _specs() -> st.SearchStrategy[dict[str, Spec]]:
    def spec(name: str) -> st.SearchStrategy[Spec]:
        known = SPEC_NAMES[name]
        value = filled if known.is_text else st.floats(known.least, known.most).map(_tidy).filter(
            lambda x: known.least <= x <= known.most
        )  # fmt: skip
        tolerance = st.one_of(st.none(), st.floats(0, 100).map(_tidy))
        return st.builds(Spec, value, filled, texts, tolerance, texts)

    names = st.sampled_from(list(SPEC_NAMES))
    full = st.one_of(names, st.tuples(names, st.sampled_from(pattern_words())).map("@".join))
    return st.lists(full, max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: spec(name.partition("@")[0]) for name in chosen})
    )


calibrations = st.builds(
    Calibration,
    days,
    filled.filter(lambda text: text.partition("@")[0] not in SPEC_NAMES),
    numbers,
    texts,
    texts,
    st.one_of(st.just(""), paths),
    st.sampled_from(["", "0" * 64]),
)
pieces = st.builds(
    Gear,
    filled.map(lambda text: clean_id(text[:80])),
    kind=st.sampled_from(KINDS),
    make=texts,
    model=texts,
    serial=texts,
    owner=texts,
    photo=st.one_of(st.just(""), paths),
    note=texts,
    capsule=texts,
    powering=st.sampled_from(["", *POWERING]),
    patterns=st.lists(st.sampled_from(pattern_words()), unique=True, max_size=3).map(tuple),
    specs=_specs(),
    service=st.lists(st.builds(Service, days, filled, texts), max_size=2).map(tuple),
    calibrations=st.lists(calibrations, max_size=2).map(tuple),
)
lockers = st.lists(pieces, max_size=4, unique_by=lambda gear: gear.id)
