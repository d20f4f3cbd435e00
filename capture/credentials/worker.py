"""The process that loads c2pa: one job as JSON on stdin, its outcome as JSON on stdout, then it is gone.

A native library that signs has no business in a process that records, lists or verifies. `python -m
capture.credentials` runs this; `run` calls it.
"""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from capture.credentials.errors import CredentialError, NoC2pa

Json = dict[str, Any]
MISSING = "c2pa is not installed"
LACKING, GET_IT = "Content Credentials need the package c2pa", "pip install 'takechain[c2pa]'"
WAV, BYTES = "audio/wav", "application/octet-stream"


def run(job: Json) -> Json:
    """Have a job done in a process of its own; raises CredentialError with its words, and NoC2pa."""
    done = subprocess.run(
        [sys.executable, "-m", "capture.credentials"],
        input=json.dumps(job).encode(),
        capture_output=True,
        check=False,
    )
    try:
        outcome = json.loads(done.stdout)
    except ValueError:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise CredentialError(
            f"the signing process died: {lines[-1] if lines else done.returncode}"
        ) from None
    if outcome.get("error") == MISSING:
        raise NoC2pa(LACKING, GET_IT)
    if "error" in outcome:
        raise CredentialError(f"c2pa refuses: {outcome['error']}")
    return dict(outcome)


def must_be_there() -> None:
    """Raise NoC2pa where the package is not installed; nothing of it is loaded."""
    if importlib.util.find_spec("c2pa") is None:
        raise NoC2pa(LACKING, GET_IT)


def main() -> None:
    """Do the job that stands on stdin."""
    try:
        import c2pa
    except ImportError:
        sys.stdout.write(json.dumps({"error": MISSING}))
        return
    try:
        job = json.load(sys.stdin)
        outcome = {"sign": _sign, "check": _check}[job["do"]](c2pa, job)
    except (c2pa.C2paError, OSError, ValueError, KeyError) as error:
        outcome = {"error": " ".join(str(error).split()) or type(error).__name__}
    sys.stdout.write(json.dumps(outcome))


def _context(c2pa: Any, anchors: str) -> Any:
    settings: Json = {
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
        "builder": {"thumbnail": {"enabled": False}},
        "core": {"allowed_network_hosts": []},
    }
    if anchors:
        settings["trust"] = {"user_anchors": anchors}
    return c2pa.Context.from_dict(settings)


class _Nowhere(io.RawIOBase):
    """What c2pa copies the file to when the manifest goes beside it."""

    def __init__(self) -> None:
        self._at = self._end = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = (0, self._at, self._end)[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        return


def _sign(c2pa: Any, job: Json) -> Json:
    """Sign `source`: into `out` with the manifest in it, or `out` is the manifest alone."""
    info = c2pa.C2paSignerInfo(job["algorithm"].encode(), job["chain"].encode(), job["key"].encode(), None)
    embed, out = job["embed"], Path(job["out"])
    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(job["manifest"], context=_context(c2pa, job["anchors"])) as builder,
        Path(job["source"]).open("rb") as source,
    ):
        if embed:
            with out.open("r+b") as target:
                builder.sign(signer, WAV, source, target)
        else:
            builder.set_no_embed()
            out.write_bytes(builder.sign(signer, BYTES, source, _Nowhere()))
    return {"bytes": out.stat().st_size}


def _check(c2pa: Any, job: Json) -> Json:
    """State, failures and signer of every file; `sidecar` names a manifest that lies beside it."""
    context = _context(c2pa, job["anchors"])
    return {"files": [_looked(c2pa, context, entry) for entry in job["files"]]}


def _looked(c2pa: Any, context: Any, entry: Json) -> Json:
    try:
        return _state(c2pa, context, entry)
    except (c2pa.C2paError, OSError, ValueError) as error:  # a manifest cut short is an exception
        return {"state": "Invalid", "failures": [" ".join(str(error).split())], "signer": ""}


def _state(c2pa: Any, context: Any, entry: Json) -> Json:
    sidecar = entry.get("sidecar")
    manifest = Path(sidecar).read_bytes() if sidecar else None
    with (
        Path(entry["path"]).open("rb") as file,
        c2pa.Reader(BYTES if sidecar else WAV, file, manifest, context=context) as reader,
    ):
        results = reader.get_validation_results() or {}
        whole = json.loads(reader.json())
        state = reader.get_validation_state()
    active = whole.get("manifests", {}).get(whole.get("active_manifest"), {})
    signature = active.get("signature_info") or {}
    failed = (results.get("activeManifest") or {}).get("failure") or []
    return {
        "state": state,
        "failures": [str(failure.get("code")) for failure in failed],
        "signer": " ".join(str(signature[name]) for name in ("common_name", "issuer") if signature.get(name)),
        "assertions": [str(one.get("label")) for one in active.get("assertions") or []],
    }
