"""A bag around a copy (BagIt 1.0, RFC 8493): the files under `data/`, with SHA-256 manifests.

The manifests are written when everything is there and was read back; a bag without them is not finished.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from capture.journal.durable import write_new
from capture.offload.plan import PART_SUFFIX
from capture.offload.transfer import Transfer

MANIFEST = "manifest-sha256.txt"
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_INFO = "bag-info.txt"


def payload(bag: Path) -> Path:
    """Where the files of a bag lie."""
    return bag / "data"


def close_bag(bag: Path, transfers: Sequence[Transfer]) -> str:
    """Write the declaration and the manifests of a bag whose payload is whole; raises OSError.

    Returns words where that bag cannot be closed: files in it that are not of this copy, or a bag that is
    closed already with another content. One with the same content is left as it is.
    """
    wanted = {done.item.target for done in transfers}
    others = sorted(_payload_names(bag) - wanted)
    if others:
        return f"the bag holds what is not of this copy ({others[0]}): it was not closed"
    lines = sorted(f"{done.sha256}  data/{_encoded(done.item.target)}\n" for done in transfers)
    manifest = "".join(sorted(lines, key=lambda line: line[66:])).encode()
    if os.path.lexists(bag / MANIFEST):
        if (bag / MANIFEST).is_symlink() or (bag / MANIFEST).read_bytes() != manifest:
            return "a bag of that name is closed with another content: it was not touched"
        if os.path.lexists(bag / "tagmanifest-sha256.txt"):
            return ""
    size = sum(done.size for done in transfers)
    info = f"Bag-Software-Agent: Takechain\nPayload-Oxum: {size}.{len(transfers)}\n".encode()
    tags = {"bagit.txt": _DECLARATION, _INFO: info, MANIFEST: manifest}
    listed = "".join(f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(tags.items()))
    for name, raw in {**tags, "tagmanifest-sha256.txt": listed.encode()}.items():
        problem = _write(bag / name, raw)
        if problem:
            return problem
    return ""


def _write(path: Path, raw: bytes) -> str:
    try:
        write_new(path, raw)
    except FileExistsError:
        if path.is_symlink() or path.read_bytes() != raw:
            return f"{path.name} of another bag is there: it was not touched"
    return ""


def _payload_names(bag: Path) -> set[str]:
    root = payload(bag)
    return {
        (Path(here) / name).relative_to(root).as_posix()
        for here, _, names in os.walk(root)
        for name in names
        if not name.endswith(PART_SUFFIX)
    }


def _encoded(path: str) -> str:
    """A path as a manifest has it (RFC 8493, 2.1.3)."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")
