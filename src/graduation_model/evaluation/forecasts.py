"""Every family of a test cohort with every model's chance, whatever is known of its outcome by now.

A run keeps them so that next year's challenger can be measured against what this year's champion said about the same
families *before* their outcome was known. Ids stay behind: a family is its place among the cohort's sorted ids, and a
fingerprint of the ids says whether two runs mean the same families by the same places.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

KEYS = ("test_year", "household_id", "cluster", "weight", "y", "y_by_as_of")
STORED_KEYS = ("test_year", "cohort", "family", "cluster", "weight", "y", "y_by_as_of")
FINGERPRINT = 16


def forecasts(
    families: pd.DataFrame,
    probabilities: pd.DataFrame,
    *,
    test_year: int,
    tested: pd.DataFrame,
    known: pd.DataFrame,
) -> pd.DataFrame:
    """Gather one cohort.

    Parameters
    ----------
    families : frame (n, ...)
        household_id, cluster, and the answers by which groups are told apart.
    probabilities : frame (n, n_models)
        Of the same rows.
    test_year : int
    tested : frame
        household_id, y, weight of the families whose outcome is known from any follow-up.
    known : frame
        household_id and label of those whose outcome was known by the as-of date: what the gate may see.

    Returns
    -------
    frame (n, ...)
        `KEYS`, the answers, and a column a model; sorted by household_id. y and y_by_as_of are missing where unknown.

    Examples
    --------
    >>> families = pd.DataFrame({"household_id": ["b", "a"], "cluster": ["v", "v"]})
    >>> tested = pd.DataFrame({"household_id": ["a"], "y": [1.0], "weight": [2.0]})
    >>> known = pd.DataFrame({"household_id": [], "label": []}, dtype="str")
    >>> made = forecasts(families, pd.DataFrame({"m": [0.2, 0.7]}), test_year=2016, tested=tested, known=known)
    >>> made[["household_id", "weight", "y", "m"]].values.tolist()
    [['a', 2.0, 1.0, 0.7], ['b', 1.0, nan, 0.2]]
    """
    outcome = tested.set_index("household_id")
    by_as_of = known.drop_duplicates("household_id").set_index("household_id")["label"]
    household = families["household_id"]
    gathered = families.assign(
        test_year=test_year,
        y=household.map(outcome["y"]).to_numpy(dtype=float),
        weight=household.map(outcome["weight"]).fillna(1.0).to_numpy(dtype=float),
        y_by_as_of=household.map(by_as_of).to_numpy(dtype=float),
    )
    order = [*KEYS, *(name for name in families if name not in KEYS)]
    together = pd.concat([gathered[order], probabilities], axis=1)
    return together.sort_values("household_id", kind="stable", ignore_index=True)


def without_ids(made: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Return forecasts as a run may keep them: no id of a household, facilitator or village.

    Returns
    -------
    frame
        `STORED_KEYS`, the groups, and the models' chances as float32. `family` counts within its year, `cluster` over
        all years; `cohort` is the fingerprint of the year's ids.

    Examples
    --------
    >>> made = pd.DataFrame({"test_year": 2016, "household_id": ["a", "b"], "cluster": ["v", "w"], "weight": 1.0,
    ...                      "y": [1.0, 0.0], "y_by_as_of": np.nan, "m": [0.7, 0.2]})
    >>> kept = without_ids(made, ["m"])
    >>> kept[["family", "cluster"]].values.tolist(), len(kept["cohort"].iloc[0])
    ([[0, 0], [1, 1]], 16)
    """
    numbers, names = pd.factorize(made["cluster"], sort=True)
    alone = numbers < 0  # a family without a cluster is a cluster of its own
    numbers[alone] = len(names) + np.arange(alone.sum())
    year = made["test_year"]
    prints = {one: _fingerprint(made.loc[year == one, "household_id"]) for one in year.unique()}
    kept = made.drop(columns="household_id").assign(
        cohort=year.map(prints).astype("str"), family=made.groupby("test_year").cumcount(), cluster=numbers
    )
    groups = [name for name in kept if name not in (*STORED_KEYS, *models)]
    return kept[[*STORED_KEYS, *groups, *models]].astype(dict.fromkeys(models, "float32"))


def _fingerprint(ids: pd.Series) -> str:
    return hashlib.sha256("\n".join(ids.astype("str")).encode()).hexdigest()[:FINGERPRINT]
