"""docs/format.md is true: its example is verified by code that knows only the document, and by a shell."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from capture.journal.finish import edit_after_end
from capture.journal.folding import _HANDLERS
from capture.journal.record import load
from tests.support.takes import KEY, STARTED, Clock, build_take

DOC = Path(__file__).parents[2] / "docs" / "format.md"


def example(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def lines() -> list[tuple[bytes, dict[str, Any]]]:
    return [(raw, json.loads(raw)) for raw in example("journal").encode().splitlines()]


def pae(kind: str, payload: bytes) -> bytes:
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind.encode(), str(len(payload)).encode(), payload])


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def canonical(fields: dict[str, Any]) -> bytes:
    """Enough of RFC 8785 for the example: no floats but short ones, no keys beyond ASCII."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def of_type(kind: str) -> list[tuple[bytes, dict[str, Any]]]:
    return [(raw, fields) for raw, fields in lines() if fields["type"] == kind]


def test_lines_are_canonical_and_chained() -> None:
    before = "0" * 64
    for seq, (raw, fields) in enumerate(lines()):
        assert canonical(fields) == raw
        assert fields["seq"] == seq
        assert fields["prev"] == before
        assert {"utc", "frame", "type"} <= set(fields)
        before = sha256(raw)


def test_block_digests_are_those_of_the_bytes_shown() -> None:
    audio = bytes.fromhex(example("audio"))
    assert len(audio) == 24
    over = b""
    for (_, block), piece in zip(of_type("block"), (audio[:12], audio[12:]), strict=True):
        assert block["sha256"] == [sha256(piece)]
        over += hashlib.sha256(piece).digest()
    assert of_type("end")[0][1]["blocks"] == sha256(over)
    for _, line in of_type("file"):
        assert line["data_sha256"] == sha256(audio)
        assert line["size"] == line["data_offset"] + len(audio)


def test_the_seal_holds() -> None:
    ((_, seal),) = of_type("seal")
    public = base64.b64decode(seal["public_key"])
    seed = hashlib.sha256(b"a key for tests alone").digest()
    assert public == Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert seal["keyid"] == sha256(public)
    payload = base64.b64decode(seal["payload"])
    signed = pae("application/vnd.takechain.seal+json", payload)
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(seal["sig"]), signed)
    end = of_type("end")[0]
    assert json.loads(payload) == {
        "begin": sha256(lines()[0][0]),
        "seq": end[1]["seq"],
        "sha256": sha256(end[0]),
        "take": lines()[0][1]["take"],
        "utc": seal["utc"],
    }


def test_lines_after_the_seal_are_signed() -> None:
    ((_, seal),) = of_type("seal")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(seal["public_key"]))
    after = [fields for _, fields in lines() if fields["seq"] > seal["seq"]]
    assert {fields["type"] for fields in after} == {"file", "rewrite", "note"}
    for fields in after:
        sig = fields.pop("sig")
        assert sig["keyid"] == seal["keyid"]
        signed = pae("application/vnd.takechain.line+json", canonical(fields))
        public.verify(base64.b64decode(sig["sig"]), signed)
        with pytest.raises(InvalidSignature):
            public.verify(base64.b64decode(sig["sig"]), signed + b" ")


def test_each_rewrite_is_followed_by_the_file_line_it_announced() -> None:
    announced = [line["header_sha256"] for _, line in of_type("rewrite")]
    assert announced == [line["header_sha256"] for _, line in of_type("file")]


def test_the_shell_of_the_document_agrees(tmp_path: Path) -> None:
    (tmp_path / "take.jsonl").write_text(example("journal"), encoding="utf-8")
    shell = shutil.which("bash")
    assert shell
    run = [shell, "-c", example("shell")]
    out = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    assert "Signature Verified Successfully" in out.stdout
    altered = example("journal").replace('"frame":5', '"frame":6')
    (tmp_path / "take.jsonl").write_text(altered, encoding="utf-8")
    assert subprocess.run(run, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_what_is_written_today_is_what_the_document_shows(tmp_path: Path) -> None:
    """All but the hashes of headers, which may say more in a later version."""
    path = build_take(
        tmp_path, tracks=("Kick",), frames=8, block=4, chain={"input.1.microphone.model": "SM57"},
        lines=[("marker", 5, {"id": 1, "text": "bar 2"})],
    )  # fmt: skip
    edit_after_end(path, KEY, "verdict", "circled", "anna", clock=Clock(STARTED + timedelta(minutes=1)))
    assert [shown(json.loads(raw)) for raw in path.read_bytes().splitlines()] == [
        shown(fields) for _, fields in lines()
    ]


def shown(fields: dict[str, Any]) -> dict[str, Any]:
    later = (
        {"prev", "sig", "header_sha256"} if "header_sha256" in fields or fields["type"] == "note" else set()
    )
    return {name: value for name, value in fields.items() if name not in later}


def test_the_example_folds_to_what_the_text_says(tmp_path: Path) -> None:
    path = tmp_path / "take.take.jsonl"
    path.write_text(example("journal"), encoding="utf-8")
    take = load(path)
    assert (take.frames, len(take.blocks), len(take.markers), take.verdict.value) == (8, 2, 1, "circled")


def test_every_line_type_is_in_the_document() -> None:
    text = DOC.read_text(encoding="utf-8")
    for kind in _HANDLERS:
        assert f"**`{kind}`**" in text, kind


def test_every_member_of_the_begin_line_is_in_the_document(tmp_path: Path) -> None:
    text = DOC.read_text(encoding="utf-8")
    for name in json.loads(build_take(tmp_path).read_bytes().splitlines()[0]):
        assert f"`{name}`" in text, name
