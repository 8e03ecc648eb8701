"""What can go wrong that a person can mend: every error the command line shows without a traceback.

A message says what is wrong, where, and how to mend it, on one line, and never holds a household's values: columns,
counts and row numbers only (wall 7 of ARCHITECTURE.md). Anything else that is raised is a bug and keeps its traceback.
"""

from __future__ import annotations

import errno
import re

# What Python raises where memory is short: the interpreter cannot always say so, and then calls it an error of its own.
NO_MEMORY = (MemoryError, SystemError)
# How it stands in the errors of libraries, of the system's loader and of threads.
_NO_MEMORY_SAID = re.compile(
    r"bad[_ ]alloc|cannot allocate memory|out of memory|failed to map segment|can't start new thread", re.IGNORECASE
)
_LONGEST = 2_000  # signs of a message


class UserError(Exception):
    """Something the user can mend.

    Parameters
    ----------
    what : str
        What is wrong, in one clause.
    where : str, optional
        The file, column or setting concerned.
    mend : str, optional
        What to do about it.

    Examples
    --------
    >>> print(UserError("No column 'hh_size'", where="assessments.csv", mend="Add it, or map it in ingest.columns"))
    assessments.csv: No column 'hh_size'. Add it, or map it in ingest.columns.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: object = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, str(where), mend
        start = f"{self.where}: " if self.where else ""
        end = f" {mend.rstrip('.')}." if mend else ""
        stop = "" if what.endswith("?") else "."
        super().__init__(one_line(f"{start}{what.rstrip('.')}{stop}{end}"))


def one_line(text: str) -> str:
    """Return a message as one line of plain text: headers and paths in it may hold whatever a file holds.

    Examples
    --------
    >>> one_line("Column a\\r\\nb \\x1b[31mis missing")
    'Column a b [31mis missing'
    """
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST // 2]} … {shown[-_LONGEST // 2 :]}"


def lacks_memory(error: BaseException) -> bool:
    """Return whether an error, or one that it came from, says that memory is short.

    Examples
    --------
    >>> lacks_memory(OSError(errno.ENOMEM, "Refused")), lacks_memory(OSError(errno.ENOENT, "No such file"))
    (True, False)
    """
    found: BaseException | None = error
    while found is not None:
        system = isinstance(found, OSError) and found.errno == errno.ENOMEM
        if system or isinstance(found, NO_MEMORY) or _NO_MEMORY_SAID.search(str(found)):
            return True
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return False


def pass_on_want_of_memory(error: BaseException) -> None:
    """Raise it as MemoryError, if it is one, where a broad `except` would take it for what it looks for."""
    if lacks_memory(error):
        raise MemoryError(str(error)) from error


def need_memory(size: int) -> None:
    """Look for some bytes of memory, and give them back: before a library that would wait for them for ever.

    Raises
    ------
    MemoryError
        The system does not grant them.

    Examples
    --------
    >>> need_memory(2**20)
    """
    bytes(size)  # zeros that the system promises, and nobody touches


class ConfigError(UserError):
    """A programme's folder says something that cannot be meant."""


class DataError(UserError):
    """A data file is missing, empty or of another shape than the programme says."""


class ModelError(UserError):
    """A bundle or registered model is missing, changed, or of another programme."""


class MissingModel(ModelError):
    """There is no store, model, version or bundle of that name: none that could be damaged or out of reach."""


class OutputError(UserError):
    """An output folder cannot be written, or holds something else."""


class LimitError(UserError):
    """A limit that the programme set was crossed."""

    exit_code = 3
