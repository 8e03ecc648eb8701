"""Output folders: written beside their place under another name, and moved there whole, or not at all."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import Any

import graduation_model
from graduation_model.commands.lock import locked
from graduation_model.errors import DataError, OutputError
from graduation_model.ingest.formats import sha256_of
from graduation_model.scoring.work import Work, sync

MANIFEST = "manifest.json"
# How a folder under construction is called, beside its place: .OUT.partial.
PARTIAL = "partial"
# Of a run under way: what it depends on, and the records of what is finished.
BEGUN_WITH, DONE = "begun_with.json", "done"


@dataclass
class Output:
    """A folder under construction, and what its manifest will say.

    Attributes
    ----------
    folder : Path
        Where to write.
    facts : dict
        Further entries of the manifest: model, counts, paths of inputs.
    rows : dict
        Relative path -> number of rows, for tables.
    """

    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def parquet(self, frame: Any, name: str) -> Path:  # Any: this module must not pull in pandas for its type alone
        """Write a table; the same rows give the same bytes."""
        import pyarrow as pa

        return self.arrow(pa.Table.from_pandas(frame, preserve_index=False), name)

    def arrow(self, table: Any, name: str) -> Path:
        """Write a table as Arrow holds it."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = [column.name for column in table.schema if not pa.types.is_floating(column.type)]
        pq.write_table(table.replace_schema_metadata(None), path, use_dictionary=text, compression="zstd")
        self.rows[name] = table.num_rows
        return path

    def text(self, content: str | bytes, name: str) -> Path:
        """Write a page or a workbook."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path


@contextmanager
def output_folder(out: str | Path, command: str, parameters: dict[str, Any]) -> Iterator[Output]:
    """Give a folder to write into; on success it becomes `out` with its manifest, on any error nothing stays behind.

    An earlier output of the same command is replaced; a folder that holds anything else is not touched.

    Raises
    ------
    OutputError
        Where `out` holds something else, another run writes to it, or it cannot be written.
    """
    out = Path(out).resolve()
    started = dt.datetime.now(dt.UTC)
    work = beside(out)
    try:
        _refuse_file(out)
        with locked(out):
            put_back(out)
            _refuse_foreign(out, command)
            work.mkdir(parents=True)
            output = Output(work)
            yield output
            _write_manifest(output, command, parameters, started)
            _replace(work, out)
    except OSError as error:
        raise OutputError(
            f"The output cannot be written ({error.strerror or type(error).__name__})",
            where=out,
            mend="Check the path, your rights and the free space",
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def resumable_output(
    out: str | Path, command: str, parameters: dict[str, Any], *, begun_with: dict[str, str], restart: bool = False
) -> Iterator[Output]:
    """Give a folder to write into, as `output_folder` does, that outlives the process and can be gone on with.

    It stands beside `out` as `.OUT.partial`: what is finished in it stays there when the run ends early.

    Parameters
    ----------
    begun_with
        What the run depends on, in words -> its digest or value: an interrupted run is gone on with only where all of
        it is as it was.
    restart
        Throw away what an interrupted run finished.

    Raises
    ------
    OutputError
        Where `out` holds something else, another run writes to it, an interrupted run was begun with something else, or
        it cannot be written.
    """
    out = Path(out).resolve()
    started = dt.datetime.now(dt.UTC)
    partial = out.with_name(f".{out.name}.{PARTIAL}")
    try:
        _refuse_file(out)
        with locked(out):
            put_back(out)
            _refuse_foreign(out, command)
            if restart:
                shutil.rmtree(partial, ignore_errors=True)
            _begin(partial, begun_with)
            output = Output(partial / "out")
            try:
                yield output
                written = _write_manifest(output, command, parameters, started)
                _refuse_damaged(Work(partial), written, out)
                _replace(output.folder, out)
                shutil.rmtree(partial)
            finally:
                if not (partial / DONE).is_dir():  # nothing was finished that would be worth keeping
                    shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        kept = " What is finished is kept: the same command goes on from there" if partial.is_dir() else ""
        raise OutputError(
            f"The output cannot be written ({error.strerror or type(error).__name__})",
            where=out,
            mend=f"Check the path, your rights and the free space.{kept}",
        ) from error


def _begin(partial: Path, begun_with: dict[str, str]) -> None:
    path = partial / BEGUN_WITH
    before = _json_object(path)
    if before is None:  # nothing was begun, or nobody can say with what
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "out").mkdir(parents=True)
        Work(partial).write(BEGUN_WITH, lambda beside: beside.write_text(json.dumps(begun_with, indent=1), "utf-8"))
        return
    for half in partial.rglob(".*"):  # a file that the run was killed at
        half.unlink(missing_ok=True)
    changed = [name for name in {**before, **begun_with} if before.get(name) != begun_with.get(name)]
    if changed:
        shown = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        raise OutputError(
            f"An interrupted run was begun with something else: {shown}",
            where=partial,
            mend="Give what it was begun with, or --restart to throw away what it finished",
        )


def _refuse_damaged(work: Work, written: dict[str, dict[str, Any]], out: Path) -> None:
    """Stop where a file is no longer the one that was finished: a manifest with its hash would vouch for it."""
    finished = work.files_below("out")
    damaged = [name for name, digest in finished.items() if written.get(name, {}).get("sha256") != digest]
    if damaged:
        raise OutputError(
            f"Parts changed after they were finished: {len(damaged)} (first: {damaged[0]})",
            where=out,
            mend="Run the same command again: it makes them anew. If it happens again, look after the disk",
        )


def _json_object(path: Path) -> dict[str, Any] | None:
    """What stands in a JSON file; None where there is none, or no object in it. What the system refuses is raised."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def beside(path: Path) -> Path:
    """Where this process prepares what is to stand at a path."""
    return path.with_name(f".{path.name}.{PARTIAL}-{os.getpid()}")


def put_back(path: Path) -> None:
    """Undo what a run left that was killed: what it moved aside goes back, what it prepared is thrown away.

    Whoever calls holds the path's lock: what lies beside it is nobody's any more.
    """
    for old in path.parent.glob(f".{escape(path.name)}.old-*"):
        if path.exists():
            _delete(path)
        old.rename(path)
    # Only what carries the number of a process: a fetched copy of the data has another ending, and may be in use.
    for half in path.parent.glob(f".{escape(path.name)}.{PARTIAL}-[0-9]*"):
        _delete(half)


def write_files(files: Mapping[Path, bytes], what: str) -> None:
    """Write files beside their places and move them there whole.

    Raises
    ------
    OutputError
        Where one cannot be written: `what` says of what.
    """
    first = next(iter(files))
    try:
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
        with locked_all(list(files)):
            try:
                for path, content in files.items():
                    beside(path).write_bytes(content)
                    sync(beside(path))
                for path in files:
                    beside(path).replace(path)
                sync(first.parent)
            finally:
                for path in files:
                    beside(path).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{what} cannot be written ({error.strerror or type(error).__name__})",
            where=first,
            mend="Check the path, your rights and the free space",
        ) from error


def _refuse_file(out: Path) -> None:
    if out.is_file():
        raise OutputError("There is a file of that name", where=out, mend="Give another --out")


def _refuse_foreign(out: Path, command: str) -> None:
    if out.is_dir() and any(out.iterdir()):
        before = (_json_object(out / MANIFEST) or {}).get("command")
        if before != command:
            holds = f"the output of '{before}'" if before else "something else"
            raise OutputError(f"The folder holds {holds}", where=out, mend="Give another --out, or empty it yourself")


def _write_manifest(
    output: Output, command: str, parameters: dict[str, Any], started: dt.datetime
) -> dict[str, dict[str, Any]]:
    """Write what the folder holds, and return it; a manifest that a killed run left there is no part of it."""
    own = output.folder / MANIFEST
    files = sorted(path for path in output.folder.rglob("*") if path.is_file() and path != own)
    outputs: dict[str, dict[str, Any]] = {}
    for path in files:
        name = path.relative_to(output.folder).as_posix()
        outputs[name] = {"sha256": sha256_of(path)} | ({"rows": output.rows[name]} if name in output.rows else {})
    manifest = {
        "command": command,
        "package_version": graduation_model.__version__,
        "parameters": {name: _plain(value) for name, value in parameters.items()},
        **output.facts,
        "outputs": outputs,
        "started": started.isoformat(timespec="seconds"),
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    output.text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", MANIFEST)
    return outputs


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _replace(work: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.old-{os.getpid()}")
    sync(work)
    if out.exists():
        out.rename(old)
    work.rename(out)
    sync(out.parent)
    with suppress(OSError):  # none was there, or the next run throws it away
        _throw_away(old, out)


@contextmanager
def locked_all(paths: Sequence[Path]) -> Iterator[None]:
    """Hold the locks of several folders or files, after undoing what a killed run left of each."""
    with ExitStack() as locks:
        for path in paths:
            locks.enter_context(locked(path))
        for path in paths:
            put_back(path)
        yield


def swap_in(places: Sequence[tuple[Path, Path]]) -> None:
    """Put prepared files or folders in the places of what stands there: all of them, or none.

    Parameters
    ----------
    places
        What was prepared beside its place, and its place. What stood there is deleted at the end.

    Raises
    ------
    OutputError
        Where one cannot be moved: then everything stands where it stood.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        for work, out in places:
            old = out.with_name(f".{out.name}.old-{os.getpid()}")
            out.rename(old)
            moved.append((old, out))
            work.rename(out)
    except OSError as error:
        for old, out in reversed(moved):
            _delete(out)
            old.rename(out)
        raise OutputError(
            f"A folder cannot be replaced, and nothing was changed ({error.strerror or type(error).__name__})",
            where=out,
            mend="Close what has it open, and check your rights",
        ) from error
    for old, out in moved:
        try:
            _throw_away(old, out)
        except OSError as error:
            raise OutputError(
                "The new files are in place, but the old ones beside them cannot be deleted",
                where=old,
                mend="Delete them yourself: they still hold what was taken out",
            ) from error


def _throw_away(old: Path, out: Path) -> None:
    """Delete what was moved aside, under a name from which a half of it is never put back."""
    gone = beside(out)
    old.rename(gone)
    _delete(gone)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def read_manifest(folder: str | Path, command: str) -> dict[str, Any]:
    """Return the manifest of an output folder, after checking that every file is the one it lists.

    Raises
    ------
    DataError
        Where the folder is no output of `command`, or a file changed or is gone.
    """
    folder = Path(folder)
    manifest = read_any_manifest(folder, f"'{command} --out'")
    if manifest["command"] != command:
        raise DataError(
            f"This is the output of '{manifest['command']}', not of '{command}'",
            where=folder,
            mend=f"Give a folder that '{command} --out' wrote",
        )
    return manifest


def manifest_in(folder: Path) -> dict[str, Any]:
    """Return what a folder's manifest says, whoever wrote it; nothing where there is none, or it is no JSON object.

    Raises
    ------
    DataError
        Where it is damaged: nobody knows then what the folder is.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, RecursionError) as error:
        raise DataError(
            "The manifest cannot be read",
            where=path,
            mend="Run the command again that wrote it; if none of ours did, move it elsewhere",
        ) from error
    return content if isinstance(content, dict) else {}


def read_any_manifest(folder: Path, writer: str = "a command of this package") -> dict[str, Any]:
    """Return the manifest of a folder that any command wrote, after the same check of every file."""
    path = folder / MANIFEST
    if not path.is_file():
        raise DataError(f"There is no {MANIFEST}", where=folder, mend=f"Give a folder that {writer} wrote")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        command, outputs = str(manifest["command"]), manifest["outputs"]
        changed = [name for name, entry in outputs.items() if not _is(folder / name, entry["sha256"])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError("The manifest cannot be read", where=path, mend="Run its command again") from error
    if changed:
        raise DataError(
            f"Files changed since they were written, or are gone: {len(changed)} (first: {changed[0]})",
            where=folder,
            mend=f"Run '{command}' again",
        )
    return manifest


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
