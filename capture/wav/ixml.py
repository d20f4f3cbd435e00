"""The `iXML` chunk (revision 3.01): bytes in and out, no I/O.

The document is a list of pieces, each with a rank. When the reserve is too small, whole pieces are left out,
the highest rank first and the last of its kind first: the mirror of bext, the notes, people, place and air,
markers from the end, gaps from the end, what it covers and the ways into its channels, the family, tracks
from the end, names. The attribute `truncated` of our own block says which.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from capture.take import Kind
from capture.wav import aswg, bext, cue
from capture.wav.meta import FileMeta
from capture.wav.text import xml_text

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML>\n'
_WORDS = 1600  # all labels that there are come to less
_FRAME_BYTES = 800 + _WORDS  # head, tags of the blocks, counts and the words on what was left out
_BLOCKS = (
    "",
    "SPEED",
    "SYNC_POINT_LIST",
    "HISTORY",
    "FILE_SET",
    "TRACK_LIST",
    "BEXT",
    "USER",
    "LOCATION",
    "ASWG",
    "TAKECHAIN",
)
_COUNTS = {"SYNC_POINT_LIST": "SYNC_POINT_COUNT", "TRACK_LIST": "TRACK_COUNT"}

# TAKE_TYPE has no word for line-up or calibration: those are DEFAULT, and our own block names them.
_TAKE_TYPES = {
    Kind.PICK_UP: "PICKUP",
    Kind.WILD: "WILD_TRACK",
    Kind.ROOM_TONE: "WILD_TRACK",
    Kind.REHEARSAL: "REHEARSAL",
    Kind.FALSE_START: "FALSE_START",
}


@dataclass(frozen=True)
class _Piece:
    rank: int
    label: str
    block: str
    xml: str


def encode(meta: FileMeta, payload_bytes: int, left_out: list[str]) -> bytes:
    """The payload, space padded to `payload_bytes`; `left_out` names what other chunks had no room for."""
    pieces = _pieces(meta)
    kept = _fit(pieces, payload_bytes - _FRAME_BYTES)
    words = "; ".join([*_words(pieces, kept), *left_out])
    return _render(kept, words[:_WORDS]).encode().ljust(payload_bytes, b" ")


def _fit(pieces: list[_Piece], room: int) -> list[_Piece]:
    sizes = [len(piece.xml.encode()) for piece in pieces]
    total, dropped = sum(sizes), set[int]()
    for index in sorted(range(len(pieces)), key=lambda i: (-pieces[i].rank, -i)):
        if total <= room:
            break
        total -= sizes[index]
        dropped.add(index)
    return [piece for i, piece in enumerate(pieces) if i not in dropped]


def _words(pieces: list[_Piece], kept: list[_Piece]) -> list[str]:
    before, after = Counter(p.label for p in pieces), Counter(p.label for p in kept)
    return [
        label if count == 1 else f"{label} {count - after[label]} of {count}"
        for label, count in before.items()
        if after[label] < count
    ]


def _render(pieces: list[_Piece], truncated: str) -> str:
    text = _HEAD
    for block in _BLOCKS:
        inside = [piece.xml for piece in pieces if piece.block == block]
        if block == "TAKECHAIN":
            attribute = f' truncated="{xml_text(truncated)}"' if truncated else ""
            text += f"<TAKECHAIN{attribute}>\n{''.join(inside)}</TAKECHAIN>\n"
        elif not block:
            text += "".join(inside)
        elif inside:
            count = _tag(_COUNTS[block], str(len(inside))) if block in _COUNTS else ""
            text += f"<{block}>\n{count}{''.join(inside)}</{block}>\n"
    return f"{text}</BWFXML>\n"


def _pieces(meta: FileMeta) -> list[_Piece]:
    return [
        *_top(meta),
        *_speed(meta),
        *_sync_points(meta),
        *_family(meta),
        *_tracks(meta),
        *_mirror(meta),
        *_people(meta),
        *_aswg(meta),
        *_own(meta),
    ]


def _top(meta: FileMeta) -> list[_Piece]:
    types = [_TAKE_TYPES[meta.kind]] if meta.kind in _TAKE_TYPES else []
    types += ["NO_GOOD"] if meta.no_good else []
    fields = [
        (0, "IXML_VERSION", "3.01"),
        (2, "PROJECT", meta.project),
        (1, "SCENE", meta.scene),
        (1, "TAKE", meta.take),
        (2, "TAPE", meta.tape),
        (0, "CIRCLED", _flag(meta.circled)),
        (0, "TAKE_TYPE", ",".join(types) or "DEFAULT"),
        (0, "NO_GOOD", _flag(meta.no_good)),
        (0, "FALSE_START", _flag(meta.kind is Kind.FALSE_START)),
        (0, "WILD_TRACK", _flag(meta.kind in (Kind.WILD, Kind.ROOM_TONE))),
        (0, "FILE_UID", meta.file_uid),
        (9, "NOTE", meta.note),
    ]
    return [_Piece(rank, name.lower(), "", _tag(name, text)) for rank, name, text in fields if text]


def _speed(meta: FileMeta) -> list[_Piece]:
    rate = str(meta.sample_rate)
    tags = "".join(
        _tag(name, value)
        for name, value in {
            "FILE_SAMPLE_RATE": rate,
            "AUDIO_BIT_DEPTH": str(meta.bits),
            "DIGITIZER_SAMPLE_RATE": rate,
            "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI": str(meta.time_reference >> 32),
            "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO": str(meta.time_reference & 0xFFFFFFFF),
            "TIMESTAMP_SAMPLE_RATE": rate,
        }.items()
    )
    return [_Piece(0, "speed", "SPEED", tags)]


def _sync_points(meta: FileMeta) -> list[_Piece]:
    before = cue.Cue(meta.pre_roll, "")
    record = [_Piece(1, "pre-roll", "SYNC_POINT_LIST", _sync_point(before, "PRE_RECORD_SAMPLECOUNT"))]
    return [
        *(record if meta.pre_roll else []),
        *(
            _Piece(
                6 if point.frames else 7,
                "gaps" if point.frames else "markers",
                "SYNC_POINT_LIST",
                _sync_point(point),
            )
            for point in cue.points(meta.markers, meta.gaps)
        ),
    ]


def _sync_point(point: cue.Cue, function: str = "MARKER_GENERIC") -> str:
    tags = _tag("SYNC_POINT_TYPE", "RELATIVE") + _tag("SYNC_POINT_FUNCTION", function)
    tags += _tag("SYNC_POINT_COMMENT", point.text) if point.text else ""
    tags += _tag("SYNC_POINT_LOW", str(point.frame & 0xFFFFFFFF)) + _tag(
        "SYNC_POINT_HIGH", str(point.frame >> 32)
    )
    return f"<SYNC_POINT>{tags}{_tag('SYNC_POINT_EVENT_DURATION', str(point.frames))}</SYNC_POINT>\n".replace(
        ">\n<", "><"
    )


def _family(meta: FileMeta) -> list[_Piece]:
    total = str(meta.total_files) if meta.family_uid else ""
    fields = [
        ("HISTORY", "ORIGINAL_FILENAME", meta.filename),
        ("HISTORY", "PARENT_FILENAME", meta.parent_filename),
        ("HISTORY", "PARENT_UID", meta.parent_uid),
        ("FILE_SET", "TOTAL_FILES", total),
        ("FILE_SET", "FAMILY_UID", meta.family_uid),
        ("FILE_SET", "FAMILY_NAME", meta.family_name),
        ("FILE_SET", "FILE_SET_INDEX", meta.file_set_index),
    ]
    return [_Piece(4, name.lower(), block, _tag(name, text)) for block, name, text in fields if text]


def _tracks(meta: FileMeta) -> list[_Piece]:
    pieces = []
    for track in meta.tracks:
        tags = f"<CHANNEL_INDEX>{track.channel_index}</CHANNEL_INDEX>"
        tags += f"<INTERLEAVE_INDEX>{track.interleave_index}</INTERLEAVE_INDEX>"
        tags += f"<NAME>{xml_text(track.name)}</NAME>" if track.name else ""
        tags += f"<FUNCTION>{xml_text(track.function)}</FUNCTION>" if track.function else ""
        pieces.append(_Piece(3, "tracks", "TRACK_LIST", f"<TRACK>{tags}</TRACK>\n"))
    return pieces


def _mirror(meta: FileMeta) -> list[_Piece]:
    """The same words as in bext: whoever reads one finds them equal to the other."""
    fields = {
        "BWF_DESCRIPTION": bext.description(meta)[0],
        "BWF_ORIGINATOR": meta.originator,
        "BWF_ORIGINATOR_REFERENCE": meta.originator_reference,
        "BWF_ORIGINATION_DATE": f"{meta.originated:%Y-%m-%d}",
        "BWF_ORIGINATION_TIME": f"{meta.originated:%H:%M:%S}",
        "BWF_TIME_REFERENCE_LOW": str(meta.time_reference & 0xFFFFFFFF),
        "BWF_TIME_REFERENCE_HIGH": str(meta.time_reference >> 32),
        "BWF_VERSION": "2",
        "BWF_UMID": meta.umid.ljust(64, b"\0").hex().upper(),
        "BWF_CODING_HISTORY": "".join(bext.history(meta)),
    }
    return [
        _Piece(10, "bext mirror", "BEXT", "".join(_tag(name, text) for name, text in fields.items() if text))
    ]


def _people(meta: FileMeta) -> list[_Piece]:
    fields = [
        ("USER", "FULL_TITLE", meta.title),
        ("USER", "SOUND_MIXER_NAME", meta.engineer),
        ("USER", "AUDIO_RECORDER_MODEL", meta.recorder_model),
        ("USER", "AUDIO_RECORDER_SERIAL_NUMBER", meta.recorder_serial),
        ("USER", "AUDIO_RECORDER_FIRMWARE", meta.software),
        ("LOCATION", "LOCATION_NAME", meta.location),
    ]
    return [_Piece(8, name.lower(), block, _tag(name, text)) for block, name, text in fields if text]


def _aswg(meta: FileMeta) -> list[_Piece]:
    ranks = {"notes": 9, "state": 0, "isGenerated": 0, "isDesigned": 0}
    pieces = [
        _Piece(ranks.get(tag, 8), f"ASWG {tag}", "ASWG", _tag(tag, text)) for tag, text in aswg.fields(meta)
    ]
    return [*pieces, _Piece(0, "ASWG", "ASWG", _tag("schemaVersion", aswg.SCHEMA_VERSION))]


def _own(meta: FileMeta) -> list[_Piece]:
    fields = [
        (0, "TAKE_UUID", meta.take_uuid),
        (0, "PART", str(meta.part)),
        (0, "KIND", meta.kind.value),
        (0, "VERDICT", meta.verdict.value),
        (0, "CONDITION", meta.condition.value),
        (5, "COVERS", meta.covers),
        (0, "ORIGIN", meta.origin.value),
        (0, "CHAIN_DIGEST", meta.chain_digest),
        (5, "INTERFACE", meta.interface),
        (5, "SOFTWARE", meta.software),
    ]
    pieces = [
        _Piece(rank, name.lower(), "TAKECHAIN", _tag(name, text)) for rank, name, text in fields if text
    ]
    paths = (f'<PATH input="{path.input}">{xml_text(path.line)}</PATH>\n' for path in meta.paths if path.line)
    people = (
        f'<PERSON role="{xml_text(role)}">{xml_text(name)}</PERSON>\n' for role, name in meta.people if name
    )
    pieces += [_Piece(5, "paths", "TAKECHAIN", xml) for xml in paths]
    pieces += [_Piece(8, "people", "TAKECHAIN", xml) for xml in people]
    pieces += [_Piece(8, "air", "TAKECHAIN", xml) for xml in _air(meta)]
    gaps = (
        f'<GAP first="{gap.frame}" first_pm="{gap.frame_pm}"'
        f' frames="{gap.frames}" frames_pm="{gap.frames_pm}"'
        f' filled="{"yes" if gap.filled else "no"}" cause="{xml_text(gap.cause)}"/>\n'
        for gap in meta.gaps
    )
    return pieces + [_Piece(6, "gap causes", "TAKECHAIN", xml) for xml in gaps]


def _air(meta: FileMeta) -> list[str]:
    known = {
        "temperature_c": meta.temperature_c,
        "humidity_percent": meta.humidity_percent,
        "pressure_hpa": meta.pressure_hpa,
    }
    values = "".join(f' {name}="{value:.10g}"' for name, value in known.items() if value is not None)
    return [f'<AIR{values} known="{xml_text(meta.air)}"/>\n'] if values else []


def _tag(name: str, text: str) -> str:
    return f"<{name}>{xml_text(text)}</{name}>\n"


def _flag(value: bool) -> str:
    return "TRUE" if value else "FALSE"
