"""The manual names every command, option, exit code, field and setting; the help and the manual agree."""

import importlib
import os
import re
from pathlib import Path

import pytest
import typer

from capture.chain.fields import SESSION_FIELDS, SPECS
from tui.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
MANUAL = (ROOT / "docs" / "manual.md").read_text()
OF_EVERY_COMMAND = {"--json", "--library", "--help", "--by", "--now"}


def loaded(name: str) -> object:
    part = typer.Typer()
    importlib.import_module(f"tui.commands.{COMMANDS[name][0]}").register(part)
    return typer.main.get_group(part).commands[name]


def leaves() -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name in COMMANDS:
        command = loaded(name)
        inner = getattr(command, "commands", None)
        found += [(f"{name} {below}", inner[below]) for below in inner] if inner else [(name, command)]
    return found


LEAVES = leaves()


@pytest.mark.parametrize(("name", "command"), LEAVES, ids=[name for name, _ in LEAVES])
def test_every_command_and_option_is_in_the_manual(name: str, command: object) -> None:
    assert f"takechain {name}" in MANUAL
    for option in command.params:  # type: ignore[attr-defined]
        for word in option.opts:
            if word.startswith("--") and word not in OF_EVERY_COMMAND and word != "--out":
                assert word in MANUAL, word


@pytest.mark.parametrize(("name", "command"), LEAVES, ids=[name for name, _ in LEAVES])
def test_every_command_answers_in_json_for_any_library(name: str, command: object) -> None:
    options = {word for option in command.params for word in option.opts}  # type: ignore[attr-defined]
    assert {"--json", "--library"} <= options
    assert command.help  # type: ignore[attr-defined]


def test_the_manual_names_no_command_that_is_not_there() -> None:
    known = {name for name, _ in LEAVES} | set(COMMANDS)
    for said in re.findall(r"`takechain ([a-z0-9]+(?: [a-z]+)?)", MANUAL):
        assert said in known or said.split()[0] in known


def test_every_exit_code_field_and_setting_is_in_the_manual() -> None:
    for code in range(7):
        assert f"| {code} |" in MANUAL
    for name in (*SPECS, *SESSION_FIELDS):
        assert re.sub(r"\.\d\.", ".K.", name) in MANUAL, name
    used = set()
    for source in (ROOT / "capture", ROOT / "hardware", ROOT / "tui"):
        for file in source.rglob("*.py"):
            used |= set(re.findall(r'"(TAKECHAIN_[A-Z_]+)"', file.read_text()))
    for name in used:
        assert f"`{name}`" in MANUAL, name


def test_every_key_of_the_screen_is_in_the_manual() -> None:
    from tui.keys import ACTIONS

    missing = [row for a in ACTIONS if (row := f"| `{a.shown}` | {a.label} | {a.help} |") not in MANUAL]
    assert missing == []


def test_the_line_of_the_manual_is_read_and_shown_as_it_stands() -> None:
    from capture.chain import format_line, parse_line

    block = MANUAL.split("### One line")[1].split("```")[1].strip()
    assert format_line(parse_line(block)) == block
    assert os.linesep not in block
