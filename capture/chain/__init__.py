"""The transduction chain: what stands between a source and a file, declared field by field.

A field that is missing is *not declared*, which is never the same as off, none or 0.
"""

from capture.chain.completion import complete
from capture.chain.difference import Change, diff, words
from capture.chain.errors import ChainError, SnapshotError
from capture.chain.fields import ROLES, Field, Value, path_words, split_path, value_words
from capture.chain.grammar import parse_line
from capture.chain.names import parse_names
from capture.chain.patch import Patch
from capture.chain.printing import format_line
from capture.chain.snapshot import Snapshot, load, snapshot
from capture.chain.yaml_form import from_yaml, to_yaml

__all__ = [
    "ROLES",
    "ChainError",
    "Change",
    "Field",
    "Patch",
    "Snapshot",
    "SnapshotError",
    "Value",
    "complete",
    "diff",
    "format_line",
    "from_yaml",
    "load",
    "parse_line",
    "parse_names",
    "path_words",
    "snapshot",
    "split_path",
    "to_yaml",
    "value_words",
    "words",
]
