"""devices and sensors: what is plugged in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.common import DONE, FAILED, AsJson, InLibrary, answer, complain, open_library, table

if TYPE_CHECKING:
    from hardware.interfaces import Interface


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(devices)
    app.command()(sensors)


def devices(as_json: AsJson = False, library: InLibrary = None) -> int:
    """Audio interfaces: a stable id, inputs, the rates they grant, and where their sound comes from."""
    from hardware.interfaces import survey

    listing = survey()
    result: dict[str, Any] = {"interfaces": [interface.as_dict() for interface in listing.interfaces]}
    absent = _absent(library, listing.interfaces)
    if absent:
        result["absent"] = [{"id": absent}]
    problem = listing.problem
    if problem is not None:
        result["error"] = {
            "what": problem.what,
            "do": problem.do,
            "code": problem.code,
            "exit": problem.exit_code,
        }
    rows = [
        [i.id, i.name, i.host_api, str(i.inputs), " ".join(_kilohertz(r) for r in i.rates), i.origin]
        for i in listing.interfaces
    ]
    if absent:
        rows.append([absent, "chosen for this library: absent", "", "", "", ""])
    answer(as_json, result, *table(rows, ["id", "name", "through", "inputs", "rates (kHz)", "origin"]))
    if problem is not None:
        complain(problem.what, problem.do)
        return problem.exit_code
    return DONE


def _absent(library: Path | None, present: Iterable[Interface]) -> str:
    """The identity of the interface that the library is set to and that is not there; empty otherwise."""
    from capture.errors import TakechainError
    from hardware.virtual import is_simulated

    try:
        chosen = open_library(library).settings().get("interface")
    except TakechainError:
        return ""  # no library yet: nothing was chosen
    if not isinstance(chosen, str) or is_simulated(chosen):
        return ""
    return chosen if chosen not in {interface.id for interface in present} else ""


def _kilohertz(rate: int) -> str:
    return f"{rate / 1000:g}"


def sensors(
    port: Annotated[
        list[str] | None,
        typer.Option("--port", metavar="PORT[=DRIVER]", help="Only this port; may be repeated."),
    ] = None,
    listen: Annotated[
        float, typer.Option("--listen", metavar="S", min=0.0, max=3600.0, help="Seconds.")
    ] = 3.0,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Serial ports, what is on them, and what they say; it only listens."""
    from tui.commands.listening import listen_to_ports

    ports = listen_to_ports(port or [], listen)
    lines: list[str] = [] if ports else ["no serial port was found"]
    for found in ports:
        lines.append(
            f"{found['port']}  {found['identity'] or ''}  {found['driver'] or 'no driver'}: {found['state']}"
        )
        lines += [
            f"    {r['quantity']} {r['value']:g} {r['unit']}  {r['quality']}" for r in found["readings"][-6:]
        ]
        lines += [f"    not read: {r['raw']!r}: {r['reason']}" for r in found["rejected"][-3:]]
    answer(as_json, {"ports": ports}, *lines)
    absent = [found for found in ports if found["state"] == "absent"] if port else []
    for found in absent:
        complain(found["text"], "takechain sensors lists the ports there are")
    return FAILED if absent else DONE
