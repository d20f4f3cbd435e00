"""Sheets are written whole or not at all, and what cannot be done is one clear line."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.sheets import FORMS, SheetError, TakeSheet, UnknownForm, render


@pytest.mark.parametrize("form", ["xml", "PDF", ""])
def test_unknown_forms(take_sheet: TakeSheet, form: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownForm) as raised:
        render(take_sheet, form, tmp_path / "sheet")
    assert raised.value.exit_code == 2
    assert all(known in raised.value.do for known in FORMS)
    assert list(tmp_path.iterdir()) == []


def test_unknown_paper(take_sheet: TakeSheet, tmp_path: Path) -> None:
    with pytest.raises(UnknownForm, match="a0"):
        render(take_sheet, "pdf", tmp_path / "sheet.pdf", "a0")


def test_an_old_sheet_is_replaced(take_sheet: TakeSheet, tmp_path: Path) -> None:
    out = tmp_path / "sheet.md"
    out.write_text("old")
    render(take_sheet, "md", out)
    assert out.read_text("utf-8").startswith("# Aurora")
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("place", ["nowhere/sheet.md", "file/sheet.md", "folder", "n" * 300])
def test_places_that_cannot_be_written(take_sheet: TakeSheet, place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SheetError) as raised:
        render(take_sheet, "md", tmp_path / place)
    assert "cannot be written" in raised.value.what
    assert sorted(tmp_path.rglob("*")) == before


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write anywhere, so root is nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_no_right_to_write(take_sheet: TakeSheet) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o555)
        with unprivileged(), pytest.raises(SheetError, match="no right"):
            render(take_sheet, "md", Path(folder) / "sheet.md")
        assert list(Path(folder).iterdir()) == []
        Path(folder).chmod(0o755)


def test_a_file_system_that_refuses(take_sheet: TakeSheet) -> None:
    with pytest.raises(SheetError, match="cannot be written"):
        render(take_sheet, "md", Path("/proc/sheet.md"))


def test_printers_are_loaded_only_when_needed() -> None:
    code = "import sys, capture.sheets; print(*({'typst', 'jinja2', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
