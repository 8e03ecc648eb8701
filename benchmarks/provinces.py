"""The hard checks on simulated provinces: quiet, recorded, unrecorded, honest; each has the truth given the answers.

A province is what a programme would have on file, so everything runs as in `train`: the label after a decision, who was
followed, who was lost. The truth of the last wave, and what became of the lost, are read by these checks alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import false_discovery_control

from graduation_model.cohort import eligible_rows
from graduation_model.commands.inputs import past_of
from graduation_model.config import Programme, load_programme
from graduation_model.estimators import TrainingSet, make_models
from graduation_model.estimators.conformal import MOST_UNLABELLED, ConformalCalibration, as_often_as_now
from graduation_model.estimators.propensity import FollowUpWeights, follow_up_weights
from graduation_model.estimators.uncertainty import fit_uncertainty
from graduation_model.evaluation.bounds import share_bounds
from graduation_model.evaluation.due import followed, weigh
from graduation_model.evaluation.knowledge import Knowledge, Past, knowledge, training_set
from graduation_model.simulation import Province, simulate

PROGRAMME = Path(__file__).parents[1] / "configs" / "jamsosratu"
AS_OF, WAVES = pd.Timestamp("2020-12-31"), 6
LEVELS = (0.1, 0.2, 0.3)
PUT_RIGHT = "register and early failures put right"


@dataclass(frozen=True)
class Known:
    """A province as it is known at the end of its last wave, and its truth."""

    programme: Programme
    province: Province
    past: Past
    known: Knowledge
    weights: FollowUpWeights
    training: TrainingSet


def known_province(name: str, *, households: int, seed: int) -> Known:
    """Simulate a province and learn what a programme would know of it."""
    programme = load_programme(PROGRAMME)
    if programme.simulation is None:
        raise ValueError("the programme has no simulation")
    params = programme.simulation.model_copy(update={"province": name})
    made = simulate(programme.instrument, params, households=households, waves=WAVES, seed=seed, given_answers=1)
    past = past_of(programme, made)
    known = knowledge(past, AS_OF)
    weights = weigh(
        known.due,
        known.features(known.due["row"].to_numpy()),
        known.assessments,
        cohort=past.cohort,
        label=past.label,
        params=programme.estimators.follow_up,
        seed=seed,
    )
    return Known(programme, made, past, known, weights, training_set(past, known, weights.weight))


def fitted(there: Known, kind: str) -> Any:
    """Return one of the programme's models, which learnt from what is known."""
    question = there.past.label.status_now.question
    return make_models(there.programme.estimators, there.past.catalogue, status_question=question)[kind].fit(
        there.training
    )


def last_wave(there: Known) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the features of the families of the last wave, and their truth."""
    rows = eligible_rows(there.known.assessments, AS_OF, there.past.cohort)
    return there.known.features(rows), _truth(there, rows)


def judged(there: Known, kind: str) -> dict[str, object]:
    """Return whether intervals hold for the families of the last wave, by the truth, and what the cap's lists hold."""
    estimators, model = there.programme.estimators, fitted(there, kind)
    unsure = fit_uncertainty(there.training, model.cross_fitted, params=estimators, unlabelled=_now(there, model))
    X, truth = last_wave(there)
    log_odds = model.log_odds(X)
    low, high = unsure.bounds(X, log_odds)
    chance = _chance(there, truth, "truth_given_answers")
    own = ~truth["copied"].to_numpy()  # a copied sheet says nothing of its family
    held = (low <= chance) & (chance <= high)
    row: dict[str, object] = {
        "model": kind,
        "labelled families": f"{len(there.training.y):,}",
        "stated": f"{estimators.intervals.level:.0%}",
        "held": float(held[own].mean()),
        "mean width": float((high - low)[own].mean()),
        "error of the chance": float(np.sqrt(((expit(log_odds) - chance)[own] ** 2).mean())),
    }
    for level, (false, listed) in listed_at(there, unsure.conformal_p(log_odds), truth).items():
        row[f"false at a cap of {level:.0%}"] = false
        row[f"listed at {level:.0%}"] = listed
    return row


def capped(name: str, kind: str, households: int, seed: int) -> tuple[int, dict[float, tuple[float, float]]]:
    """Return how many labelled families one province has, and what the cap's lists hold there."""
    there = known_province(name, households=households, seed=seed)
    model = fitted(there, kind)
    training = there.training
    weight = as_often_as_now(model.cross_fitted, training.weight, _now(there, model))
    past = ConformalCalibration.fit(model.cross_fitted, training.y, weight)
    X, truth = last_wave(there)
    return len(training.y), listed_at(there, past.p_values(model.log_odds(X)), truth)


def listed_at(there: Known, p_values: np.ndarray, truth: pd.DataFrame) -> dict[float, tuple[float, float]]:
    """Return, for each level, the share of failures expected in the list that its cut takes, and the share listed.

    Expected: each family counts with its true chance of failing, under the mixture of decisions that p-values rest on.
    An empty list has no failures.
    """
    chance, adjusted = _chance(there, truth, "exit"), false_discovery_control(p_values)
    lists = {level: adjusted <= level for level in LEVELS}
    return {
        level: (float(1 - chance[taken].mean()) if taken.any() else 0.0, float(taken.mean()))
        for level, taken in lists.items()
    }


def lost(there: Known) -> dict[str, object]:
    """Return what the families lost to follow-up do to the share of the due that made it."""
    due = there.known.due
    truth = _truth(there, due["row"].to_numpy())["stayed_out"].to_numpy(dtype=float)
    known, y = due["label"].notna().to_numpy(), due["label"].to_numpy(dtype=float)
    # A label may be wrong, too: who was not visited halfway may have failed there unseen.
    truth = np.where(np.isnan(truth), y, truth)
    counted = ~np.isnan(truth)
    low, high = share_bounds(y[counted])
    return {
        "due": f"{len(due):,}",
        "known": f"{known.mean():.0%}",
        "truth": float(truth[counted].mean()),
        "unweighted": float(y[known].mean()),
        PUT_RIGHT: _put_right(there),
        "weighted": float(np.average(y[known], weights=there.weights.weight[known])),
        "low": low,
        "high": high,
        "slope of being followed": there.weights.slope,
    }


def _put_right(there: Known) -> float:
    """Return the share that made it with one G for everybody: weights that know of no answer."""
    due = there.known.due
    one = follow_up_weights(
        pd.DataFrame({"nothing": np.zeros(len(due))}),
        followed(due, there.past.label),
        np.arange(len(due)),
        params=there.programme.estimators.follow_up,
    )
    return float(np.average(due["label"].fillna(0), weights=one.weight))


def _now(there: Known, model: Any) -> np.ndarray:
    """Log-odds that a model gives to families like those to be scored, as in `learn`."""
    seed = there.programme.estimators.seed
    return model.log_odds(there.training.not_seen_since(at_most=MOST_UNLABELLED, seed=seed))


def _truth(there: Known, rows: np.ndarray) -> pd.DataFrame:
    """The truth of each of some assessments, in their order."""
    own = there.known.assessments.iloc[rows]
    keys = pd.DataFrame(
        {
            "household_id": own["household_id"].astype("str").to_numpy(),
            "wave": own["assessment_date"].dt.year.to_numpy(),
        }
    )
    return keys.merge(there.province.truth.astype({"wave": "int64"}), on=["household_id", "wave"], how="left")


def _chance(there: Known, truth: pd.DataFrame, which: str) -> np.ndarray:
    """A chance under the mixture of decisions that the model learnt from: one in the truth's columns, by its name."""
    graduated = float(np.average(there.known.labelled["decision"] == "graduated", weights=there.training.weight))
    left, stayed = (truth[f"{which}_if_{name}"].to_numpy(dtype=float) for name in ("graduated", "retained"))
    return graduated * left + (1 - graduated) * stayed
