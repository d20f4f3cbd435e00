"""The one place where errors become lines on stderr, an object on stdout and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import typer

from capture.errors import TakechainError
from hardware.errors import HardwareError
from tui.commands.common import FAILED, NOTHING_RECORDED, USAGE, as_text, complain, say

# Typer carries click inside it or beside it, by version; its errors are found through this one of them.
_ClickError: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)


def guarded(work: Callable[[], object], as_json: bool) -> int:
    """Run a command; people see at most two lines, and the exit code is one of the manual's."""
    try:
        code = work()
        sys.stdout.flush()
    except (TakechainError, HardwareError) as error:
        return _report(error.what, error.do, error.code, error.exit_code, as_json)
    except _ClickError as error:
        return _report(*_usage(error), "usage", USAGE, as_json)
    except (KeyboardInterrupt, typer.Abort):
        return _report("stopped by Ctrl-C", "", "interrupted", NOTHING_RECORDED, as_json)
    except BrokenPipeError:
        _forget_stdout()
        return FAILED
    except MemoryError:
        return _report(
            "the machine has no memory left", "close something and try again", "memory", FAILED, as_json
        )
    except Exception as error:  # our own mistake: kept for us, and one line for the person
        what, do = (
            f"something went wrong inside Takechain: {type(error).__name__}: {error}",
            _keep_traceback(),
        )
        return _report(what.splitlines()[0], do, "internal", FAILED, as_json)
    return code if isinstance(code, int) else 0


def _report(what: str, do: str, code: str, exit_code: int, as_json: bool) -> int:
    with contextlib.suppress(BrokenPipeError):
        complain(what, do)
        if as_json:
            say(as_text({"error": {"what": what, "do": do, "code": code, "exit": exit_code}}))
        return exit_code
    _forget_stdout()
    return exit_code


def _usage(error: BaseException) -> tuple[str, str]:
    message = " ".join(str(getattr(error, "format_message", lambda: error)()).split())
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "takechain")
    return message, f"see: {path} --help"


def _forget_stdout() -> None:
    """Nobody reads any more; let the interpreter close its stdout without complaint."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _keep_traceback() -> str:
    import tempfile

    import platformdirs

    name = f"takechain-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.log"
    for folder in (platformdirs.user_log_path("takechain", appauthor=False), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            log = folder / name
            log.write_text(
                f"{sys.argv}\n{traceback.format_exc()}", encoding="utf-8", errors="backslashreplace"
            )
        except OSError:
            continue
        return f"please report it, with {log}"
    return "please report it"
