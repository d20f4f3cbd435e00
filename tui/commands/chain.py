"""chain: the patch of the next take, input by input, and what changed between two takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands import places
from tui.commands.common import (
    DONE,
    AsJson,
    By,
    InLibrary,
    Json,
    answer,
    new_group,
    open_library,
    say,
    station,
)
from tui.commands.distances import distances

if TYPE_CHECKING:
    from capture.chain import Patch

chain = new_group("The chain of every input: source, microphone, preamp, converter; people; and differences.")
places.register_on(chain)

Now = Annotated[bool, typer.Option("--now", help="Also in the rolling take, from this moment on.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module, and those of templates."""
    from tui.commands.templates import register as add_templates

    add_templates(chain)
    app.add_typer(chain, name="chain")


@chain.command("show")
def show(
    inputs: Annotated[str | None, typer.Argument(metavar="[1-8,11]", help="Only these inputs.")] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """The patch as lines, what is carried over and not confirmed yet, and distances in the air of now."""
    from capture.chain.cautions import cautions
    from capture.chain.pairs import partner
    from capture.rooms.accuracy import with_accuracy
    from capture.rooms.air import of_newest
    from capture.take import parse_inputs

    with station(library) as client:
        patch = _patch(client.call("chainfields"))
        now = client.call("status")
    chosen = parse_inputs(inputs) if inputs is not None else patch.inputs()
    sensors = with_accuracy(now["sensors"], open_library(library).records("gear"))
    ways = distances(patch, chosen, of_newest(now["air"], sensors))
    tracks = [
        {"input": n, "line": patch.line(n), "carried": patch.carried(n), "pair": partner(patch, n)}
        for n in chosen
    ]
    people = [{"role": role, "name": name} for role, name in patch.people()]
    lines = [f"{person['role']}: {person['name']}" for person in people]
    for t in tracks:
        marks = [f"  (pair with {t['pair']})"] if t["pair"] else []
        marks += ["  (carried over)"] if t["carried"] else []
        lines.append("".join([str(t["line"] or "not declared"), *marks]))
    said = [caution.as_json() for caution in cautions(patch.values(), chosen)]
    lines += [*_cautioned(said), *ways["words"]]
    result = {"inputs": tracks, "people": people, "cautions": said, "fields": patch.to_fields()}
    answer(as_json, {**result, "distances": ways}, *(lines or ["nothing is declared"]))
    return DONE


def _cautioned(cautions: list[Json]) -> list[str]:
    return [f"caution: {caution['text']}" for caution in cautions]


@chain.command("set")
def set_line(
    line: Annotated[str, typer.Argument(help="As: SM57 #A1142 4 cm > Neve 1073 ch 2 +42 dB 48V off > in 3")],
    input_: Annotated[
        str | None, typer.Option("--input", metavar="N|5-8", help="One input, or a range that counts up.")
    ] = None,
    now: Now = False,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Declare the chain of one input or of a range."""
    with station(library, create=True) as client:
        done = client.call("chain", line=line, inputs=input_, when="now" if now else "next", by=by)
    answer(as_json, done, *done["lines"].values(), *_cautioned(done["cautions"]))
    return DONE


@chain.command("copy")
def copy(
    source: Annotated[int, typer.Argument(metavar="FROM", min=1)],
    target: Annotated[int, typer.Argument(metavar="TO", min=1)],
    now: Now = False,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Give one input another's chain, without its name, serial number and channels."""
    with station(library) as client:
        done = client.call("chaincopy", source=source, target=target, when="now" if now else "next", by=by)
    answer(as_json, done, *done["lines"].values(), *_cautioned(done["cautions"]))
    return DONE


@chain.command("link")
def link(
    pairs: Annotated[list[str], typer.Argument(metavar="5-6...", help="Left and right input.")],
    stereo_file: Annotated[
        bool, typer.Option("--stereo-file", help="They share one stereo file, too.")
    ] = False,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Make inputs stereo pairs: most of what is said of one side is then said of both."""
    from capture.errors import UsageError
    from capture.take import parse_inputs

    found = [parse_inputs(pair) for pair in pairs]
    for pair, inputs in zip(pairs, found, strict=True):
        if len(inputs) != 2:
            raise UsageError(f"{pair!r} is no pair of inputs", "write it like 5-6, or 5,8")
    lines: Json = {}
    with station(library, create=True) as client:
        if stereo_file:
            ours = {number for pair in found for number in pair}
            others = [pair for pair in client.call("status")["setup"]["links"] if not ours & set(pair)]
            client.call("setup", links=[*others, *found])
        for left, right in found:
            lines |= client.call("chainlink", left=left, right=right, by=by)["lines"]
    answer(as_json, {"lines": lines}, *lines.values())
    return DONE


@chain.command("unlink")
def unlink(
    input_: Annotated[int, typer.Argument(metavar="N", min=1, help="Either input of the pair.")],
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Let the two inputs of a pair go; their chains stay."""
    with station(library) as client:
        done = client.call("chainunlink", input=input_)
    answer(as_json, done, *done["lines"].values())
    return DONE


@chain.command("confirm")
def confirm(
    input_: Annotated[int | None, typer.Option("--input", metavar="N", min=1, help="Only this one.")] = None,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Declare anew what was carried over from an earlier session."""
    with station(library) as client:
        done = client.call("chainconfirm", input=input_, by=by)
    answer(as_json, done, f"{done['confirmed']} fields confirmed")
    return DONE


@chain.command("names")
def names(
    text: Annotated[str, typer.Argument(help="As: Kick, Snare T, Snare B, OH L, OH R")],
    first: Annotated[
        int, typer.Option("--first", metavar="N", min=1, help="The input of the first name.")
    ] = 1,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Name the inputs in order, all in one text."""
    with station(library, create=True) as client:
        done = client.call("names", text=text, first=first, by=by)
    answer(as_json, done, f"{done['named']} inputs named")
    return DONE


@chain.command("people")
def people(
    named: Annotated[list[str], typer.Argument(metavar="ROLE=NAME...", help="As producer=Ida engineer=Per.")],
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Say who takes part: artist, client, producer, engineer, assistant, studio; it replaces the list."""
    from capture.errors import UsageError

    pairs = [person.partition("=") for person in named]
    for role, sign, name in pairs:
        if not (sign and role.strip() and name.strip()):
            raise UsageError(f"{role + sign + name!r} is not a role and a name", "write it like producer=Ida")
    with station(library, create=True) as client:
        done = client.call("people", people=[{"role": role, "name": name} for role, _, name in pairs], by=by)
    answer(as_json, done, *(f"{person['role']}: {person['name']}" for person in done["people"]))
    return DONE


@chain.command("export")
def export(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Else it is printed.")
    ] = None,
    take: Annotated[
        str | None, typer.Option("--take", metavar="T", help="The chain of a take, not the patch.")
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Write the patch, or the chain of a take, as YAML."""
    from capture.chain import to_yaml

    if take is not None:
        patch, _ = _of_take(take, library)
    else:
        with station(library) as client:
            patch = _patch(client.call("chainfields"))
    text = to_yaml(patch)
    if out is not None:
        _write(out, text)
    if as_json:
        answer(
            True, {"path": str(out.absolute()) if out else None, "yaml": text, "fields": patch.to_fields()}
        )
    else:
        say(str(out) if out else text.rstrip("\n"))
    return DONE


def _write(out: Path, text: str) -> None:
    from capture.chain import ChainError

    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ChainError(f"{out} cannot be written: {error.strerror}", "name another file with -o") from error


@chain.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML, as chain export writes it.")],
    now: Now = False,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Make the patch what a YAML file says; what it does not say becomes not declared."""
    from capture.chain import diff, from_yaml, words

    text = _read(file)
    with station(library, create=True) as client:
        before = _patch(client.call("chainfields"))
        after = from_yaml(text, by, earlier=before)
        wanted: dict[str, Any] = {p: None for p in before.fields if p not in after.fields} | after.values()
        client.call("chainfields", fields=wanted, when="now" if now else "next", by=by)
    changes = diff(before, after)
    answer(as_json, {"changes": _changes(changes)}, *([words(c) for c in changes] or ["nothing changed"]))
    return DONE


def _read(file: Path) -> str:
    from capture.chain import ChainError

    try:
        return file.expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise ChainError(
            f"{file} cannot be read: {error.strerror}", "name a file of takechain chain export"
        ) from error
    except UnicodeDecodeError as error:
        raise ChainError(f"{file} is not a text in UTF-8", "name a file of takechain chain export") from error


@chain.command("diff")
def difference(
    one: Annotated[str | None, typer.Argument(metavar="[TAKE]", help="Else the last take.")] = None,
    other: Annotated[str | None, typer.Argument(metavar="[TAKE]", help="Else the patch.")] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """What changed from the end of one take (or of the last one) to the start of another, or to the patch."""
    from capture.chain import diff, words

    take = one if one is not None else _last_take(library)
    before, first = _of_take(take, library, at_end=True)
    if other is not None:
        after, second = _of_take(other, library)
    else:
        with station(library) as client:
            after, second = _patch(client.call("chainfields")), None
        after = _of_inputs(after, before.inputs())
    changes = diff(before, after)
    result = {"from": first, "to": second, "changes": _changes(changes)}
    answer(as_json, result, *([words(c) for c in changes] or ["the chains are the same"]))
    return DONE


def _last_take(library: InLibrary) -> str:
    with station(library) as client:
        return str(client.call("journal-path")["journal"])


def _of_inputs(patch: Patch, inputs: list[int]) -> Patch:
    """The patch as a take of these inputs would copy it."""
    from capture.chain import Patch, split_path

    kept = {p: f for p, f in patch.fields.items() if (place := split_path(p)) is None or place[0] in inputs}
    return Patch(kept)


@chain.command("correct")
def correct(
    take: Annotated[str, typer.Argument(metavar="TAKE")],
    fields: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH=VALUE...", help="As input.3.microphone.serial=A1143; no value: not declared."
        ),
    ],
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Say what the chain of an ended take was: signed notes beside it, which change nothing that was."""
    from capture.errors import UsageError
    from capture.journal.corrections import PREFIX
    from capture.journal.record import load
    from tui.commands.takes import chain_of, corrections_of, find_journal

    pairs = [field.partition("=") for field in fields]
    for path, sign, value in pairs:
        if not (sign and path.strip()):
            raise UsageError(
                f"{path + sign + value!r} is no field and value",
                "write it like input.3.microphone.serial=A1143",
            )
    record = load(find_journal(take, library))
    with station(library) as client:
        for path, _, value in pairs:
            client.call("edit", field=PREFIX + path.strip(), value=value.strip(), take=record.take, by=by)
    record = load(record.path or find_journal(take, library))
    said = corrections_of(record, chain_of(record))
    answer(as_json, {"take": record.name, "corrections": said}, *(c["words"] for c in said))
    return DONE


def _changes(changes: list[Any]) -> list[Json]:
    from capture.chain import words

    return [{"path": c.path, "from": c.before, "to": c.after, "words": words(c)} for c in changes]


def _patch(result: Json) -> Patch:
    from capture.chain import Patch

    return Patch.from_fields(result["fields"])


def _of_take(take: str, library: InLibrary, at_end: bool = False) -> tuple[Patch, str]:
    """The chain a take was recorded with (at its end: with what changed while it rolled), and its name.

    What was corrected after the end counts in both.
    """
    from capture.journal.corrections import corrected
    from capture.journal.record import load
    from tui.commands.takes import chain_of, find_journal

    record = load(find_journal(take, library))
    patch = chain_of(record)
    if at_end:
        for change in record.changes:
            patch.set(change.path, change.after, change.by)
    return corrected(record, patch), record.name
