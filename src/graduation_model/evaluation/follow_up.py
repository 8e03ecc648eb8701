"""A test cohort, known and lost, in; what its unknown outcomes may have done to its figures out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from graduation_model.cohort.params import CohortParams, LabelParams
from graduation_model.estimators.params import EstimatorParams
from graduation_model.estimators.training_set import AdditiveModel
from graduation_model.evaluation.due import decided_families, due_families, scored_due, selection_weights, weigh
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.evaluation.unknown import unknown_rows, unselected_rows


def what_is_unknown(
    cohort: pd.DataFrame,
    features: Callable[[np.ndarray], pd.DataFrame],
    assessments: pd.DataFrame,
    model: AdditiveModel,
    *,
    cohort_params: CohortParams,
    label: LabelParams,
    estimators: EstimatorParams,
    params: EvaluationParams,
    test_year: int,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Say what the lost, and those whom nobody chose, may have done to a year's figures of the model in use.

    Parameters
    ----------
    cohort : frame
        Of `build_cohort`, with every outcome in the folder.
    features : callable
        Positions among `assessments` -> their features.
    cohort_params, label, estimators, params
        The programme's.
    test_year : int
        Seeds the bootstrap.

    Returns
    -------
    tuple
        `unknown.ROW`s, and notes where too few of the due follow-ups were done.
    """
    name, seed = estimators.model, estimators.seed
    due, decided = due_families(cohort), decided_families(cohort)
    X = features(due["row"].to_numpy())
    found = weigh(due, X, assessments, cohort=cohort_params, label=label, params=estimators.follow_up, seed=seed)
    scored = scored_due(due, X, assessments, {name: model}, found.weight, cohort_params)
    rows = unknown_rows(scored, models=[name], area=cohort_params.area, params=params, test_year=test_year)
    if decided["graduated"].any() and not decided["graduated"].all():
        X = features(decided["row"].to_numpy())
        weight = selection_weights(decided, X, assessments, cohort=cohort_params, seed=seed)
        scored = scored_due(decided, X, assessments, {name: model}, weight, cohort_params)
        rows = pd.concat([rows, unselected_rows(scored, models=[name], params=params, test_year=test_year)])
    if found.known_share >= params.least_followed:
        return rows, ()
    return rows, (
        f"Test year {test_year}: {found.known_share:.0%} of the follow-ups that were due were done, fewer than "
        f"{params.least_followed:.0%}. Rely on the bounds, not on the plain figures",
    )
