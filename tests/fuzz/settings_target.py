"""What is read at a start: the library's identity and its lines, the recorder's orders, chains, snapshots."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from capture.chain.errors import ChainError, SnapshotError
from capture.chain.fields import path_words, value_words
from capture.chain.patch import Patch
from capture.chain.snapshot import Snapshot, snapshot
from capture.chain.yaml_form import from_yaml, to_yaml
from capture.errors import EnvironmentLacking, UsageError
from capture.journal.errors import JournalError
from capture.journal.places import IDENTITY
from capture.library import Library
from capture.library.errors import LibraryError
from capture.library.store import LINES
from capture.recorder.config import Config
from capture.station.lock import LOCK_NAME, holder
from capture.station.patch import PatchBook
from capture.station.settings import NAMES, Settings, check
from tests.fuzz.harness import Target
from tests.fuzz.mutate import damage, noise, odd_text
from tests.support.takes import CHAIN, LIBRARY

_HOLE_BYTES = 300 * 2**20
_TOKENS = (
    b"\n", b"{", b"}", b"[" * 2000, b'{"a":' * 2000, b'"', b"'", b"NaN", b"Infinity", b"-1", b"1e999",
    b"9" * 5000, b"null", b"~", b"&a", b"*a", b"<<: *a", b"!!python/object:os.system", b"---\n", b"- ", b": ",
    b"\t", b"|\n", b"? ", b"%YAML 1.1\n", b"inputs:", b"people:", b"input.1.", b"\xff", b"\xc3", b"\0",
    b"\\ud800", b"[[a]]", b"a.b.c = 1\n", b'uuid = "', b'format = "', b"0x", b"2026-11-25", b"off", b"1-9999",
    b'"type":"setting"',
)  # fmt: skip


class SettingsTarget(Target):
    """One reader each by its word; the corpus is what our own writers make."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        with _nothing_by_chance():
            self._library = Library.open(place / "library")
            self._fill()
            self._make_corpus()
        self._readers: dict[str, Callable[[bytes], bool]] = {
            "identity": self._read_identity,
            "lines": self._read_lines,
            "config": self._read_config,
            "yaml": _read_yaml,
            "snapshot": _read_snapshot,
            "patch": _read_patch,
            "lock": self._read_lock,
            "value": _read_values,
            "hole": self._read_hole,
        }

    def _make_corpus(self) -> None:
        self._config = self.place / "recorder-config.json"
        self._identity = (self._library.path / IDENTITY).read_bytes()
        patch = Patch()
        for path, value in CHAIN.items():
            patch.set(path, value, "anna")
        patch.set("input.1.distance_text", "4 cm", "anna")
        patch.set_people([("engineer", "Anna"), ("producer", "Ida")], "anna")
        whole = snapshot(patch, [1, 2]).to_json()
        config = {
            "interface": "sim:2",
            "rate": 48000,
            "channels": 2,
            "runtime": "/tmp/x",
            "config_dir": "/tmp/y",
            "ring_seconds": 8.0,
            "idle_exit_s": 60.0,
            "lost_grace_s": 120.0,
        }
        lines = (self._library.path / LINES).read_bytes()
        self._corpus: dict[str, bytes] = {
            "identity": self._identity,
            "lines": lines,
            "config": json.dumps(config).encode(),
            "yaml": to_yaml(patch).encode(),
            "snapshot": whole,
            "patch": json.dumps(patch.to_fields()).encode(),
            "lock": b'{"host":"studio-a","boot_id":"x","pid":12,"started":"2026-11-25T14:03:12.500000Z"}\n',
            "value": json.dumps({name: getattr(Settings(), name) for name in NAMES}).encode(),
        }
        self._others = list(self._corpus.values())

    def _fill(self) -> None:
        library = self._library
        values = {"rate": 96000, "inputs": "1-8,11", "links": [[1, 2]], "slate": "Aurora", "lost_grace": 60.0}
        for name, value in {**values, "sensors": [{"port": "/dev/ttyUSB0", "driver": "hd"}]}.items():
            library.set_setting(name, value, "anna")
        library.put("gear", "mic-1", {"make": "Shure", "model": "SM57"}, "anna")
        PatchBook(library).change(lambda patch: patch.set_line("Kick: SM57 > Neve +42 dB > in 1", 1, "anna"))

    def make(self, random: Random) -> tuple[str, bytes]:
        if random.random() < 0.0002:
            return "hole", b""
        kind = random.choice(tuple(self._corpus))
        whole, chance = self._corpus[kind], random.random()
        if chance < 0.03:
            return kind, noise(random)
        if chance < 0.5 and kind not in ("identity", "yaml"):
            return kind, _odd_lines(random, whole)
        return kind, damage(random, whole, self._others, _TOKENS)

    def feed(self, kind: str, data: bytes) -> bool:
        return self._readers[kind](data)

    def _read_identity(self, data: bytes) -> bool:
        path = self._library.path / IDENTITY
        path.write_bytes(data)
        try:
            return bool(Library.open(self._library.path, create=False).uuid)
        except (LibraryError, EnvironmentLacking):
            return False
        finally:
            path.write_bytes(self._identity)

    def _read_lines(self, data: bytes) -> bool:
        path = self._library.path / LINES
        path.write_bytes(data)
        try:
            settings = Settings.remembered(self._library.settings())
            _use(settings)
            for kind in ("gear", "person"):
                assert all(isinstance(name, str) for name in self._library.records(kind))
            book = PatchBook(self._library)
            _show(book.patch)
            self._library.next_counter(self._library.path / "p" / "s" / "l" / "x.take.jsonl")
        except JournalError:
            return False
        finally:
            path.write_bytes(self._corpus["lines"])
            for beside in self._library.path.glob(f"{LINES}.torn-*"):
                beside.unlink()
        return True

    def _read_config(self, data: bytes) -> bool:
        self._config.write_bytes(data)
        try:
            config = Config.load(self._config)
        except UsageError:
            return False
        assert 1 <= config.rate < 2**31
        assert 1 <= config.channels < 2**31
        assert all(0 <= x < 1e9 for x in (config.ring_seconds, config.idle_exit_s, config.lost_grace_s))
        assert "\0" not in str(config.runtime) + str(config.config_dir)
        return True

    def _read_lock(self, data: bytes) -> bool:
        (self._library.path / LOCK_NAME).write_bytes(data)
        return bool(holder(self._library.path))

    def _read_hole(self, _: bytes) -> bool:
        """Files grown to a size that memory must not follow."""
        for name in (LINES, IDENTITY, LOCK_NAME):
            path = self._library.path / name
            was = path.read_bytes() if path.exists() else b""
            with path.open("ab") as file:
                file.truncate(_HOLE_BYTES)
            try:
                if name == IDENTITY:
                    self._read_identity_as_it_lies()
                elif name == LINES:
                    self._library.settings()
                else:
                    holder(self._library.path)
            finally:
                path.write_bytes(was)
        return True

    def _read_identity_as_it_lies(self) -> None:
        try:
            Library.open(self._library.path, create=False)
        except (LibraryError, EnvironmentLacking):
            return
        raise AssertionError("an endless identity was accepted")


@contextlib.contextmanager
def _nothing_by_chance() -> Iterator[None]:
    """Times, ids and salts that are the same in every run."""
    with contextlib.ExitStack() as stack:
        for place in ("capture.journal.appending", "capture.library.store", "capture.chain.patch"):
            stack.enter_context(mock.patch(f"{place}.utc_text", return_value="2026-11-25T14:03:12.500000Z"))
        stack.enter_context(mock.patch("uuid.uuid4", return_value=uuid.UUID(LIBRARY)))
        stack.enter_context(mock.patch("secrets.token_hex", side_effect=lambda count: "5a" * count))
        yield


def _odd_lines(random: Random, whole: bytes) -> bytes:
    """One of the JSON lines with a wrong value."""
    lines = whole.splitlines()
    at = random.randrange(len(lines))
    lines[at] = odd_text(random, json.loads(lines[at]))
    return b"\n".join(lines) + b"\n"


def _use(settings: Settings) -> None:
    """What a station does with its settings at once; it must be possible with whatever was remembered."""
    json.dumps({name: getattr(settings, name) for name in NAMES}, allow_nan=False)
    armed = settings.armed(64)
    assert all(1 <= number <= 64 for number in armed)
    settings.pairs(armed)
    settings.partner(1)
    settings.arm(1, True, 64)


def _read_values(data: bytes) -> bool:
    """Values as an order brings them: kept as they will be read back, or refused."""
    try:
        values: Any = json.loads(data)
    except (ValueError, RecursionError):
        return False
    if not isinstance(values, dict):
        return False
    refused = 0
    for name, value in values.items():
        try:
            kept = check(name, value)
        except UsageError:
            refused += 1
            continue
        assert check(name, json.loads(json.dumps(kept, allow_nan=False))) == kept
    _use(Settings.remembered(values))
    return not refused


def _read_yaml(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    try:
        patch = from_yaml(text, "anna")
    except ChainError:
        return False
    assert from_yaml(to_yaml(patch), "anna").values() == patch.values(), "written and read back it differs"
    return True


def _read_snapshot(data: bytes) -> bool:
    try:
        found = Snapshot.load(data)
    except SnapshotError:
        return False
    found.problems()
    found.to_json()
    _show(found.patch())
    return True


def _read_patch(data: bytes) -> bool:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        return False
    try:
        patch = Patch.from_fields(fields)
    except ChainError:
        return False
    json.dumps(patch.to_fields())
    _show(patch)
    return True


def _show(patch: Patch) -> None:
    """Everything that a chain is made into for people."""
    for number in patch.inputs():
        patch.line(number)
    for path, value in patch.values().items():
        assert path_words(path)
        assert value_words(path, value)
    patch.people()
    from_yaml(to_yaml(patch))
