"""One run at a time for an output folder: a lock that the system lets go of when its process ends, however it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graduation_model.errors import OutputError


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of an output folder, a file beside it.

    Raises
    ------
    OutputError
        Where another run holds it.
    """
    path = out.with_name(f".{out.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _opened(path)
    try:
        if not _take(handle) or not _is_there(path, handle):
            raise OutputError(
                "Another run is writing to this folder",
                where=out,
                mend="Wait until it has ended, or give another --out",
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _is_there(path: Path, handle: int) -> bool:
    """Whether the file is still the one that was opened: a run that just ended takes its own away."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _take(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX's word and Windows's; a disk without locks says another
        return False
    return True
