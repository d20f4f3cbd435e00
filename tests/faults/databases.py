"""What databases do to a take: nothing. It is made, and is in the catalogue once that can be written."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.faults.room import SECONDS, Found, Room, clean, wait_a_while
from tests.support.cli import ended
from tests.support.postgres import postgres


def database_locked(room: Room, dice: random.Random) -> Found:
    """Another program holds the catalogue: the take is made, and is in it once that lets go."""
    room.cli.ok("rebuild")
    holder = sqlite3.connect(room.library / "catalog.sqlite", isolation_level=None)
    try:
        process = room.record()
        room.until_rolling()
        wait_a_while(dice, SECONDS)
        holder.execute("BEGIN EXCLUSIVE")
        said = ended(process)
        room.until_settled()
    finally:
        holder.close()
    return clean(room, said)


def database_deleted(room: Room, dice: random.Random) -> Found:
    """The catalogue's file is deleted: it is made again."""
    room.cli.ok("rebuild")
    process = room.record()
    room.until_rolling()
    wait_a_while(dice, SECONDS)
    for file in _database(room):
        file.unlink(missing_ok=True)
    said = ended(process)
    room.until_settled()
    return clean(room, said)


def database_corrupt(room: Room, dice: random.Random) -> Found:
    """The catalogue's file is overwritten with noise: the take is made, and a deleted noise is made again."""
    room.cli.ok("rebuild")
    process = room.record()
    room.until_rolling()
    wait_a_while(dice, SECONDS)
    file = _database(room)[0]
    file.write_bytes(dice.randbytes(file.stat().st_size))
    said = ended(process)
    room.until_settled()
    for broken in _database(room):
        broken.unlink(missing_ok=True)
    return clean(room, said)


def server_unreachable(room: Room, dice: random.Random) -> Found:
    """PostgreSQL is killed and comes back after the take: the catalogue catches up."""
    with postgres() as server:
        room.database = room.cli.env["TAKECHAIN_DATABASE"] = server.url
        room.restart()
        room.cli.ok("rebuild")
        process = room.record()
        room.until_rolling()
        wait_a_while(dice, SECONDS)
        server.stop()
        said = ended(process)
        room.until_settled()
        server.start()
        return clean(room, said)


CELLS: dict[str, Callable[[Room, random.Random], Found]] = {
    "database locked": database_locked,
    "database deleted": database_deleted,
    "database corrupt": database_corrupt,
    "PostgreSQL unreachable": server_unreachable,
}


def _database(room: Room) -> list[Path]:
    return [room.library / f"catalog.sqlite{tail}" for tail in ("", "-wal", "-shm")]
