"""The devices that chains name, as rows: so that a microphone is found without reading every chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from capture.catalog import models as m
from capture.chain import split_path

_MEMBERS = ("make", "model", "serial")


def search_key(text: str) -> str:
    """A name or a serial as it is compared: upper and lower case and runs of blanks are alike."""
    return " ".join(text.casefold().split())


def add_equipment(work: Work, chain: m.ChainSnapshot) -> None:
    """Rows for the devices of a chain just stored, each device once for the whole library."""
    told = [
        (number, _equipment(chain.library, part, device)) for number, part, device in devices(chain.fields)
    ]
    wanted = {row.identity for _, row in told}
    stored = select(m.Equipment).where(m.Equipment.library == chain.library, m.Equipment.identity.in_(wanted))
    known = {row.identity: row for row in work.scalars(stored)}
    for _, row in told:
        if row.identity not in known:
            known[row.identity] = row
            work.add(row)
    work.flush()
    work.add_all(
        m.ChainEquipment(
            library=chain.library, chain_id=chain.id, equipment_id=known[row.identity].id, input=number
        )
        for number, row in told
    )


def devices(fields: Mapping[str, Any]) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Input, part and what is declared of make, model and serial, of every device of a stored chain."""
    found: dict[tuple[int, str], dict[str, str]] = {}
    for path, told in fields.items():
        place = split_path(path)
        part, _, member = place[1].rpartition(".") if place else ("", "", "")
        if place and part and member in _MEMBERS and isinstance(told["value"], str | int | float):
            found.setdefault((place[0], part), {})[member] = str(told["value"])
    for (number, part), device in found.items():
        yield number, part, device


def _equipment(library: str, part: str, device: Mapping[str, str]) -> m.Equipment:
    """A row that is not stored yet."""
    serial = device.get("serial")
    whole = [part, *(device.get(member) for member in _MEMBERS)]
    return m.Equipment(
        library=library,
        part=part,
        make=device.get("make"),
        model=device.get("model"),
        serial=serial,
        name_key=search_key(" ".join(device[name] for name in ("make", "model") if name in device)),
        serial_key=None if serial is None else search_key(serial),
        identity=hashlib.sha256(json.dumps(whole).encode()).hexdigest(),
    )
