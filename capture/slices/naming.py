"""The names of slices: a template of fields, or the Universal Category System (UCS 8.2).

UCS    CatID[-UserCategory]_[VendorCategory-]FXName_CreatorID_SourceID
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from capture.errors import UsageError
from capture.journal.numbering import FILE_NAME_BYTES, pair_label
from capture.journal.record import TakeRecord
from capture.names import fold, portable
from capture.slices.regions import Cut

DEFAULT_TEMPLATE = "{take}_{n}_{marker}_{track}"
DEFAULT_FX_NAME = "{marker} {n} {track}"
FIELDS = {
    "project": "the project",
    "session": "the session",
    "slate": "the slate",
    "number": "the take's number, three digits",
    "take": "the take's name",
    "kind": "the take's kind",
    "covers": "what the take covers",
    "n": "the number of the slice, two digits",
    "marker": "the marker's text",
    "track": "the track's name",
    "track_number": "the track's number, two digits",
}
_LONGEST_SUFFIX = ".slice.json"
_FIELD = re.compile(r"\{([^{}]*)\}")
_ASWG_TAGS = {
    "cat_id": "catId",
    "user_category": "userCategory",
    "vendor_category": "vendorCategory",
    "fx_name": "fxName",
    "creator_id": "creatorId",
    "source_id": "sourceId",
}
_WITH_SEPARATOR = re.compile(r"[_\- ]?\{([^{}]*)\}")
_CAT_ID = re.compile(r"[A-Z]{2,8}[A-Za-z]{0,8}")  # all 752 of list 8.2.1 are of this form
_PLAIN = re.compile(r"[^_\-<>:\"/\\|?*\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Ucs:
    """The fields of a UCS name that are the same for all slices; the FX name comes from a template."""

    cat_id: str
    creator_id: str
    source_id: str
    user_category: str = ""
    vendor_category: str = ""

    def check(self) -> None:
        """Raise UsageError for a field that no UCS name can have."""
        if not _CAT_ID.fullmatch(self.cat_id):
            raise UsageError(
                f"{self.cat_id!r} is not a UCS CatID",
                "write it letter for letter as the list has it: WATRSplsh",
            )
        words = {"CreatorID": self.creator_id, "SourceID": self.source_id}
        words |= {"UserCategory": self.user_category} if self.user_category else {}
        words |= {"VendorCategory": self.vendor_category} if self.vendor_category else {}
        for name, value in words.items():
            if not _PLAIN.fullmatch(value) or value != value.strip():
                raise UsageError(
                    f"the UCS {name} {value!r} cannot stand in a name",
                    "leave out _ and -, and do not leave it empty",
                )

    def name(self, fx_name: str) -> str:
        """The name with this FX name, whose own `_` and `-` become spaces: they separate the fields."""
        effect = re.sub(r"\s+", " ", re.sub(r"[_\-]", " ", fx_name)).strip()
        if not effect:
            raise UsageError("the UCS FXName is empty", "name the marker, or give --template a text")
        head = self.cat_id + (f"-{self.user_category}" if self.user_category else "")
        vendor = f"{self.vendor_category}-" if self.vendor_category else ""
        return f"{head}_{vendor}{effect}_{self.creator_id}_{self.source_id}"

    def fields(self, name: str) -> dict[str, str]:
        """The fields of one name, as the statement has them."""
        effect = name.split("_")[1].removeprefix(f"{self.vendor_category}-" if self.vendor_category else "")
        return {
            "cat_id": self.cat_id,
            "user_category": self.user_category,
            "vendor_category": self.vendor_category,
            "fx_name": effect,
            "creator_id": self.creator_id,
            "source_id": self.source_id,
        }


def aswg_fields(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The fields of a UCS name as the ASWG block has them, in the order of its schema."""
    return tuple((tag, fields[name]) for name, tag in _ASWG_TAGS.items() if fields[name])


def name_of(record: TakeRecord, cut: Cut, template: str, ucs: Ucs | None) -> str:
    """The name of one slice, without suffix; raises UsageError."""
    again = cut.piece > 1
    if ucs is None:
        text = _filled(template or DEFAULT_TEMPLATE, record, cut) + (f"-{cut.piece}" if again else "")
    else:
        effect = _filled(template or DEFAULT_FX_NAME, record, cut)
        text = ucs.name(effect + (f" part {cut.piece}" if again else ""))
    name = portable(text, limit=4 * FILE_NAME_BYTES)
    if len(f"{name}{_LONGEST_SUFFIX}".encode()) > FILE_NAME_BYTES:
        raise UsageError(f"the name {name} is too long", "choose a shorter --template")
    return name


def unique(names: list[str]) -> None:
    """Raise UsageError where two slices would get one name."""
    seen: set[str] = set()
    for name in names:
        if fold(name) in seen:
            raise UsageError(f"two slices would be called {name}", "put {n} and {track} into the --template")
        seen.add(fold(name))


def _filled(template: str, record: TakeRecord, cut: Cut) -> str:
    values = _values(record, cut)
    unknown = [name for name in _FIELD.findall(template) if name not in values]
    if unknown or "{" in _FIELD.sub("", template) or "}" in _FIELD.sub("", template):
        what = f"the template has no field {unknown[0]!r}" if unknown else "the template has a lone { or }"
        raise UsageError(what, f"its fields are: {', '.join('{' + name + '}' for name in FIELDS)}")
    bare = _WITH_SEPARATOR.sub(lambda found: found[0] if values[found[1]] else "", template)
    return _FIELD.sub(lambda found: values[found[1]], bare).strip("_- ")


def _values(record: TakeRecord, cut: Cut) -> dict[str, str]:
    return {
        "project": record.project,
        "session": record.session,
        "slate": record.slate,
        "number": f"{record.number:03d}",
        "take": record.name,
        "kind": record.kind.value,
        "covers": record.covers,
        "n": f"{cut.region.number:02d}",
        "marker": cut.region.text or f"marker {cut.region.marker}",
        "track": _track(cut),
        "track_number": f"{cut.tracks[0].number:02d}",
    }


def _track(cut: Cut) -> str:
    """A track's name, what a pair is called together, nothing for a file of many tracks."""
    if len(cut.tracks) > 2:
        return ""
    if len(cut.tracks) == 2:
        return pair_label(cut.tracks[0].name, cut.tracks[1].name)
    return cut.tracks[0].name or f"track {cut.tracks[0].number}"
