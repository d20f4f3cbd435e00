"""Append-only records of takes: lines, the fold, writer, keys, verification, recovery (docs/format.md)."""
