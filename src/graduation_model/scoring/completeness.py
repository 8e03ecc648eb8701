"""How much of an assessment was answered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument


def completeness(rows: pd.DataFrame, instrument: Instrument) -> np.ndarray:
    """Return the share of required and expected questions that were answered, in [0, 1].

    A question counts where it applies: nobody is asked for the trade of a head who does not work. Blocked questions
    do not count, since nothing rests on them; nor do derived ones, which nobody answers.
    """
    asked = np.zeros(len(rows))
    answered = np.zeros(len(rows))
    for question in instrument.questions:
        if question.need == "optional" or question.blocked or question.derived or question.name not in rows.columns:
            continue
        applies = np.ones(len(rows), dtype=bool)
        if question.asked_if is not None:
            applies = (rows[question.asked_if.question] == question.asked_if.equals).to_numpy(dtype=bool)
        asked += applies
        answered += applies & rows[question.name].notna().to_numpy()
    return np.divide(answered, asked, out=np.zeros(len(rows)), where=asked > 0)
