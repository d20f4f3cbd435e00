"""The errors of the capture wing: each says what happened, where, and what to do.

    TakechainError            everything a person may see as one line
    ├── UsageError            exit 2  the command or its values are wrong
    ├── NothingRecorded       exit 4  a take could not begin
    │   └── RecorderBusy      exit 4  another take is in the way
    ├── VerificationFailed    exit 5  bytes or lines are not what was signed
    ├── EnvironmentLacking    exit 6  something of the system is missing
    └── (rooms add their own families below these)

Exit codes are a file contract (see docs/manual.md): 0 done, 2 usage, 3 kept but not clean,
4 nothing recorded, 5 verification failed, 6 environment, 1 anything else.
"""

from __future__ import annotations


class TakechainError(Exception):
    """What went wrong (`what`), and what the person can do about it (`do`)."""

    exit_code = 1
    code = "error"

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.do = do

    def as_dict(self) -> dict[str, object]:
        """The error as it travels over a control socket."""
        return {"code": self.code, "what": self.what, "do": self.do, "exit": self.exit_code}

    @staticmethod
    def from_dict(fields: dict[str, object]) -> TakechainError:
        """The error a peer sent, with its exit code kept."""
        error = TakechainError(str(fields.get("what", "the other side failed")), str(fields.get("do", "")))
        code, number = fields.get("code"), fields.get("exit")
        error.code = code if isinstance(code, str) else "error"
        error.exit_code = number if isinstance(number, int) and 0 < number < 256 else 1
        return error


class UsageError(TakechainError):
    """The command or one of its values cannot be used."""

    exit_code = 2
    code = "usage"


class NothingRecorded(TakechainError):
    """A take could not begin; nothing was written or changed."""

    exit_code = 4
    code = "nothing recorded"


class RecorderBusy(NothingRecorded):
    """Another take is rolling in this library."""

    code = "busy"


class VerificationFailed(TakechainError):
    """Bytes or lines are not what was signed."""

    exit_code = 5
    code = "verification failed"


class EnvironmentLacking(TakechainError):
    """The machine lacks something; `do` says how to get it."""

    exit_code = 6
    code = "environment"
