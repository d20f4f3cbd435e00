"""JSON: the whole model, names as in the model, moments in ISO 8601, digests in full."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import Any

from capture.sheets.model import Sheet, TakeSheet
from capture.sheets.provenance import Provenance

FORMAT = "takechain-sheet/1"


def write(sheet: Sheet | Provenance) -> bytes:
    """The JSON bytes of a sheet, one object."""
    kind = {TakeSheet: "take", Provenance: "provenance"}.get(type(sheet), "session")
    whole = {"format": FORMAT, "sheet": kind, **_plain(asdict(sheet))}
    text = json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", "backslashreplace")  # a lone surrogate becomes its JSON escape


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
