"""Invented families whose true chance given their answers is known; and two ways of losing sight of some.

A family makes it where what its answers say, its village's luck and its own sum to more than nothing. All luck is
normal, so the chance given the answers is one probit: nobody answers for the village's luck.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from graduation_model.estimators.training_set import TrainingSet

VILLAGE_LUCK = 0.3
FAMILIES_A_VILLAGE = 15
# Drawn once: what 34 answers weigh is the same in every world.
_SLOPES = 0.15 * np.random.default_rng(77).normal(size=34) * np.where(np.arange(34) < 16, 0.6, 0.25)


@dataclass(frozen=True)
class World:
    """Families with everything about them known.

    Attributes
    ----------
    training : TrainingSet
        Their answers and what became of them.
    chance : array (n,)
        Of a good outcome, given the answers.
    own_luck : array (n,)
        What nobody asked, and what decides with the answers.
    """

    training: TrainingSet
    chance: np.ndarray
    own_luck: np.ndarray


def known_world(n: int, seed: int) -> World:
    """Draw families: eight yes/no, four ordered choices, four shares, eighteen answers that hardly matter."""
    rng = np.random.default_rng(seed)
    standing = rng.normal(size=n)

    def shares_standing(load: float) -> np.ndarray:
        return load * standing + np.sqrt(1 - load**2) * rng.normal(size=n)

    cuts = (0, 0.5, -0.5, 1, -1, 0.2, 0.8, 1.2)
    answers = {f"yes_{k}": (shares_standing(0.5) > cut).astype(float) for k, cut in enumerate(cuts)}
    answers |= {f"choice_{k}": np.digitize(shares_standing(0.5), [-0.8, 0, 0.9]).astype(float) for k in range(4)}
    answers |= {f"share_{k}": norm.cdf(shares_standing(0.6)) for k in range(4)}
    answers |= {f"other_{k}": rng.normal(size=n) if k % 2 else (rng.random(n) < 0.3).astype(float) for k in range(18)}
    X = pd.DataFrame(answers)
    says = _what_answers_say(X)
    village = np.arange(n) // FAMILIES_A_VILLAGE
    own = rng.normal(size=n)
    good = says + VILLAGE_LUCK * rng.normal(size=village.max() + 1)[village] + own > 0
    X = X.astype("float32")
    training = TrainingSet(X, good.astype(int), np.ones(n), village, X, np.full(n, np.nan))
    return World(training, norm.cdf(says / np.sqrt(1 + VILLAGE_LUCK**2)), own)


def _what_answers_say(X: pd.DataFrame) -> np.ndarray:
    """Straight lines, a bend, a step and two interactions."""
    lines = 0.25 * (X.yes_0 + X.yes_1 + X.yes_2 - 0.5 * X.yes_3) + 0.3 * (X.choice_0 + 0.7 * X.choice_1)
    bends = 1.1 * np.tanh(3 * (X.share_0 - 0.4)) + 0.7 * X.share_1 + 0.5 * (X.share_2 > 0.7)
    together = (X.yes_4 - 0.5) * (X.share_0 - 0.5) - 0.175 * X.choice_2 * X.yes_5
    return 0.62 * ((lines + bends + together).to_numpy() + X.to_numpy() @ _SLOPES - 1.65)


def seen(world: World, *, recorded: bool, seed: int) -> np.ndarray:
    """Return who is seen again (n,), two in three: by what was recorded, or by luck that nobody asked about."""
    X, rng = world.training.X, np.random.default_rng(seed)
    log_odds = 1.6 * (X["share_0"] + X["share_1"] - 1).to_numpy() + 0.8 * (X["yes_0"] - 0.5).to_numpy()
    hangs_on = 2.0 * log_odds if recorded else 1.2 * world.own_luck
    return rng.random(len(X)) < 1 / (1 + np.exp(-(1.0 + hangs_on)))


def keep(training: TrainingSet, rows: np.ndarray, weight: np.ndarray | None = None) -> TrainingSet:
    """Return some rows of a training set, weighted."""
    X = training.X[rows].reset_index(drop=True)
    weight = training.weight[rows] if weight is None else weight[rows]
    return TrainingSet(X, training.y[rows], weight, training.groups[rows], X, np.full(len(X), np.nan))
