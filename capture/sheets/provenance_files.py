"""Writes the chain snapshot that goes with a provenance page: a copy, and never over an original."""

from __future__ import annotations

from pathlib import Path

from capture.chain import ChainError, Snapshot, load
from capture.chain.snapshot import SIZE_LIMIT
from capture.sheets.errors import SheetError
from capture.sheets.rendering import write_whole

OTHER = "name another folder with -o, one that holds what the buyer gets"


def write_reduced_chain(folder: Path, name: str, chain: Snapshot) -> Path:
    """Write `chain` as `<folder>/<name>`; raises SheetError where something else lies there.

    Only a copy of the same snapshot that leaves fields out is replaced: a whole one may be the only one.
    """
    out = folder / name
    if out.is_symlink() or out.exists():
        _may_be_replaced(out, chain)
    write_whole(out, chain.to_json())
    return out


def _may_be_replaced(out: Path, chain: Snapshot) -> None:
    try:
        if out.is_symlink() or not out.is_file() or out.stat().st_size > SIZE_LIMIT:
            raise SheetError(f"{out} is there already, and is no chain snapshot", OTHER)
        there = load(out.read_bytes())
    except (OSError, ChainError):
        raise SheetError(f"{out} is there already, and cannot be read as a chain snapshot", OTHER) from None
    if there.digest != chain.digest or not (there.withheld() or there == chain):
        raise SheetError(f"{out} is there already, whole: it is not written over", OTHER)
