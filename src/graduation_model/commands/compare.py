"""`compare`: two lists in; who entered, who left, and which change did it, out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduation_model.commands.inputs import read_parts
from graduation_model.commands.outputs import output_folder, read_manifest
from graduation_model.commands.progress import step
from graduation_model.errors import DataError
from graduation_model.parquet import read_frame

if TYPE_CHECKING:
    from graduation_model.selection.compare import Ingredients


@dataclass(frozen=True)
class Compared:
    """What `compare` wrote: the folder, and the summary that its manifest holds."""

    out: Path
    summary: dict[str, Any]

    def story(self) -> str:
        """Who came and went in a few lines, for a terminal."""
        summary = self.summary
        lines = [f"Stayed {summary['stayed']:,}, entered {summary['entered']:,}, left {summary['left']:,}"]
        for change, causes in summary["causes"].items():
            told = ", ".join(f"{cause.replace('_', ' ')} {n:,}" for cause, n in causes.items())
            lines.append(f"  {change}: {told}")
        if summary["order"]:
            lines.append(f"Changes were made in this order: {', '.join(summary['order'])}")
        return "\n".join([*lines, f"See {self.out}"])


def compare(*, first: str | Path, second: str | Path, out: str | Path, between: str | Path | None = None) -> Compared:
    """Compare two lists, by making them again with one change at a time.

    Parameters
    ----------
    first, second
        Folders that `select --out` wrote; the scores that they name are read, and their hashes checked.
    out
        Gets `compare.parquet` and a manifest.
    between
        A folder that `score --out` wrote: the second list's answers scored by the first list's model. It tells a change
        of answers from a change of the model where both changed.
    """
    from graduation_model.selection.compare import compare as apply
    from graduation_model.selection.compare import steps_between

    with step("Checking the lists and their scores"):
        lists = [_Listed(Path(folder).resolve()) for folder in (first, second)]
        one, two = (listed.ingredients() for listed in lists)
        middle = None if between is None else _between(Path(between).resolve(), lists, one)
        for listed, made in zip(lists, (one, two), strict=True):
            listed.check(made)
    with step("Making the lists again"):
        scored = [listed.scored for listed in lists]
        same = {name: scored[0][name] == scored[1][name] for name in ("inputs", "parameters")}
        same_model = scored[0]["model"]["bundle_sha256"] == scored[1]["model"]["bundle_sha256"]
        same_answers = same["inputs"] and one.seed_text == two.seed_text
        steps = steps_between(one, two, same_model=same_model, same_answers=same_answers, between=middle)
        found = apply(one, two, steps)
    parameters = {"first": lists[0].folder, "second": lists[1].folder, "between": between}
    with output_folder(out, "compare", parameters) as output:
        output.parquet(found.table, "compare.parquet")
        output.facts.update(
            summary=found.summary,
            models=[one_scored["model"] for one_scored in scored],
            as_of=[one.seed_text, two.seed_text],
        )
    return Compared(Path(out).resolve(), found.summary)


class _Listed:
    """A `select --out` folder and the scores that it names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder, "select")
        if "rules" not in self.manifest:
            raise DataError("The manifest does not say by which rules", where=folder, mend="Run 'select' again")
        self.scores = Path(self.manifest["parameters"]["scores"])
        self.scored = read_manifest(self.scores, "score")
        now = {name: entry["sha256"] for name, entry in self.scored["outputs"].items() if name.startswith("scores/")}
        if now != self.manifest["inputs"]:
            raise DataError(
                "These are not the scores that the list was made from",
                where=self.scores,
                mend="Run 'select' on them again, or put the old scores back",
            )

    def ingredients(self) -> Ingredients:
        from graduation_model.selection.compare import Ingredients
        from graduation_model.selection.params import SelectionParams

        params = SelectionParams.model_validate(self.manifest["rules"])
        quota = self.manifest["parameters"]["quota"]
        return Ingredients(**_scores(self.scores), params=params, quota=quota, seed_text=self.manifest["as_of"])

    def check(self, made: Ingredients) -> None:
        """The list made again is the list that was written, or nothing can be said of either."""

        written = read_frame(self.folder / "selection.parquet").set_index("household_id")["selected"]
        if not made.table()["selected"].equals(written):
            raise DataError(
                "The list cannot be made again from its scores and rules: another version of the program made it",
                where=self.folder,
                mend="Run 'select' again on the same scores",
            )


def _scores(folder: Path) -> dict[str, Any]:
    return {"scores": read_parts(folder, "scores"), "contributions": read_parts(folder, "contributions")}


def _between(folder: Path, lists: list[_Listed], first: Ingredients) -> Ingredients:
    from dataclasses import replace

    scored = read_manifest(folder, "score")
    models = [one["model"]["bundle_sha256"] for one in (scored, lists[0].scored)]
    if models[0] != models[1] or scored["inputs"] != lists[1].scored["inputs"]:
        raise DataError(
            "These are not the second list's answers scored by the first list's model",
            where=folder,
            mend="Run 'score' on the second list's data with --model of the first",
        )
    return replace(first, **_scores(folder), seed_text=scored["parameters"]["as_of"])
