"""The matrix at many random moments: a table of cell, rounds, most audio missing, longest hole, failures.

    python3 dev.py faults --rounds 200 [-- --seed N --cell "kill -9 all" …]

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


def _round(cell: str, seed: int, row: Row) -> None:
    with _own_places() as places:
        try:
            row.found.append(play(cell, places, seed))
        except Exception:
            row.failed.append(seed)
            print(f"FAILED: {cell}, seed {seed}\n{traceback.format_exc()}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--cell", action="append", choices=CELLS)
    args = parser.parse_args()
    print(f"{args.rounds} rounds from seed {args.seed}", flush=True)
    rows = {cell: Row() for cell in args.cell or CELLS}
    began = time.monotonic()
    for count in range(args.rounds):
        for cell, row in rows.items():
            _round(cell, args.seed + count, row)
        print(f"round {count + 1} of {args.rounds}, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{'cell':22} {'rounds':>6} {'missing (s)':>12} {'hole (s)':>12} {'failures':>8}")
    for cell, row in rows.items():
        print(row.words(cell))
    return 1 if any(row.failed for row in rows.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
