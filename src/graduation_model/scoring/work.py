"""What a run has finished: files that are whole or not there, and a record of each step that outlives the process.

A file is written under another name, synced and renamed; its record, with the sha256 of every file of the step, comes
after it. A step without a record, or whose files are not those of its record, is done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from graduation_model.ingest.formats import sha256_of

Facts = dict[str, Any]


def sum_counts(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return counts of several parts, added up.

    Examples
    --------
    >>> sum_counts([{"kept": 2}, {"kept": 1, "lost": 1}])
    {'kept': 3, 'lost': 1}
    """
    total: dict[str, int] = {}
    for part in parts:
        for name, count in part.items():
            total[name] = total.get(name, 0) + count
    return total


@dataclass(frozen=True)
class Work:
    """The folder of a run that is under way. Several processes may work in it, on one disk.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    def write(self, name: str, write: Callable[[Path], object]) -> Path:
        """Write a file, whole or not at all; twice the same file does no harm."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            write(beside)
            sync(beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        sync(path.parent)
        return path

    def finish(self, step: str, facts: Facts, files: Mapping[str, Path]) -> Facts:
        """Record a step as finished."""
        record = {"facts": facts, "files": {name: sha256_of(path) for name, path in files.items()}}
        text = json.dumps({**record, "sha256": _digest(record)}, indent=1, sort_keys=True)
        self.write(f"done/{step}.json", lambda path: _text(path, text))
        return facts

    def finished(self, step: str) -> Facts | None:
        """Return the facts of a finished step; None where it has yet to be done."""
        record = _record(self.folder / "done" / f"{step}.json")
        if record is None or not all(_is(self.folder / name, digest) for name, digest in record["files"].items()):
            return None
        facts: Facts = record["facts"]
        return facts

    def files_below(self, name: str) -> dict[str, str]:
        """Return path below a folder -> sha256 of its files, as they were when their steps were finished."""
        records = filter(None, map(_record, sorted((self.folder / "done").glob("*.json"))))
        files = {file: digest for record in records for file, digest in record["files"].items()}
        start = f"{name}/"
        return {file.removeprefix(start): digest for file, digest in files.items() if file.startswith(start)}

    def drop(self, name: str) -> None:
        """Delete what later steps no longer need."""
        shutil.rmtree(self.folder / name, ignore_errors=True)


def sync(path: Path) -> None:
    """Have the disk keep a file or a folder's names: a rename alone does not outlive a power cut."""
    if path.is_dir() and os.name == "nt":  # Windows opens no folders
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _record(path: Path) -> dict[str, Any] | None:
    """What was recorded of a step; None where nothing was, or a disk damaged it."""
    if not path.is_file():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = record.pop("sha256") == _digest(record)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return record if whole else None


def _digest(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and sha256_of(path) == digest
