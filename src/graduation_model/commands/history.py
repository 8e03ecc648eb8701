"""`history`: output folders of some years in, remembered beside the model that decided; the years as a table out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from graduation_model.commands.inputs import ProgrammeLike, open_programme
from graduation_model.commands.outputs import MANIFEST, output_folder, read_any_manifest
from graduation_model.commands.progress import step
from graduation_model.config import Programme
from graduation_model.errors import DataError
from graduation_model.ingest.formats import sha256_of
from graduation_model.parquet import read_frame

if TYPE_CHECKING:
    from graduation_model.tracking import Memory, Step

TRAINING, COHORT, LIST, MONITORING, RETRAINING = "training", "cohort", "list", "monitoring", "retraining"
FOLLOW_UP = "follow-up"
COLUMNS = {
    "as_of": "str",
    "trained": "str",
    "label_kind": "str",
    "training_rows": "Int64",
    "auc": "float64",
    "gate": "str",
    "approver": "str",
    "champion": "bool",
    "decided": "str",
    "scored": "Int64",
    "quota": "Int64",
    "proposed": "Int64",
    "expected_false": "float64",
    "limits_crossed": "Int64",
    "matured": "Int64",
    "would_change": "Int64",
    "stayed_out": "Int64",
    "fell_back": "Int64",
    "lost": "Int64",
}


@dataclass(frozen=True)
class History:
    """What is remembered.

    Attributes
    ----------
    years : frame
        A row an as-of date with `COLUMNS`: which version was trained, what the gate said, who approved; which version
        decided, over how many families; what monitoring, retraining and follow-up found. Missing where that was not
        done.
    remembered : int
        Steps that were new.
    out : Path or None
    """

    years: pd.DataFrame
    remembered: int
    out: Path | None = None

    def story(self) -> str:
        """The years for a terminal."""
        table = self.years.dropna(axis=1, how="all")
        shown = table.astype("object").where(table.notna(), "-").map(_shown)
        lines = [shown.to_string(index=False), f"{self.remembered:,} new steps were remembered"]
        return "\n".join([*lines, *([f"See {self.out}"] if self.out else [])])


def _shown(value: object) -> object:
    return f"{value:,.3g}" if isinstance(value, float) else value if value != "" else "-"


def history(
    *,
    programme: ProgrammeLike,
    folders: Sequence[str | Path] = (),
    out: str | Path | None = None,
    tracking: str | Path = ".",
) -> History:
    """Remember what was done, and tell the years.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    folders
        What `score`, `select`, `monitor`, `retrain` or `outcomes` wrote, or a folder of such folders: each becomes a
        run beside the training of the model that decided, once. Trainings are remembered by `train` itself.
    out
        Gets `history.parquet`, `history.csv` and a manifest.
    tracking
        Folder of the default tracking store, where MLFLOW_TRACKING_URI is not set.

    Raises
    ------
    UserError
        There is no store, a folder is no output of ours or was changed, or is of another programme.
    """
    from graduation_model.tracking import recall, tracking_uri

    programme = open_programme(programme)
    uri = tracking_uri(Path(tracking))
    with step("Remembering the years"):
        new = remember_folders(programme, _outputs(folders), uri=uri)
        table = years(recall(programme.name, _names(programme), uri=uri))
    if out is None:
        return History(table, new)
    with output_folder(out, "history", {"programme": programme.folder, "tracking": Path(tracking)}) as output:
        output.parquet(table, "history.parquet")
        output.text(table.to_csv(index=False), "history.csv")
    return History(table, new, Path(out).resolve())


def remember_folders(programme: Programme, folders: Sequence[Path], *, uri: str) -> int:
    """Make a run of what each output folder's manifest says, once; returns how many are new."""
    from graduation_model.tracking import remember

    steps = [made for made in (_step(folder, programme) for folder in folders) if made is not None]
    return remember(programme.name, _names(programme), steps, uri=uri) if steps else 0


def _names(programme: Programme) -> list[str]:
    from graduation_model.tracking import registered_name

    return [registered_name(programme.name, kind) for kind in programme.label.order]


def _outputs(folders: Sequence[str | Path]) -> list[Path]:
    """The output folders among what was given, and directly below it: a shadow lies deeper, and decided nothing."""
    found = []
    for folder in map(Path, folders):
        below = [folder] if (folder / MANIFEST).is_file() else [path.parent for path in folder.glob(f"*/{MANIFEST}")]
        if not below:
            raise DataError(
                f"There is no {MANIFEST}", where=folder, mend="Give a folder that a command wrote, or the one above it"
            )
        found += sorted(below)
    return found


def _step(folder: Path, programme: Programme) -> Step | None:
    """What is remembered of one folder; None of a command that is remembered elsewhere, or not at all."""
    from graduation_model.tracking import Step

    manifest = read_any_manifest(folder)
    if manifest["command"] not in _TOLD:
        return None
    kind, told = _TOLD[manifest["command"]]
    given = manifest["parameters"]
    if Path(given["programme"]).name != programme.folder.name:
        raise DataError(
            f"This folder is of programme '{Path(given['programme']).name}', not of '{programme.folder.name}'",
            where=folder,
            mend="Give folders of one programme",
        )
    figures = {name: float(value) for name, value in told(manifest, folder).items() if not pd.isna(value)}
    return Step(
        kind=kind,
        as_of=str(manifest.get("as_of") or given["as_of"])[:10],
        digest=sha256_of(folder / MANIFEST),
        bundle_sha256=(_model_of(manifest) or {}).get("bundle_sha256", ""),
        params={"folder": str(folder.resolve())},
        figures=figures,
    )


def _model_of(manifest: dict[str, Any]) -> dict[str, Any] | None:
    """The model that decided: of a follow-up, that of the one list that it looks back on."""
    lists = str(manifest["parameters"].get("selections") or "").split(", ")
    if manifest["command"] != "outcomes" or lists == [""]:
        return manifest.get("model")
    models = [read_any_manifest(Path(one))["model"] for one in lists]
    return models[0] if len({one["bundle_sha256"] for one in models}) == 1 else None


def _of_cohort(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {"scored": manifest["counts"]["scored"], "families": manifest["counts"]["families"]}


def _of_list(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    summary = manifest["summary"]
    named = ("families", "quota", "selected", "waiting_list", "expected_false_graduations")
    return {name: summary[name] for name in named} | summary["recommendations"]


def _of_monitoring(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {"limits_crossed": sum(manifest["told"].values()), **manifest["told"]}


def _of_retraining(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {**manifest["summary"], "matured": manifest["matured"]}


def _of_follow_up(manifest: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Of all who left, whatever their list; counts that are too small to show stay missing."""
    from graduation_model.followup.outcomes import EVERYBODY, LEFT

    table = read_frame(folder / "outcomes.parquet")
    own = table[(table["families"] == LEFT) & (table["group"] == EVERYBODY)].drop_duplicates("measure")
    return own.set_index("measure")["value"].reindex(["stayed_out", "fell_back", "lost"]).to_dict()


_TOLD: dict[str, tuple[str, Callable[[dict[str, Any], Path], dict[str, Any]]]] = {
    "score": (COHORT, _of_cohort),
    "select": (LIST, _of_list),
    "monitor": (MONITORING, _of_monitoring),
    "retrain": (RETRAINING, _of_retraining),
    "outcomes": (FOLLOW_UP, _of_follow_up),
}


def years(memory: Memory) -> pd.DataFrame:
    """Return a row an as-of date: the last step of each kind that was done for it."""
    dates = sorted({one.as_of for one in memory.steps if one.as_of})
    rows = [_year({one.kind: one for one in memory.steps if one.as_of == date}, memory, date) for date in dates]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _year(steps: dict[str, Step], memory: Memory, date: str) -> dict[str, Any]:
    trained, decided = steps.get(TRAINING), steps.get(LIST) or steps.get(COHORT)
    version = (trained.model, trained.version) if trained else ("", "")
    tags = memory.tags.get(version, {})
    opened = {"true": "opened", "false": "closed"}.get(tags.get("gate.opens", ""), "")

    def figure(kind: str, name: str) -> float | None:
        return steps[kind].figures.get(name) if kind in steps else None

    return {
        "as_of": date,
        "trained": _version(trained),
        "label_kind": str(trained.params.get("label_kind", "")) if trained else "",
        "training_rows": int(str(trained.params["training_rows"])) if trained else None,
        "auc": trained.figures.get(f"{trained.params.get('model')}.programme.auc") if trained else None,
        "gate": opened,
        "approver": tags.get("promotion.approver", ""),
        "champion": memory.champion is not None and version == memory.champion,
        "decided": _version(decided),
        "scored": figure(COHORT, "scored"),
        "quota": figure(LIST, "quota"),
        "proposed": figure(LIST, "selected"),
        "expected_false": figure(LIST, "expected_false_graduations"),
        "limits_crossed": figure(MONITORING, "limits_crossed"),
        "matured": figure(RETRAINING, "matured"),
        "would_change": figure(RETRAINING, "changed"),
        **{name: figure(FOLLOW_UP, name) for name in ("stayed_out", "fell_back", "lost")},
    }


def _version(made: Step | None) -> str:
    """The version as the registry numbers it; of a model that it does not know, its fingerprint."""
    return "" if made is None else made.version or made.bundle_sha256[:12]
