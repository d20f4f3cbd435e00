"""stamp: a time stamp server for seals, whose stamps are trusted, and a stamp for one take now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.commands.common import DONE, AsJson, InLibrary, answer, new_group, open_library, station

stamp = new_group("Time stamps of others (RFC 3161): proof that a seal existed at a moment.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(stamp, name="stamp")


@stamp.command("server")
def server(
    url: Annotated[
        str, typer.Argument(metavar="[URL|none]", help="Its address; without one it is shown.")
    ] = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Choose the server that stamps the seals of takes made from now on; none takes it away."""
    if url:
        with station(library, create=True) as client:
            client.call("setup", tsa="" if url == "none" else url)
    now = str(open_library(library).settings().get("tsa") or "")
    answer(
        as_json, {"server": now}, f"seals are stamped by {now}" if now else "seals are not stamped by others"
    )
    return DONE


@stamp.command("roots")
def roots(
    pem: Annotated[Path, typer.Argument(metavar="PEM", help="A file of certificates.")],
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Trust time stamps that lead to these certificates, in place of those before."""
    from capture.errors import TakechainError
    from capture.journal.errors import in_words
    from capture.journal.keys import config_folder
    from capture.journal.stamps import ROOTS_FILE, roots_in

    found, place = roots_in(pem.expanduser()), config_folder() / ROOTS_FILE
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.write_bytes(pem.expanduser().read_bytes())
    except OSError as error:
        what, do = in_words(error)
        raise TakechainError(f"{place} was not written: {what}", do) from error
    names = [certificate.subject.rfc4514_string() for certificate in found]
    answer(as_json, {"roots": names, "file": str(place)}, *(f"trusted: {name}" for name in names))
    return DONE


@stamp.command("take")
def take(
    name: Annotated[str, typer.Argument(metavar="TAKE", help="A name, slate/3, a UUID, or a path.")],
    url: Annotated[
        str, typer.Option("--server", metavar="URL", help="Another server than the library's.")
    ] = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Have the seal of one take stamped now: one that was made before a server was chosen."""
    from capture.errors import UsageError
    from capture.station.settings import check
    from capture.station.stamper import stamp as stamped
    from tui.commands.passphrase import own_key
    from tui.commands.takes import find_journal

    journal = find_journal(name, library)
    where = str(check("tsa", url)) if url else str(open_library(library).settings().get("tsa") or "")
    if not where:
        raise UsageError(
            "no time stamp server is chosen", "name one: --server URL, or: takechain stamp server URL"
        )
    made = stamped(journal, where, own_key())
    result = {"journal": str(journal), "server": where, "utc": made.utc, "authority": made.authority}
    answer(as_json, result, f"{made.authority or where} says that the seal existed at {made.utc}")
    return DONE
