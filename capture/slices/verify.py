"""Verification of a slice: by itself, and as far as what lies beside it allows against its take.

What a slice can be proved by, from the strongest to the weakest:

take       the take is here: every sample is compared, and every block it lies in is hashed
journal    the take's journal is here, its audio is not: the whole blocks inside the slice
blocks     only the list of the take's block digests is here: the whole blocks, against the take's own seal
signature  nothing of the take is here: what whoever cut it has signed
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from capture.chain.errors import ChainError
from capture.chain.snapshot import SIZE_LIMIT as CHAIN_LIMIT
from capture.chain.snapshot import Snapshot
from capture.journal.errors import in_words
from capture.journal.hashing import sha256_stretches
from capture.journal.numbering import CHAIN_SUFFIX
from capture.journal.places import library_of
from capture.journal.signers import Signers
from capture.slices.against import Takes, check_blocks_list, check_take
from capture.slices.errors import SliceError
from capture.slices.meta import header_digest
from capture.slices.report import Proof, SliceReport, open_plain
from capture.slices.said import Said, said
from capture.slices.statement import SIZE_LIMIT, SLICE_SUFFIX, read_statement
from capture.take import Origin
from capture.wav.errors import WavError
from capture.wav.read import WavInfo, parse

_LARGEST_HEADER = 64 * 1024 * 1024


def slices_below(folder: Path) -> list[Path]:
    """The statements of all slices in a folder and below it, in order of their paths; no links."""
    return sorted(
        path for path in folder.rglob(f"*{SLICE_SUFFIX}") if path.is_file() and not path.is_symlink()
    )


def statement_of(file: Path) -> Path | None:
    """The statement of the slice that a file belongs to (audio, chain or statement), or None."""
    for suffix in (SLICE_SUFFIX, ".wav", CHAIN_SUFFIX):
        path = file.with_name(file.name.removesuffix(suffix) + SLICE_SUFFIX)
        if file.name.endswith(suffix) and path.is_file() and not path.is_symlink():
            return path
    return None


def verify_slice(path: Path, takes: Takes | None = None, *, signers: Signers | None = None) -> SliceReport:
    """Recompute what a slice's files can prove, and prove it against its take where that is found.

    It is looked for among the named ones of `takes`, beside the slice, and in the library the slice lies in.
    Never raises for what is in any of the files.
    """
    takes = takes or Takes()
    report = SliceReport(path)
    try:
        envelope = read_statement(_read(path, SIZE_LIMIT))
        report.said, report.keyid = said(envelope.statement), envelope.keyid
    except SliceError as error:
        report.fault(error.what, path.name)
        return report
    if not envelope.holds:
        report.fault("the signature of its statement does not hold", path.name)
        return report
    report.proof = Proof.SIGNATURE
    if report.said.file != f"{report.name}.wav":
        report.info(f"it was cut under the name {report.said.file.removesuffix('.wav')}")
    _check_signer(report, report.said, (signers or Signers()).with_library(library_of(path)))
    _check_chain(report, report.said)
    wav = path.with_name(f"{report.name}.wav")
    _check_wav(report, report.said, wav)
    _describe(report, report.said)
    if report.ok:
        journal = takes.journal_of(report.said, path.absolute())
        if journal is not None:
            check_take(report, report.said, wav, journal, takes)
        else:
            check_blocks_list(report, report.said)
    return report


def _check_signer(report: SliceReport, said: Said, signers: Signers) -> None:
    """Say whose the statement is; one signed by a key after it was revoked is a fault."""
    signer = signers.of(report.keyid)
    if signer.known:
        report.info(f"cut and signed by {signer.words}: a known signer")
    else:
        report.info(f"cut and signed by {signer.words}: signer unknown, compare the key with its owner")
    if signer.revoked is not None and said.utc >= signer.revoked:
        report.fault(f"it was signed {said.utc} with a key that was revoked from {signer.revoked} on")
    elif signer.revoked is not None:
        report.warn(f"the key was revoked from {signer.revoked} on; the slice says it is older")


def _describe(report: SliceReport, said: Said) -> None:
    origin = next((origin for origin in Origin if origin == said.origin), Origin.UNKNOWN)
    if origin is not Origin.PHYSICAL:
        report.warn(origin.said)
    if said.changes:
        report.info("its chain was changed before its end: its statement says how")
    if said.corrections:
        report.info("signed notes correct its chain: its statement says how")
    if said.gaps:
        count = len(said.gaps)
        report.warn(f"{count} gap{'s' if count != 1 else ''} of the take lie in it, as silence")


def _read(path: Path, limit: int) -> bytes:
    """A small file beside the slice, links not followed; raises SliceError."""
    try:
        with open_plain(path) as file:
            return file.read(limit + 1)
    except OSError as error:
        raise SliceError(f"it cannot be read: {in_words(error)[0]}") from error


def _check_chain(report: SliceReport, said: Said) -> None:
    path = report.path.with_name(f"{report.name}{CHAIN_SUFFIX}")
    try:
        with open_plain(path) as file:
            snapshot = Snapshot.load(file.read(CHAIN_LIMIT + 1))
    except OSError as error:
        report.fault(f"the chain snapshot is missing ({in_words(error)[0]})", path.name, incomplete=True)
        return
    except ChainError as error:
        report.fault(f"the chain snapshot was altered: {error.what}", path.name)
        return
    for problem in snapshot.problems():
        report.fault(problem, path.name)
    if snapshot.digest != said.chain_digest:
        report.fault("the chain snapshot is not that of the take (its digest differs)", path.name)
    withheld = len(snapshot.withheld())
    if withheld:
        words = "fields of the chain are" if withheld > 1 else "field of the chain is"
        report.info(f"{withheld} {words} withheld; the others are proved without", path.name)


def _check_wav(report: SliceReport, said: Said, wav: Path) -> None:
    try:
        with open_plain(wav) as stream:
            _check_open(report, said, wav.name, stream)
    except FileNotFoundError:
        report.fault("the audio of the slice is missing", wav.name, incomplete=True)
    except OSError as error:
        report.fault(f"it cannot be read: {in_words(error)[0]}", wav.name)
    except WavError as error:
        report.fault(f"the header was altered: {error.what}", wav.name)


def _check_open(report: SliceReport, said: Said, name: str, stream: BinaryIO) -> None:
    info = parse(stream)
    stream.seek(0)
    head = stream.read(min(said.data_offset, _LARGEST_HEADER))
    if header_digest(head) != said.header_sha256:
        report.fault("the header was altered", f"{name}, somewhere in bytes 0–{max(0, said.data_offset - 1)}")
    _check_behind(report, info, name)
    length = said.frames * said.align
    if info.data_bytes < length:
        report.fault(f"{length - info.data_bytes} bytes of its audio are missing at the end", name)
        return
    if info.data_bytes > length + length % 2:
        report.fault(f"{info.data_bytes - length} bytes were put behind its audio", name)
    lead = (said.blocks[0].first - said.first) * said.align if said.blocks else 0
    stretches = [lead, *(block.frames * said.align for block in said.blocks)]
    found = sha256_stretches(stream, info.data_offset, stretches, length, None)
    for block, digest in zip(said.blocks, found.stretches[1:], strict=True):
        if digest != block.sha256:
            where = f"{name}, frames {block.first - said.first}–{block.first + block.frames - 1 - said.first}"
            report.fault("the audio was altered", where)
    if found.whole != said.data_sha256 and report.ok:
        report.fault("the audio was altered", f"{name}, outside of its whole blocks")


def _check_behind(report: SliceReport, info: WavInfo, name: str) -> None:
    names = [chunk.name for chunk in info.chunks]
    for extra in names[names.index("data") + 1 :]:
        report.warn(f"a {extra.strip()} chunk stands behind the audio: it is not of the slice", name)
