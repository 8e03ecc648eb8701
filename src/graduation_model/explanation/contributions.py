"""A bundle and features in, the exact contribution of every question to the decision's own log-odds out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.estimators.bundle import Bundle

# What additivity may miss: LightGBM sums float64 leaves, features are float32.
TOLERANCE = 1e-6


class AdditivityError(RuntimeError):
    """Contributions miss the log-odds that decide: a bug, and the run stops rather than explain wrongly."""


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


def contributions(bundle: Bundle, X: pd.DataFrame) -> Contributions:
    """Return the contributions of every question for every household.

    SHAP values (Lundberg and Lee 2017): path-dependent for trees (Lundberg et al. 2020), closed form for linear
    models; summed over the features of a question, which additivity allows.

    Parameters
    ----------
    bundle : Bundle
    X : frame (n_households, n_features)
        In the bundle's order.

    Raises
    ------
    AdditivityError
        Where any household's base + contributions differ from its log-odds by more than 1e-6.
    """
    parts = bundle.model.additive_parts(X)
    names = list(dict.fromkeys(bundle.catalogue.questions))
    by_question = _sum_by(parts.parts, np.array([names.index(name) for name in bundle.catalogue.questions]), len(names))
    log_odds = bundle.model.log_odds(X)
    gap = np.abs(parts.base + by_question.sum(axis=1) - log_odds)
    if len(gap) and not gap.max() <= TOLERANCE:
        raise AdditivityError(
            f"contributions miss the log-odds by up to {gap.max():.2e} in {int((gap > TOLERANCE).sum())} "
            f"of {len(gap)} rows"
        )
    return Contributions(parts.base, pd.DataFrame(by_question, columns=names, index=X.index), log_odds)


def _sum_by(parts: np.ndarray, question: np.ndarray, n_questions: int) -> np.ndarray:
    member = np.zeros((len(question), n_questions))
    member[np.arange(len(question)), question] = 1.0
    return parts @ member
