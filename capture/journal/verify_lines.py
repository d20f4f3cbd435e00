"""Checks of a journal's lines: form, order, chain, seal, signatures, and the arithmetic of the timeline."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from capture.clock import parse_utc
from capture.journal.errors import JournalError
from capture.journal.keys import LINE_TYPE, SEAL_TYPE, decoded, fingerprint_of, keyid_of, signature_holds
from capture.journal.lines import ZEROS, Json, Line, ReadResult, digest, line_bytes, parse_fields
from capture.journal.record import SPLIT, TakeRecord
from capture.journal.report import Report
from capture.journal.writer import AFTER_SEAL, block_bytes

FORMAT = "takechain-take/1"
_SEAL = {
    "seq", "prev", "type", "utc", "frame", "public_key", "keyid", "payload_type", "payload", "sig",
}  # fmt: skip
_KNOWN = {
    "begin", "block", "reading", "gap", "marker", "change", "signal", "device", "part", "heartbeat", "note",
    "end", "seal", "file", "rewrite", "preroll", "stamp",
}  # fmt: skip


def check_lines(report: Report, found: ReadResult) -> bool:
    """Everything about the lines themselves, and the chain from each to the next; whether all of it holds."""
    before_this = len(report.faults)
    for problem in found.problems:
        report.fault(f"{problem.what}: it was altered", _at_byte(report, problem.number, problem.offset))
    if found.torn:
        where = f"{report.path.name}, byte {found.torn_offset}"
        words = f"the last line is torn ({len(found.torn)} bytes without an end): run takechain recover"
        report.fault(words, where, incomplete=True)
    before: Line | None = None
    broken = {problem.number for problem in found.problems}
    for line in found.lines:
        _check_form(report, line)
        if line.number - 1 not in broken:
            _check_link(report, before, line)
        before = line
    return len(report.faults) == before_this


_BLOCK = re.compile(
    rb'\{"first":(0|[1-9]\d{0,14}),"frame":(0|[1-9]\d{0,14}),"frames":(0|[1-9]\d{0,14}),"prev":"[0-9a-f]{64}",'
    rb'"seq":(0|[1-9]\d{0,14}),"sha256":\["[0-9a-f]{64}"(,"[0-9a-f]{64}")*\],"type":"block",'
    rb'"utc":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"\}'
)
"""A block line in canonical form: most lines of a long take, and there is no other form of one."""


def _check_form(report: Report, line: Line) -> None:
    if _BLOCK.fullmatch(line.raw) and _is_utc(line.fields.get("utc")):
        return
    where = _place(report, line)
    try:
        if line_bytes(line.fields) != line.raw:
            report.fault(f"line {line.number} is not in canonical form: it was altered", where)
    except JournalError as error:
        report.fault(f"line {line.number}: {error.what}", where)
    frame, utc = line.fields.get("frame"), line.fields.get("utc")
    if not isinstance(frame, int) or frame < 0 or not _is_utc(utc) or not line.type:
        report.fault(f"line {line.number} lacks a type, a time or a frame", where)
    elif line.type not in _KNOWN:
        report.warn(f"line {line.number} is of a type this version does not know ({line.type})", where)


def _is_utc(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(parse_utc(text))
    except ValueError:
        return False


def _check_link(report: Report, before: Line | None, line: Line) -> None:
    seq, expected = line.fields.get("seq"), _seq(before) + 1
    prev = digest(before.raw) if before else ZEROS
    where = _place(report, line)
    if seq != expected:
        between = f"after line {before.number}" if before else "at the beginning"
        if isinstance(seq, int) and seq > expected:
            report.fault(f"lines {expected} to {seq - 1} (by seq) were cut out {between}", where)
        else:
            report.fault(f"line {line.number} carries seq {seq} where {expected} belongs: reordered", where)
    elif line.fields.get("prev") != prev:
        victim = f"line {before.number} or {line.number}" if before else f"line {line.number}"
        report.fault(f"{victim} was altered: the hash that joins them does not hold", where)


def _seq(line: Line | None) -> int:
    seq = line.fields.get("seq") if line else -1
    return seq if isinstance(seq, int) else -1


def check_seal(report: Report, record: TakeRecord, lines: list[Line], *, joined: bool) -> None:
    """The begin line, the end line, the seal over it, and the signature of every line after it.

    Where the lines are `joined` (each names the one before it) and a signature does not hold all the same,
    it was not chance that changed a line: the lines behind it were made anew to fit. The last has none.
    """
    if lines[0].type != "begin" or lines[0].fields.get("format") != FORMAT:
        report.fault(f"the first line is no begin line of {FORMAT}", _place(report, lines[0]))
    at = next((index for index, line in enumerate(lines) if line.type == "seal"), None)
    if at is None:
        if any(line.type == "end" for line in lines[:-1]):
            words = "lines stand behind the end line, and no seal before them: it was cut out"
            report.fault(words, _place(report, lines[-1]), forged=joined)
            return
        words = "never ended and never sealed: run takechain recover"
        if record.ended:
            words = "ended and not sealed: it waits for the signing key (takechain key unlock), "
            words += "or run takechain recover"
        report.fault(words, report.path.name, incomplete=True, waits=record.waits_for_key)
        return
    seal, end = lines[at], lines[at - 1] if at else None
    if end is None or end.type != "end" or sum(line.type == "end" for line in lines) != 1:
        report.fault("the line before the seal is not the one end line", _place(report, seal))
        return
    public = _check_seal_line(report, record, seal, end, lines[0], forged=joined and seal is not lines[-1])
    _check_blocks(report, lines[:at], end)
    _check_after(report, lines[at + 1 :], public, joined)


def _check_seal_line(
    report: Report, record: TakeRecord, seal: Line, end: Line, begin: Line, *, forged: bool
) -> bytes:
    fields, where = seal.fields, _place(report, seal)
    public, payload = decoded(fields.get("public_key")), decoded(fields.get("payload"))
    signature = decoded(fields.get("sig"))
    if (
        set(fields) != _SEAL
        or fields.get("payload_type") != SEAL_TYPE
        or keyid_of(public) != fields.get("keyid")
    ):
        report.fault("the seal is not of the form of a seal", where, forged=forged)
        return public
    if not signature_holds(public, SEAL_TYPE, payload, signature):
        report.fault("the seal's signature does not hold", where, forged=forged)
        return public
    wanted = {
        "take": record.take,
        "seq": end.fields.get("seq"),
        "sha256": digest(end.raw),
        "begin": digest(begin.raw),
        "utc": fields.get("utc"),
    }
    try:
        said = parse_fields(payload)
    except ValueError:
        said = {}
    for name in sorted({*wanted, *said}):
        if said.get(name) != wanted.get(name):
            words = {
                "sha256": f"the end line (line {end.number}) is not the one that was sealed: it, or a line "
                "before it, was changed",
                "begin": f"the begin line (line {begin.number}) is not the one that was sealed",
                "take": "the seal is that of another take",
            }
            said_of = words.get(name, f"the seal is that of another line ({name} differs)")
            report.fault(said_of, where, forged=forged)
    if seal.fields.get("frame") != end.fields.get("frame"):
        report.fault("the seal's frame is not that of the end", where)
    report.info(f"sealed {fields.get('utc')} by key {fingerprint_of(str(fields.get('keyid')))}")
    return public


def _check_blocks(report: Report, lines: Iterable[Line], end: Line) -> None:
    over = hashlib.sha256()
    for line in lines:
        if line.type == "block":
            try:
                over.update(block_bytes(line.fields.get("sha256") or ()))
            except (JournalError, TypeError):
                report.fault("a digest in this block line is none", _place(report, line))
    if end.fields.get("blocks") != over.hexdigest():
        report.fault("the hash over all block digests is not that of the end line", _place(report, end))


def _check_after(report: Report, lines: list[Line], sealer: bytes, joined: bool) -> None:
    for line in lines:
        where, forged = _place(report, line), joined and line is not lines[-1]
        sig = line.fields.get("sig")
        if line.type not in AFTER_SEAL or not isinstance(sig, dict):
            words = f"an unsigned or unfit {line.type or 'unknown'} line stands after the seal"
            report.fault(words, where, forged=forged)
            continue
        public = decoded(sig["public_key"]) if "public_key" in sig else sealer
        if set(sig) - {"public_key"} != {"keyid", "sig"} or sig["keyid"] != keyid_of(public):
            words = f"line {line.number}: the signature is not of the form of one"
            report.fault(words, where, forged=forged)
            continue
        if not signature_holds(public, LINE_TYPE, unsigned(line.fields), decoded(sig["sig"])):
            words = f"line {line.number} ({line.type}) was altered: its signature does not hold"
            report.fault(words, where, forged=forged)


def unsigned(fields: Json) -> bytes:
    """The bytes of a line that its signature covers: the canonical form without `sig`."""
    return line_bytes({name: value for name, value in fields.items() if name != "sig"})


def check_timeline(report: Report, record: TakeRecord) -> None:
    """Blocks follow each other in each part, holes are declared, and the sums are those of the end line."""
    at = 0
    holes = {gap.first: gap.first + gap.frames for gap in record.gaps if not gap.filled}
    starts = {part.first for part in record.parts}
    for block in record.blocks:
        end = _across(holes, at, block.first)
        if block.first != at and not (block.first in starts and end == block.first):
            report.fault(f"the block at frame {block.first} should begin at frame {at}", report.path.name)
        at = max(at, block.end)
    _check_splits(report, record)
    reach = max([at, *(gap.first + gap.frames for gap in record.gaps if not gap.filled)])
    if not record.ended:
        return
    if record.frames != reach:
        report.fault(f"the end says {record.frames} frames, blocks and gaps say {reach}", report.path.name)
    lost = sum(gap.frames for gap in record.gaps)
    inputs = {track.input for track in record.tracks}
    for signal in record.signals:
        if signal.end > record.frames or not inputs.issuperset((signal.input, *signal.inputs)):
            words = f"what was noticed of input {signal.input} at frame {signal.first} is not of this take"
            report.fault(words, report.path.name)
    if lost != record.lost_frames:
        report.fault(f"the end says {record.lost_frames} lost frames, the gaps say {lost}", report.path.name)


def _check_splits(report: Report, record: TakeRecord) -> None:
    """A part that says it follows without a hole does."""
    for part in record.parts[1:]:
        before = max((block.end for block in record.blocks if block.first < part.first), default=0)
        if part.cause == SPLIT and (part.first_pm or part.first != before):
            words = f"part {part.number} begins at frame {part.first}, where frame {before} belongs"
            report.fault(words, report.path.name)


def check_pre_roll(report: Report, record: TakeRecord, lines: Iterable[Line]) -> None:
    """What the journal says of the sound before Record is in the blocks before it, and said once."""
    reach, told = 0, False
    for line in lines:
        first, frames = line.fields.get("first"), line.fields.get("frames")
        if line.type == "block" and isinstance(first, int) and isinstance(frames, int):
            reach = max(reach, first + frames)
        elif line.type == "preroll":
            right = isinstance(frames, int) and 0 < frames <= min(reach, record.pre_roll)
            if told or not right:
                report.fault(
                    "the pre-roll said to be on disk is not what the blocks hold", _place(report, line)
                )
            told = True
    if record.ended and record.pre_roll and not told:
        report.warn(f"the recorder died before its pre-roll ({record.pre_roll} frames) was all on disk")


def _across(holes: dict[int, int], at: int, until: int) -> int:
    """Where one declared hole after the other leads to: a part may have ended before its first block."""
    while at < until and holes.get(at, at) > at:
        at = holes[at]
    return at


def _place(report: Report, line: Line) -> str:
    return _at_byte(report, line.number, line.offset)


def _at_byte(report: Report, number: int, offset: int) -> str:
    return f"{report.path.name}, line {number} (byte {offset})"
