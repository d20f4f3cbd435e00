"""Text as the chunks take it: ASCII for bext, XML 1.0 for iXML, one line for GUANO."""

from __future__ import annotations

import re
import unicodedata

# Letters of their own, typography, Greek and Cyrillic: what Unicode does not decompose into ASCII.
_TABLE = """
ø=o Ø=O ł=l Ł=L đ=d Đ=D ð=d Ð=D ı=i ħ=h Ħ=H ŧ=t æ=ae Æ=Ae œ=oe Œ=Oe ß=ss ẞ=SS þ=th Þ=Th
–=- —=- ‑=- −=- ‘=' ’=' ‚=' “=" ”=" „=" «=" »=" ×=x ·=. •=* ′=' ″=" …=...
°=deg €=EUR £=GBP µ=u Ω=Ohm ♭=b ♯=# ⁄=/
α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o
а=a б=b в=v г=g ґ=g д=d е=e ё=e є=ye ж=zh з=z и=i і=i ї=yi й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f
х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya
"""
_LETTERS = dict(pair.split("=") for pair in _TABLE.split())
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def ascii_text(text: str) -> str:
    """`text` in printable ASCII, written as a reader would expect it; what has no such form becomes `?`."""
    if text.isascii() and text.isprintable():
        return text  # nearly always: Stop waits for the headers
    return "".join(_ascii_letter(c) for c in unicodedata.normalize("NFC", text))


def _ascii_letter(letter: str) -> str:
    if letter.isascii():
        return letter if letter.isprintable() else " "
    if letter in _LETTERS:
        return _LETTERS[letter]
    small = letter.lower()
    if small in _LETTERS:
        return _LETTERS[small].capitalize()
    plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    if plain in _LETTERS:
        return _LETTERS[plain]
    if plain.lower() in _LETTERS:
        return _LETTERS[plain.lower()].capitalize()
    if plain.isascii():
        return "".join(c if c.isprintable() else " " for c in plain)
    return "?"


def xml_characters(text: str) -> str:
    """`text` without what XML 1.0 forbids (section 2.2, production Char); line ends become one LF."""
    return _NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def xml_text(text: str) -> str:
    """`text` as the content of an element or of a double-quoted attribute."""
    clean = xml_characters(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return clean.replace('"', "&quot;")


def one_line(text: str) -> str:
    r"""`text` as GUANO takes it: line ends written as the two characters `\n`; no control characters."""
    return "".join(c for c in xml_characters(text).replace("\n", "\\n") if c.isprintable())
