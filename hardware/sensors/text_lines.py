"""The driver for sensors that print text: labelled values, CSV with a header, JSON, numbers with units.

Sans I/O: bytes in, readings and rejections out, no ports and no clocks. What a line does not say is never
guessed: unlabelled numbers, foreign protocols and cut lines are rejected with the reason.
"""

from __future__ import annotations

import re

from hardware.reading import SUSPECT, Quantity, Reading, Rejected
from hardware.sensors.claims import Claim, Event, judge
from hardware.sensors.columns import Columns, learn, trinkey_row
from hardware.sensors.labelled import esphome, labelled, with_units
from hardware.sensors.objects import claims_of_json
from hardware.sensors.vocabulary import decode

LONGEST_LINE = 1024  # bytes; firmware that prints more at once prints no readings
_LINE_END = re.compile(rb"\r\n|\n\r|\r|\n")
_TIME_STAMP = re.compile(
    r"^\s*\[?(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ])?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?Z?\]?"
    r"\s*(?:->|[-:,])?\s*"
)
_LOG_PREFIX = re.compile(r"^\s*\[[A-Z]{1,2}\]\[[\w.:\-]+\]")
_FAULT = re.compile(
    r"fail|timeout|checksum|traceback|exception|invalid|couldn.?t|could not|not (?:be )?(?:found|detected)"
    r"|no (?:valid )?\w+ sensor|did not|was not|\berror\b(?!\s*[:=]\s*0)",
    re.IGNORECASE,
)
_FOREIGN_CHECKSUM = re.compile(r"\*[0-9A-Fa-f]{2,4}\s*$")
_HEATER = re.compile(r"heater enabled state:\s*(enabled|disabled)", re.IGNORECASE)


class TextLines:
    """Feed it what the port delivers; it keeps a cut line, a learned header and little else.

    `trinkey` says that the device is known to be an SHT4x Trinkey, whose rows need no header.
    """

    name = "text"

    def __init__(self, *, trinkey: bool = False) -> None:
        self._trinkey = trinkey
        self._columns: Columns | None = None
        self._heated = False
        self._raw_block = False  # inside a BSEC block, whose plain temperature is that of the chip
        self._absurd: Quantity | None = None
        self.reopened()

    def reopened(self) -> None:
        """The port was opened (again): what comes first may be cut; a learned header stays."""
        self._rest = b""
        self._half_end = b""
        self._first = True
        self._skipping = False
        self._ends_seen = False
        self._absurd = None

    def feed(self, data: bytes) -> list[Event]:
        """The events of every line that these bytes complete."""
        if self._half_end and data[:1] in (b"\r", b"\n") and data[:1] != self._half_end:
            data = data[1:]  # the second half of CR LF
        self._half_end = (
            data[-1:] if data[-1:] in (b"\r", b"\n") and data[-2:-1] not in (b"\r", b"\n") else b""
        )
        *lines, self._rest = _LINE_END.split(self._rest + data)
        events: list[Event] = []
        for line in lines:
            self._ends_seen = True
            if self._skipping:
                self._skipping = False
            else:
                events += self._line(line)
        if len(self._rest) > LONGEST_LINE:
            events.append(Rejected(_shown(self._rest), f"longer than {LONGEST_LINE} bytes"))
            self._rest, self._skipping = b"", True
        return events

    def idle(self) -> list[Event]:
        """The line has been quiet: a device that never ends its lines may have finished one.

        Only a line that ends with a unit is taken, since any other may have been cut in its last number.
        """
        if self._ends_seen or self._skipping or not self._rest:
            return []
        line, self._rest = self._rest, b""
        if self._first:
            self._first = False
            return [Rejected(_shown(line), "first line after opening: it may be cut")]
        text, is_text = decode(line)
        claims = with_units(text) if is_text else []
        return judge(claims, text.strip()).events if claims else [Rejected(_shown(line), "no line end")]

    def _line(self, line: bytes) -> list[Event]:
        first, self._first = self._first, False
        text, is_text = decode(line)
        raw = text.strip()
        if not line.strip():
            self._absurd, self._raw_block = None, False
            return []
        if not is_text:
            return [Rejected(_shown(line), "not text: noise, another speed or a binary protocol")]
        if not raw:
            return []
        columns = learn(raw)
        if columns is not None and not (first and columns.labels[0] is None and self._columns):
            self._columns = columns
            return [Rejected(raw, "header: columns learned, no reading")]
        if first:
            return [Rejected(raw, "first line after opening: it may be cut")]
        return self._whole_line(text, raw)

    def _whole_line(self, text: str, raw: str) -> list[Event]:
        note = self._note_states(raw)
        if note is not None:
            return [Rejected(raw, note)]
        claims, reason = self._claims(text)
        if not claims:
            return [Rejected(raw, reason)]
        quantities = {claim.quantity for claim in claims}
        if self._absurd is not None and self._absurd not in quantities:
            return [Rejected(raw, f"the {self._absurd} measured with it was absurd")]
        judgement = judge(claims, raw)
        self._absurd = judgement.absurd
        return [self._doubted(event) for event in judgement.events]

    def _claims(self, text: str) -> tuple[list[Claim], str]:
        """The claims of a line of whatever form, and the reason to give if there are none."""
        raw = text.strip()
        if raw.startswith("#"):
            return [], _fault(raw) or "comment"
        found = claims_of_json(raw)
        if found is not None:
            return found, "JSON without a temperature, humidity or pressure of the air"
        if raw.startswith("{"):
            return [], "not a whole JSON object"
        if raw.startswith("$") or _FOREIGN_CHECKSUM.search(raw):
            return [], "a protocol with checksums that this driver does not check"
        rows = self._columns.claims(raw) if self._columns else None
        if rows is None and self._trinkey:
            rows = trinkey_row(raw)
        if rows:
            return rows, ""
        logged = esphome(raw)
        if logged is not None:
            return logged, "not a quantity of the air"
        fault = _fault(raw)
        if fault or _LOG_PREFIX.match(_TIME_STAMP.sub("", raw)):
            return [], fault or "a log line"
        plain = _TIME_STAMP.sub("", text)
        claims = with_units(plain.strip()) or self._without_chip_values(labelled(plain), text)
        return claims, "no labelled value" if re.search("[0-9]", raw) else "no value"

    def _without_chip_values(self, claims: list[Claim], text: str) -> list[Claim]:
        """A BSEC block prints the chip's own temperature and humidity first, then the compensated ones."""
        if not self._raw_block or "ompensated" in text:
            return claims
        heated = (Quantity.TEMPERATURE, Quantity.RELATIVE_HUMIDITY)
        return [claim for claim in claims if claim.quantity not in heated]

    def _note_states(self, raw: str) -> str | None:
        heater = _HEATER.search(raw)
        if heater:
            self._heated = heater[1].lower() == "enabled"
            return "the sensor heats itself: its values are suspect" if self._heated else "heater off"
        if raw.startswith("BSEC outputs"):
            self._raw_block = True
            return "begin of a block"
        return None

    def _doubted(self, event: Event) -> Event:
        if not self._heated or isinstance(event, Rejected):
            return event
        return Reading(event.quantity, event.value, event.unit, SUSPECT, event.raw, event.channel)


def _fault(raw: str) -> str | None:
    if raw.startswith(">>>"):
        return "the device's program has stopped (a prompt)"
    return "the device reports a fault" if _FAULT.search(raw) else None


def _shown(line: bytes) -> str:
    """Bytes for people to look at, with what is not printable escaped."""
    text = line[:200].decode("latin-1")
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text).strip()
