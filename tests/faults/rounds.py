"""The matrix at many random moments: a table of cell, rounds, most audio missing, longest hole, failures.

    python3 dev.py faults --rounds 200 [--at-once 3] [--seed N --cell "kill -9 all" …]

Round n of a cell has the seed N + n; a failure names it, so that it can be played again alone.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.matrix import CELLS, play
from tests.faults.room import Found


@dataclass
class Row:
    """What the rounds of one cell came to."""

    found: list[Found] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)

    def words(self, cell: str) -> str:
        """The cell's line of the table."""
        missing = max((found.missing for found in self.found), default=0.0)
        hole = max((found.hole for found in self.found), default=0.0)
        rounds = len(self.found) + len(self.failed)
        return f"{cell:22} {rounds:6} {missing:12.3f} {hole:12.3f} {len(self.failed):8}"


@contextmanager
def _own_places() -> Iterator[Path]:
    """Folders of this round's own; socket paths stay short."""
    with (
        tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as runtime,
        tempfile.TemporaryDirectory() as at,
    ):
        os.environ |= {
            "TAKECHAIN_RUNTIME": runtime,
            "TAKECHAIN_CONFIG": f"{at}/config",
            "TAKECHAIN_LIBRARY": f"{at}/library",
        }
        os.environ.pop("TAKECHAIN_DATABASE", None)
        yield Path(at)


def _round(cell: str, seed: int) -> Found | str:
    """What one round found, or how it failed."""
    with _own_places() as places:
        try:
            return play(cell, places, seed)
        except Exception:
            return traceback.format_exc()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=1, help="how many cells to play at the same time")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--cell", action="append", choices=CELLS)
    args = parser.parse_args()
    print(f"{args.rounds} rounds from seed {args.seed}", flush=True)
    rows = {cell: Row() for cell in args.cell or CELLS}
    try:
        _play(rows, args.rounds, args.seed, args.at_once)
    except KeyboardInterrupt:
        print("interrupted: the table is of what was played", flush=True)
    print(f"{'cell':22} {'rounds':>6} {'missing (s)':>12} {'hole (s)':>12} {'failures':>8}")
    for cell, row in rows.items():
        print(row.words(cell))
    return 1 if any(row.failed for row in rows.values()) else 0


def _play(rows: dict[str, Row], rounds: int, seed: int, at_once: int) -> None:
    """All rounds of all cells, as many at the same time as was asked for."""
    began = time.monotonic()
    with ProcessPoolExecutor(at_once) as players:
        asked = {
            players.submit(_round, cell, seed + count): (cell, seed + count)
            for count in range(rounds)
            for cell in rows
        }
        try:
            for done, answer in enumerate(as_completed(asked), 1):
                _note(rows, *asked[answer], answer.result())
                if done % len(rows) == 0:
                    spent = time.monotonic() - began
                    print(f"round {done // len(rows)} of {rounds}, {spent:.0f} s", flush=True)
        except KeyboardInterrupt:
            players.shutdown(cancel_futures=True)
            raise


def _note(rows: dict[str, Row], cell: str, seed: int, found: Found | str) -> None:
    if isinstance(found, Found):
        rows[cell].found.append(found)
    else:
        rows[cell].failed.append(seed)
        print(f"FAILED: {cell}, seed {seed}\n{found}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
