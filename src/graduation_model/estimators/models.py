"""Settings and catalogue in; every model and baseline of a programme, unfitted and by name, out."""

from __future__ import annotations

import logging

import pandas as pd

from graduation_model.errors import ModelError
from graduation_model.estimators.baselines import ProxyMeansTest, RandomOrder, StatusNow, WeightedSum
from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.params import EstimatorParams
from graduation_model.estimators.scorecard import LogisticScorecard
from graduation_model.estimators.stack import AdditiveStack, Component, StackModel
from graduation_model.estimators.training_set import AdditiveModel
from graduation_model.features.catalogue import ANSWER, LEVEL, RANK, RATIO, Catalogue

logger = logging.getLogger(__name__)

# Those that learn, in the order in which tables show them; a bundle holds one of them.
LEARNERS = ("stack", "lightgbm", "logistic")
# The feature that is a question's own answer: not a level of a choice, not its history or its neighbours.
MAIN_SOURCES = (ANSWER, RANK)
# What an enumerator can see or count: a proxy means test has neither money nor last year's file.
PMT_SOURCES = (ANSWER, LEVEL, RATIO)


def make_models(params: EstimatorParams, catalogue: Catalogue, *, status_question: str) -> dict[str, AdditiveModel]:
    """Make every model that a programme compares.

    Parameters
    ----------
    params : EstimatorParams
    catalogue : Catalogue
        Its order of features is the models'.
    status_question : str
        Question of `label.status_now`.

    Returns
    -------
    dict
        `stack` (where the programme declares it), `lightgbm`, `logistic`, `pmt`, `weighted_sum` (where the programme
        declares points), `status_now` (where the status is a feature), `random`; none is fitted.

    Raises
    ------
    ModelError
        If points are given for a question whose answers have no order, or that is no feature.
    """
    models = make_learners(params, catalogue)
    main = main_features(catalogue.table)
    models["pmt"] = ProxyMeansTest(_pmt_features(catalogue, params.pmt_exclude))
    if params.weighted_sum:
        models["weighted_sum"] = WeightedSum(points_of_features(params.weighted_sum, main))
    if status_question in main:
        models["status_now"] = StatusNow(main[status_question])
    else:
        logger.info("status_now is left out: %s has no feature of its own", status_question)
    models["random"] = RandomOrder(params.seed)
    return models


def make_learners(params: EstimatorParams, catalogue: Catalogue) -> dict[str, AdditiveModel]:
    """Make the models that a bundle can hold, unfitted and by name."""
    signs = tuple(catalogue.signs)
    trees = LightGBMScorer(**params.lightgbm.model_dump(), signs=signs, seed=params.seed)
    kinds = {"lightgbm": trees, "logistic": LogisticScorecard(**params.logistic.model_dump(), signs=signs)}
    learners: dict[str, AdditiveModel] = {}
    if params.stack is not None:
        members = [
            Component(estimator=kinds[member.kind], **member.model_dump(exclude={"kind"}))
            for member in params.stack.components
        ]
        learners["stack"] = StackModel(
            AdditiveStack(members, params.calibration_folds, params.stack.pull, params.stack.caution, seed=params.seed)
        )
    for name, component in kinds.items():
        learners[name] = CalibratedAdditive(component, params.calibration_folds, params.seed, name=name)
    return learners


def main_features(table: pd.DataFrame) -> dict[str, str]:
    """Return question -> the feature that is its own answer; a question without one is not there."""
    rows = table[table["source"].isin(MAIN_SOURCES)]
    return dict(zip(rows["question"], rows["feature"], strict=True))


def _pmt_features(catalogue: Catalogue, exclude: tuple[str, ...]) -> tuple[str, ...]:
    # A ratio stands to the account of one question and is made of two: it goes with either.
    unseen = {
        quantity.name
        for quantity in catalogue.quantities
        if quantity.ranked or {quantity.numerator, quantity.denominator} & set(exclude)
    }
    table = catalogue.table
    seen = table["source"].isin(PMT_SOURCES) & ~table["question"].isin(exclude) & ~table["quantity"].isin(unseen)
    return tuple(table.loc[seen, "feature"])


def points_of_features(points: dict[str, float], main: dict[str, str]) -> dict[str, float]:
    unknown = sorted(set(points) - set(main))
    if unknown:
        raise ModelError(
            f"Points for {', '.join(unknown)}, which is no feature with an order",
            where="estimators.weighted_sum",
            mend="Give points to numbers, yes/no and ordered choices",
        )
    return {main[question]: value for question, value in points.items()}
