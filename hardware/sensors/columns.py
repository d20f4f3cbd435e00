"""Lines of columns: a header names them and their units once, rows follow; sans I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hardware.reading import Quantity
from hardware.sensors.claims import Claim
from hardware.sensors.vocabulary import NO_VALUE, NUMBER, Label, label_of

_NUMBER = re.compile(NUMBER)
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]{1,9},[0-9]{1,9}")
_NO_VALUE = re.compile(NO_VALUE, re.IGNORECASE)
_TRINKEY_SERIAL = re.compile(r"[0-9]{6,10}")
_STATUS_GOOD = ("ok", "0")


@dataclass(frozen=True)
class Columns:
    """What a header taught: the delimiter and what each column holds (None: nothing of ours)."""

    delimiter: str
    labels: tuple[Label | None, ...]
    status: int | None = None

    def claims(self, text: str) -> list[Claim] | None:
        """The claims of a row; None if the line is no row of this header."""
        cells = split(text, self.delimiter)
        if len(cells) != len(self.labels):
            return None
        if self.status is not None and cells[self.status].lower() not in _STATUS_GOOD:
            return None
        claims = []
        for label, cell in zip(self.labels, cells, strict=True):
            if label is None:
                continue
            number = cell_number(cell, self.delimiter)
            if number is None:
                return None
            claims.append(Claim.of(label, number))
        return claims


def split(text: str, delimiter: str) -> list[str]:
    """The cells of a line; runs of tabs part as one, as sketches pad with them."""
    parts = re.split(r"\t+", text.strip()) if delimiter == "\t" else text.split(delimiter)
    return [part.strip() for part in parts]


def cell_number(cell: str, delimiter: str) -> float | None:
    """The number in a cell, NaN where it says that there is none, None for anything else.

    A decimal comma is one only where commas do not part the columns.
    """
    if _NUMBER.fullmatch(cell):
        return float(cell)
    if delimiter != "," and _COMMA_NUMBER.fullmatch(cell):
        return float(cell.replace(",", "."))
    return float("nan") if not cell or _NO_VALUE.fullmatch(cell) else None


def learn(text: str) -> Columns | None:
    """The columns that a header line announces; None if the line is no header."""
    text = text.strip().lstrip("#").strip()
    delimiter = next((sign for sign in ("\t", ";", ",") if sign in text), None)
    if delimiter is None:
        return None
    cells = split(text, delimiter)
    if any(cell_number(cell, delimiter) is not None for cell in cells if cell):
        return None
    labels = tuple(label_of(cell) for cell in cells)
    if len(cells) < 2 or not any(labels) or re.search(r"[:=]\s*[+-]?[0-9]", text):
        return None
    status = next((place for place, cell in enumerate(cells) if cell.lower() == "status"), None)
    return Columns(delimiter, labels, status)


def trinkey_row(text: str) -> list[Claim] | None:
    """A row of an SHT4x Trinkey, whose header comes only after power-up; None for anything else.

    Factory firmware: serial, °C, %RH, touch. Demo: °C, %RH. Logger firmware: °C, %RH, four derived
    columns, serial, name.
    """
    cells = split(text, ",")
    if len(cells) == 4 and _TRINKEY_SERIAL.fullmatch(cells[0]) and cells[3].isdigit():
        pair = cells[1:3]
    elif len(cells) == 2 or (len(cells) == 8 and _TRINKEY_SERIAL.fullmatch(cells[6])):
        pair = cells[:2]
    else:
        return None
    numbers = [cell_number(cell, ",") for cell in pair]
    if None in numbers or any(
        "." not in cell for cell in pair if cell_number(cell, ",") == cell_number(cell, ",")
    ):
        return None  # the firmware always prints decimals: whole numbers are something else
    temperature, humidity = (number for number in numbers if number is not None)
    return [
        Claim(Quantity.TEMPERATURE, temperature, "°C"),
        Claim(Quantity.RELATIVE_HUMIDITY, humidity, "%RH"),
    ]
