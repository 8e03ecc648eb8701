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
    >>> top_reasons(by_question, top=1).iloc[0].tolist()
    ['floor', 0.4, 'income', -0.2]
    """
    values = by_question.to_numpy()
    names = by_question.columns.to_numpy(dtype=object)
    columns: dict[str, np.ndarray] = {}
    sides: dict[str, np.ndarray] = {"for": values, "against": -values}
    for side, signed in sides.items():
        order = np.asarray(np.argsort(-signed, axis=1, kind="stable"))[:, :top]
        chosen = np.take_along_axis(values, order, axis=1)
        there = np.take_along_axis(signed, order, axis=1) > 0
        for place in range(top):
            if place < order.shape[1]:
                keep = there[:, place]
                columns[f"{side}_{place + 1}"] = np.where(keep, names[order[:, place]], None)
                columns[f"{side}_{place + 1}_contribution"] = np.where(keep, chosen[:, place], np.nan)
            else:
                columns[f"{side}_{place + 1}"] = np.full(len(values), None, dtype=object)
                columns[f"{side}_{place + 1}_contribution"] = np.full(len(values), np.nan)
    frame = pd.DataFrame(columns, index=by_question.index)
    text = [name for name in frame if not str(name).endswith("_contribution")]
    return frame.astype(dict.fromkeys(text, "str"))
