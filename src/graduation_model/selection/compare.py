"""Two lists and what each was made from in, who entered and who left, and by which change, out.

From the first list to the second one ingredient is changed at a time, in a fixed order, and the list is made again
after each: a family's cause is the last change after which it stood where it stands at the end. Another order could
give some families another cause, so the order is written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from graduation_model.errors import UserError
from graduation_model.selection.params import SelectionParams
from graduation_model.selection.select import select

# Beside the causes of a `Step`: a family that was not scored before, and one that is scored no more.
NEW, NOT_SCORED = "new", "not_scored"
# The quota is a change of its own; the others say what is carried, not who may be proposed.
NO_RULES = frozenset({"quota", "carry", "quota_unit"})


@dataclass(frozen=True)
class Ingredients:
    """What a list is made from: see `select`."""

    scores: pd.DataFrame
    params: SelectionParams
    quota: int | None
    seed_text: str
    contributions: pd.DataFrame | None = None

    def table(self) -> pd.DataFrame:
        """The list, by household."""
        made = select(
            self.scores,
            self.params,
            quota=self.quota,
            seed_text=self.seed_text,
            contributions=self.contributions,
            prices=False,
        )
        return made.table.set_index("household_id")


class Step(NamedTuple):
    """One change on the way from the first list to the second.

    Attributes
    ----------
    cause
        answers, model, `scores` (both at once, where nobody scored the new answers with the old model), rule, quota.
    detail
        Of a rule, its key in `programme.yaml`.
    """

    cause: str
    detail: str
    ingredients: Ingredients


@dataclass(frozen=True)
class Comparison:
    """Who entered and who left.

    Attributes
    ----------
    table : frame (n_families, 4)
        household_id, change, cause, detail of every family on either list. change: entered, left, stayed. cause: that
        of a `Step`, new or not_scored; '' for who stayed. detail: of a rule, its key; of scores, whether the family's
        own rose, fell, or stayed while others passed it.
    summary : dict
        entered, left, stayed, causes (counts over who entered and left), order (the changes in their order), together
        (changes that fit only with the one after them).
    """

    table: pd.DataFrame
    summary: dict[str, Any]


def steps_between(
    first: Ingredients,
    second: Ingredients,
    *,
    same_model: bool,
    same_answers: bool,
    between: Ingredients | None = None,
) -> list[Step]:
    """Return the changes that lead from one list to the other, in the order in which they are made.

    Parameters
    ----------
    between : Ingredients, optional
        The second list's answers scored by the first list's model, which tells the two apart.
    """
    return list(_steps(first, second, same_model, same_answers, between))


def _steps(
    first: Ingredients, second: Ingredients, same_model: bool, same_answers: bool, between: Ingredients | None
) -> Iterator[Step]:
    now = first
    if not (same_model and same_answers):
        if between is not None:
            yield Step("answers", "", replace(between, params=first.params, quota=first.quota))
        cause = "model" if same_answers or between is not None else "answers" if same_model else "scores"
        carried = {name: getattr(second.params, name) for name in ("carry", "quota_unit")}
        now = replace(second, params=first.params.model_copy(update=carried), quota=first.quota)
        yield Step(cause, "", now)
    for field in SelectionParams.model_fields:
        new = getattr(second.params, field)
        if field not in NO_RULES and new != getattr(now.params, field):
            now = replace(now, params=now.params.model_copy(update={field: new}))
            yield Step("rule", field, now)
    if now.quota != second.quota:
        yield Step("quota", "", second)


def compare(first: Ingredients, second: Ingredients, steps: Sequence[Step]) -> Comparison:
    """Say who entered the second list, who left the first, and why.

    Raises
    ------
    UserError
        Where one of the two lists cannot be made.
    """
    tables, taken, together = [first.table()], [], []
    for step in steps:
        try:
            tables.append(step.ingredients.table())
            taken.append(step)
        except UserError:  # half-way, rules may ask for what these scores do not hold: tried with the next change
            if step is steps[-1]:
                raise
            together.append(f"{step.cause} {step.detail}".strip())
    before, after = tables[0], tables[-1]
    listed = pd.Index(sorted({*_listed(before), *_listed(after)}), dtype="str")
    on = np.column_stack([table["selected"].reindex(listed, fill_value=False).to_numpy(dtype=bool) for table in tables])
    table = pd.DataFrame({"household_id": listed, "change": _changes(on[:, 0], on[:, -1]), "cause": "", "detail": ""})
    for place, step in enumerate(taken):  # a later change has the last word
        moved = (on[:, place] != on[:, place + 1]) & (on[:, 0] != on[:, -1])
        table.loc[moved, ["cause", "detail"]] = [step.cause, step.detail]
    by_score = table["cause"].isin(["answers", "model", "scores"])
    table.loc[by_score, "detail"] = _own_score(listed, first, second)[by_score]
    table.loc[(table["change"] == "entered") & ~listed.isin(before.index), ["cause", "detail"]] = [NEW, ""]
    table.loc[(table["change"] == "left") & ~listed.isin(after.index), ["cause", "detail"]] = [NOT_SCORED, ""]
    return Comparison(table.astype("str"), _summary(table, taken, together))


def _listed(table: pd.DataFrame) -> list[str]:
    return table.index[table["selected"].to_numpy(dtype=bool)].tolist()


def _changes(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.select([before & after, after], ["stayed", "entered"], "left")


def _own_score(listed: pd.Index, first: Ingredients, second: Ingredients) -> np.ndarray:
    before, after = (
        one.scores.set_index(one.scores["household_id"].astype("str"))["probability"].reindex(listed).to_numpy()
        for one in (first, second)
    )
    return np.select([after > before, after < before], ["own_score_rose", "own_score_fell"], "others_passed")


def _summary(table: pd.DataFrame, taken: Sequence[Step], together: list[str]) -> dict[str, Any]:
    counts = table["change"].value_counts()
    changed = table[table["change"] != "stayed"]
    return {
        **{change: int(counts.get(change, 0)) for change in ("entered", "left", "stayed")},
        "causes": {
            change: {str(cause): int(n) for cause, n in part["cause"].value_counts().sort_index().items()}
            for change, part in changed.groupby("change")
        },
        "order": [f"{step.cause} {step.detail}".strip() for step in taken],
        "together": together,
    }
