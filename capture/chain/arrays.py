"""Arrays of microphones: their names, who is who in them, and what the definition of some gives.

What a definition gives is offered, never declared for somebody: microphones are set by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from capture.chain.errors import ChainError
from capture.chain.fields import clean_number, clean_text, input_path, plain_number
from capture.chain.places import parse_place
from capture.take import parse_inputs

_PAIR, _TREE = ("left", "right"), ("left", "centre", "right")


@dataclass(frozen=True)
class Array:
    """An array by its name; `spacing_m` and `angle_deg` only where its definition fixes them."""

    kind: str
    roles: tuple[str, ...] = _PAIR
    spacing_m: float | None = None
    angle_deg: float | None = None


KNOWN = (
    Array("XY", spacing_m=0),
    Array("ORTF", spacing_m=0.17, angle_deg=110),
    Array("AB"),
    Array("M/S", roles=("mid", "side"), spacing_m=0),
    Array("Blumlein", spacing_m=0, angle_deg=90),
    Array("NOS", spacing_m=0.3, angle_deg=90),
    Array("DIN", spacing_m=0.2, angle_deg=90),
    Array("Decca", roles=_TREE),
)
_OTHER_NAMES = {
    "ms": "M/S", "m-s": "M/S", "mid-side": "M/S", "x/y": "XY", "x-y": "XY", "a/b": "AB", "a-b": "AB",
    "decca tree": "Decca", "tree": "Decca",
}  # fmt: skip


def known_array(name: str) -> Array:
    """The array of that name in any spelling; an unknown one is a pair, as its name was typed."""
    clean = clean_text(name)
    if not clean:
        raise ChainError("an array needs its kind", f"such as {', '.join(a.kind for a in KNOWN)}")
    wanted = _OTHER_NAMES.get(clean.lower(), clean).lower()
    return next((array for array in KNOWN if array.kind.lower() == wanted), Array(clean))


def offer(array: Array) -> str:
    """What the array's definition gives, as an offer; empty where it gives nothing."""
    said = [f"{plain_number(array.spacing_m * 100)} cm"] if array.spacing_m is not None else []
    said += [f"{plain_number(array.angle_deg)}°"] if array.angle_deg is not None else []
    return f"{array.kind} is {' and '.join(said)} by definition: --standard declares it" if said else ""


def array_fields(array: Array, inputs: str, spacing: str, angle: str, standard: bool) -> dict[str, Any]:
    """The chain's fields (path to value, None: taken back) that make these inputs the array.

    Raises ChainError for another number of inputs, or a spacing or angle that cannot be read.
    """
    numbers = parse_inputs(inputs)
    if len(numbers) != len(array.roles):
        raise ChainError(
            f"{array.kind} has {len(array.roles)} microphones, not {len(numbers)}",
            f"name the inputs in the order {', '.join(array.roles)}",
        )
    wide: float | None = None
    if spacing:
        said = dict(parse_place(spacing).values)
        if said.keys() != {"distance_m"}:
            raise ChainError(f"{spacing!r} is not a spacing", "write it like 17 cm")
        wide = float(said["distance_m"])
    turned = float(clean_number(angle.strip().removesuffix("°"))) if angle else None
    if standard:
        if not offer(array):
            raise ChainError(
                f"the definition of {array.kind} gives neither spacing nor angle", "say --spacing"
            )
        wide = array.spacing_m if wide is None else wide
        turned = array.angle_deg if turned is None else turned
    fields: dict[str, Any] = {}
    for number, role in zip(numbers, array.roles, strict=True):
        values = {"kind": array.kind, "role": role, "spacing_m": wide, "angle_deg": turned}
        fields |= {input_path(number, f"array.{name}"): value for name, value in values.items()}
    return fields
