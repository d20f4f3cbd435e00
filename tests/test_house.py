"""The house itself: file lengths, function lengths, names at the top, and what each process may import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WINGS = ("capture", "hardware", "tui")
SOURCES = sorted(p for wing in WINGS for p in (ROOT / wing).rglob("*.py"))
FILE_LIMIT = 400
FUNCTION_LIMIT = 60


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LIMIT


def _long_functions(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body
            documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
            start = (body[1] if documented and len(body) > 1 else body[0]).lineno
            if (node.end_lineno or start) - start + 1 > FUNCTION_LIMIT:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    return found


def test_functions_fit_a_screen() -> None:
    assert [name for path in SOURCES for name in _long_functions(path)] == []


def test_top_level_names_are_ours_alone() -> None:
    """The import names lie in site-packages; no installed distribution but ours may own them."""
    from importlib.metadata import packages_distributions

    owners = packages_distributions()
    for name in (*WINGS, "migrations"):
        assert set(owners.get(name, ["takechain"])) == {"takechain"}


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("capture.recorder", "sqlalchemy alembic textual rich typer serial typst jinja2"),
        ("capture.station", "textual rich typer sounddevice rtmixer typst jinja2"),
        ("tui.cli", "numpy textual sqlalchemy sounddevice serial typst jinja2 cryptography yaml"),
        ("capture.credentials", "c2pa requests textual sqlalchemy sounddevice"),
        ("capture.evidence", "numpy soundfile typst jinja2 sqlalchemy textual sounddevice"),
        ("capture.sheets", "typst jinja2 sqlalchemy textual sounddevice"),
    ],
)
def test_a_fresh_interpreter_imports_only_what_it_may(module: str, forbidden: str) -> None:
    """The static graph cannot see deferred imports; sys.modules of a fresh process can."""
    names = [module] if module == "tui.cli" else [module, *_submodules(module)]
    code = f"import sys, importlib\nfor n in {names!r}: importlib.import_module(n)\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(forbidden.split())


def _submodules(package: str) -> list[str]:
    folder = ROOT / package.replace(".", "/")
    return [f"{package}.{p.stem}" for p in sorted(folder.glob("*.py")) if not p.stem.startswith("__")]
