"""What the owner allows machines to do with the sound: the CAWG training and data mining assertion 1.1."""

from __future__ import annotations

from typing import Any

from capture.errors import UsageError

SETTING = "training_mining"
LABEL = "cawg.training-mining"
ENTRIES = ("data_mining", "ai_inference", "ai_training", "ai_generative_training")
USES = {"allowed": "allowed", "notallowed": "notAllowed", "constrained": "constrained"}
_TEXT_LIMIT = 500


def parse_mining(text: str) -> dict[str, dict[str, str]]:
    """`notAllowed`, or `ai_training=notAllowed, data_mining=allowed, ai_inference=constrained: ask us`.

    One word stands for all four entries; entries that are not named are not spoken of. Raises UsageError.
    """
    found: dict[str, dict[str, str]] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        entry, sign, use = part.partition("=")
        names = (entry.strip(),) if sign else ENTRIES
        word, _, info = (use if sign else entry).partition(":")
        wanted = USES.get(word.strip().lower())
        if wanted is None or (sign and names[0] not in ENTRIES):
            raise UsageError(
                f"{part!r} says nothing about mining",
                f"write allowed, notAllowed or constrained: WORDS, for all or as {ENTRIES[2]}=notAllowed",
            )
        if (wanted == "constrained") != bool(info.strip()):
            raise UsageError(f"{part!r}: constrained goes with words that say how, and only it does")
        info = " ".join(info.split())[:_TEXT_LIMIT]
        found |= {name: {"use": wanted, **({"constraint_info": info} if info else {})} for name in names}
    return found


def mining_words(stored: object) -> str:
    """A stored setting in the form it is typed in; empty where nothing is set."""
    entries = usable(stored)
    said = {name: entry["use"] + _info(entry) for name, entry in entries.items()}
    if len(said) == len(ENTRIES) and len(set(said.values())) == 1:
        return next(iter(said.values()))
    return ", ".join(f"{name}={words}" for name, words in said.items())


def _info(entry: dict[str, str]) -> str:
    return f": {entry['constraint_info']}" if "constraint_info" in entry else ""


def usable(stored: object) -> dict[str, dict[str, str]]:
    """The entries of a stored setting that can be used; what is damaged counts as never set."""
    if not isinstance(stored, dict):
        return {}
    return {
        name: {key: str(value) for key, value in entry.items() if key in ("use", "constraint_info")}
        for name, entry in stored.items()
        if name in ENTRIES and isinstance(entry, dict) and entry.get("use") in USES.values()
    }


def assertion(entries: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """The assertion for a manifest, or none where the owner set nothing."""
    if not entries:
        return []
    data = {"entries": {f"cawg.{name}": entry for name, entry in entries.items()}}
    return [{"label": LABEL, "data": data, "created": True}]
