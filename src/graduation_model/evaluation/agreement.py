"""A points card and a model on the same families in; how far they choose alike, and how each did, out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graduation_model.evaluation.metrics import METRICS, Ranked
from graduation_model.evaluation.quota import within_quota


@dataclass(frozen=True)
class Agreement:
    """How near a points card comes to its model.

    Attributes
    ----------
    year : int
        The test year.
    families : int
    chosen : float, in [0, 1]
        The share of the model's list that stands on the card's list too; equals at the edge by lot.
    auc_card, auc_model : float
        Against the outcome.
    precision_card, precision_model : float
        At the quota.
    """

    year: int
    families: int
    chosen: float
    auc_card: float
    auc_model: float
    precision_card: float
    precision_model: float


def agreement(
    points: np.ndarray, p: np.ndarray, y: np.ndarray, weight: np.ndarray, *, year: int, quota_share: float
) -> Agreement:
    """Compare a card's points with the model's chances.

    Parameters
    ----------
    points, p : array (n,)
        Of the same families.
    y : array (n,), 0 or 1
    weight : array (n,)

    Examples
    --------
    >>> points, p = np.array([9.0, 5.0, 5.0, 1.0]), np.array([0.9, 0.8, 0.3, 0.1])
    >>> found = agreement(points, p, np.array([1, 1, 0, 0]), np.ones(4), year=2017, quota_share=0.5)
    >>> found.chosen, found.auc_card, found.precision_model
    (0.75, 0.875, 1.0)
    """
    card, model = (within_quota(Ranked(y, by), weight[None, :], quota_share)[0] for by in (points, p))
    # The chance that both take a family, where each draws lots among its equals.
    both = np.divide(card * model, weight, out=np.zeros_like(weight), where=weight > 0)
    measured = {
        f"{metric}_{name}": METRICS[code](y, by, weight, quota_share)
        for name, by in (("card", points), ("model", p))
        for metric, code in (("auc", "auc"), ("precision", "precision_at_quota"))
    }
    return Agreement(year=year, families=len(y), chosen=float(both.sum() / model.sum()), **measured)
