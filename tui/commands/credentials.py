"""c2pa: Content Credentials for copies and slices, and what machines may do with the sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import (
    DONE,
    NOT_VERIFIED,
    AsJson,
    By,
    InLibrary,
    Json,
    answer,
    complain,
    new_group,
    open_library,
    user_name,
)

if TYPE_CHECKING:
    from capture.credentials import Signed, Signing

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="WAV files: copies or slices.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = new_group("Give copies and slices Content Credentials (C2PA), and check them.")
    for command in (sign, check, mining):
        group.command()(command)
    app.add_typer(group, name="c2pa")


def sign(
    files: Files,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="PEM", help="Your own chain, the leaf first.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="PEM", help="Its private key, without a passphrase.")
    ] = None,
    mining: Annotated[
        str | None, typer.Option("--mining", metavar="TEXT", help="Instead of what the library has set.")
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Sign copies or slices of sound from physical inputs; a library's own files are never touched."""
    signing = signing_as(certificate, key, mining, library)
    done = sign_all(signing, [file.expanduser().absolute() for file in files])
    answer(as_json, {**done.result, "signer": signing.identity.name}, *done.lines)
    done.complain()
    return done.code


@dataclass
class Done:
    """What became of files that were to be signed; `code` is that of the first refusal."""

    signed: list[Signed]
    problems: list[Json]
    code: int

    @property
    def result(self) -> Json:
        """For JSON."""
        signed = [
            {"path": str(one.path), "manifest": str(one.manifest), "embedded": one.embedded}
            for one in self.signed
        ]
        return {"signed": signed, "problems": self.problems}

    @property
    def lines(self) -> list[str]:
        """For people."""
        beside = ["" if one.embedded else f", {one.manifest.name}" for one in self.signed]
        return [f"{one.path.name}: signed{more}" for one, more in zip(self.signed, beside, strict=True)]

    def complain(self) -> None:
        """Say on stderr what was refused."""
        for problem in self.problems:
            complain(problem["what"], problem["do"])


def sign_all(signing: Signing, files: list[Path]) -> Done:
    """Sign what can be signed; one refusal does not keep the others from it."""
    from capture.errors import TakechainError

    done = Done([], [], DONE)
    for file in files:
        try:
            done.signed.append(signing.sign(file))
        except TakechainError as error:
            done.problems.append({"path": str(file), "what": error.what, "do": error.do})
            done.code = done.code or error.exit_code
    return done


def signing_as(
    certificate: Path | None, key: Path | None, mining: str | None, library: Path | None
) -> Signing:
    """Whoever signs: by the user's certificate or our own, with the library's word on mining."""
    from capture.credentials import Signing, own_identity, parse_mining, users_identity
    from capture.credentials.worker import must_be_there
    from capture.errors import UsageError
    from capture.station.client import version

    must_be_there()

    if (certificate is None) != (key is None):
        raise UsageError("a certificate and its key go together", "give --certificate and --key")
    identity = users_identity(certificate, key) if certificate and key else own_identity()
    entries = _set_in(library) if mining is None else parse_mining(mining)
    return Signing(identity, version(), entries)


def _set_in(library: Path | None) -> dict[str, dict[str, str]]:
    """What the owner set in the library; nothing where there is no library."""
    from capture.credentials.mining import SETTING, usable
    from capture.errors import TakechainError

    try:
        return usable(open_library(library).settings().get(SETTING))
    except TakechainError:
        return {}


def check(files: Files, as_json: AsJson = False, library: InLibrary = None) -> int:
    """Say whether the credentials of files are intact, and whether their signer is trusted."""
    from capture.credentials import check_files

    paths = [file.expanduser().absolute() for file in files]
    found = check_files(paths)
    known = {one.path for one in found}
    without = [path for path in paths if path not in known]
    lines = [one.words for one in found] + [f"{path.name}: no Content Credentials" for path in without]
    result: Json = {
        "ok": all(one.ok for one in found),
        "files": [one.as_dict() for one in found],
        "without": [str(path) for path in without],
    }
    answer(as_json, result, *lines)
    return DONE if result["ok"] else NOT_VERIFIED


def mining(
    use: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEXT]", help="allowed, notAllowed, constrained: WORDS, or none to forget it."
        ),
    ] = None,
    by: By = "",
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Show or set what machines may do with the sound; it goes into credentials that are made from now on."""
    from capture.credentials.mining import SETTING, mining_words, parse_mining, usable

    home = open_library(library)
    if use is not None:
        home.set_setting(SETTING, None if use.strip() == "none" else parse_mining(use), by or user_name())
    entries = usable(home.settings().get(SETTING))
    answer(
        as_json,
        {"mining": entries},
        mining_words(entries) or "nothing is set: credentials do not speak of it",
    )
    return DONE
