"""What can go wrong while a command runs: it is killed, refused or robbed of something, at a point drawn by number."""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import errno
import os
import resource
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from threadpoolctl import threadpool_limits

from graduation_model import blas
from graduation_model.errors import need_memory
from graduation_model.scoring import cluster, parts
from lib.faults import on_disk_events


@dataclass(frozen=True)
class Effort:
    """What an undisturbed run takes.

    Attributes
    ----------
    events : int
        How often it touches the disk.
    seconds : float
    data : int
        Bytes at most that it was granted, beyond what it was granted at its start.
    resident : int
        Bytes at most that it held in the machine's memory.
    """

    events: int
    seconds: float
    data: int
    resident: int


def nothing(*_: Any) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    Attributes
    ----------
    within : function
        Called in the command's process before it begins, with chance, its folder and the effort of an undisturbed run.
    afterwards : function
        Called with chance and the folder, when the process has ended.
    around : function
        Gives what is held while the process runs.
    share : int
        How often it is drawn, beside the others.
    """

    within: Callable[[Random, Path, Effort], None] = nothing
    afterwards: Callable[[Random, Path], None] = nothing
    around: Callable[[Path], AbstractContextManager[None]] = contextlib.nullcontext
    share: int = 1


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_at(rng: Random, own: Path, effort: Effort) -> None:
    place = rng.randint(1, max(1, effort.events))
    on_disk_events(own, lambda count: _kill() if count == place else None)


def _kill_after(rng: Random, own: Path, effort: Effort) -> None:
    threading.Timer(rng.uniform(0, effort.seconds), _kill).start()


REFUSALS = (errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES, errno.EDQUOT)


def _refuse_at(rng: Random, own: Path, effort: Effort) -> None:
    """From some point on nothing can be written any more, or one thing once not."""
    place, number, lasting = rng.randint(1, max(1, effort.events)), rng.choice(REFUSALS), rng.random() < 0.5

    def at(count: int) -> None:
        if count == place or (lasting and count > place):
            raise OSError(number, os.strerror(number))

    on_disk_events(own, at)


def _small_files(rng: Random, own: Path, effort: Effort) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    most = rng.choice((2_000, 6_000, 20_000, 60_000))  # what is said on stderr goes into a file, too, and must fit
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def memory(of: str) -> int:
    """Bytes of this process as /proc/self/status names them."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split(f"{of}:")[1].split()[0]) * 1024


def _use_up() -> int:
    """Take what the C library was granted and does not use; returns what this process is granted then.

    A copy of a process that has done much finds that much free in its own heap, and would ask the system for nothing.
    """
    malloc = ctypes.CDLL(None).malloc
    malloc.restype, malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    granted, unlimited = memory("VmData"), resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (granted, unlimited[1]))
    for size in (1 << 20, 1 << 16, 1 << 12, 1 << 8):
        with contextlib.suppress(MemoryError):
            while malloc(size):
                pass
    resource.setrlimit(resource.RLIMIT_DATA, unlimited)
    return memory("VmData")


class Most:
    """What this process was granted beyond its start at most: the system itself remembers the resident part alone."""

    def __init__(self) -> None:
        self.data, watches = 0, threading.Event()
        self._start: int | None = None
        threading.Thread(target=self._watch, args=(watches,), daemon=True).start()
        watches.wait()  # a thread has memory of its own
        self._start = _use_up()
        for room in (blas, cluster):
            room.need_memory = self._looked  # type: ignore[assignment]

    def _looked(self, size: int) -> None:
        """What was looked for, and given back before anybody watched, is needed too."""
        need_memory(size)
        self.data = max(self.data, memory("VmData") - (self._start or 0) + size)

    def _watch(self, watches: threading.Event) -> None:
        watches.set()
        while True:
            if self._start is not None:
                self.data = max(self.data, memory("VmData") - self._start)
            time.sleep(0.002)


def _little_memory(rng: Random, own: Path, effort: Effort) -> None:
    """The system refuses memory from some point between what it holds at its start and what it would hold at most."""
    limit = _use_up() + int(rng.random() * effort.data)
    if rng.random() < 0.5:  # numpy's BLAS has its memory from the parent: else scoring would be refused there alone
        parts.one_thread = lambda api: threadpool_limits(limits=1, user_api=api)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _out_of_memory(rng: Random, own: Path, effort: Effort) -> None:
    """It is killed when it holds more than a limit, as the system does to whoever holds most."""
    limit = rng.randint(*sorted((memory("VmRSS"), effort.resident)))

    def watch() -> None:
        while memory("VmRSS") < limit:
            time.sleep(0.002)
        _kill()

    threading.Thread(target=watch, daemon=True).start()


def _clock_jumps(rng: Random, own: Path, effort: Effort) -> None:
    """Every look at the clock shows another year; only where the house looks, lest libraries no longer know a date."""

    class Jumping(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> dt.datetime:
            return dt.datetime(rng.choice((1980, 2026, 2099)), rng.randint(1, 12), rng.randint(1, 28), tzinfo=tz)

    clock = SimpleNamespace(datetime=Jumping, UTC=dt.UTC, date=dt.date, timedelta=dt.timedelta)
    for module in [one for name, one in sys.modules.items() if name.startswith("graduation_model.commands.")]:
        if getattr(module, "dt", None) is dt:
            module.dt = clock  # type: ignore[attr-defined]
    time.time = lambda: rng.choice((0.0, 1.8e9, 4.1e9))


@contextlib.contextmanager
def _no_folder(own: Path) -> Iterator[None]:
    """The place to write to is gone: its folder is a file now. Root may write everywhere else."""
    aside = own.rename(own.with_name(f"{own.name}-aside"))
    own.write_text("a file")
    try:
        yield
    finally:
        own.unlink()
        aside.rename(own)


FAULTS = {
    "killed at a write": Fault(_kill_at, share=26),
    "killed at any time": Fault(_kill_after, share=16),
    "refused a write": Fault(_refuse_at, share=20),
    "files may not grow": Fault(_small_files, share=8),
    "little memory": Fault(_little_memory, share=13),
    "out of memory": Fault(_out_of_memory, share=8),
    "the clock jumps": Fault(_clock_jumps, share=4),
    "no folder to write to": Fault(around=_no_folder, share=5),
}

# --- what goes wrong with some commands alone


@contextlib.contextmanager
def _locked_store(own: Path) -> Iterator[None]:
    with _exclusive(own):
        yield


@contextlib.contextmanager
def _exclusive(own: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(own / "mlflow.db", isolation_level=None, timeout=60)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield connection
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def _store_locked_under_way(rng: Random, own: Path, effort: Effort) -> None:
    wait = rng.uniform(0, effort.seconds)

    def lock() -> None:
        time.sleep(wait)
        with _exclusive(own):
            time.sleep(3600)  # as long as the process lasts

    threading.Thread(target=lock, daemon=True).start()


def _server_is_gone(rng: Random, own: Path, effort: Effort) -> None:
    os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"


@contextlib.contextmanager
def _server(own: Path) -> Iterator[None]:
    """A tracking server on the command's own store, and its port beside the command's folder."""
    from mlflow.server import ARTIFACT_ROOT_ENV_VAR, BACKEND_STORE_URI_ENV_VAR, app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    own.with_name("port").write_text(str(server.server_port), encoding="utf-8")
    child = os.fork()  # MLflow's own command takes half a minute to start
    if child == 0:
        for number in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        os.environ[BACKEND_STORE_URI_ENV_VAR] = f"sqlite:///{own / 'mlflow.db'}"
        os.environ[ARTIFACT_ROOT_ENV_VAR] = (own / "mlartifacts").as_uri()
        server.serve_forever()
    server.server_close()
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _server_dies(rng: Random, own: Path, effort: Effort) -> None:
    """The command speaks to the server through a wire that is cut after a while."""
    port, wait = int(own.with_name("port").read_text(encoding="utf-8")), rng.uniform(0, effort.seconds)
    wire = socket.create_server(("127.0.0.1", 0))
    ends = [wire]
    os.environ["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{wire.getsockname()[1]}"

    def carry(here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while sent := here.recv(2**16):
                there.sendall(sent)
            there.shutdown(socket.SHUT_WR)

    def connect() -> None:
        with contextlib.suppress(OSError):
            while True:
                here, there = wire.accept()[0], socket.create_connection(("127.0.0.1", port))
                ends.extend((here, there))
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=carry, args=pair, daemon=True).start()

    def cut() -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=connect, daemon=True).start()
    timer = threading.Timer(wait, cut)
    timer.daemon = True
    timer.start()


def _worker_killed(rng: Random, own: Path, effort: Effort) -> None:
    wait, which = rng.uniform(0, effort.seconds), rng.random()

    def kill() -> None:
        time.sleep(wait)
        workers = workers_of(os.getpid())
        if workers:
            os.kill(workers[int(which * len(workers))], signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()


def workers_of(session: int) -> list[int]:
    """The other processes of a session that work for it; whoever died before is none."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, of = (place / "stat").read_text().rpartition(")")[2].split()[:4]
            mine = int(of) == session != int(place.name) and state != "Z"
            if mine and b"spawn_main" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return sorted(found)


def _kill_late(rng: Random, own: Path, effort: Effort) -> None:
    place = rng.randint(effort.events // 4, effort.events)
    on_disk_events(own, lambda count: _kill() if count == place else None)


def _damage_left(rng: Random, own: Path) -> None:
    """Damage a file of an interrupted run: the record of what it was begun with, of a step, a table, or a part."""
    partial = own / ".out.partial"
    folders = sorted({path.parent for path in partial.rglob("*") if path.is_file()})
    if folders:
        _damage(rng, rng.choice(sorted(path for path in rng.choice(folders).iterdir() if path.is_file())))


def _damage_under_way(rng: Random, own: Path, effort: Effort) -> None:
    """Damage a part of the output after it was finished, and go on; once all are hashed, every reader sees it."""
    place, damaged = rng.randint(effort.events // 2, effort.events), []

    def at(count: int) -> None:
        partial = own / ".out.partial"
        if count < place or damaged or (partial / "out" / "quarantine.parquet").exists():
            return
        recorded = {path.stem[-5:] for path in partial.glob("done/score-*.json")}
        parts = [path for path in sorted(partial.glob("out/*/part-*.parquet")) if path.stem[-5:] in recorded]
        if parts:
            damaged.append(True)  # before the damage, which is an event of its own
            _damage(rng, rng.choice(parts))

    on_disk_events(own, at)


def _damage(rng: Random, path: Path) -> None:
    """Change a byte of a file, or cut it short."""
    content = bytearray(path.read_bytes())
    place = rng.randrange(len(content)) if content else 0
    if content and rng.random() < 0.6:
        content[place] ^= 1 << rng.randrange(8)
    else:
        del content[place:]
    path.write_bytes(content)


OWN_FAULTS = {
    "the store is locked": Fault(around=_locked_store),
    "the store is locked under way": Fault(_store_locked_under_way),
    "the server is gone": Fault(_server_is_gone),
    "the server dies under way": Fault(_server_dies, around=_server),
    "a worker is killed": Fault(_worker_killed),
    "killed, then a finished part damaged": Fault(_kill_late, _damage_left),
    "a finished part damaged under way": Fault(_damage_under_way),
}
