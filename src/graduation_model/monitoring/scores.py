"""This year's scores and reasons against last year's: two score tables in, rows a person can read out.

Reasons drift: "last year families came onto the list by their income, this year by their savings". A question carries
the list by the share of all that was said for and against its families.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.monitoring.drift import beyond_chance
from graduation_model.monitoring.params import ScoreDriftParams

PARTS = 20
SCORES_MOVED, LEVEL_MOVED, REASONS_MOVED = "scores_moved", "level_moved", "reasons_moved"


def score_drift(now: pd.Series, before: pd.Series, params: ScoreDriftParams) -> pd.DataFrame:
    """Return how far the probabilities moved.

    Parameters
    ----------
    now, before : Series (n_families,)
        Probabilities, in [0, 1].

    Returns
    -------
    frame with columns measure, value, limit, before, now, told
        `scores_moved`: share of families that would have to be scored otherwise for the years to be alike, in
        twentieths of the range, beyond chance. `level_moved`: difference of the mean probabilities.
    """
    edges = np.linspace(0, 1, PARTS + 1)
    counts = [np.histogram(part, edges)[0].astype(float) for part in (now, before)]
    means = [float(part.mean()) for part in (before, now)]
    rows = [
        (SCORES_MOVED, beyond_chance(*counts), params.scores, np.nan, np.nan),
        (LEVEL_MOVED, means[1] - means[0], params.level, *means),
    ]
    table = pd.DataFrame(rows, columns=["measure", "value", "limit", "before", "now"])
    return table.assign(told=table["value"].abs() > table["limit"])


def reasons_drift(now: pd.DataFrame, before: pd.DataFrame, params: ScoreDriftParams) -> pd.DataFrame:
    """Return how far each question's part in carrying the list moved.

    Parameters
    ----------
    now, before : frame (n_proposed, n_questions)
        Contributions of the families on the two lists, in log-odds.

    Returns
    -------
    frame (n_questions, 6)
        question, before, now (shares of all absolute contributions), value (their difference), limit, told; the
        largest moves first. A question of one year alone had no part in the other.
    """
    parts = [_parts(table) for table in (before, now)]
    table = pd.concat(parts, axis=1, keys=["before", "now"]).fillna(0.0).rename_axis("question").reset_index()
    table["value"] = table["now"] - table["before"]
    table["limit"] = params.reasons
    order = table["value"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].assign(told=lambda rows: rows["value"].abs() > rows["limit"]).reset_index(drop=True)


def _parts(contributions: pd.DataFrame) -> pd.Series:
    total = contributions.abs().sum()
    return total / total.sum() if total.sum() > 0 else total
