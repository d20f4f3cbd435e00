"""verify, recover, rebuild: is it what was signed; finish what a crash left; make the catalogue again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.commands.common import (
    DONE,
    FAILED,
    LACKING,
    NOT_VERIFIED,
    AsJson,
    InLibrary,
    Json,
    answer,
    complain,
    open_library,
)

if TYPE_CHECKING:
    from capture.journal.keys import Key
    from capture.library import Library


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (verify, recover, rebuild):
        app.command()(command)


def verify(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Takes, or folders that hold some.")],
    tsa_roots: Annotated[
        Path | None,
        typer.Option("--tsa-roots", metavar="PEM", help="Certificates that time stamps have to lead to."),
    ] = None,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Recompute everything from the folders alone, and say where bytes are not what was signed."""
    from capture.credentials import check_files
    from capture.journal.keyring import Keyring
    from capture.journal.stamps import own_roots, roots_in
    from capture.journal.verify import verify_takes
    from capture.library.checking import check_library
    from capture.slices import Takes, verify_slice

    slices = _slices(paths)
    journals, signers = _journals(paths), Keyring().signers()
    roots = roots_in(tsa_roots.expanduser()) if tsa_roots is not None else own_roots()
    reports = verify_takes(journals, signers=signers, roots=roots)
    near = Takes(journals)
    cut = [verify_slice(path, near, signers=signers) for path in slices]
    credentials = check_files(_audio(paths))
    verdicts = [(report.ok, report.words) for report in reports] + [(one.ok, one.words) for one in cut]
    verdicts += [(one.ok, [one.words]) for one in credentials]
    failed = sum(not ok for ok, _ in verdicts)
    lines = [line for _, words in verdicts for line in _indented(words)]
    verdict = f"{failed} not what was signed" if failed else "all bytes match what was signed"
    doubts = {str(folder): check_library(folder) for folder in _libraries(paths)}
    lines += [f"{Path(folder).name}: {doubt}" for folder, found in doubts.items() for doubt in found]
    lines.append(f"{_counted(len(reports), len(cut))}: {verdict}")
    result: Json = {
        "ok": not failed,
        "takes": [report.as_dict() for report in reports],
        "slices": [report.as_dict() for report in cut],
        "credentials": [one.as_dict() for one in credentials],
        "libraries": [{"path": folder, "doubts": found} for folder, found in doubts.items()],
    }
    answer(as_json, result, *lines)
    return NOT_VERIFIED if failed else DONE


def _libraries(paths: list[Path]) -> list[Path]:
    """The libraries among the paths: of these, all takes are meant."""
    from capture.journal.places import IDENTITY, mirror_of

    folders = [path.expanduser().absolute() for path in paths]
    return [folder for folder in folders if (folder / IDENTITY).is_file() and not mirror_of(folder)]


def _counted(takes: int, slices: int) -> str:
    counts = [f"{takes} take{'' if takes == 1 else 's'}"] if takes or not slices else []
    return " and ".join(counts + ([f"{slices} slice{'' if slices == 1 else 's'}"] if slices else []))


def _slices(paths: list[Path]) -> list[Path]:
    """The statements of all slices at or below the paths."""
    from capture.slices import slices_below, statement_of

    found: dict[Path, None] = {}
    for place in (path.expanduser() for path in paths):
        here = slices_below(place) if place.is_dir() else [statement_of(place)]
        found |= {path.absolute(): None for path in here if path is not None}
    return list(found)


def _audio(paths: list[Path]) -> list[Path]:
    """Every WAV file at or below the paths: copies and slices may have Content Credentials."""
    found: dict[Path, None] = {}
    for place in (path.expanduser() for path in paths):
        here = sorted(place.rglob("*.wav")) if place.is_dir() else [place]
        found |= {path.absolute(): None for path in here if path.suffix == ".wav" and path.is_file()}
    return list(found)


def _indented(words: list[str]) -> list[str]:
    return [words[0], *(f"  {word}" for word in words[1:])]


def _journals(paths: list[Path]) -> list[Path]:
    """Every take at or below the paths; raises UsageError where there is neither a take nor a slice."""
    from capture.errors import UsageError
    from capture.journal.numbering import JOURNAL_SUFFIX
    from capture.slices import slices_below, statement_of

    found: dict[Path, None] = {}
    for path in paths:
        place = path.expanduser()
        if not place.exists():
            raise UsageError(f"{path} does not exist", "name a take, or a folder that holds some")
        here = [place] if place.is_file() else sorted(place.rglob(f"*{JOURNAL_SUFFIX}"))
        if not place.is_dir() and statement_of(place) is not None:
            continue
        if place.is_file() and not place.name.endswith(JOURNAL_SUFFIX):
            here = [
                j
                for j in place.parent.glob(f"*{JOURNAL_SUFFIX}")
                if place.name.startswith(j.name.removesuffix(JOURNAL_SUFFIX))
            ]
        if not here and not (place.is_dir() and slices_below(place)):
            raise UsageError(
                f"there is no take in {path}", f"a take has a journal that ends in {JOURNAL_SUFFIX}"
            )
        found |= {journal.absolute(): None for journal in here if journal.is_file()}
    return list(found)


def recover(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
    library: InLibrary = None,
) -> int:
    """Finish what a crash left of any take; what is whole, or rolling, is not touched."""
    from capture.errors import TakechainError
    from capture.journal.errors import JournalLocked
    from capture.journal.recover import plan_take, recover_take
    from capture.library.strays import strays

    home, done, locked, problems, mirrors = open_library(library), [], [], [], []
    key, waiting = (None if dry_run else _key()), []
    for journal in home.journals():
        if _rolls(home.path, journal):
            locked.append({"journal": str(journal), "what": "it rolls, or is about to go on"})
            continue
        try:
            actions = plan_take(journal) if dry_run else recover_take(journal, key)
        except JournalLocked as error:
            locked.append({"journal": str(journal), "what": error.what})
        except TakechainError as error:
            problems.append({"journal": str(journal), "what": error.what, "do": error.do})
        else:
            if actions:
                done.append({"journal": str(journal), "actions": actions})
            waiting += [str(journal)] if key is None and _waits(journal) else []
            if words := _newer_mirror(journal):
                mirrors.append({"journal": str(journal), "what": words})
    _name_key(home, key if done else None)
    problems += [
        {"journal": str(stray.journal), "what": stray.what, "do": stray.do} for stray in strays(home)
    ]
    lines = [f"{entry['journal']}: {action}" for entry in done for action in entry["actions"]]
    lines += [f"{entry['journal']}: left alone, it rolls" for entry in locked]
    lines += [f"{entry['journal']}: {entry['what']}; verify that copy and use it" for entry in mirrors]
    answer(
        as_json,
        {
            "recovered": done,
            "locked": locked,
            "problems": problems,
            "mirrors": mirrors,
            "dry_run": dry_run,
            "waiting": waiting,
        },
        *lines,
    )
    if not (lines or problems or as_json):
        answer(False, {}, "nothing to mend: every take is whole")
    for problem in problems:
        complain(f"{problem['journal']}: {problem['what']}", str(problem["do"]))
    if waiting and not dry_run:
        complain(
            f"{len(waiting)} closed and waiting for the signing key",
            "set TAKECHAIN_PASSPHRASE and recover again",
        )
    return FAILED if problems else LACKING if waiting and not dry_run else DONE


def _waits(journal: Path) -> bool:
    """Whether a take is closed and waits for the key; one that was never begun does not."""
    from capture.errors import TakechainError
    from capture.journal.record import summary

    try:
        return summary(journal).waits_for_key
    except TakechainError:
        return False


def _name_key(home: Library, key: Key | None) -> None:
    """Let the library tell whose the key is that has sealed something here."""
    from capture.journal.keyring import Keyring
    from capture.library.signing import publish

    if key is not None:
        ring = Keyring()
        ring.station(key)
        publish(home, ring)


def _key() -> Key | None:
    """The key to seal with; None where it is locked and nobody is there to unlock it."""
    from capture.journal.errors import KeyLocked
    from tui.commands.passphrase import own_key

    try:
        return own_key()
    except KeyLocked:
        if sys.stdin.isatty():
            raise
        return None


def _newer_mirror(journal: Path) -> str:
    """What the mirror of a sealed take has more of it: said, and left to the person."""
    from capture.errors import TakechainError
    from capture.journal.mirrored import newer_words
    from capture.journal.record import load, summary

    try:
        known = summary(journal)
        return (
            newer_words(load(journal)) if known.sealed and known.mirror_journal and not known.is_clean else ""
        )
    except TakechainError:
        return ""


def _rolls(library: Path, journal: Path) -> bool:
    """Whether a running station says so: between two recorders nobody holds the lock of a take."""
    from capture.errors import TakechainError
    from capture.journal.record import summary
    from capture.station.client import connect

    try:
        if summary(journal).ended:
            return False
        with connect(library, start=False) as client:
            take = client.call("status")["take"]
    except TakechainError:
        return False  # no station, or no take: the lock decides
    return take is not None and Path(str(take["journal"])).resolve() == journal.resolve()


def rebuild(as_json: AsJson = False, library: InLibrary = None) -> int:
    """Make the whole catalogue again from the folders."""
    from capture.catalog.catalog import Catalog

    home = open_library(library)
    catalog = Catalog.open(home)

    def progress(done: int, journal: Path) -> None:
        if done % 1000 == 0 and not as_json:
            print(f"{done} takes", file=sys.stderr, flush=True)

    try:
        count, problems = catalog.rebuild(progress)
    finally:
        catalog.close()
    answer(as_json, {"takes": count, "problems": problems}, f"{count} takes are in the catalogue")
    for problem in problems:
        complain(problem)
    return FAILED if problems else DONE
