"""What was noticed of inputs, in an engineer's words: `in 3: only zeros since 0:42`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from capture.journal.record import Signal
from capture.take import format_inputs

_BRIEF = {
    "zeros": "only zeros",
    "stuck": "stuck",
    "clipping": "clipped",
    "low bits": "bits missing",
    "dc": "DC",
    "identical": "the same samples",
    "dead": "no signal",
}


def grouped(signals: Iterable[Signal]) -> list[list[Signal]]:
    """Signals that differ in nothing but the input together, in the order of the timeline."""
    groups: dict[object, list[Signal]] = {}
    for signal in sorted(signals, key=lambda s: (s.first, s.kind, s.input)):
        said = (signal.kind, signal.first, signal.frames, signal.value, signal.open, signal.stretches)
        alone = signal.input if signal.inputs else None
        groups.setdefault((*said, alone), []).append(signal)
    return list(groups.values())


def signal_words(signals: Sequence[Signal], rate: int, *, live: bool = False) -> str:
    """One sentence on signals of one kind, seen `live` or read from a journal; times are into the take."""
    place = f"in {inputs_of(signals)}{'' if signals[0].inputs else ':'}"
    return f"{place} {what(signals)} {when(signals, rate, live=live)}"


def inputs_of(signals: Sequence[Signal]) -> str:
    """The inputs as people write them: `3`, `5 and 6`, `1-8,11`."""
    numbers = sorted({number for signal in signals for number in (signal.input, *signal.inputs)})
    if signals[0].inputs and len(numbers) == 2:
        return f"{numbers[0]} and {numbers[1]}"
    return format_inputs(numbers)


def what(signals: Sequence[Signal]) -> str:
    """What was noticed, with its figure where it is the same for all."""
    kind, value = signals[0].kind, signals[0].value
    if value is None or any(signal.value != value for signal in signals) or not math.isfinite(value):
        return {"identical": "carry the same samples"}.get(kind, _BRIEF.get(kind, kind))
    return {
        "stuck": f"stuck at {_level(value)}",
        "clipping": "clipped" if value == 1 else f"clipped {value:.0f} times",
        "low bits": f"only {value:.0f} of 24 bits are used",
        "dc": f"DC of {value * 100:.1f} % of full scale".replace("-", "\N{MINUS SIGN}"),
        "dead": f"no signal, only a floor of {value:.0f} dBFS".replace("-", "\N{MINUS SIGN}"),
    }.get(kind, _BRIEF.get(kind, kind))


def when(signals: Sequence[Signal], rate: int, *, live: bool) -> str:
    """`since 0:42`, `at 0:42` or `0:42–1:10`; nobody saw the end where a recorder died."""
    first = _clock(min(signal.first for signal in signals), rate)
    last = _clock(max(signal.end for signal in signals), rate)
    goes_on = any(signal.open for signal in signals)
    if goes_on and live and signals[0].kind != "clipping":  # which is over at once, and may come again
        return f"since {first}"
    said = f"at {first}" if first == last else f"{first}\N{EN DASH}{last}"
    said += " or longer" if goes_on and not live else ""
    stretches = max(signal.stretches for signal in signals)
    return said if stretches == 1 else f"{said}, {stretches} times"


def brief(signals: Iterable[Signal]) -> str:
    """All of a take in a few words, for one line of a list: `only zeros in 3, clipped in 1,4`."""
    inputs: dict[str, set[int]] = {}
    for signal in signals:
        inputs.setdefault(signal.kind, set()).update((signal.input, *signal.inputs))
    return ", ".join(
        f"{_BRIEF.get(kind, kind)} in {format_inputs(sorted(numbers))}" for kind, numbers in inputs.items()
    )


def _level(value: float) -> str:
    return f"{20 * math.log10(abs(value)):.1f} dBFS".replace("-", "\N{MINUS SIGN}") if value else "0"


def _clock(frame: int, rate: int) -> str:
    seconds = frame // rate if rate > 0 else 0
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
