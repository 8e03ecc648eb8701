"""A bundle and features in, the exact contribution of every question to the decision's own log-odds out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.estimators.bundle import Bundle
from graduation_model.explanation.explainer import TOLERANCE, AdditivityError, explainer_of

# Rows of a block that the model predicts a second time: of ten thousand one in two hundred.
WITNESSES = 50


@dataclass(frozen=True)
class Contributions:
    """Exact additive contributions in log-odds.

    Attributes
    ----------
    base : float
        Log-odds before any answer is known.
    by_question : frame (n_households, n_questions)
        A question's answer, its history and what it says of the neighbours are one sum; base + the row's sum is
        `log_odds`.
    log_odds : array (n_households,)
        Of the calibrated probability: probability = sigmoid(log_odds).
    """

    base: float
    by_question: pd.DataFrame
    log_odds: np.ndarray


def contributions(bundle: Bundle, X: pd.DataFrame, *, threads: int = 1) -> Contributions:
    """Return the contributions of every question for every household.

    SHAP values (Lundberg and Lee 2017): path-dependent for trees (Lundberg et al. 2020), closed form for linear
    models; summed over the features of a question, which additivity allows. A family gets the same bits alone and in
    any block. The log-odds are base + contributions; the model's own prediction of a sample of the block, drawn by the
    block's content, is the witness.

    Parameters
    ----------
    bundle : Bundle
    X : frame (n_households, n_features)
        In the bundle's order.
    threads : int
        Speed only.

    Raises
    ------
    ValueError
        If X has other columns than the bundle, or infinite values.
    AdditivityError
        Where a log-odds is not finite, or a witness's differs from its prediction by more than 1e-6.
    """
    explainer = explainer_of(bundle)
    by_question, log_odds = explainer.explain(X, threads=threads)
    _check(bundle, X, log_odds)
    questions = list(explainer.questions)
    return Contributions(
        explainer.base, pd.DataFrame(by_question, columns=questions, index=X.index, copy=False), log_odds
    )


def _check(bundle: Bundle, X: pd.DataFrame, log_odds: np.ndarray) -> None:
    rows = witnesses(log_odds)
    gap = np.abs(bundle.model.log_odds(X.iloc[rows]) - log_odds[rows])
    wrong = ~(gap <= TOLERANCE)
    if wrong.any():
        raise AdditivityError(
            f"contributions miss the log-odds by up to {gap.max():.2e} in {int(wrong.sum())} of {len(rows)} rows"
        )
    if not np.isfinite(log_odds).all():
        raise AdditivityError(f"{int((~np.isfinite(log_odds)).sum())} of {len(log_odds)} log-odds are not finite")


def witnesses(log_odds: np.ndarray) -> np.ndarray:
    """Return the places of the rows that are predicted a second time: all of a small block, else a sample.

    Drawn by what is in the block, so that the same block has the same witnesses and every block others.
    """
    if len(log_odds) <= WITNESSES:
        return np.arange(len(log_odds))
    rng = np.random.default_rng(zlib.crc32(log_odds.tobytes()))
    return np.sort(rng.choice(len(log_odds), WITNESSES, replace=False))
