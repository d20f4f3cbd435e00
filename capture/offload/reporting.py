"""The report of a copy, as it is written to each destination and answered by the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from capture.journal.lines import Json
from capture.offload.transfer import Transfer

if TYPE_CHECKING:
    from capture.offload.run import Outcome

FORMAT = "takechain-copy/1"
_SIGNED = {True: "as signed", False: "not what was signed", None: None}


def report_name(title: str, when: str, again: int) -> str:
    """The name of a report: what was copied, and when (UTC)."""
    stamp = when[:19].replace("-", "").replace(":", "")
    return f"{title}.copy-{stamp}Z{f'-{again}' if again else ''}.json"


def as_report(outcome: Outcome, number: int, software: str) -> Json:
    """What a copy did at one destination."""
    place = outcome.destinations[number]
    files = [_file(done, number) for done in outcome.transfers]
    good = all(done.landings[number].verdict.good for done in outcome.transfers)
    whole = good and not place.why and len(files) == len(outcome.plan.items) and not outcome.plan.left_out
    return {
        "format": FORMAT,
        "software": software,
        "started": outcome.started,
        "ended": outcome.ended,
        "source": str(outcome.plan.source),
        "destination": str(place.path),
        "ok": whole and not outcome.faults,
        "complete": whole,
        "problem": place.why or None,
        "bag": str(place.bag) if place.bag else None,
        "bytes": sum(done.size for done in outcome.transfers),
        "takes": sorted(outcome.plan.takes),
        "faults": outcome.faults,
        "left_out": outcome.plan.left_out,
        "said": outcome.plan.said,
        "files": files,
    }


def _file(done: Transfer, number: int) -> Json:
    landing = done.landings[number]
    return {
        "path": done.item.target,
        "recorded_as": done.item.source.name,
        "take": done.item.take or None,
        "size": done.size,
        "sha256": done.sha256 or None,
        "verdict": landing.verdict.value,
        "why": landing.why or done.why or None,
        "signed": _SIGNED[done.as_signed],
    }


def report_bytes(fields: Json) -> bytes:
    """A report as it is written: JSON that people can read as well."""
    return json.dumps(fields, ensure_ascii=False, indent=1).encode() + b"\n"
