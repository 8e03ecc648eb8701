"""One year's families by two models, of which one decides, in; the difference, family by family, out."""

from __future__ import annotations

import numpy as np
import pandas as pd

MOVERS = 3


def shadow(champion: dict[str, pd.DataFrame], challenger: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Set what a challenger would have said beside what the deciding model says.

    Parameters
    ----------
    champion, challenger : dict of frames
        `scores`, `contributions` and `selection` of the same families; see docs/reference/tables.md.

    Returns
    -------
    frame (n_families, 8 + 2 * MOVERS)
        household_id; probability, recommendation, selected of each, the challenger's with `_challenger` behind; changed
        (the recommendation is another one); moved_1, moved_1_contribution, …: the questions whose contributions differ
        most, and by how much (challenger minus champion, log-odds). Sorted by household_id.
    """
    tables = [_together(one) for one in (champion, challenger)]
    if not tables[0].index.equals(tables[1].index):
        raise ValueError("the two models did not score the same families")
    named = [part.reset_index(drop=True) for part in tables]
    both = pd.concat([named[0], named[1].add_suffix("_challenger")], axis=1)
    both.insert(0, "household_id", tables[0].index)
    both["changed"] = (both["recommendation"] != both["recommendation_challenger"]).to_numpy()
    moved = _aligned(challenger["contributions"], tables[0].index) - _aligned(
        champion["contributions"], tables[0].index
    )
    return pd.concat([both, most_moved(moved.reset_index(drop=True))], axis=1)


def _together(one: dict[str, pd.DataFrame]) -> pd.DataFrame:
    scores = one["scores"].set_index("household_id")["probability"]
    listed = one["selection"].set_index("household_id")[["recommendation", "selected"]]
    return pd.concat([scores, listed.reindex(scores.index)], axis=1).sort_index()


def _aligned(contributions: pd.DataFrame, families: pd.Index) -> pd.DataFrame:
    return contributions.set_index("household_id").drop(columns="base_log_odds").reindex(families)


def most_moved(moved: pd.DataFrame, most: int = MOVERS) -> pd.DataFrame:
    """Return the questions that moved each family most, by absolute difference.

    Examples
    --------
    >>> most_moved(pd.DataFrame({"floor": [0.1], "income": [-0.4]}), most=1).values.tolist()
    [['income', -0.4]]
    """
    values, names = moved.to_numpy(dtype=float), moved.columns.to_numpy(dtype=object)
    order = (-np.abs(values)).argsort(axis=1, kind="stable")[:, :most]
    chosen = np.take_along_axis(values, order, axis=1)
    columns: dict[str, np.ndarray] = {}
    for place in range(order.shape[1]):
        columns[f"moved_{place + 1}"] = names[order[:, place]]
        columns[f"moved_{place + 1}_contribution"] = chosen[:, place]
    text = [name for name in columns if not name.endswith("_contribution")]
    return pd.DataFrame(columns, index=moved.index).astype(dict.fromkeys(text, "str"))


def shadow_summary(table: pd.DataFrame) -> dict[str, int | float]:
    """Return the difference as counts: what a manifest and a page may hold.

    Returns
    -------
    dict
        families, changed, entered and left (the challenger's list against the champion's), mean_difference of the
        probabilities and mean_absolute_difference.
    """
    difference = table["probability_challenger"] - table["probability"]
    one, other = table["selected"].astype(bool), table["selected_challenger"].astype(bool)
    return {
        "families": len(table),
        "changed": int(table["changed"].sum()),
        "selected": int(one.sum()),
        "selected_challenger": int(other.sum()),
        "entered": int((other & ~one).sum()),
        "left": int((one & ~other).sum()),
        "mean_difference": float(difference.mean()),
        "mean_absolute_difference": float(difference.abs().mean()),
    }
