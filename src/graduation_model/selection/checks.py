"""Scores come in; they go out unharmed, or as a DataError that says which column cannot be decided upon."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from graduation_model.errors import ConfigError, DataError
from graduation_model.selection.limits import costs, levels
from graduation_model.selection.params import Budget, SelectionParams

REQUIRED = (
    "household_id",
    "as_of_date",
    "probability",
    "support",
    "completeness",
    "model",
    "model_version",
    "bundle_sha256",
)
# A list made from two models, or for two dates, would rank families on two scales.
ONE_VALUE = ("as_of_date", "model", "model_version", "bundle_sha256")
SUPPORT = ("inside", "outside")
_RESCORE = "Score again, and give select the whole folder that score wrote"


def check_scores(scores: pd.DataFrame, params: SelectionParams) -> None:
    """Refuse scores that no fair list can be made from.

    Raises
    ------
    DataError
        A column is missing, a probability or completeness is missing or outside 0-1, a household stands twice, or
        the rows come from more than one model or date.
    """
    _check_columns(scores, params)
    _check_households(scores["household_id"])
    for name in ("probability", "completeness"):
        _check_share(scores[name])
    if params.conformal_level is not None:
        _check_conformal(scores)
    _check_areas(scores, params)
    if params.budget is not None:
        _check_costs(scores, params.budget)
    unknown = int((~scores["support"].isin(SUPPORT)).sum())
    if unknown:
        raise DataError(
            f"Column support holds neither inside nor outside in {unknown} rows", where="scores", mend=_RESCORE
        )
    if not pd.api.types.is_bool_dtype(scores.get("never_graduated", pd.Series(dtype=bool))):
        raise DataError("Column never_graduated holds more than true and false", where="scores", mend=_RESCORE)
    for name in ONE_VALUE:
        if scores[name].nunique(dropna=False) > 1:
            raise DataError(
                f"Column {name} holds {scores[name].nunique(dropna=False)} different values, so the "
                "families are not on one scale",
                where="scores",
                mend="Score every family with one model for one date",
            )


def _check_columns(scores: pd.DataFrame, params: SelectionParams) -> None:
    missing = [name for name in REQUIRED if name not in scores.columns]
    if missing:
        raise DataError(f"Columns {', '.join(missing)} are missing", where="scores", mend=_RESCORE)
    unit = (params.quota_unit,) if params.quota_unit else ()
    read = (name for _, name in params.columns())
    carried = [name for name in (*params.carry, *unit, *read) if name not in scores.columns]
    if carried:
        raise DataError(
            f"Columns {', '.join(dict.fromkeys(carried))} are missing, which selection carries",
            where="scores",
            mend="Score again with this programme, or take them out of selection.carry and selection.quota_unit",
        )


def _check_conformal(scores: pd.DataFrame) -> None:
    """A cap on false graduations rests on every p-value: without them it would silently be none."""
    numbers = pd.to_numeric(scores.get("conformal_p", pd.Series(index=scores.index, dtype=float)), errors="coerce")
    wrong = int((~numbers.between(0, 1)).sum())
    if wrong:
        raise DataError(
            f"Column conformal_p is missing or outside 0-1 in {wrong} rows, and selection.conformal_level needs it",
            where="scores",
            mend="Score with a model that was trained on enough outcomes, or take selection.conformal_level out",
        )


def _check_areas(scores: pd.DataFrame, params: SelectionParams) -> None:
    """A limit for an area that nobody lives in is a slip of the pen, or half of the scores are missing."""
    for areas in params.areas:
        nobody = sorted(({*areas.min, *areas.max}) - set(levels(scores[areas.column])))
        if nobody:
            raise DataError(
                f"No scored family has {areas.column} {', '.join(nobody)}, which selection.areas limits",
                where="scores",
                mend='Mend the code in programme.yaml (as text: "3601"), or score that area too',
            )


def _check_costs(scores: pd.DataFrame, budget: Budget) -> None:
    wrong = int((~(costs(scores, budget) >= 0)).sum())
    if wrong:
        raise DataError(
            f"What {wrong} families would cost is not known, or below 0 (selection.budget, column {budget.cost})",
            where="scores",
            mend="Name every answer of the column in selection.budget.amounts, or give one cost for all",
        )


def _check_households(household_id: pd.Series) -> None:
    missing = int(household_id.isna().sum())
    if missing:
        raise DataError(f"Column household_id is empty in {missing} rows", where="scores", mend=_RESCORE)
    twice = int(household_id.astype("str").duplicated().sum())
    if twice:
        raise DataError(
            f"{twice} rows repeat a household_id",
            where="scores",
            mend="Keep one row a household: a score file may stand in the folder twice",
        )


def _check_share(column: pd.Series) -> None:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = int((~numbers.between(0, 1)).sum())  # a missing value lies between nothing
    if wrong:
        raise DataError(
            f"Column {column.name} is missing or outside 0-1 in {wrong} rows", where="scores", mend=_RESCORE
        )


def in_order(contributions: pd.DataFrame | None, scores: pd.DataFrame, params: SelectionParams) -> pd.DataFrame | None:
    """Return the contributions in the order of the scores; None where no rule reads them.

    Raises
    ------
    DataError
        A rule reads them, and they are not there for every family.
    """
    if not params.never_on_alone:
        return None
    known = pd.Index([]) if contributions is None else pd.Index(contributions["household_id"].astype("str"))
    place = known.get_indexer(scores["household_id"]) if known.is_unique else np.full(len(scores), -1)
    missing = int((place < 0).sum())
    if contributions is None or missing or "log_odds" not in scores:
        raise DataError(
            f"Contributions or log-odds are missing for {missing} families, and selection.never_on_alone needs them",
            where="contributions",
            mend=_RESCORE,
        )
    return contributions.iloc[place].reset_index(drop=True)


def check_rules(params: SelectionParams, quota: int | None, taken: Collection[str]) -> None:
    """Refuse rules that nobody can have meant.

    Parameters
    ----------
    taken : collection of str
        Codes that no guard may have.

    Raises
    ------
    ConfigError
        The quota is negative, threshold and band leave no probability at which a family could be proposed, or a guard
        has the name of a rule of the house.
    """
    clash = sorted(set(taken) & {guard.name for guard in params.guards})
    if clash:
        raise ConfigError(
            f"A guard has the name {clash[0]}, which means something else",
            where="programme.yaml: selection.guards",
            mend="Give it another name",
        )
    if quota is not None and quota < 0:
        raise ConfigError("The quota is negative", where="--quota", mend="Give 0 or more")
    if params.threshold + params.band > 1:
        raise ConfigError(
            f"The threshold {params.threshold:.3f} (from cost_ratio) and the band {params.band:g} sum to more than 1: "
            "nobody could ever be proposed",
            where="programme.yaml: selection",
            mend="Make selection.band smaller",
        )
