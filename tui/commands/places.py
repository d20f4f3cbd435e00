"""chain place and chain array: where sources and microphones stand, typed in a line."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tui.commands.common import DONE, AsJson, By, InLibrary, Json, answer, station

Now = Annotated[bool, typer.Option("--now", help="Also in the rolling take, from this moment on.")]


def register_on(chain: typer.Typer) -> None:
    """Add the commands of this module to the chain's."""
    chain.command("place")(place)
    chain.command("array")(array)


def place(
    text: Annotated[
        str,
        typer.Argument(
            metavar="PLACE", help="As: 1.2 m, 30° off axis, 1.6 m up; x 1.2 m, y 0.4 m, z 1.6 m; ''."
        ),
    ],
    input_: Annotated[int, typer.Option("--input", metavar="N", min=1, help="The input.")],
    source: Annotated[
        bool, typer.Option("--source", help="Where the source stands, not its microphone.")
    ] = False,
    now: Now = False,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Say where the microphone of an input stands, or its source; '' takes it back."""
    from capture.chain.places import MEMBERS, SOURCE_MEMBERS, parse_place, source_place

    stem = f"input.{input_}.{'source.' if source else ''}"
    if text.strip():
        line = (source_place if source else parse_place)(text).text
        fields: dict[str, Any] = {f"{stem}position_text": line}
    else:
        line = ""
        gone = (*(SOURCE_MEMBERS if source else (*MEMBERS, "distance_text")), "position_text")
        fields = {f"{stem}{member}": None for member in gone}
    with station(library, create=True) as client:
        done = client.call("chainfields", fields=fields, when="now" if now else "next", by=by)
    said = {
        path: kept["value"] for path, kept in done["fields"].items() if path.startswith(f"input.{input_}.")
    }
    what = "source" if source else "microphone"
    result: Json = {"input": input_, "place": line, "of": what, "fields": said}
    answer(as_json, result, f"in {input_}, {what}: {line or 'not declared'}")
    return DONE


def array(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="XY, ORTF, AB, M/S, Decca, NOS, DIN or another.")
    ],
    inputs: Annotated[
        str,
        typer.Option(
            "--inputs", metavar="1-2", help="Its inputs: left, right; mid, side; left, centre, right."
        ),
    ],
    spacing: Annotated[
        str, typer.Option("--spacing", metavar="LENGTH", help="Between the outer two: 17 cm.")
    ] = "",
    angle: Annotated[
        str, typer.Option("--angle", metavar="DEGREES", help="Between the outer two: 110.")
    ] = "",
    standard: Annotated[
        bool,
        typer.Option("--standard", help="Declare the spacing and angle that the array's definition gives."),
    ] = False,
    now: Now = False,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Make inputs one array of microphones; what is not said of it stays not declared."""
    from capture.chain.arrays import array_fields, known_array, offer

    found = known_array(kind)
    fields = array_fields(found, inputs, spacing, angle, standard)
    with station(library, create=True) as client:
        done = client.call("chainfields", fields=fields, when="now" if now else "next", by=by)
    said = {path: kept["value"] for path, kept in done["fields"].items() if path in fields}
    roles = [f"in {path.split('.')[1]} {value}" for path, value in said.items() if path.endswith(".role")]
    offered = offer(found) if not standard and not (spacing and angle) else ""
    lines = [f"{found.kind}: {', '.join(roles)}", *([offered] if offered else [])]
    answer(as_json, {"array": found.kind, "fields": said, "offer": offered or None}, *lines)
    return DONE
