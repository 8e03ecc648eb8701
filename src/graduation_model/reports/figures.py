"""Predictions or contributions in, small PNG pictures out; the same numbers give the same bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.features.catalogue import Catalogue
from graduation_model.params import Language
from graduation_model.wording import number, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, INK, QUIET = "#1f6aa5", "#1d2733", "#8a94a0"
FEWEST_IN_A_BIN = 10


def reliability_bins(probability: np.ndarray, outcome: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Return forecast and observed shares in bins of equally many families.

    Parameters
    ----------
    probability : array (n,), in [0, 1]
    outcome : array (n,) of 0 and 1; families whose outcome is missing are left out.
    bins : int
        At most so many; fewer where a bin would hold fewer than ten families.

    Returns
    -------
    frame (n_bins, 3)
        forecast, observed, n.

    Examples
    --------
    >>> reliability_bins(np.array([0.1, 0.3, 0.6, 0.8]), np.array([0, 0, 1, 1])).round(2).values.tolist()
    [[0.45, 0.5, 4.0]]
    """
    probability, outcome = np.asarray(probability, dtype=float), np.asarray(outcome, dtype=float)
    known = ~(np.isnan(probability) | np.isnan(outcome))
    p, y = probability[known], outcome[known]
    bins = max(1, min(bins, len(p) // FEWEST_IN_A_BIN))
    place = np.empty(len(p), dtype=int)
    place[np.argsort(p, kind="stable")] = np.arange(len(p)) * bins // max(1, len(p))
    grouped = pd.DataFrame({"forecast": p, "observed": y}).groupby(place)
    return grouped.mean().assign(n=grouped.size()).reset_index(drop=True)


def reliability_png(predictions: pd.DataFrame, model: str, language: Language = "id") -> bytes:
    """Return the reliability curve of one model as a PNG.

    Parameters
    ----------
    predictions : frame (n, ...)
        `y` (0, 1 or missing) and one column a model (probability).
    model : str
        The column that is drawn.
    """
    bins = reliability_bins(predictions[model].to_numpy(), predictions["y"].to_numpy())
    figure = _figure(4.2, 3.6)
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color=QUIET, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(text("figures.reliability_perfect", language), (93, 93), (84, 97), color=QUIET, fontsize=8)
    axes.plot(bins["forecast"] * 100, bins["observed"] * 100, color=BLUE, linewidth=1.2)
    axes.scatter(bins["forecast"] * 100, bins["observed"] * 100, s=24, color=BLUE, zorder=3)
    axes.set(xlim=(0, 102), ylim=(0, 102), xticks=range(0, 101, 20), yticks=range(0, 101, 20))
    axes.set_xlabel(text("figures.reliability_x", language), fontsize=8, color=INK)
    axes.set_ylabel(text("figures.reliability_y", language), fontsize=8, color=INK)
    _calm(axes)
    return _png(figure)


def beeswarm_png(
    by_question: pd.DataFrame,
    X: pd.DataFrame,
    catalogue: Catalogue,
    instrument: Instrument,
    language: Language = "id",
    *,
    top: int = 12,
) -> bytes:
    """Return shap's beeswarm of the weightiest questions as a PNG.

    Parameters
    ----------
    by_question : frame (n_households, n_questions)
        Contributions in log-odds.
    X : frame (n_households, n_features)
        The same households' features, whose answers colour the dots.
    """
    from graduation_model.explanation.beeswarm import draw_beeswarm, weightiest

    names = weightiest(by_question, top)
    values = question_values(X, catalogue).reindex(columns=names)
    labels = [instrument.by_name[name].label.in_(language) if name in instrument.by_name else name for name in names]
    figure = _figure(7.0, 0.8 + 0.36 * len(names))
    axes = figure.add_subplot()
    draw_beeswarm(
        axes,
        by_question[names],
        values,
        labels,
        colour_label=text("figures.beeswarm_value", language),
        low=text("figures.low", language),
        high=text("figures.high", language),
    )
    axes.set_xlabel(text("figures.beeswarm_x", language), fontsize=8, color=INK)
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_formatter(lambda value, place: number(value, language, 1))
    return _png(figure)


def question_values(X: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Return one number a question from the feature matrix: what colours its dots in a beeswarm.

    Parameters
    ----------
    X : frame (n_households, n_features)
    catalogue : Catalogue

    Returns
    -------
    frame (n_households, n_questions)
        The answer, money as its rank; a choice without an order as the place of its answer; NaN where missing.
    """
    table = catalogue.table
    main = table[table["source"].isin(("answer", "rank"))].drop_duplicates("question")
    values = {question: X[feature] for question, feature in zip(main["question"], main["feature"], strict=True)}
    for question, levels in table[table["source"] == "level"].groupby("question"):
        chosen = X[list(levels["feature"])].to_numpy(dtype=float)
        values[str(question)] = pd.Series(chosen @ np.arange(chosen.shape[1]), index=X.index)
    return pd.DataFrame(values, index=X.index)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _calm(axes) -> None:  # type: ignore[no-untyped-def]  # matplotlib is imported only inside functions
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.tick_params(labelsize=8, colors=INK)


def _png(figure: Figure) -> bytes:
    # Without the library's name and version in it, the picture is the same after an upgrade that draws the same.
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()
