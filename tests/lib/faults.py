"""A process that is disturbed while it writes: where it touches the disk, and what is left of it."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

HUNG = -999
_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "faults.write"}


def on_disk_events(folder: Path, at: Callable[[int], None]) -> None:
    """Call `at` with the number of each thing that is about to be written, moved or deleted in a folder.

    A hook stays for the life of a process: use it in one that is `forked`.
    """
    count, within = 0, str(folder)

    def hook(event: str, given: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)
        if (writes or event in _EVENTS) and str(given[0]).startswith(within):
            count += 1
            at(count)

    for room, name, place in ((pq, "write_table", 1), (pq, "ParquetWriter", 0), (pd.DataFrame, "to_parquet", 1)):
        setattr(room, name, _told(getattr(room, name), place))
    sys.addaudithook(hook)


def _told(write: Any, place: int) -> Any:
    """Arrow opens files in C++, where no audit event tells of it."""

    def told(*given: Any, **more: Any) -> Any:
        sys.audit("faults.write", given[place] if len(given) > place else "")
        return write(*given, **more)

    return told


def forked(work: Callable[[], int], said: Path, *, seconds: float = 60) -> tuple[int, str]:
    """Do something in a copy of this process; returns its code, below zero the signal that ended it, and its stderr."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setsid()
            for number, path in ((1, os.devnull), (2, str(said))):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stderr = os.fdopen(2, "w", closefd=False)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stderr.flush()
            finally:  # whatever it cannot write: a copy that went on would tidy up its parent's folders
                os._exit(code)
    deadline = time.monotonic() + seconds
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return HUNG, ""
        time.sleep(0.01)
    return os.waitstatus_to_exitcode(ended[1]), said.read_text(encoding="utf-8", errors="replace")
