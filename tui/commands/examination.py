"""What `doctor` looks at, one finding each: about what, whether it is well, what was found, what to do.

A finding that is well and still says what to do is advice: recording works, and would be safer with it.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from capture.errors import TakechainError
from hardware.errors import HardwareError
from hardware.machine import conditions
from tui.commands.common import Json

if TYPE_CHECKING:
    from capture.station.disk import Form

_USUAL_INPUTS, _MOST_INPUTS = 8, 9999


def examine(library: Path) -> Iterator[Json]:
    """Every finding, each independent of the others."""
    from capture.station.awake import trial

    checks: tuple[tuple[str, Callable[[Path], str]], ...] = (
        ("Python", _python),
        ("audio interfaces", _audio),
        ("library", _library),
        ("disk", _disk),
        ("run-time folder", _runtime),
        ("signing key", _key),
        ("catalogue", _catalogue),
        ("PDF sheets", _pdf),
        ("Content Credentials", _credentials),
        ("serial ports", _serial),
        ("terminal", _terminal),
    )
    for about, check in checks:
        try:
            yield {"about": about, "ok": True, "what": check(library), "do": ""}
        except (TakechainError, HardwareError) as error:
            yield {"about": about, "ok": False, "what": error.what, "do": error.do}
    yield _write_test(library)
    for found in (*conditions(), trial()):
        yield {"about": found.about, "ok": True, "what": found.what, "do": found.do}


def _python(_: Path) -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()} ({sys.executable})"


def _audio(_: Path) -> str:
    from hardware.interfaces import survey

    listing = survey()
    if listing.problem is not None:
        raise listing.problem
    return ", ".join(interface.id for interface in listing.interfaces)


def _library(library: Path) -> str:
    from capture.errors import EnvironmentLacking
    from capture.library import Library

    if not library.exists():
        return f"{library} (made when the first take is recorded)"
    home = Library.open(library, create=False)
    if not os.access(library, os.W_OK):
        raise EnvironmentLacking(
            f"{library} cannot be written to", "change its rights, or name another with --library"
        )
    return f"{library} ({home.uuid})"


def _nearest(library: Path) -> Path:
    return next(folder for folder in (library, *library.parents) if folder.exists())


def _disk(library: Path) -> str:
    from capture.errors import EnvironmentLacking

    here = _nearest(library)
    free = shutil.disk_usage(here).free
    if free < 1_000_000_000:
        raise EnvironmentLacking(f"{free / 1e9:.2f} GB are free at {here}", "make room, or use another disk")
    return f"{free / 1e9:.1f} GB free, {free / (8 * 3 * 48_000 * 3600):.0f} h of 8 tracks at 48 kHz, 24 bit"


def _write_test(library: Path) -> Json:
    """How fast the disk is for what was recorded last, or for eight tracks; not while a take rolls."""
    from capture.station.trial import Measured, judge, try_disk

    about = "write test"
    if _rolls(library):
        return {"about": about, "ok": True, "what": "not made: a take is rolling", "do": ""}
    here, form = _nearest(library), _last_form(library)
    found = try_disk(here, form)
    verdict = judge(found, form) if isinstance(found, Measured) else found
    files = "1 file" if len(form.files) == 1 else f"{len(form.files)} files"
    what = f"{verdict.text} ({form.tracks} tracks in {files} at {form.rate / 1000:g} kHz)"
    return {"about": about, "ok": verdict.word != "too slow", "what": what, "do": verdict.do}


def _rolls(library: Path) -> bool:
    from capture.station.client import connect

    try:
        with connect(library, start=False) as client:
            return bool(client.call("hello")["rolling"])
    except (TakechainError, OSError):
        return False  # nobody is there


def _last_form(library: Path) -> Form:
    from capture.library import Library
    from capture.station.disk import Form
    from capture.station.settings import Settings

    try:
        settings = Settings.remembered(Library.open(library, create=False).settings())
    except TakechainError:
        settings = Settings()  # said already: there is none, or it cannot be read
    form = Form.of(settings, _MOST_INPUTS if settings.inputs else _USUAL_INPUTS)
    return form if form.tracks else Form.of(Settings(), _USUAL_INPUTS)


def _runtime(library: Path) -> str:
    from capture.wire import runtime_folder

    return str(runtime_folder(library))


def _key(_: Path) -> str:
    from capture.journal.errors import KeyLocked
    from capture.journal.keys import KEY_FILE, config_folder, fingerprint_of, published, station_key

    if not (config_folder() / KEY_FILE).exists():
        return "made when the first take is recorded"
    try:
        return station_key().fingerprint
    except KeyLocked:
        return f"{fingerprint_of(published())}, locked by its passphrase"


def _catalogue(library: Path) -> str:
    from capture.catalog import migrate
    from capture.catalog.engine import database_url, open_engine

    if not library.exists() and "TAKECHAIN_DATABASE" not in os.environ:
        return "made with the library"
    engine = open_engine(database_url(library))
    return f"{engine.url.render_as_string(hide_password=True)} at {migrate.current(engine) or 'nothing yet'}"


def _pdf(_: Path) -> str:
    from capture.errors import EnvironmentLacking

    try:
        import typst
    except ImportError as error:
        raise EnvironmentLacking(f"typst cannot be imported: {error}", "install Takechain again") from error
    from capture.sheets.as_pdf import FONT_PACKAGE

    font = "" if find_spec(FONT_PACKAGE) else ", without a font for Japanese (the extra takechain[japanese])"
    return f"typst {getattr(typst, '__version__', '')}{font}".strip()


def _credentials(_: Path) -> str:
    """An extra: it is no fault when it is not there."""
    try:
        return f"c2pa-python {version('c2pa-python')}"
    except PackageNotFoundError:
        return "not installed (the extra takechain[c2pa])"


def _serial(_: Path) -> str:
    from hardware.ports import list_ports

    ports = list_ports()
    return ", ".join(str(port.device) for port in ports) or "none is plugged in"


def _terminal(_: Path) -> str:
    size = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "unknown").lower()
    shown = "a terminal" if sys.stdout.isatty() else "not a terminal"
    return f"{shown}, {size.columns} × {size.lines}, {encoding}, {os.environ.get('TERM', 'no TERM')}"
