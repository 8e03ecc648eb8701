"""Contributions in, the few that weigh most for and against out."""

from __future__ import annotations

from typing import Any

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
    from graduation_model.explanation.kernels import largest_into

    values = np.ascontiguousarray(by_question.to_numpy(dtype=float).T)
    names = pd.array(by_question.columns.astype("str"), dtype="str")
    columns: dict[str, Any] = {}
    for side, sign in (("for", 1.0), ("against", -1.0)):
        place = np.full((top, values.shape[1]), -1, dtype=np.int64)
        weight = np.full((top, values.shape[1]), np.nan)
        largest_into(place, weight, values, sign)
        for rank in range(top):
            columns[f"{side}_{rank + 1}"] = names.take(place[rank], allow_fill=True)
            columns[f"{side}_{rank + 1}_contribution"] = weight[rank]
    return pd.DataFrame(columns, index=by_question.index)
