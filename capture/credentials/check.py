"""What the credentials of a file say: intact or not, and whether this user trusts their signer."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.credentials.authority import anchors
from capture.credentials.errors import CredentialError
from capture.credentials.worker import run

SIDECAR_SUFFIX = ".c2pa"
CHUNK = b"C2PA"
_MOST_CHUNKS = 1000
UNTRUSTED = "signingCredential.untrusted"


@dataclass(frozen=True)
class Credentials:
    """The credentials of one file; `state` is trusted, unknown signer, altered or not checked."""

    path: Path
    embedded: bool
    state: str
    signer: str = ""
    failures: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing in the file or its manifest was changed; true where it was not checked."""
        return self.state != "altered"

    @property
    def words(self) -> str:
        """What is said of them in a line."""
        said = {
            "trusted": f"intact, signed by {self.signer}: trusted",
            "unknown signer": f"intact, signer unknown: {self.signer}",
            "altered": f"not what was signed ({', '.join(self.failures)})",
            "not checked": f"not checked: {', '.join(self.failures)}",
        }[self.state]
        return f"{self.path.name}: Content Credentials {said}"

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "path": str(self.path),
            "embedded": self.embedded,
            "state": self.state,
            "signer": self.signer,
            "failures": list(self.failures),
        }


def sidecar_of(path: Path) -> Path:
    """Where the manifest of a file lies that has none inside."""
    return path.with_name(path.name + SIDECAR_SUFFIX)


def has_embedded(path: Path) -> bool:
    """Whether a chunk of a RIFF file claims to hold credentials, however damaged; false for anything else."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return False
        at = 12
        for _ in range(_MOST_CHUNKS):
            file.seek(at)
            head = file.read(8)
            if len(head) < 8 or head[:4] == CHUNK:
                return head[:4] == CHUNK
            size = int.from_bytes(head[4:], "little")
            at += 8 + size + size % 2
    return False


def check_pairs(pairs: Sequence[tuple[Path, Path | None]], trusted: str) -> list[Credentials]:
    """The credentials of files, each with the manifest beside it, or None for the one inside."""
    files = [{"path": str(path), "sidecar": str(beside) if beside else None} for path, beside in pairs]
    told = run({"do": "check", "anchors": trusted, "files": files})["files"]
    return [
        _judged(path, beside is None, str(one["state"]), tuple(map(str, one["failures"])), str(one["signer"]))
        for (path, beside), one in zip(pairs, told, strict=True)
    ]


def check_files(paths: Sequence[Path], trusted: str | None = None) -> list[Credentials]:
    """The credentials of those of these files that have any; where nothing can tell, they are not checked."""
    found: list[tuple[Path, Path | None]] = []
    for path in paths:
        beside = sidecar_of(path)
        if beside.is_file() and not beside.is_symlink():
            found.append((path, beside))
        elif has_embedded(path):
            found.append((path, None))
    if not found:
        return []
    try:
        return check_pairs(found, anchors() if trusted is None else trusted)
    except CredentialError as error:  # not checked is never the same as altered
        why = (f"{error.what}; {error.do}" if error.do else error.what,)
        return [Credentials(path, beside is None, "not checked", "", why) for path, beside in found]


def _judged(path: Path, embedded: bool, state: str, failures: tuple[str, ...], signer: str) -> Credentials:
    """c2pa's `Valid` means intact by a signer outside of the anchors: never the same as altered."""
    if state == "Trusted":
        return Credentials(path, embedded, "trusted", signer)
    if state == "Valid" and set(failures) <= {UNTRUSTED}:
        return Credentials(path, embedded, "unknown signer", signer)
    return Credentials(path, embedded, "altered", signer, failures)
