"""key: who signs here, with which keys, and which signers of others are known."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import DONE, AsJson, InLibrary, Json, answer, as_text, library_path, new_group, table

if TYPE_CHECKING:
    from capture.journal.keyring import Keyring, Own
    from capture.journal.keys import Key

key = new_group("Who signs here, with which keys, and which signers of others are known.")
FromStdin = Annotated[bool, typer.Option("--stdin", help="Read the passphrase from stdin, a line each.")]
Of = Annotated[
    str, typer.Option("--of", metavar="NAME", help="Whose key: a name, a fingerprint, or the station's.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(key, name="key")


@key.command("list")
def key_list(as_json: AsJson = False, library: InLibrary = None) -> int:
    """Own keys, and the signers that are known."""
    ring = _ring()
    signers, own = ring.signers(), ring.own()
    in_use = {one.statement.keyid for one in own}
    rows = [[*_row(signers.of(one.statement.keyid).as_fields()), _state(one)] for one in own]
    old = [keyid for keyid in ring.statements().keys if keyid not in in_use]
    rows += [[*_row(signers.of(keyid).as_fields()), "no more in use"] for keyid in old]
    rows += [[*_row(signers.of(keyid).as_fields()), "known"] for keyid in ring.trusted()]
    result: Json = {
        "own": [{**signers.of(one.statement.keyid).as_fields(), "passphrase": one.passphrase} for one in own],
        "old": [signers.of(keyid).as_fields() for keyid in old],
        "known": [signers.of(keyid).as_fields() for keyid in ring.trusted()],
    }
    answer(as_json, result, *table(rows, ["name", "kind", "fingerprint", "", ""]))
    return DONE


@key.command("new")
def key_new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The engineer.")],
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Make an identity and a key for an engineer."""
    ring = _ring()
    statement = ring.new_engineer(name, None)
    _publish(ring, library)
    return _said(as_json, ring, statement.keyid, "made")


@key.command("name")
def key_name(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as the name of the studio.")],
    of: Of = "station",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Give the station, or an engineer, another name; before the first rotation."""
    ring = _ring()
    own = ring.find(of)
    statement = ring.rename(own, name, _open(ring, own)[0])
    _publish(ring, library)
    return _said(as_json, ring, statement.keyid, "named")


@key.command("rotate")
def key_rotate(
    of: Of = "station",
    name: Annotated[str, typer.Option("--name", help="A new name with it.")] = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Put a new key in place of one; both sign that, so that who knows the one knows the other."""
    ring = _ring()
    own = ring.find(of)
    private, passphrase = _open(ring, own)
    statement, _ = ring.rotate(own, private, passphrase, name)
    _publish(ring, library)
    _tell_station(library, passphrase)
    return _said(as_json, ring, statement.keyid, "now signs")


@key.command("use")
def key_use(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The engineer, or: station.")],
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Let an engineer's key sign the notes after the end from now on, or the station's own again."""
    ring = _ring()
    own = ring.find(name)
    ring.use(own)
    _tell_station(library, None)
    return _said(as_json, ring, own.statement.keyid, "signs notes")


@key.command("passphrase")
def key_passphrase(
    of: Of = "station",
    none: Annotated[bool, typer.Option("--none", help="Take it away.")] = False,
    stdin: FromStdin = False,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Give a key a passphrase, or another one. Whoever loses it has lost the key."""
    from tui.commands.passphrase import new_one

    ring = _ring()
    own = ring.find(of)
    private = _open(ring, own, stdin=stdin)[0]
    ring.set_passphrase(own, private, None if none else new_one(stdin=stdin))
    return _said(as_json, ring, own.statement.keyid, "has no passphrase" if none else "has a passphrase")


@key.command("unlock")
def key_unlock(stdin: FromStdin = False, as_json: AsJson = False, library: InLibrary = None) -> int:
    """Tell the station the passphrase: it seals the takes that wait, and signs until it ends."""
    from tui.commands.common import station
    from tui.commands.passphrase import from_person, known

    with station(library, start=False) as client:
        text = None
        if client.hello.get("locked"):
            text = None if stdin else known()
            text = text or from_person("passphrase of the signing key", stdin=stdin)
        answered = client.call("key", passphrase=text)
    answer(as_json, answered, f"key {answered['fingerprint']} is unlocked")
    return DONE


@key.command("revoke")
def key_revoke(
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="The first digits of the key id.")
    ],
    since: Annotated[
        str, typer.Option("--since", help="From when on, such as 2026-11-25T14:03:00Z; else from now on.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, in words.")] = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Say that a key of yours is not to be trusted from a moment on; signed by it or one that follows."""
    from capture.errors import UsageError

    ring = _ring()
    wanted, statements = fingerprint.replace(" ", "").casefold(), ring.statements()
    found = [keyid for keyid in statements.keys if keyid.startswith(wanted)] if len(wanted) >= 8 else []
    if len(found) != 1:
        raise UsageError(f"{fingerprint} is no key of yours", "see: takechain key list")
    able = [one for one in ring.own() if one.statement.keyid in (found[0], *statements.followers(found[0]))]
    if not able:
        raise UsageError("the key is gone, and none follows it", "tell those who trust it")
    ring.revoke(found[0], _moment(since), reason, _open(ring, able[0])[0])
    _publish(ring, library)
    return _said(as_json, ring, found[0], "is revoked")


@key.command("trust")
def key_trust(
    signer: Annotated[
        str, typer.Argument(metavar="FILE|KEYID", help="What `key export` wrote, or a key id.")
    ],
    name: Annotated[str, typer.Option("--name", help="What you call them; else what they say.")] = "",
    forget: Annotated[bool, typer.Option("--forget", help="Trust this key id no more.")] = False,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Know a signer from now on. Compare the fingerprint with its owner first, by word of mouth."""
    from capture.errors import UsageError
    from capture.journal.keyring import read_bundle

    ring, place = _ring(), Path(signer).expanduser()
    if place.is_file():
        keyid, lines, theirs = read_bundle(_bytes(place))
    else:
        keyid, lines, theirs = signer.replace(" ", "").casefold(), [], ""
        if len(keyid) != 64 or set(keyid) - set("0123456789abcdef"):
            raise UsageError(f"{signer} is neither a file nor a whole key id", "a key id has 64 digits")
    if forget:
        ring.forget(keyid)
        return _said(as_json, ring, keyid, "is trusted no more")
    if not (name or theirs):
        raise UsageError("a key id alone has no name", "add: --name NAME")
    ring.trust(name or theirs, keyid, lines)
    return _said(as_json, ring, keyid, "is known now")


@key.command("export")
def key_export(
    of: Of = "station",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE")] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Write the public part of an identity: what others need to know its signatures."""
    from capture.errors import TakechainError
    from capture.journal.errors import in_words

    ring = _ring()
    bundle = ring.bundle(ring.find(of))
    text = json.dumps(bundle, ensure_ascii=False, indent=1) + "\n"
    if out is None:
        answer(as_json, bundle, text.rstrip() if not as_json else as_text(bundle))
        return DONE
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        what, do = in_words(error)
        raise TakechainError(f"{out} was not written: {what}", do) from error
    return _said(as_json, ring, str(bundle["keyid"]), f"is in {out}", file=str(out))


def _ring() -> Keyring:
    """This user's keys, the station's own among them."""
    from capture.journal.errors import KeyLocked
    from capture.journal.keyring import Keyring

    ring = Keyring()
    with contextlib.suppress(KeyLocked):  # what it stated when it was open is there
        ring.station()
    return ring


def _open(ring: Keyring, own: Own, *, stdin: bool = False) -> tuple[Key, str | None]:
    """The private key, and the passphrase that opened it: told by the environment, or asked for."""
    from tui.commands.passphrase import from_person, known

    if not own.passphrase:
        return ring.key_of(own, None), None
    text = None if stdin else known()
    text = text or from_person(f"passphrase of {own.statement.identity.name}", stdin=stdin)
    return ring.key_of(own, text), text


def _tell_station(named: Path | None, passphrase: str | None) -> None:
    """Let a running station read its key again; one that is not there reads it when it starts."""
    from capture.errors import TakechainError
    from capture.station.client import connect

    with contextlib.suppress(TakechainError), connect(library_path(named), start=False) as client:
        client.call("key", passphrase=passphrase)


def _publish(ring: Keyring, named: Path | None) -> None:
    """Let the library tell of it, where there is one; others learn of it when they are opened next."""
    from capture.library import Library
    from capture.library.errors import NotALibrary
    from capture.library.signing import publish

    try:
        publish(Library.open(library_path(named), create=False), ring)
    except NotALibrary:
        return


def _said(as_json: bool, ring: Keyring, keyid: str, what: str, **more: str) -> int:
    signer = ring.signers().of(keyid)
    answer(as_json, {**signer.as_fields(), **more}, f"{signer.words} {what}")
    return DONE


def _row(signer: Json) -> list[str]:
    from capture.journal.keys import fingerprint_of

    since = f"revoked {signer['revoked']}" if signer["revoked"] else ""
    since = since or (f"replaced {signer['replaced']}" if signer["replaced"] else "")
    return [signer["name"], signer["kind"], fingerprint_of(signer["keyid"]), since]


def _state(own: Own) -> str:
    return "in use, with a passphrase" if own.passphrase else "in use"


def _moment(text: str) -> str:
    from capture.clock import utc_text
    from capture.errors import UsageError

    if not text:
        return utc_text()
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text} is not a time", "give it like 2026-11-25T14:03:00Z") from None
    return utc_text((when if when.tzinfo else when.astimezone()).astimezone(UTC))


def _bytes(path: Path) -> bytes:
    from capture.errors import UsageError
    from capture.journal.errors import in_words

    try:
        with path.open("rb") as file:
            return file.read(2 * 1024 * 1024)
    except OSError as error:
        what, do = in_words(error)
        raise UsageError(f"{path} cannot be read: {what}", do) from error
