"""Questions to a catalogue of 10 000 takes with chains, each against its limit of 50 ms.

    python bench/catalogue.py [--takes 10000] [--inputs 8] [--at FOLDER]

Takes are stored by the product's own ingest, on SQLite in a folder that is removed at the end; one take in
five brings a new chain. Each question is asked as `takechain takes` asks it, connection and all; the
difference reads both snapshots from their files. Each line says the median and its share of the limit. Exit
code 1 when one is above it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session as Work

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from capture.catalog.catalog import Catalog
from capture.catalog.ingest import store_take
from capture.chain import diff
from capture.journal.beside import chain_of
from capture.journal.record import Reading, TakeRecord, load
from capture.library import Library
from tests.support.takes import STARTED, build_take, chain_text

LIMIT_MS = 50.0
ROUNDS = 21
MICROPHONES = (
    ("Neumann", "U 87"),
    ("Neumann", "KM 184"),
    ("AKG", "C 414"),
    ("DPA", "4006"),
    ("Coles", "4038"),
)


def chain(number: int, inputs: int) -> dict[str, object]:
    """A chain of which every input is declared; 300 microphones take turns."""
    fields: dict[str, object] = {}
    for at in range(1, inputs + 1):
        which = (number * inputs + at) % 300
        make, model = MICROPHONES[which % len(MICROPHONES)]
        fields |= {
            f"input.{at}.source.name": f"Violin {at}",
            f"input.{at}.microphone.make": make,
            f"input.{at}.microphone.model": model,
            f"input.{at}.microphone.serial": f"M{which:05}",
            f"input.{at}.preamp.model": "1073",
            f"input.{at}.preamp.serial": f"P{at}",
            f"input.{at}.preamp.gain_db": 30 + number % 20,
            f"input.{at}.converter.model": "ADI-2",
        }
    return fields


def fill(catalog: Catalog, library: Library, count: int, inputs: int) -> TakeRecord:
    """Store the takes; returns the first of them."""
    tracks = [f"Track {n}" for n in range(1, inputs + 1)]
    first = load(build_take(library.path, library_uuid=library.uuid, tracks=tracks, chain=chain(0, inputs)))
    with Work(catalog.engine) as work, work.begin():
        for number in range(count):
            file = f"{number // 5}.chain.json"
            text, digest = chain_text(chain(number // 5, inputs))
            (first.folder / file).write_text(text, encoding="utf-8")
            humid = Reading(
                0,
                STARTED,
                "s",
                "relative_humidity",
                25.0 + number % 40,
                "%RH",
                "ok",
                "",
                False,
                "",
                "",
                False,
            )
            told = replace(
                first,
                take=str(uuid.UUID(int=number + 1)),
                counter=number + 1,
                number=number + 1,
                name=f"Aurora_T{number + 1:05}",
                started=STARTED + timedelta(minutes=number),
                chain_file=file,
                chain_digest=digest,
                readings=[humid],
            )
            store_take(work, told, library.path)
    return first


def median_ms(ask: Callable[[], object]) -> tuple[float, float]:
    """The medians of several rounds, after one that is not counted: by the clock, and of the processor."""
    ask()
    took, used = [], []
    for _ in range(ROUNDS):
        began, busy = time.perf_counter(), time.process_time()
        ask()
        took.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (time.process_time() - busy))
    return statistics.median(took), statistics.median(used)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--takes", type=int, default=10_000)
    parser.add_argument("--inputs", type=int, default=8)
    parser.add_argument("--at", type=Path, default=None, help="a folder on the disk to write to")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.at) as place:
        library = Library.open(Path(place) / "library", create=True)
        catalog = Catalog.open(library)
        began = time.perf_counter()
        first = fill(catalog, library, args.takes, args.inputs)
        print(
            f"{catalog.count()} takes of {args.inputs} inputs stored in {time.perf_counter() - began:.0f} s"
        )
        other = replace(first, chain_file="7.chain.json")
        questions: dict[str, Callable[[], object]] = {
            "one microphone by its serial": lambda: catalog.takes(serial="m00017"),
            "microphones by words": lambda: catalog.takes(microphone="km 184"),
            "words that every take has": lambda: catalog.takes(microphone="neumann"),
            "a serial that no take has": lambda: catalog.takes(serial="none"),
            "humidity below 30 %": lambda: catalog.takes(humidity_below=30.0),
            "humidity that no take has": lambda: catalog.takes(humidity_below=3.0),
            "the newest 500": catalog.takes,
            "difference of two chains": lambda: diff(chain_of(first), chain_of(other)),
        }
        worst = 0.0
        for name, ask in questions.items():
            found, (took, used) = ask(), median_ms(ask)
            worst = max(worst, took)
            share = f"{took / LIMIT_MS:6.1%} of the limit"
            print(f"{name:<30} {len(found):>6} found {took:8.2f} ms ({used:.2f} ms of one core)  {share}")  # type: ignore[arg-type]
        catalog.close()
    return 0 if worst <= LIMIT_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
