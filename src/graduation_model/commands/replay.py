"""`replay`: one family's line again, from the model and the inputs that its scores name; or what has changed since."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
import pyarrow.compute as pc

from graduation_model.commands.inputs import key_facts, no_such_family, one_family, open_key
from graduation_model.commands.lock import locked
from graduation_model.commands.outputs import MANIFEST
from graduation_model.commands.score import score
from graduation_model.errors import DataError, OutputError
from graduation_model.ingest.formats import sha256_of
from graduation_model.parquet import read_table

TABLES = ("scores", "contributions")
SHOWN = 12
SCRATCH = "graduation-model-replay-"


@dataclass(frozen=True)
class Replay:
    """What came of scoring a family again.

    Attributes
    ----------
    scores : Path
    columns : int
        Numbers and words that were compared.
    changed : tuple of str
        What of the recorded files, model, programme and package is no longer what it was.
    differences : tuple of str
        Columns of the family's line that came out otherwise, then and now.
    """

    scores: Path
    columns: int
    changed: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every number came out again, from files that are all what they were."""
        return not self.changed and not self.differences

    def story(self) -> str:
        """What is the same and what is not, for a terminal."""
        if self.same:
            return f"The same: {self.columns} columns, bit for bit, from the same inputs and the same model"
        numbers = [f"{len(self.differences)} of {self.columns} columns came out otherwise"] if self.differences else []
        same = [] if self.differences else [f"All {self.columns} columns came out the same, bit for bit"]
        more = [f"and {len(self.differences) - SHOWN} more"] if len(self.differences) > SHOWN else []
        return "\n".join([*self.changed, *same, *numbers, *self.differences[:SHOWN], *more])


def replay(
    *,
    scores: str | Path,
    household: str,
    data: str | Path | None = None,
    model: str | Path | None = None,
    tracking: str | Path = ".",
    key: str | Path | None = None,
) -> Replay:
    """Score one family again as its scores were made, and compare.

    Parameters
    ----------
    scores
        A folder that `score` wrote.
    household
        The family's id as the lists show it.
    data, model
        Default: where the manifest says they stood.
    tracking
        Folder of the default tracking store.
    key
        The key file that the scores were made with, where they were.

    Raises
    ------
    UserError
        Where it cannot be done: no such family, or the data or the model are gone.
    """
    folder = Path(scores).resolve()
    manifest = _manifest(folder)
    told = manifest["parameters"]
    secret = open_key(key, data)
    if manifest.get("key_fingerprint") != key_facts(secret).get("key_fingerprint"):
        raise DataError("The scores were made with another key, or one of the two without any", where=folder, mend=_KEY)
    family = one_family(household, secret)
    before = _line(folder, family)
    if before is None:
        raise no_such_family("the scores")
    changed = _changed_outputs(folder, manifest)
    with _scratch() as work:
        out = work / "again"
        again = {
            "programme": told["programme"],
            "data": data or told["data"],
            "as_of": told["as_of"],
            "model": model or told["model"],
            "mapping": told["mapping"],
            "part_rows": told["part_rows"],
        }
        try:
            score(**again, out=out, tracking=tracking, key=key, household=household)
        except DataError as error:
            if error.where != "--household":
                raise
            return Replay(folder, len(before), (*changed, f"It is not scored any more: {error.what}"), ())
        now_said = _manifest(out)
        now = _line(out, family)
    assert now is not None, "score wrote the family that it was asked for"
    changed = [*changed, *_changed_inputs(manifest, now_said)]
    return Replay(folder, len(before), tuple(changed), tuple(_differences(before, now)))


@contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder that goes away; what replays left there that were killed, families' answers, goes too."""
    room = Path(tempfile.gettempdir())
    for left in room.glob(f"{SCRATCH}*"):
        with suppress(OutputError, OSError), locked(left):
            shutil.rmtree(left)
    work = room / f"{SCRATCH}{uuid4().hex}"
    with locked(work):  # before it is there, so that another replay does not take it for left
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


_KEY = "Give --key with the file that 'score' was given, or none if it had none"


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest alone: a file that is no longer the one it lists is a finding here, not an error."""
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if manifest["command"] == "score" and "part_rows" in manifest["parameters"]:
            return manifest
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        pass
    raise DataError(f"There is no {MANIFEST} of 'score'", where=folder, mend="Give a folder that 'score --out' wrote")


def _line(folder: Path, family: str) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for name in TABLES:
        for part in sorted((folder / name).glob("*.parquet")):
            try:
                table = read_table(part)
                table = table.filter(pc.equal(table["household_id"], family))
            except (OSError, ValueError, KeyError) as error:
                raise DataError("The file cannot be read", where=part, mend="Bring it back from a copy") from error
            if table.num_rows:
                found |= {f"{name}.{column}": value for column, value in table.to_pylist()[0].items()}
    return found or None


def _changed_outputs(folder: Path, manifest: dict[str, Any]) -> list[str]:
    wrong = [
        name
        for name, entry in manifest["outputs"].items()
        if not (folder / name).is_file() or sha256_of(folder / name) != entry["sha256"]
    ]
    return [f"Not the file that was written: {name}" for name in wrong]


def _changed_inputs(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What went in, piece by piece."""
    pairs = {
        "The package's version": (before["package_version"], now["package_version"]),
        "The model": (before["model"]["bundle_sha256"], now["model"]["bundle_sha256"]),
        **_by_name("The data's", before["inputs"], now["inputs"]),
        **_by_name("The programme's", before["programme_files"], now["programme_files"]),
    }
    changed = {what: pair for what, pair in pairs.items() if pair[0] != pair[1]}
    return [f"{what} changed: {_short(then)}, now {_short(is_now)}" for what, (then, is_now) in changed.items()]


def _by_name(whose: str, before: dict[str, str], now: dict[str, str]) -> dict[str, tuple[Any, Any]]:
    return {f"{whose} {name}": (before.get(name), now.get(name)) for name in sorted({**before, **now})}


def _short(digest: str | None) -> str:
    return "not there" if digest is None else digest[:12]


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    names = list(dict.fromkeys([*before, *now]))
    pairs = {name: (before.get(name), now.get(name)) for name in names}
    return [f"{name}: {then}, now {is_now}" for name, (then, is_now) in pairs.items() if _differ(then, is_now)]


def _differ(then: Any, now: Any) -> bool:
    return then != now and not (pd.isna(then) and pd.isna(now))
