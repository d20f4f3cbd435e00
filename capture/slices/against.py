"""A slice against its take, its take's journal alone, or the list of its take's blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from capture.errors import TakechainError
from capture.journal.errors import in_words
from capture.journal.keys import SEAL_TYPE, decoded, keyid_of, signature_holds
from capture.journal.lines import digest, parse_fields
from capture.journal.places import library_of
from capture.journal.record import TakeRecord
from capture.journal.verify import Begins
from capture.slices.errors import SliceError
from capture.slices.regions import calibrations, changes_before, gaps_between, whole_blocks
from capture.slices.report import Proof, SliceReport, open_plain
from capture.slices.said import Said
from capture.slices.source import Source
from capture.slices.statement import BLOCKS_SUFFIX, Blocks, read_blocks
from capture.wav.read import read_wav

_BLOCKS_LIMIT = 256 * 1024 * 1024


class Takes:
    """Where the takes of slices may be found: named ones, those near a slice, those of its library.

    Each folder and each journal is read once for any number of slices.
    """

    def __init__(self, named: Iterable[Path] = ()) -> None:
        self._folders = list(dict.fromkeys(path.parent for path in named))
        self._begins = Begins()
        self._sources: dict[Path, Source | TakechainError] = {}

    def journal_of(self, said: Said, path: Path) -> Path | None:
        """The journal whose first line the slice at `path` names."""
        library = library_of(path)
        places = [(folder, 0) for folder in (*self._folders, *list(path.parents)[:2])]
        for folder, depth in [*places, *([(library, 3)] if library is not None else [])]:
            found = self._begins.below(folder, depth).get(said.begin)
            if found is not None:
                return found.path
        return None

    def source(self, journal: Path) -> Source:
        """The take of a journal; raises what made it unfit."""
        if journal not in self._sources:
            try:
                self._sources[journal] = Source(journal)
            except TakechainError as error:
                self._sources[journal] = error
        found = self._sources[journal]
        if isinstance(found, TakechainError):
            raise found
        return found


def check_take(report: SliceReport, said: Said, wav: Path, journal: Path, takes: Takes) -> None:
    """Prove the slice against the take whose journal this is."""
    try:
        source = takes.source(journal)
    except TakechainError as error:
        report.fault(f"its take is here and cannot prove it: {error.what}", journal.name)
        return
    record = source.record
    part = next((part for part in record.parts if part.number == said.part), None)
    lines = (digest(source.end), digest(source.seal))
    if part is None or said.parent not in part.files or lines != (said.end, said.seal):
        report.fault("its take is here and knows of no such stretch", journal.name)
        return
    index = part.files.index(said.parent)
    inside = part.first <= said.first and said.first + said.frames <= part.first + record.part_frames(part)
    if not inside or record.file_channels(index) * record.sample_bytes != said.align:
        report.fault("its take is here and has no such frames", journal.name)
        return
    for what in _otherwise(record, index, said):
        report.fault(f"its statement says of {what} what its take does not", journal.name)
    blocks = whole_blocks(record, part, index, said.first, said.first + said.frames)
    if tuple(blocks) != said.blocks:
        report.fault("the blocks in its statement are not those of its take", journal.name)
        return
    try:
        with source.open(said.parent) as file, open_plain(wav) as slice_file:
            slice_file.seek(read_wav(wav).data_offset)
            at = 0
            for piece in source.proved(file, part, index, said.first, said.frames):
                if slice_file.read(len(piece)) != piece:
                    frame = said.first + at // said.align
                    report.fault(
                        f"its audio differs from its take behind frame {frame} of the take", wav.name
                    )
                    return
                at += len(piece)
    except FileNotFoundError:
        report.proof = Proof.JOURNAL
        report.warn(f"its take's audio is not here: {_proved(said)} by the take's journal", journal.name)
        return
    except TakechainError as error:
        report.fault(f"its take is here and cannot prove it: {error.what}", journal.name)
        return
    except OSError as error:
        report.fault(f"its take cannot be read: {in_words(error)[0]}", journal.name)
        return
    if at != said.frames * said.align:
        report.fault("its take is here, and too short", journal.name)
        return
    report.proof = Proof.TAKE
    end = said.first + said.frames - 1
    report.info(f"proved against its take: every sample is that of {said.parent}, frames {said.first}–{end}")


def _otherwise(record: TakeRecord, index: int, said: Said) -> list[str]:
    """What a statement says otherwise than the take does."""
    here = [track for track in record.tracks if track.file == index]
    tracks = sorted((t.channel, t.number, t.input) for t in here)
    changes = [(c.path, c.frame) for c in changes_before(record, here, said.first + said.frames)]
    wanted = {
        "the take": (record.take, said.take),
        "the signer": (record.keyid, said.keyid),
        "the origin": (record.origin.value, said.origin),
        "the format": ((record.rate, record.format), (said.rate, said.format)),
        "the chain": (record.chain_digest, said.chain_digest),
        "the tracks": ([(number, put, channel) for channel, number, put in tracks], list(said.tracks)),
        "the gaps": (gaps_between(record, said.first, said.first + said.frames), list(said.gaps)),
        "the calibrations": (calibrations(record, here), list(said.calibrations)),
        "changes of the chain": (changes, list(said.changes)),
    }
    return [name for name, (there, here) in wanted.items() if there != here]


def _proved(said: Said) -> str:
    """What whole blocks prove, in words."""
    if not said.blocks:
        return "no whole block lies in the slice, so nothing of it is proved"
    first = said.blocks[0].first - said.first
    count = sum(block.frames for block in said.blocks)
    many = f"{len(said.blocks)} whole blocks" if len(said.blocks) > 1 else "1 whole block"
    return f"{many} (frames {first}–{first + count - 1} of its {said.frames}) proved"


def check_blocks_list(report: SliceReport, said: Said) -> None:
    """Prove the whole blocks in a slice against the seal of a take that is not here."""
    path = report.path.with_name(f"{said.take_name}{BLOCKS_SUFFIX}")
    only = "its take is not here: it is proved by the signature of whoever cut it alone"
    if "/" in said.take_name or "\0" in said.take_name:
        report.warn(only)
        return
    try:
        with open_plain(path) as file:
            blocks = read_blocks(file.read(_BLOCKS_LIMIT + 1))
    except OSError:
        report.warn(only)
        return
    except SliceError as error:
        report.fault(f"the list of its take's blocks was altered: {error.what}", path.name)
        return
    problem = _problem(said, blocks)
    if problem:
        report.fault(problem, path.name)
        return
    if not said.blocks:
        report.warn(f"{only} (no whole block lies in it; cut with --handles blocks for more)")
        return
    report.proof = Proof.BLOCKS
    rest = sum(block.frames for block in said.blocks) < said.frames
    words = f"its take is not here: {_proved(said)} by the seal of the take"
    report.info(words + (", the rest by the signature of whoever cut it" if rest else ""))


def _problem(said: Said, blocks: Blocks) -> str:
    """What in the list of blocks does not hold, in words; empty when all does."""
    if (digest(blocks.end), digest(blocks.seal)) != (said.end, said.seal):
        return "the list of blocks is not that of its take"
    try:
        end, seal = parse_fields(blocks.end), parse_fields(blocks.seal)
        payload = decoded(seal.get("payload"))
        sealed = parse_fields(payload)
    except ValueError:
        return "the list of blocks holds lines that are none"
    public = decoded(seal.get("public_key"))
    if keyid_of(public) != said.keyid or not signature_holds(
        public, SEAL_TYPE, payload, decoded(seal.get("sig"))
    ):
        return "the signature of its take's seal does not hold"
    if (sealed.get("take"), sealed.get("begin"), sealed.get("sha256")) != (said.take, said.begin, said.end):
        return "the seal is not that of its take"
    if hashlib.sha256(blocks.digests).hexdigest() != end.get("blocks"):
        return "the digests are not those that were sealed"
    for block in said.blocks:
        if blocks.digests[32 * block.index : 32 * block.index + 32].hex() != block.sha256:
            return f"the block at frame {block.first} is not one of its take"
    return ""
