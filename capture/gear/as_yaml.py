"""The locker as YAML: written, edited anywhere, and read back exactly.

Scalars are read as their member needs them, so that a serial number `0123` stays a text. Every fault is told
with its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import yaml

from capture.gear.errors import GearError
from capture.gear.files import at_line, once, unpacked
from capture.gear.record import MEMBERS, Gear, clean_id, clean_member, clean_spec
from capture.gear.specs import clean_name

FORMAT = "takechain-gear/1"
_HEAD = "# The gear locker, as Takechain keeps it. What is not here is unknown: never none, off or 0.\n"
_NOTHING = ("", "~", "null")
_LISTS = ("patterns", "service", "calibrations")


def to_yaml(several: Iterable[Gear]) -> bytes:
    """These pieces as YAML."""
    whole = {"format": FORMAT, "gear": [_plain(gear) for gear in several]}
    return (_HEAD + yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=110)).encode()


def from_yaml(data: bytes) -> list[Gear]:
    """The pieces a YAML file tells of; raises GearError that names the line of the first fault."""
    reader = _Reader()
    found: dict[str, Gear] = {}
    records: yaml.Node | None = None
    for name, node in reader.pairs(_root(unpacked(data))):
        if name.value == "format":
            if node.value != FORMAT:
                raise GearError(f"{_where(node)}: this file is not of the form {FORMAT}")
        elif name.value == "gear":
            records = node
        else:
            raise GearError(f"{_where(name)}: the file has no part {name.value!r}", "it has format and gear")
    if records is None:
        raise GearError("the file names no gear", f"it begins with format: {FORMAT} and gear:")
    for node in reader.items(records):
        gear = reader.gear(node)
        with at_line(node.start_mark.line + 1):
            once(found, gear)
    return list(found.values())


def _root(text: str) -> yaml.Node:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # many times as fast, where it was built
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise GearError(f"{where}this is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise GearError(f"this is not YAML: {' '.join(str(error).split())}") from error
    if root is None:
        raise GearError("the file is empty", "write one with: takechain gear export")
    return root


def _plain(gear: Gear) -> dict[str, Any]:
    told = gear.as_json()
    for spec in told.get("specs", {}).values():
        if spec["tolerance"] is None:
            del spec["tolerance"]
    return {key: told[key] for key in MEMBERS if key in told}


class _Reader:
    """Walks the nodes of one document; a node met twice is an alias, which a locker has no use for."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def gear(self, node: yaml.Node) -> Gear:
        """The record of one node."""
        pairs = self.pairs(node)
        named = next((value for key, value in pairs if key.value == "id"), None)
        with at_line((named or node).start_mark.line + 1):
            made = Gear(clean_id(self.value(named) if named else None))
        for key, value in pairs:
            if key.value == "id":
                continue
            if key.value == "specs":
                made = replace(made, specs=self._specs(value))
                continue
            with at_line(key.start_mark.line + 1):
                if key.value not in MEMBERS:
                    raise GearError(f"gear has no member {key.value!r}", f"it has: {', '.join(MEMBERS)}")
                said = self._list(key.value, value) if key.value in _LISTS else self.value(value)
                made = replace(made, **{key.value: clean_member(key.value, said)})
        return made

    def _specs(self, node: yaml.Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self.pairs(node):
            with at_line(key.start_mark.line + 1):
                name = clean_name(key.value)
                if name in found:
                    raise GearError(f"{name} is there twice")
                found[name] = clean_spec(name, self.value(value))
        return found

    def _list(self, member: str, node: yaml.Node) -> list[object]:
        """The entries of a list, each found fit on its own line."""
        entries: list[object] = []
        for child in self.items(node):
            with at_line(child.start_mark.line + 1):
                entries.append(self.value(child))
                clean_member(member, entries[-1:])
        return entries

    def value(self, node: yaml.Node) -> Any:
        """A scalar as its text (None when it says nothing), or the members of a mapping by name."""
        if isinstance(node, yaml.ScalarNode):
            return None if node.style is None and node.value in _NOTHING else node.value
        if isinstance(node, yaml.SequenceNode):
            raise GearError(f"{_where(node)}: a list cannot be used here")
        return {key.value: self.value(child) for key, child in self.pairs(node)}

    def items(self, node: yaml.Node) -> Iterator[yaml.Node]:
        """The entries of a list."""
        self._once(node)
        if isinstance(node, yaml.ScalarNode) and node.value in _NOTHING:
            return
        if not isinstance(node, yaml.SequenceNode):
            raise GearError(f"{_where(node)}: a list is expected here", "begin each entry with - ")
        yield from node.value

    def pairs(self, node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        """The names of a mapping with their nodes."""
        self._once(node)
        if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NOTHING:
            return []
        if not isinstance(node, yaml.MappingNode):
            raise GearError(f"{_where(node)}: names with values are expected here")
        names: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in names:
                raise GearError(f"{_where(key)}: {key.value!r} is no name here, or is here twice")
            names.add(key.value)
        return list(node.value)

    def _once(self, node: yaml.Node) -> None:
        if id(node) in self._seen:
            raise GearError(f"{_where(node)}: an alias cannot be used here", "write it out")
        self._seen.add(id(node))


def _where(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"
