"""Scores come in; they go out unharmed, or as a DataError that says which column cannot be decided upon."""

from __future__ import annotations

import pandas as pd

from graduation_model.errors import ConfigError, DataError
from graduation_model.selection.params import SelectionParams

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
    carried = [name for name in (*params.carry, *unit) if name not in scores.columns]
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


def _check_households(household_id: pd.Series) -> None:
    missing = int(household_id.isna().sum())
    if missing:
        raise DataError(f"Column household_id is empty in {missing} rows", where="scores", mend=_RESCORE)
    twice = int(household_id.astype("str").duplicated().sum())
    if twice:
        raise DataError(
            f"{twice} rows repeat a household_id",
            where="scores",
            mend="Keep one row a household: is one score file in the folder twice?",
        )


def _check_share(column: pd.Series) -> None:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = int((~numbers.between(0, 1)).sum())  # a missing value lies between nothing
    if wrong:
        raise DataError(
            f"Column {column.name} is missing or outside 0-1 in {wrong} rows", where="scores", mend=_RESCORE
        )


def check_rules(params: SelectionParams, quota: int | None) -> None:
    """Refuse rules that nobody can have meant.

    Raises
    ------
    ConfigError
        The quota is negative, or threshold and band leave no probability at which a family could be proposed.
    """
    if quota is not None and quota < 0:
        raise ConfigError("The quota is negative", where="--quota", mend="Give 0 or more")
    if params.threshold + params.band > 1:
        raise ConfigError(
            f"The threshold {params.threshold:.3f} (from cost_ratio) and the band {params.band:g} sum to more than 1: "
            "nobody could ever be proposed",
            where="programme.yaml: selection",
            mend="Make selection.band smaller",
        )
