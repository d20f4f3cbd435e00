"""Names that every file system takes, made from what people type; the true text stays in the journal."""

from __future__ import annotations

import re
import unicodedata

NAME_BYTES = 60
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]')
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in "0123456789¹²³")}


def portable(text: str, fallback: str = "untitled", limit: int = NAME_BYTES) -> str:
    """`text` as one path component of at most `limit` UTF-8 bytes, NFC, portable to every system.

    Forbidden signs become `_`; trailing dots and spaces go; Windows device names get a `_` in front.
    """
    clean = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text))
    clean = "".join(c for c in clean if c == " " or unicodedata.category(c) not in _INVISIBLE)
    clean = re.sub(r" +", " ", _FORBIDDEN.sub("_", clean)).strip(" .")
    if clean.split(".")[0].strip().casefold() in _DEVICES:
        clean = f"_{clean}"
    clean = _cut(clean, limit).rstrip(" .")
    return clean or fallback


def fold(name: str) -> str:
    """The form under which names are compared: NFC, case-folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _cut(text: str, limit: int) -> str:
    raw = text.encode()
    return text if len(raw) <= limit else raw[:limit].decode(errors="ignore")
