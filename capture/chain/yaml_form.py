"""A patch as YAML for people: written, edited anywhere, and read back.

Only values are written. On reading, a value that did not change keeps who declared it and when. Scalars are
read as the field needs them, so that a serial number `0123` stays a text and `off` is a switch.
"""

from __future__ import annotations

from typing import Any

import yaml

from capture.chain.errors import ChainError
from capture.chain.fields import SESSION_FIELDS
from capture.chain.patch import Patch

FORMAT = "takechain-patch/1"
SIZE_LIMIT = 4 * 1024 * 1024
_DISTANCE = "distance"  # as typed, `4 cm`; what is read sets the metres as well
_NOTHING = ("", "~", "null")


def to_yaml(patch: Patch) -> str:
    """The patch as YAML; what is not there is not declared."""
    session = {k: v for k in SESSION_FIELDS if (v := patch.get(f"session.{k}")) is not None}
    people = [{"role": role, "name": name} for role, name in patch.people()]
    inputs: dict[int, dict[str, Any]] = {}
    for number in patch.inputs():
        tree: dict[str, Any] = {}
        chain = patch.of_input(number)
        for suffix, field in chain.items():
            if suffix == "distance_m" and "distance_text" in chain:
                continue  # said by the other, as it was typed
            *branches, leaf = suffix.replace("distance_text", _DISTANCE).split(".")
            here = tree
            for branch in branches:
                here = here.setdefault(branch, {})
            here[leaf] = field.value
        inputs[number] = tree
    whole = {"format": FORMAT, "session": session, "people": people, "inputs": inputs}
    head = "# The chain, as Takechain keeps it. A field that is not here is not declared; off is a value.\n"
    return head + yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=120)


def from_yaml(text: str, by: str = "", earlier: Patch | None = None, at: str | None = None) -> Patch:
    """The patch a YAML text declares; fields equal to `earlier` keep its provenance. Raises ChainError."""
    if len(text) > SIZE_LIMIT:
        raise ChainError(f"a chain file of {len(text)} characters is too large to be one")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ChainError(f"this is not YAML: {' '.join(str(error).split())}") from error
    if root is None:
        raise ChainError("the chain file is empty", "write one with takechain chain export")
    patch = Patch()
    for path, node in _Reader().fields(root):
        try:
            patch.set(path, node.value, by, at=at)
        except ChainError as error:
            raise ChainError(f"line {node.start_mark.line + 1}: {error.what}", error.do) from error
    for path, field in (earlier or Patch()).fields.items():
        if path in patch.fields and patch.get(path) == field.value:
            patch.fields[path] = field
    return patch


class _Reader:
    """Walks the nodes of one document; a node met twice is an alias, which a chain file has no use for."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def fields(self, root: yaml.Node) -> list[tuple[str, yaml.ScalarNode]]:
        """Path and scalar of every declared field."""
        found: list[tuple[str, yaml.ScalarNode]] = []
        for name, node in self._pairs(root):
            if name == "format":
                if node.value != FORMAT:
                    raise _at(node, f"this file is not of the form {FORMAT}")
            elif name == "session":
                found += self._leaves(node, "session.", 1)
            elif name == "people":
                found += self._people(node)
            elif name == "inputs":
                for number, chain in self._pairs(node):
                    found += self._leaves(chain, f"input.{number}.", 3)
            else:
                raise _at(node, f"the chain has no part {name!r}", "it has session, people and inputs")
        return found

    def _people(self, node: yaml.Node) -> list[tuple[str, yaml.ScalarNode]]:
        if not isinstance(node, yaml.SequenceNode):
            raise _at(node, "people is not a list", "write - {role: producer, name: Ida}")
        found: list[tuple[str, yaml.ScalarNode]] = []
        number = 1
        for person in node.value:
            said = self._leaves(person, f"people.{number}.", 1)
            found += said
            number += bool(said)  # of whom nothing is said is nobody
        return found

    def _leaves(self, node: yaml.Node, prefix: str, depth: int) -> list[tuple[str, yaml.ScalarNode]]:
        found: list[tuple[str, yaml.ScalarNode]] = []
        for name, child in self._pairs(node):
            if isinstance(child, yaml.ScalarNode):
                if child.style is not None or child.value not in _NOTHING:
                    found.append((prefix + ("distance_text" if name == _DISTANCE else name), child))
            elif depth > 1:
                found += self._leaves(child, f"{prefix}{name}.", depth - 1)
            else:
                raise _at(child, f"{prefix}{name} cannot hold that")
        return found

    def _pairs(self, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
        if id(node) in self._seen:
            raise _at(node, "an alias cannot be used here", "write it out")
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode) and node.value in _NOTHING:
            return []
        if not isinstance(node, yaml.MappingNode):
            raise _at(node, "names with values are expected here")
        names: list[tuple[str, yaml.Node]] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in {name for name, _ in names}:
                raise _at(key, f"{key.value!r} cannot be used as a name here, or is here twice")
            names.append((key.value, value))
        return names


def _at(node: yaml.Node, what: str, do: str = "") -> ChainError:
    return ChainError(f"line {node.start_mark.line + 1}: {what}", do)
