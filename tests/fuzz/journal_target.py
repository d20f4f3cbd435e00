"""Journals: lines, fold, the quick summary, verification and recovery, in a real take's folder."""

from __future__ import annotations

import io
import json
import math
import os
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from capture.journal.errors import JournalError, NotATake
from capture.journal.folding import light_lines
from capture.journal.lines import LINE_BYTES, ZEROS, Line, digest, line_bytes, read_lines
from capture.journal.record import TakeRecord, begun, fold, load, summary
from capture.journal.recover import plan_take, recover_take
from capture.journal.verify import verify_take
from capture.journal.writer import JournalWriter
from capture.wav.read import parse
from tests.fuzz.harness import Target
from tests.fuzz.mutate import damage, noise, odd_value
from tests.support.takes import KEY, OTHER_KEY, build_take

Lines = list[Any]

HOLE_BYTES = 300 * 2**20
_KINDS = ("verify", "verify", "plan", "lines", "mend")
_ELSEWHERE = ("../b.wav", "/etc/hostname", "..", "link.wav", "\ud800.wav", "a\0b.wav", "x" * 300)
_TOKENS = (
    b"\n", b"\r\n", b"{", b"}", b"[" * 40, b'{"a":' * 40, b'"', b"\\ud800", b"null", b"true", b"-0", b"1e999",
    b"NaN", b"9" * 400, b"\xff\xfe", b'"type":"end"', b'"type":"seal"', b'"type":"begin"', b'"seq":', b"\0",
    b'"type":"preroll"', b'"pre_roll":-9',
    b'"frames":9223372036854775807', b'"first":-1', b'"files":["../../x"]', b'"prev":"' + b"0" * 64 + b'"',
)  # fmt: skip
_EDITED: dict[str, Any] = {"utc": "2026-11-25T15:00:00.000000Z", "by": "anna"}
_MORE: list[tuple[str, int, dict[str, Any]]] = [
    ("reading", 3, {"sensor": "s1", "quantity": "temperature", "value": 21.5, "unit": "°C", "quality": "ok",
                    "raw": "21.5", "typed": False, "by": "", "instrument": "i", "simulated": True}),
    ("marker", 4, {"id": 1, "text": "verse"}),
    ("marker", 5, {"id": 1, "text": "chorus", "edit": True}),
    ("marker", 6, {"id": 2, "text": "coda"}),
    ("marker", 7, {"strike": 2}),
    ("gap", 8, {"first": 8, "frames": 4, "first_pm": 1, "frames_pm": 2, "cause": "overflow", "filled": True}),
    ("change", 9, {"input": 1, "path": "preamp.gain_db", "from": 42, "to": 45, "by": "anna"}),
    ("signal", 9, {"input": 1, "kind": "stuck", "first": 9, "frames": 5, "value": 0.5, "inputs": [2],
                   "open": True, "stretches": 1}),
    ("device", 9, {"device": "s1", "state": "lost", "text": "no answer"}),
    ("heartbeat", 10, {"frames": 10, "boottime_ns": 2_000_000_000, "utc": "2026-11-25T14:03:12.600000Z"}),
    ("note", 10, {"field": "verdict", "value": "keep", "by": "anna"}),
    ("note", 10, {"field": "note", "value": "nice", "by": "anna"}),
    ("note", 10, {"field": "slate", "value": "Borealis", "by": "anna"}),
]  # fmt: skip


class JournalTarget(Target):
    """Small takes of our own writer: sealed, edited after the end, never ended, in two layouts."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._journals = [
            build_take(place / "a", frames=40, block=16, lines=_MORE),
            build_take(place / "b", frames=30, block=16, layout="poly", format="float32"),
            build_take(place / "c", frames=30, block=16, unwritten=1, ended=False, sealed=False),
            build_take(place / "d", frames=30, block=16, lines=_MORE, key=OTHER_KEY),
        ]
        _edit_after_the_end(self._journals[0])
        self._corpus = [path.read_bytes() for path in self._journals]
        self._fields: list[Lines] = [[json.loads(x) for x in raw.splitlines()] for raw in self._corpus]
        self._every = [line for lines in self._fields for line in lines]
        for path, raw in zip(self._journals[:2], self._corpus, strict=False):
            assert verify_take(path).ok, verify_take(path).words
            assert len(raw) < 100_000
        self._wavs = [sorted(path.parent.glob("*.wav")) for path in self._journals]
        self._audio = {wav: wav.read_bytes() for wavs in self._wavs for wav in wavs}
        crashed = bytearray(self._audio[self._wavs[0][0]])
        crashed[4:8] = bytes(4)  # a recovery would mend it, if a journal could lead it there
        for path in self._journals:
            (path.parent.parent / "b.wav").write_bytes(crashed)
            (path.parent / "link.wav").symlink_to("../b.wav")
        self._crashed = bytes(crashed)

    def make(self, random: Random) -> tuple[str, bytes]:
        which, chance = random.randrange(len(self._corpus)), random.random()
        kind = f"{random.choice(_KINDS)}{which}"
        if chance < 0.02:
            return kind, noise(random)
        if chance < 0.0202:
            return f"hole{which}", self._corpus[which]
        if chance < 0.4:
            return kind, damage(random, self._corpus[which], self._corpus, _TOKENS)
        return kind, self._odd_lines(random, which)

    def _odd_lines(self, random: Random, which: int) -> bytes:
        """Whole lines changed, repeated or moved; mostly chained anew, so that the inner checks are met."""
        lines = list(self._fields[which])
        first = len(lines)
        for _ in range(random.choice((1, 1, 2, 4))):
            at = random.randrange(len(lines)) if lines else 0
            first, way = min(first, at), random.random()
            if way < 0.1 and lines:
                lines = _led_elsewhere(random, lines)
            elif way < 0.7 and lines:
                lines[at] = odd_value(random, lines[at])
            elif way < 0.85:
                lines.insert(at, random.choice(self._every))
            elif way < 0.86:
                lines[at:at] = [random.choice(self._every)] * random.randrange(1, 400)
            else:
                del lines[at : at + random.randrange(1, 4)]
        return _chained(lines, first) if random.random() < 0.7 else _plain(lines)

    def feed(self, kind: str, data: bytes) -> bool:
        way, which = kind[:-1], int(kind[-1])
        path = self._journals[which]
        path.write_bytes(data)
        try:
            if way == "hole":
                return _hole(path)
            if way == "mend":
                return self._mend(path, self._wavs[which])
            return {"verify": self._verify, "plan": _plan, "lines": _lines}[way](path)
        finally:
            path.write_bytes(self._corpus[which])

    def _verify(self, path: Path) -> bool:
        report = verify_take(path)
        json.dumps(report.as_dict(), allow_nan=False)
        assert report.words
        if report.ok:
            data, whole = path.read_bytes(), self._corpus[self._journals.index(path)]
            assert whole.startswith(data), "an altered journal passes verification"
        return report.record is not None

    def _mend(self, path: Path, wavs: list[Path]) -> bool:
        """A whole recovery; whatever the journal says, no audio is touched, and nothing outside."""
        try:
            recover_take(path, KEY)
            accepted = True
        except JournalError:
            accepted = False
        try:
            for wav in wavs:
                was, now = self._audio[wav], wav.read_bytes()
                offset = parse(io.BytesIO(was)).data_offset
                assert now[offset : len(was)] == was[offset:], "a recovery touched audio"
            assert (path.parent.parent / "b.wav").read_bytes() == self._crashed, "it wrote elsewhere"
        finally:
            self._clear(path.parent, wavs)
        return accepted

    def _clear(self, folder: Path, wavs: list[Path]) -> None:
        for wav in wavs:
            wav.write_bytes(self._audio[wav])
        (folder.parent / "b.wav").write_bytes(self._crashed)
        for beside in [*folder.glob("*.torn-*"), *folder.glob("*.never-begun")]:
            beside.unlink()


def _led_elsewhere(random: Random, lines: Lines) -> Lines:
    """The same lines with a file's name that leads out of the folder, or is none."""
    lists = [line.get("files") for line in lines if isinstance(line, dict)]
    names = [name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)]
    if not names:
        return lines
    text, other = json.dumps(lines), json.dumps(random.choice(_ELSEWHERE))
    found: Lines = json.loads(text.replace(json.dumps(random.choice(names)), other))
    return found


def _plan(path: Path) -> bool:
    before = path.read_bytes()
    try:
        planned = plan_take(path)
    except JournalError:
        return False
    finally:
        assert path.read_bytes() == before, "a dry run wrote"
    assert all(isinstance(words, str) and words for words in planned)
    return True


def _lines(path: Path) -> bool:
    found = read_lines(path)
    assert sum(len(line.raw) + 1 for line in found.lines) <= path.stat().st_size
    try:
        light, whole, read = summary(path), load(path), begun(fold(found.lines), path)
    except NotATake:
        return False
    assert asdict(whole)["name"] == read.name
    if not found.problems and all(_canonical(line) for line in found.lines):
        assert _facts(light) == _facts(whole), "the quick summary tells of another take"
    assert all(math.isfinite(reading.value) for reading in whole.readings if reading.value is not None)
    return True


def _canonical(line: Line) -> bool:
    """Whether it is as our writer writes it: of other block lines the summary may see less than the fold."""
    try:
        return line_bytes(line.fields) == line.raw
    except JournalError:
        return False


def _facts(record: TakeRecord) -> tuple[object, ...]:
    return (
        record.take, record.name, record.number, record.frames, record.lost_frames, record.ended,
        record.sealed, record.condition, record.verdict, record.gaps, record.markers, record.parts,
        record.tracks,
    )  # fmt: skip


def _hole(path: Path) -> bool:
    """A line without an end, larger than memory may be: a disk's hole after a crash."""
    os.truncate(path, HOLE_BYTES)
    found = read_lines(path)
    assert max((len(line.raw) for line in found.lines), default=0) <= LINE_BYTES
    assert sum(1 for _ in light_lines(path)) == len(found.lines)
    return True


def _edit_after_the_end(path: Path) -> None:
    with JournalWriter.reopen(path) as writer:
        for field, value in (("verdict", "master"), ("note", "é")):
            writer.append_signed("note", writer.record.frames, KEY, **_EDITED, field=field, value=value)


def _plain(lines: Lines) -> bytes:
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def _chained(lines: Lines, first: int) -> bytes:
    """The lines with the `seq` and `prev` that belong to their places from `first` on."""
    out, prev = bytearray(), ZEROS
    for seq, line in enumerate(lines):
        if not isinstance(line, dict):
            raw = json.dumps(line).encode()
        else:
            fields = {**line, "seq": seq, "prev": prev} if seq >= first else line
            try:
                raw = line_bytes(fields)
            except JournalError:
                raw = json.dumps(fields).encode()
        out += raw + b"\n"
        prev = digest(raw)
    return bytes(out)
