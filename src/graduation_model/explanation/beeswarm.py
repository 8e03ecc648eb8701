"""Contributions by question and the answers as numbers in, shap's beeswarm drawn on given axes out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOP = 12


def weightiest(by_question: pd.DataFrame, top: int = TOP) -> list[str]:
    """Return the questions with the largest mean absolute contribution, the weightiest first.

    Examples
    --------
    >>> weightiest(pd.DataFrame({"floor": [0.1, -0.1], "income": [-0.4, 0.2], "size": [0.0, 0.0]}), top=2)
    ['income', 'floor']
    """
    weight = by_question.abs().mean()
    return [str(name) for name in weight.sort_values(ascending=False, kind="stable").index[:top]]


def draw_beeswarm(
    axes: Axes,
    by_question: pd.DataFrame,
    values: pd.DataFrame,
    labels: Sequence[str],
    *,
    colour_label: str,
    low: str,
    high: str,
) -> None:
    """Draw one row of dots a question, one dot a household.

    Parameters
    ----------
    axes : Axes
        Where to draw; its figure gets the colour bar.
    by_question : frame (n_households, n_questions)
        Contributions in log-odds, in the order of `labels`.
    values : frame (n_households, n_questions)
        Each question's answer as a number (money as its rank, a choice as its place in the order); NaN where missing,
        which is drawn grey.
    labels : sequence of str
        The questions' names for people.
    colour_label, low, high : str
        Words of the colour bar.
    """
    shap = _shap()
    explanation = shap.Explanation(
        values=by_question.to_numpy(dtype=float),
        data=values[by_question.columns].to_numpy(dtype=float),
        feature_names=list(labels),
    )
    with _own_randomness():
        shap.plots.beeswarm(
            explanation,
            max_display=len(labels),
            group_remaining_features=False,
            ax=axes,
            show=False,
            plot_size=None,
            color_bar_label=colour_label,
            s=10,
        )
    bar = axes.figure.axes[-1]
    if bar is not axes:  # no bar is drawn where no answer is a number
        bar.set_yticks([0, 1], [low, high], fontsize=8)
        bar.yaxis.label.set_fontsize(8)


def _shap() -> Any:
    # Merely importing shap makes matplotlib warn of shap's own colour maps: nothing that anyone here could mend.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap
    return shap


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Let shap's jitter be the same every time, and leave numpy's global state as it was.

    shap's beeswarm takes no generator of its own; without this two runs would draw two different pictures.
    """
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)
