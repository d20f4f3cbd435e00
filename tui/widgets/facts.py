"""The lines of facts between meters and footer: session, selected input, chain, air and warning."""

from __future__ import annotations

from pathlib import PurePath

from tui.screens import words
from tui.screens.view import Json, View, count
from tui.widgets.ballistics import FLOOR_DB, Ballistics
from tui.widgets.rows import Row, Rows, Span, cells, cut, spread

OLD_SECONDS = 10.0
_SHORT = {"temperature": "", "relative_humidity": "RH", "pressure": ""}


class SessionLine(Rows):
    """Project ▸ session, the file that is or will be written, and the interface."""

    def update(self, view: View) -> None:
        """Draw the line."""
        setup = view.setup
        where = " ▸ ".join(str(setup[key]) for key in ("project", "session") if setup.get(key))
        left: list[Span] = [(f" {where or 'no session yet'}", "")]
        if files := _files(view):
            more = f" +{len(files) - 1}" if len(files) > 1 else ""
            left += [("  → ", "dim"), (f"{PurePath(str(files[0])).name}{more}", "strong")]
        room = self.size.width - sum(cells(text) for text, _ in left) - 3
        # the file that will be written matters more than the whole name of the interface
        right = next((text for text in interface_words(view) if cells(text) <= room), "")
        self.show([spread(left, [(f"{right} ", "dim")], self.size.width)])


def _files(view: View) -> list[object]:
    source = view.take or view.status.get("next") or {}
    found = source.get("files")
    files = found if isinstance(found, list) else []
    part = source.get("part")
    if isinstance(part, int) and part > 1:  # those of the part that is being written
        return [name for name in files if f"-{part}" in PurePath(str(name)).stem] or files
    return files


def interface_words(view: View) -> list[str]:
    """The interface in one phrase, the longest first: name, inputs, rate, format, simulated, away."""
    interface, setup = view.interface, view.setup
    if interface is None:
        return ["no interface · S sets it up"] if view.connected else []
    name, inputs = str(interface.get("name", "")), f"{interface.get('inputs', '?')} ch"
    rate, bits = words.rate(setup.get("rate")), words.audio_format(setup.get("format"))
    origin = str(interface.get("origin") or "unknown")
    marks = [mark] if (mark := words.origin(origin)) else []
    state = setup.get("interface_state")
    if state in {"absent", "lost", "opening"}:
        marks.insert(0, {"opening": "opening…"}.get(str(state), f"✖ {state}"))
    named = [*(marks if origin != "simulated" or "simulated" not in name.lower() else marks[:-1]), name]
    forms = ([*named, inputs, rate, bits], [*marks, inputs, rate, bits], [*marks, rate], marks)
    return [" · ".join(form) for form in forms]


class TrackLine(Rows):
    """The selected input: name, armed or not, and its levels in numbers."""

    def update(self, view: View, meters: Ballistics, *, fresh: bool, spl: float | None = None) -> None:
        """Draw the line; `spl` is what 0 dBFS is in dB SPL where levels are to be said in that."""
        track = view.track
        if track is None:
            self.show([])
            return
        armed: Span = ("● armed", "armed") if track.get("armed") else ("○ not armed", "dim")
        name = str(track.get("name") or "")
        left: list[Span] = [(f" {track['input']} {name}".rstrip(), "strong"), ("  ", ""), armed]
        if link := track.get("link"):
            left.append((f"  pair with {link}", "dim"))
        armed_count = f"{len(view.armed)} of {len(view.tracks)} armed "
        levels = _levels(meters, int(track["input"]) - 1, spl, fresh=fresh)
        noticed: list[Span] = [(f"  ! {view.noticed}", "warn")] if view.noticed else []
        self.show([spread([*left, ("  ", ""), *levels, *noticed], [(armed_count, "dim")], self.size.width)])


def _levels(meters: Ballistics, index: int, spl: float | None, *, fresh: bool) -> Row:
    if not fresh or index >= meters.channels:
        return [("no data", "warn")]
    if meters.dead[index]:
        return [("∅ exact zeros: nothing is connected, or it is switched off", "warn")]
    shown, held = (words.level(_finite(each[index]) + (spl or 0.0)) for each in (meters.shown, meters.held))
    unit = "dBFS" if spl is None else "dB SPL"
    overs = int(meters.overs[index])
    over: Span = (f"  ▲ OVER {overs}", "over") if overs else ("", "")
    return [(f"peak {shown:>6}  hold {held:>6} {unit}", ""), over]


def _finite(db: float) -> float:
    return float(db) if db > FLOOR_DB else float("-inf")


class ChainLine(Rows):
    """The whole path of the selected input in one line, in the grammar in which it is typed."""

    def update(self, view: View) -> None:
        """Draw the line."""
        track = view.track
        self.show([cut(_chain(track, self.size.width), self.size.width)] if track else [])


def _chain(track: Json, width: int) -> Row:
    line = str(track.get("line") or "")
    if not declared(line):
        return [(f" {line}   " if line else " ", ""), ("chain not declared · e writes it", "dim")]
    carried: list[Span] = [("  ~ carried over · y confirms", "mark")] if track.get("carried") else []
    changed = [str(text) for text in track.get("changed") or []]
    long: list[Span] = [(f"  Δ {'; '.join(changed)}", "mark")] if changed else []
    short: list[Span] = [(f"  Δ {len(changed)} · D says what", "mark")] if changed else []
    if _length(line, carried, long) > width:
        line = line.partition(": ")[2] or line  # the line above names the source already
    marks = [*carried, *(long if _length(line, carried, long) <= width else short)]
    if cautions := _cautions(track):
        marks = [(f"  ! {cautions[0]}", "warn")]
    return [*cut([(f" {line}", "")], max(width - _length("", marks) + 1, 0)), *marks]


def _cautions(track: Json) -> list[str]:
    own = f"in {track['input']}: "
    return [str(text).removeprefix(own) for text in track.get("cautions") or []]


def _length(line: str, *marks: Row) -> int:
    return 1 + cells(line) + sum(cells(text) for row in marks for text, _ in row)


class ChainColumn(Rows):
    """The same path from top to bottom, where the window has room for a column."""

    def update(self, view: View) -> None:
        """Draw the column."""
        track = view.track
        if track is None:
            self.show([])
            return
        rows: list[Row] = [[(f" {track['input']} {track.get('name') or ''}", "strong")], []]
        line = str(track.get("line") or "")
        if not declared(line):
            rows += [[(" chain not declared", "dim")], [(" e writes it", "dim")]]
        for step, element in enumerate(elements(line)):
            rows += [[("   ↓", "dim")]] if step else []
            rows += [[(f" {text}", "")] for text in wrapped(element, max(self.size.width - 2, 8))]
        if track.get("carried"):
            rows += [[], [(" ~ carried over", "mark")], [(" y confirms it", "dim")]]
        for caution in _cautions(track):
            rows += [
                [],
                *([(f" {text}", "warn")] for text in wrapped(f"! {caution}", max(self.size.width - 2, 8))),
            ]
        if changed := track.get("changed"):
            rows += [[], [(f" Δ since {view.status.get('since') or 'the last take'}", "mark")]]
            rows += [
                [(f" {text}", "")]
                for words_ in changed
                for text in wrapped(str(words_), max(self.size.width - 2, 8))
            ]
        self.show(rows)


def declared(line: str) -> bool:
    """Whether a chain line says more than a name and the input."""
    parts = elements(line)
    return len(parts) > 2 or (len(parts) == 2 and ": " not in line)


def elements(line: str) -> list[str]:
    """The elements of a chain line; the source with its place, if any, is the first."""
    head, mark, rest = line.partition(": ")
    parts = [part.strip() for part in (rest if mark else line).split(" > ")]
    return [part for part in ([head.strip()] if mark else []) + parts if part]


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken at spaces."""
    import textwrap

    return textwrap.wrap(text, width) or [""]


class AirLine(Rows):
    """Sensor values with the age of the reading; what is typed or simulated says so."""

    def update(self, view: View) -> None:
        """Draw the line."""
        width = self.size.width
        if not view.connected:
            self.show([])
        elif not view.air:
            text = _sensor_words(view) or "not measured · S adds a sensor or takes typed values"
            self.show([[(f" Air  {text}", "dim")]])
        else:
            self.show([spread([(" Air  ", "dim"), *_values(view)], [(_sensor_words(view), "warn")], width)])


def _values(view: View) -> Row:
    parts: list[Span] = []
    for reading in view.air:
        quantity = str(reading.get("quantity", ""))
        label = _SHORT.get(quantity, quantity.replace("_", " "))
        text = words.value(quantity, reading.get("value"), str(reading.get("unit", "")).replace("%RH", "%"))
        doubt = " ?" if reading.get("quality") not in {None, "", "ok"} else ""
        parts.append((f"{text} {label}".rstrip() + doubt + "  ", ""))
    ages = [float(r["age_s"]) for r in view.air if isinstance(r.get("age_s"), int | float)]
    oldest = max(ages) if ages else None
    live = not any(r.get("typed") for r in view.air)
    old = live and oldest is not None and oldest > OLD_SECONDS
    return [*parts, (words.age(oldest), "warn" if old else "dim"), (_source(view), "dim")]


def _source(view: View) -> str:
    said = []
    if any(r.get("simulated") for r in view.air):
        said.append("simulated")
    for reading in view.air:
        if reading.get("typed"):
            said.append(f"typed by {reading.get('by') or 'somebody'}")
            break
    return "".join(f" · {text}" for text in said)


def _sensor_words(view: View) -> str:
    """What is not as it should be with the sensors; empty when all are live."""
    bad = [s for s in view.status.get("sensors") or [] if s.get("state") not in {"live", "typed"}]
    return " · ".join(f"sensor {s.get('port', '')} {s.get('state', '')}" for s in bad) + (" " if bad else "")


class WarningLine(Rows):
    """Empty when all is well; else the oldest thing that is wrong and was not acknowledged."""

    def update(self, view: View, trouble: str, gone: str = "") -> None:
        """Draw that the station is `gone`, else the `trouble` of an order, else the oldest warning.

        What does not fit one row takes two, for which the list of takes makes room.
        """
        catalog = view.status.get("catalog") or {}
        if gone:
            self._wrap(gone, "")
        elif trouble:
            self._wrap(trouble, "Esc clears ")
        elif view.warnings:
            first, more = view.warnings[0], len(view.warnings) - 1
            text = f"{words.day_time(first.get('utc'))} {first.get('text', '')}".strip()
            self._wrap(text, f"w seen{f' · {more} more' if more else ''} ")
        else:
            self.screen.remove_class("-long-warning")
            self.show([_catalogue(catalog)] if catalog.get("state") not in {None, "", "ok"} else _tried(view))

    def _wrap(self, text: str, hint: str) -> None:
        room = self.size.width - cells(hint) - 5
        first, *rest = wrapped(text, max(room, 10))
        self.screen.set_class(bool(rest), "-long-warning")
        row = spread([(" ! ", "over"), (first, "warn")], [(hint, "dim")] if hint else [], self.size.width)
        self.show([row, [("   ", ""), (" ".join(rest), "warn")]] if rest else [row])


def _tried(view: View) -> list[Row]:
    """What the test of the disk found, until the first take of the session."""
    test = (view.status.get("disk") or {}).get("test") or {}
    fresh = view.state == "armed" and not view.status.get("last")
    return [[(f" · {test['text']}", "dim")]] if fresh and test.get("text") else []


def _catalogue(catalog: Json) -> Row:
    waiting = count(catalog.get("pending"))
    text = str(catalog.get("text") or f"catalogue {catalog['state']}")
    return [(f" · {text}", "dim"), (f" · {waiting} takes wait" if waiting else "", "dim")]
