"""The takechain command. Only the called command's module is imported, so that keys answer at once."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tui.commands.common import InLibrary, library_path, say
from tui.commands.guard import guarded

# Every command: the module of tui.commands that has it, and what it does in one line.
COMMANDS = {
    "devices": ("plugged", "List the audio interfaces."),
    "sensors": ("plugged", "List the serial ports and what is on them; only listens."),
    "record": ("record", "Record one take, and wait for its end."),
    "roll": ("live", "Begin a take, and return while it rolls."),
    "stop": ("live", "End the rolling take."),
    "mark": ("live", "Mark the rolling take."),
    "note": ("live", "Add a note to the rolling or last take."),
    "circle": ("live", "Circle the rolling or last take."),
    "slate": ("live", "Begin a slate, or go on with one."),
    "takes": ("takes", "List the takes."),
    "show": ("takes", "Show one take with its chain, air, gaps and files."),
    "sheet": ("sheets", "Write the sheet of a take or the log of a session."),
    "copy": ("offload", "Copy a session or a take to other disks, and verify every byte there."),
    "discard": ("discard", "Throw the audio of a take away; its journal and a signed note stay."),
    "slice": ("slices", "Cut a take between its markers into files that are proved against it."),
    "verify": ("proof", "Check takes against what was signed, from their folders alone."),
    "c2pa": ("credentials", "Give copies and slices Content Credentials, and check them."),
    "recover": ("proof", "Finish what a crash left of any take."),
    "rebuild": ("proof", "Make the catalogue again from the folders."),
    "stamp": ("stamping", "Have seals stamped by a time stamp server (RFC 3161)."),
    "key": ("signing", "Keep signing keys, and the signers that are known."),
    "chain": ("chain", "Show, set, import, export and compare chains."),
    "level": ("level", "Levels in dB SPL: from the chain, or from a calibrator."),
    "gear": ("gear", "Keep the gear locker."),
    "room": ("rooms", "Keep the rooms: size, surfaces, states, measurements."),
    "air": ("air", "Say what the air is and does: newest readings, what you read, or a take's."),
    "db": ("house", "Keep the catalogue's database."),
    "station": ("house", "Start, end or look at the station."),
    "doctor": ("house", "Say what works on this machine and what is missing."),
    "demo": ("demo", "Try it on a simulated rig."),
}


class Commands(TyperGroup):
    """The commands by name, each loaded when it is called for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        part = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
        importlib.import_module(f"tui.commands.{COMMANDS[cmd_name][0]}").register(part)
        return typer.main.get_group(part).commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


app = typer.Typer(
    cls=Commands,
    name="takechain",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def begin(
    context: typer.Context,
    library: InLibrary = None,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> int | None:
    """Record sessions from a terminal and keep the physical chain of every take.

    Without a command it opens the screen.
    """
    if version:
        from capture.station.client import version as installed

        say(f"takechain {installed()}")
        raise typer.Exit(0)
    if library is not None:
        os.environ["TAKECHAIN_LIBRARY"] = str(library)  # for the command that follows
    if context.invoked_subcommand is None:
        from tui.commands.demo import open_screen

        return open_screen(library_path(library))
    return None


def main() -> None:
    """The console script: run the command line, and exit with the code the manual gives."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    command = typer.main.get_command(app)
    sys.exit(
        guarded(lambda: command.main(prog_name="takechain", standalone_mode=False), "--json" in sys.argv)
    )


if __name__ == "__main__":
    main()
