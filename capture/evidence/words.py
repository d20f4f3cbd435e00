"""Levels and floors in the engineer's words."""

from __future__ import annotations

from capture.evidence.arithmetic import Floor, Level

MINUS = "\N{MINUS SIGN}"


def signed(db: float, digits: int = 2) -> str:
    """A figure with its sign: `+13.00`, `−35.00`."""
    return f"{db:+.{digits}f}".replace("-", MINUS)


def plain(db: float, digits: int = 1) -> str:
    """A figure without a plus sign: `−83.8`."""
    return f"{db:.{digits}f}".replace("-", MINUS)


def floor_words(floor: Floor) -> list[str]:
    """The predicted noise floor with its parts, and what is not known of it."""
    if floor.least_dbfs_a is None:
        return [f"predicted floor not known: {'; '.join(f'{part.what}: {part.why}' for part in floor.parts)}"]
    parts = [f"{part.what} {plain(part.dbfs_a)}" for part in floor.parts if part.dbfs_a is not None]
    if floor.dbfs_a is not None:
        dba = f", {plain(floor.dba)} dBA" if floor.dba is not None else ""
        lines = [f"predicted floor {plain(floor.dbfs_a)} dBFS(A){dba}: {', '.join(parts)}"]
    else:
        missing = "; ".join(f"{part.what} {part.why}" for part in floor.parts if part.dbfs_a is None)
        lines = [
            f"predicted floor at least {plain(floor.least_dbfs_a)} dBFS(A): {', '.join(parts)}; {missing}"
        ]
    if floor.thermal_dbu is not None:
        at = f", {plain(floor.thermal_dbfs)} dBFS" if floor.thermal_dbfs is not None else ""
        lines.append(
            f"thermal noise of the microphone's impedance {plain(floor.thermal_dbu)} dBu{at}, unweighted"
        )
    return lines


def how_words(level: Level) -> str:
    """The sum of a computed level: `1 Pa 93.98 + …`."""
    return "  ".join(f"{step.what} {signed(step.db)}" for step in level.steps)
