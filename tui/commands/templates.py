"""chain save, templates, forget, use: chains kept under a name, and those of earlier sessions and takes."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.commands.common import DONE, AsJson, By, InLibrary, answer, open_library, station, user_name

TEMPLATE = "template"


def register(chain: typer.Typer) -> None:
    """Add these commands to the group of chain."""
    for name, command in (("save", save), ("templates", templates), ("forget", forget), ("use", use)):
        chain.command(name)(command)


def save(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    input_: Annotated[
        str | None, typer.Option("--input", metavar="1-8,11", help="Only these inputs.")
    ] = None,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Keep the chains of the patch as a template under a name; one of that name is replaced."""
    from capture.chain import Patch, split_path
    from capture.chain.fields import clean_text
    from capture.errors import UsageError
    from capture.take import parse_inputs

    with station(library, create=True) as client:
        patch = Patch.from_fields(client.call("chainfields")["fields"])
    chosen = parse_inputs(input_) if input_ is not None else patch.inputs()
    fields = {p: v for p, v in patch.values().items() if (place := split_path(p)) and place[0] in chosen}
    title = clean_text(name)
    if not fields or not title:
        raise UsageError("there is nothing to keep", "name the template, and inputs that have a chain")
    open_library(library).put(TEMPLATE, title, {"fields": fields}, by or user_name())
    inputs = sorted({place[0] for path in fields if (place := split_path(path))})
    answer(
        as_json, {"id": title, "inputs": inputs, "fields": fields}, f"{title} is kept: {len(inputs)} inputs"
    )
    return DONE


def templates(as_json: AsJson = False, library: InLibrary = None) -> int:
    """All templates, with their lines."""
    from capture.chain import Patch
    from capture.chain.fields import Field, is_fit

    found, lines = [], []
    for name, record in open_library(library).records(TEMPLATE).items():
        fields = record.get("fields")
        pairs = fields.items() if isinstance(fields, dict) else ()
        patch = Patch({path: Field(value) for path, value in pairs if is_fit(path, value)})
        shown = {str(number): patch.line(number) for number in patch.inputs()}
        found.append({"id": name, "inputs": patch.inputs(), "lines": shown, "by": record.get("by")})
        lines += [name, *(f"  {line}" for line in shown.values())]
    answer(as_json, {"templates": found}, *(lines or ["there is no template"]))
    return DONE


def forget(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Forget a template; chains made from it stay."""
    from capture.errors import UsageError

    home = open_library(library)
    if name not in home.records(TEMPLATE):
        raise UsageError(f"there is no template {name!r}", "see: takechain chain templates")
    home.remove(TEMPLATE, name, by or user_name())
    answer(as_json, {"id": name, "removed": True}, f"{name} is forgotten")
    return DONE


def use(
    source: Annotated[
        str, typer.Argument(metavar="[TEMPLATE|SESSION|TAKE]", help="Nothing, or last: the session before.")
    ] = "",
    input_: Annotated[str | None, typer.Option("--input", metavar="1-8,11", help="Only these of it.")] = None,
    to: Annotated[int | None, typer.Option("--to", metavar="N", min=1, help="From this input on.")] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Also in the rolling take, from this moment on.")
    ] = False,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Take over the chains of a template, a session (its newest takes) or a take, until confirmed as such."""
    with station(library, create=True) as client:
        done = client.call("chainuse", source=source, inputs=input_, to=to, when="now" if now else "next")
    told = [f"caution: {caution['text']}" for caution in done["cautions"]]
    answer(as_json, done, f"from {done['origin']}:", *done["lines"].values(), *told)
    return DONE
