"""What is promised is tested: every promise names its tests, and they are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PROMISED = (TESTS.parent / "docs" / "promise.md").read_text().split("## Promised today")[1].split("\n## ")[0]
ROWS = [line for line in PROMISED.splitlines() if line.startswith("|")][2:]


def test_every_promise_names_tests_that_exist() -> None:
    assert ROWS
    for row in ROWS:
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", row.rstrip("|").rpartition("|")[2])
        assert named, row
        for file, name in named:
            functions = ast.walk(ast.parse((TESTS / file).read_text()))
            assert name in {node.name for node in functions if isinstance(node, ast.FunctionDef)}, (
                file,
                name,
            )
