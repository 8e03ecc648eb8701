"""Contributions in, the few that weigh most for and against out."""

from __future__ import annotations

import numpy as np
import pandas as pd

TOP = 5


def top_reasons(by_question: pd.DataFrame, top: int = TOP) -> pd.DataFrame:
    """Return the questions that raised and lowered each household's log-odds most.

    Parameters
    ----------
    by_question : frame (n_households, n_questions)
        Contributions in log-odds.
    top : int

    Returns
    -------
    frame (n_households, 4 * top)
        for_1, for_1_contribution, …, against_1, against_1_contribution, …; missing where there are fewer. Equal
        contributions stand in the instrument's order.

    Examples
    --------
    >>> by_question = pd.DataFrame({"floor": [0.4], "income": [-0.2], "size": [0.0]})
    >>> top_reasons(by_question, top=1).to_dict(orient="records")
    [{'for_1': 'floor', 'for_1_contribution': 0.4, 'against_1': 'income', 'against_1_contribution': -0.2}]
    """
    values = by_question.to_numpy()
    missing = top - values.shape[1]
    if missing > 0:  # fewer questions than reasons asked for: the rest weigh nothing
        values = np.hstack([values, np.zeros((len(values), missing))])
    names = np.append(by_question.columns.to_numpy(dtype=object), [None] * max(missing, 0))
    nothing = np.full(len(values), None, dtype=object)
    columns: dict[str, np.ndarray] = {}
    for side, sign in (("for", 1.0), ("against", -1.0)):
        order = (-sign * values).argsort(axis=1, kind="stable")[:, :top]
        chosen = np.take_along_axis(values, order, axis=1)
        for place in range(top):
            there = sign * chosen[:, place] > 0
            columns[f"{side}_{place + 1}"] = np.where(there, names[order[:, place]], nothing)
            columns[f"{side}_{place + 1}_contribution"] = np.where(there, chosen[:, place], np.nan)
    frame = pd.DataFrame(columns, index=by_question.index)
    text = [name for name in frame if not str(name).endswith("_contribution")]
    return frame.astype(dict.fromkeys(text, "str"))
