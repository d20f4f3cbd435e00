"""The standing patch: the chain that the next take will copy, kept in library.jsonl line by line.

It belongs to no take. While one rolls, an edit "for the next take" changes only the standing patch; an edit
"from now on" changes both it and the rolling take, as a `change` line at its frame.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from capture.chain.fields import Field, is_fit
from capture.chain.patch import Patch
from capture.errors import TakechainError
from capture.journal.beside import chain_of
from capture.journal.folding import mapping, texts
from capture.journal.record import TakeRecord
from capture.wire import Json

if TYPE_CHECKING:
    from capture.library import Library

T = TypeVar("T")
_FIELDS_PER_LINE = 400  # a journal line is at most 1 MiB


class PatchBook:
    """The standing patch and the file it is remembered in. Safe from any thread."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.RLock()
        self.patch = Patch()
        for line in library.lines("patch"):
            _apply(self.patch, line)

    def change(self, work: Callable[[Patch], T]) -> T:
        """Let `work` change the patch, and remember what it changed; a failed work changes nothing."""
        with self._lock:
            draft = Patch(self.patch.fields)
            result = work(draft)
            self._remember(self.patch.fields, draft.fields)
            self.patch = draft
            return result

    def _remember(self, before: dict[str, Field], after: dict[str, Field]) -> None:
        paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
        for at in range(0, len(paths), _FIELDS_PER_LINE):
            some = paths[at : at + _FIELDS_PER_LINE]
            self._library.append(
                "patch",
                set={path: asdict(after[path]) for path in some if path in after},
                unset=[path for path in some if path not in after],
            )


def differences(before: Patch, after: Patch) -> list[tuple[str, Any, Any]]:
    """(path, value before, value after) of every field whose value is another one; None is not declared."""
    found = []
    for path in {**before.fields, **after.fields}:
        one, other = (getattr(patch.fields.get(path), "value", None) for patch in (before, after))
        if one != other or type(one) is not type(other):
            found.append((path, one, other))
    return found


def rolling_patch(record: TakeRecord, otherwise: Patch) -> Patch:
    """The chain of a take so far: its snapshot and the changes since; `otherwise` when it cannot be read."""
    try:
        patch = chain_of(record).patch()
    except (OSError, TakechainError):
        return Patch(otherwise.fields)
    for change in record.changes:
        if change.after is None:
            patch.fields.pop(change.path, None)
        elif is_fit(change.path, change.after):
            patch.fields[change.path] = Field(change.after, by=change.by)
    return patch


def _apply(patch: Patch, line: Json) -> None:
    for path, kept in mapping(line.get("set")).items():
        with contextlib.suppress(TakechainError):  # a field of a newer Takechain, or damaged: it is left out
            patch.fields.update(Patch.from_fields({path: kept}).fields)
    for path in texts(line.get("unset")):
        patch.fields.pop(path, None)
