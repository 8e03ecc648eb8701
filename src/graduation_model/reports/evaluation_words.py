"""The evaluation table in, its figures in words out: what the model card and the summary both show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from graduation_model.params import Language
from graduation_model.wording import has_text, number, percent, span, text

METRICS = ("precision_at_quota", "false_graduations_at_quota", "auc", "average_precision", "brier", "calibration_slope")
GROUP_METRICS = (
    "share_positive",
    "precision_at_quota",
    "false_graduations_at_quota",
    "auc",
    "brier",
    "calibration_in_the_large",
)
# Of everybody, had everybody been graduated.
IF_ALL = "_if_all_graduated"
_SHARES = ("precision_at_quota", "false_graduations_at_quota", "recall_at_quota", "share_positive")
SHARES = frozenset(
    [
        *(f"{name}{kind}{of}" for name in _SHARES for kind in ("", "_weighted", "_bounds") for of in ("", IF_ALL)),
        *("followed_share", "interval_bins_held", "interval_width", "bounded_list_share", "bounded_list_false"),
    ]
)
MODELS = ("stack", "lightgbm", "logistic", "pmt", "weighted_sum", "facilitator", "status_now", "random")
REFERENCE = "status_now"


def main_population(evaluation: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the programme's own families, with `baseline` empty where a value is no difference."""
    populations = evaluation["population"].astype("str")
    wanted = "programme" if (populations == "programme").any() else populations.iloc[0] if len(populations) else ""
    rows = evaluation[(populations == wanted).to_numpy()]
    return rows.assign(baseline=rows["baseline"].astype("str").where(rows["baseline"].notna(), ""))


def overall(evaluation: pd.DataFrame, year: int, baseline: str = "") -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return one test year's overall rows by model and metric."""
    rows = main_population(evaluation)
    rows = rows[(rows["group"] == "all") & (rows["test_year"] == year) & (rows["baseline"] == baseline)]
    return {(row["model"], row["metric"]): row for row in rows.to_dict(orient="records")}


def tested_years(evaluation: pd.DataFrame | None) -> list[int]:
    """Return the test years, the latest first."""
    if evaluation is None or evaluation.empty:
        return []
    return sorted((int(year) for year in main_population(evaluation)["test_year"].unique()), reverse=True)


def in_order(models: set[str]) -> list[str]:
    """Return models in the order in which people compare them; unknown ones last.

    Examples
    --------
    >>> in_order({"random", "mine", "lightgbm"})
    ['lightgbm', 'random', 'mine']
    """
    return [name for name in MODELS if name in models] + sorted(models - set(MODELS))


def model_words(name: str, language: Language) -> str:
    """Return a model's name for people."""
    return text(f"models.{name}", language) if has_text(f"models.{name}") else name


def version_words(version: str, language: Language) -> str:
    """Return a model's version for people: its number, or that the registry does not know it."""
    key = f"common.version_{version}"
    return text(key, language) if has_text(key) else version


def figure(row: Mapping[str, Any] | None, language: Language) -> dict[str, Any]:
    """Return one metric's value and interval as text.

    Returns
    -------
    dict
        value, interval (empty where there is none), settled (for a difference: its interval does not hold zero).

    Examples
    --------
    >>> figure({"metric": "auc", "value": 0.7812, "low": 0.75, "high": 0.81, "baseline": ""}, "id")
    {'value': '0,781', 'interval': '0,750–0,810', 'settled': False}
    """
    if row is None or pd.isna(row["value"]):
        return {"value": "–", "interval": "", "settled": False}
    difference = bool(row["baseline"])
    around_zero = difference or row["metric"] == "calibration_in_the_large"

    def write(value: float) -> str:
        if row["metric"] not in SHARES:
            decimals = 2 if row["metric"].startswith("calibration") else 3
            return number(value, language, decimals, signed=around_zero)
        return number(value * 100, language, 1, signed=True) if difference else percent(value, language, 1)

    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return {"value": write(row["value"]), "interval": "", "settled": False}
    # A minus sign behind a dash is hard to read.
    low, high = write(row["low"]), write(row["high"])
    interval = f"{low} … {high}" if around_zero else span(low, high)
    settled = difference and (row["low"] > 0 or row["high"] < 0)
    return {"value": write(row["value"]), "interval": interval, "settled": bool(settled)}
