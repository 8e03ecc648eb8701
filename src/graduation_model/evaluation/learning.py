"""What was known on a date in; every model fitted on it, with its uncertainty, out."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from graduation_model.errors import ModelError
from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.conformal import MOST_UNLABELLED
from graduation_model.estimators.models import LEARNERS, make_models
from graduation_model.estimators.params import EstimatorParams
from graduation_model.estimators.propensity import FollowUpWeights
from graduation_model.estimators.stack import StackModel
from graduation_model.estimators.training_set import AdditiveModel, TrainingSet
from graduation_model.estimators.uncertainty import Uncertainty, fit_uncertainty
from graduation_model.evaluation.due import follow_up_note, weigh
from graduation_model.evaluation.knowledge import Knowledge, Past, training_set, why_untrained


@dataclass(frozen=True)
class Learnt:
    """Everything that was fitted on one date.

    Attributes
    ----------
    training : TrainingSet
    models : dict
        Name -> model.
    uncertainty : Uncertainty
        Of the model that the programme names.
    notes : tuple of str
    """

    training: TrainingSet
    models: dict[str, AdditiveModel]
    uncertainty: Uncertainty
    notes: tuple[str, ...]


def learn(past: Past, known: Knowledge, estimators: EstimatorParams, date: pd.Timestamp) -> Learnt | str:
    """Fit everything on what was known, or say why nothing can be learnt."""
    training, weights = weighted_training(past, known, estimators)
    reason = why_untrained(training)
    if reason:
        return reason
    models, notes = fit_models(training, past, estimators, date)
    decides = models[estimators.model]
    uncertainty = fit_uncertainty(
        training,
        getattr(decides, "cross_fitted", None),
        params=estimators,
        unlabelled=decides.log_odds(training.not_seen_since(at_most=MOST_UNLABELLED, seed=estimators.seed)),
        graduated=known.decided["graduated"].to_numpy(),
        graduated_X=known.features(known.decided["row"].to_numpy()),
    )
    if weights is not None:
        notes += follow_up_note(weights, f"Training of {date.year}")
    return Learnt(training, models, uncertainty, tuple(notes))


def weighted_training(
    past: Past, known: Knowledge, estimators: EstimatorParams
) -> tuple[TrainingSet, FollowUpWeights | None]:
    """Return what a model learns from, weighted for those lost to follow-up, and the weights.

    A stand-in label knows no follow-up, so nobody is lost to it: all rows weigh the same.
    """
    if known.kind != "sustained_exit":
        return training_set(past, known), None
    weights = weigh(
        known.due,
        known.features(known.due["row"].to_numpy()),
        known.assessments,
        cohort=past.cohort,
        label=past.label,
        params=estimators.follow_up,
        seed=estimators.seed,
    )
    return training_set(past, known, weights.weight), weights


def fit_models(
    training: TrainingSet, past: Past, params: EstimatorParams, date: pd.Timestamp
) -> tuple[dict[str, AdditiveModel], list[str]]:
    """Fit every model; a baseline that cannot be fitted is left out with a note, a learner is not."""
    fitted: dict[str, AdditiveModel] = {}
    notes = []
    made = make_models(params, past.catalogue, status_question=past.label.status_now.question)
    for name, model in made.items():
        try:
            fitted[name] = model.fit(training)
        except ModelError as error:
            if name in LEARNERS:
                raise
            notes.append(f"{name} of {date.year} is left out: {error.what}")
        if isinstance(model, CalibratedAdditive | StackModel):
            notes += [f"{name} of {date.year} {what}" for what in model.degraded]
    return fitted, notes
