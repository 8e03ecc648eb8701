"""A PostgreSQL server of one's own for a few tests: a fresh cluster on a unix socket, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "dinas", "rahasia-8241"


@dataclass(frozen=True)
class Server:
    """A running server; `url` holds its password."""

    folder: Path

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{PASSWORD}@/postgres?host={self.folder}"


def programs() -> Path | None:
    """Return the folder of initdb and postgres, None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").is_file()), None)


@contextmanager
def running(bin_folder: Path) -> Iterator[Server]:
    """Start a server; PostgreSQL refuses to run as root, so root runs it as the user postgres."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path may have 107 characters
    is_root = os.geteuid() == 0
    as_user = ["runuser", "-u", "postgres", "--"] if is_root else []
    (folder / "password").write_text(PASSWORD)
    if is_root:
        shutil.chown(folder, "postgres")
        shutil.chown(folder / "password", "postgres")
    made = [bin_folder / "initdb", "-D", folder / "data", "-U", USER, "-A", "scram-sha-256", "--no-sync", "--no-locale",
            "-E", "UTF8", f"--pwfile={folder / 'password'}"]  # fmt: skip
    subprocess.run([*as_user, *map(str, made)], check=True, capture_output=True, cwd=folder)
    words = [bin_folder / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*as_user, *map(str, words)], stdout=log, stderr=log, cwd=folder)
    try:
        _wait(folder)
        yield Server(folder)
    finally:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGINT)  # a fast shutdown
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path) -> None:
    for _ in range(300):
        pid = folder / "data" / "postmaster.pid"
        if pid.is_file() and "ready" in pid.read_text():
            return
        time.sleep(0.1)
    raise RuntimeError((folder / "log").read_text())
