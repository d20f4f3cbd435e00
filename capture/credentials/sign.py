"""Signing: under a temporary name, by a process of its own; verified, synced, then given its name."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capture.credentials.authority import Identity, anchors
from capture.credentials.check import check_pairs, has_embedded, sidecar_of
from capture.credentials.errors import CredentialError, NotAsSigned
from capture.credentials.evidence import LABEL, Evidence, Evidences
from capture.credentials.mining import assertion
from capture.credentials.worker import run
from capture.journal.durable import sync_folder
from capture.journal.errors import in_words

EMBED_BYTES = 500_000_000
DIGITAL_CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
_STEP = 1 << 20


@dataclass(frozen=True)
class Signed:
    """One file that has credentials now: `manifest` is the file itself, or the one beside it."""

    path: Path
    manifest: Path

    @property
    def embedded(self) -> bool:
        """Whether they are in the file."""
        return self.path == self.manifest


@dataclass
class Signing:
    """Signs copies and slices as one identity; `mining` is what the owner set (see `mining.parse_mining`)."""

    identity: Identity
    version: str
    mining: dict[str, dict[str, str]] = field(default_factory=dict)
    embed_bytes: int = EMBED_BYTES
    _evidences: Evidences = field(default_factory=Evidences)

    def sign(self, path: Path) -> Signed:
        """Give a copy or slice credentials.

        They go into a slice of less than `embed_bytes` that is RIFF, else into `<file>.c2pa`: a take's own
        files are proved by their journal to the last byte. Raises CredentialError and its kin; the file is
        then as it was.
        """
        try:
            if path.is_symlink() or not path.is_file():
                raise CredentialError(f"{path} is not a file", "name the copies or slices themselves")
            if any((folder / "bagit.txt").is_file() for folder in path.absolute().parents):
                raise CredentialError(
                    f"{path.name} lies in a bag, which is closed", "sign a copy that is no bag"
                )
            if sidecar_of(path).exists() or has_embedded(path):
                raise CredentialError(f"{path.name} has credentials already", "sign a fresh copy of it")
            evidence = self._evidences.of(path)
            return self._embed(path, evidence) if self._fits(path, evidence) else self._beside(path, evidence)
        except OSError as error:
            what, do = in_words(error)
            raise CredentialError(f"{path.name} cannot be signed: {what}", do) from error

    def _fits(self, path: Path, evidence: Evidence) -> bool:
        with path.open("rb") as file:
            riff = file.read(4) == b"RIFF"
        return evidence.embed and riff and path.stat().st_size < self.embed_bytes

    def _embed(self, path: Path, evidence: Evidence) -> Signed:
        with _draft(path) as draft:
            self._job(path, draft, evidence, embed=True)
            _same_but_for_the_manifest(path, draft)
            self._verified(draft, None)
            draft.chmod(path.stat().st_mode & 0o777)
            _synced(draft)
            draft.replace(path)
        sync_folder(path.parent)
        return Signed(path, path)

    def _beside(self, path: Path, evidence: Evidence) -> Signed:
        manifest = sidecar_of(path)
        with _draft(manifest) as draft:
            self._job(path, draft, evidence, embed=False)
            self._verified(path, draft)
            draft.chmod(path.stat().st_mode & 0o777)
            _synced(draft)
            os.link(draft, manifest)  # never over another
        sync_folder(path.parent)
        return Signed(path, manifest)

    def _job(self, path: Path, draft: Path, evidence: Evidence, *, embed: bool) -> None:
        run(
            {
                "do": "sign",
                "source": str(path),
                "out": str(draft),
                "embed": embed,
                "manifest": self._manifest(path, evidence, embed),
                "algorithm": self.identity.algorithm,
                "chain": self.identity.chain,
                "key": self.identity.key,
                "anchors": anchors(),
            }
        )

    def _manifest(self, path: Path, evidence: Evidence, embed: bool) -> dict[str, Any]:
        created = {"action": "c2pa.created", "digitalSourceType": DIGITAL_CAPTURE}
        return {
            "claim_generator_info": [{"name": "Takechain", "version": self.version}],
            "title": path.name,
            "format": "audio/wav" if embed else "application/octet-stream",
            "assertions": [
                {"label": "c2pa.actions.v2", "data": {"actions": [created]}, "created": True},
                {"label": LABEL, "data": evidence.assertion, "created": True},
                *assertion(self.mining),
            ],
        }

    def _verified(self, path: Path, beside: Path | None) -> None:
        (found,) = check_pairs([(path, beside)], f"{anchors()}\n{self.identity.chain}")
        if not found.ok:
            raise NotAsSigned(f"the credentials of {path.name} do not hold: {', '.join(found.failures)}")


@contextlib.contextmanager
def _draft(target: Path) -> Any:
    """A new empty file beside the target, gone at the end unless it was given its name."""
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
    draft.touch(0o600, exist_ok=False)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _synced(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _same_but_for_the_manifest(path: Path, draft: Path) -> None:
    """The signed file is the old one, byte by byte, with one chunk behind it and another size in front."""
    with path.open("rb") as old, draft.open("rb") as new:
        first = [stream.read(8) for stream in (old, new)]
        same = first[0][:4] == first[1][:4]
        while same and (piece := old.read(_STEP)):
            same = new.read(len(piece)) == piece
        same = same and new.read(4) == b"C2PA"
    if not same:
        raise NotAsSigned(f"the signed copy of {path.name} is not the file with a manifest behind it")
