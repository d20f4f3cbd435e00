"""What is wrong with a patch as far as it says so itself: 48 V, gain out of range, one thing used twice.

Only what is declared counts: where powering, 48 V, range, serial number or channel are not, nothing is said.
A caution stops nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from capture.chain.fields import Value, gain_words, split_path
from capture.chain.specs import INSERT_PARTS

Chain = Mapping[str, Value]


@dataclass(frozen=True)
class Caution:
    """One caution: its kind, the inputs it is about, and the words for people."""

    kind: str  # harmful, unpowered, gain, output, preamp channel, converter channel, insert channel
    inputs: tuple[int, ...]
    text: str

    def as_json(self) -> dict[str, Any]:
        """As the wire and `--json` have it."""
        return {**asdict(self), "inputs": list(self.inputs)}


def cautions(values: Chain, inputs: Collection[int] | None = None) -> list[Caution]:
    """The cautions of a patch (path to value), of these inputs alone or of all, by their first input."""
    chains: dict[int, dict[str, Value]] = defaultdict(dict)
    for path, value in values.items():
        place = split_path(path)
        if place and (inputs is None or place[0] in inputs):
            chains[place[0]][place[1]] = value
    ordered = dict(sorted(chains.items()))
    found = [
        caution
        for number, chain in ordered.items()
        for caution in (*_powered(number, chain), *_gain(number, chain))
    ]
    found += _outputs(ordered)
    for part, what in (
        ("preamp", "preamp"),
        *((part, "insert") for part in INSERT_PARTS),
        ("converter", "converter"),
    ):
        found += _channels(ordered, part, what)
    return sorted(found, key=lambda caution: caution.inputs)


def concerning(found: list[Caution], inputs: Collection[int]) -> list[dict[str, Any]]:
    """Those that any of these inputs has a part in, as JSON."""
    return [caution.as_json() for caution in found if set(caution.inputs) & set(inputs)]


def _powered(number: int, chain: Chain) -> Iterator[Caution]:
    """48 V goes to the DI where there is one, else to the microphone."""
    phantom = chain.get("preamp.phantom")
    part = "di" if any(suffix.startswith("di.") for suffix in chain) else "microphone"
    powering, device = chain.get(f"{part}.powering"), _device(chain, part)
    if phantom is True and powering == "harmful":
        yield Caution("harmful", (number,), f"in {number}: 48 V is on and can harm {device}")
    if phantom is False and powering == "required":
        yield Caution("unpowered", (number,), f"in {number}: {device} needs 48 V, which is off")


def _gain(number: int, chain: Chain) -> Iterator[Caution]:
    gain, low, high = (chain.get(f"preamp.gain_{name}") for name in ("db", "min_db", "max_db"))
    if gain is None:
        return
    if high is not None and float(gain) > float(high):
        limit = f"goes to {gain_words(float(high))}"
    elif low is not None and float(gain) < float(low):
        limit = f"begins at {gain_words(float(low))}"
    else:
        return
    text = f"in {number}: gain {gain_words(float(gain))}, but {_device(chain, 'preamp')} {limit}"
    yield Caution("gain", (number,), text)


def _outputs(chains: Mapping[int, Chain]) -> Iterator[Caution]:
    """One output of one microphone on several inputs, unless each of them says that it is split."""
    users: dict[tuple[Value | None, ...], list[int]] = defaultdict(list)
    for number, chain in chains.items():
        if specimen := _specimen(chain, "microphone"):
            users[(*specimen, chain.get("microphone.output"))].append(number)
    for numbers in users.values():
        if len(numbers) > 1 and not all(chains[n].get("microphone.split") is True for n in numbers):
            chain = chains[numbers[0]]
            output = f" output {chain['microphone.output']}" if "microphone.output" in chain else ""
            text = f"{_listed(numbers)}: {_device(chain, 'microphone')}{output} is used {_times(numbers)}"
            text += "; say split if it is"
            yield Caution("output", tuple(numbers), text)


def _channels(chains: Mapping[int, Chain], part: str, what: str) -> Iterator[Caution]:
    """One channel of one device on several inputs; the same model without a serial number is one device."""
    users: dict[tuple[Value | None, ...], list[int]] = defaultdict(list)
    for number, chain in chains.items():
        channel, device = chain.get(f"{part}.channel"), _specimen(chain, part) or _model(chain, part)
        if channel is not None and device:
            users[(*device, channel)].append(number)
    for numbers in users.values():
        if len(numbers) > 1:
            chain = chains[numbers[0]]
            which = f"{_device(chain, part)} ch {chain[f'{part}.channel']}"
            text = f"{_listed(numbers)}: {which} is used {_times(numbers)}"
            yield Caution(f"{what} channel", tuple(numbers), text)


def _specimen(chain: Chain, part: str) -> tuple[Value, ...]:
    """Which very device it is, by the locker or by its serial number; empty where that is not known."""
    if (gear := chain.get(f"{part}.gear")) is not None:
        return ("gear", gear)
    serial, model = chain.get(f"{part}.serial"), chain.get(f"{part}.model")
    return () if serial is None or model is None else (chain.get(f"{part}.make", ""), model, serial)


def _model(chain: Chain, part: str) -> tuple[Value, ...]:
    model = chain.get(f"{part}.model")
    return () if model is None else (chain.get(f"{part}.make", ""), model)


def _device(chain: Chain, part: str) -> str:
    names = [str(chain[f"{part}.{name}"]) for name in ("make", "model") if f"{part}.{name}" in chain]
    serial = chain.get(f"{part}.serial")
    names += [f"#{serial}"] if serial is not None else []
    bare = {"di": "the DI"}.get(part, f"the {part.split('.', maxsplit=1)[0]}")
    return " ".join(names) or str(chain.get(f"{part}.gear", bare))


def _listed(numbers: list[int]) -> str:
    return f"in {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _times(numbers: list[int]) -> str:
    return "twice" if len(numbers) == 2 else f"{len(numbers)} times"
