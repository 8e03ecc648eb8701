"""Cohorts in; the families whose outcome was due, known or lost, with what they weigh and what the models say, out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import expit

from graduation_model.cohort.labels import LABELLED, LOST
from graduation_model.cohort.params import CohortParams, LabelParams
from graduation_model.cohort.splits import independent_groups
from graduation_model.estimators.params import FollowUpParams
from graduation_model.estimators.propensity import (
    Followed,
    FollowUpWeights,
    cross_fitted_propensity,
    follow_up_weights,
    inverse_weights,
    with_levels,
)
from graduation_model.estimators.training_set import AdditiveModel

GRADUATED = "graduated"


def due_families(cohorts: pd.DataFrame) -> pd.DataFrame:
    """Return the families whose outcome was due: known, or lost to follow-up; one row an assessment."""
    due = cohorts[cohorts["label_status"].isin([LABELLED, LOST])]
    # An assessment that stands in two cohorts is one family's one outcome.
    return due.drop_duplicates("row", ignore_index=True)


def decided_families(cohorts: pd.DataFrame) -> pd.DataFrame:
    """Return the families on whom a decision is on file, with y of the graduated alone: row, graduated, label.

    Nobody where the programme records no decisions.
    """
    if "decision" not in cohorts:
        return pd.DataFrame({"row": np.empty(0, int), "graduated": np.empty(0, bool), "label": np.empty(0)})
    decided = cohorts[cohorts["decision"].notna()].drop_duplicates("row", ignore_index=True)
    graduated = (decided["decision"] == GRADUATED).to_numpy()
    label = decided["label"].where(graduated & (decided["label_status"] == LABELLED).to_numpy())
    return pd.DataFrame({"row": decided["row"].to_numpy(), "graduated": graduated, "label": label.to_numpy(float)})


def weigh(
    due: pd.DataFrame,
    X: pd.DataFrame,
    assessments: pd.DataFrame,
    *,
    cohort: CohortParams,
    label: LabelParams,
    params: FollowUpParams,
    seed: int,
) -> FollowUpWeights:
    """Weigh the due families so that those whose outcome is known stand for all of them.

    Parameters
    ----------
    due : frame (n_due, ...)
        Of `due_families`.
    X : frame (n_due, n_features)
    assessments : frame
        To which `due["row"]` points.
    label : LabelParams
    """
    own = assessments.iloc[due["row"].to_numpy()]
    levels = {"district": own[cohort.area].tolist(), "cohort": due["as_of_date"].astype("str").tolist()}
    return follow_up_weights(
        with_levels(X.reset_index(drop=True), **levels),
        followed(due, label),
        independent_groups(own["household_id"], own[cohort.cluster]),
        params=params,
        seed=seed,
    )


def followed(due: pd.DataFrame, label: LabelParams) -> Followed:
    """Return how the outcome of each due family came to be known, if it did."""
    last = max((visit for visit in label.visits if visit.required), key=lambda visit: visit.months)
    opens = due["label_due"] - pd.Timedelta(days=2 * last.tolerance_days)
    return Followed(
        known=(due["label_status"] == LABELLED).to_numpy(),
        complete=due["complete"].to_numpy(),
        register=due["in_register"].to_numpy(),
        early=(due["failure_date"] < opens).to_numpy(),
        throughout=due["throughout"].to_numpy(),
        slipped=(due["good_at_required"] & (due["label"] == 0) & ~due["in_register"]).to_numpy(),
        good=(due["label"] == 1).to_numpy(),
    )


def selection_weights(
    decided: pd.DataFrame, X: pd.DataFrame, assessments: pd.DataFrame, *, cohort: CohortParams, seed: int
) -> np.ndarray:
    """Weigh the graduated so that they stand for all on whom a decision was made; 0 where the outcome is unknown."""
    own = assessments.iloc[decided["row"].to_numpy()]
    graduated = decided["graduated"].to_numpy()
    groups = independent_groups(own["household_id"], own[cohort.cluster])
    found = cross_fitted_propensity(X.reset_index(drop=True), graduated, groups, seed=seed)
    weight = np.zeros(len(decided))
    weight[graduated] = inverse_weights(found.probability[graduated])
    return np.where(decided["label"].notna(), weight, 0.0)


def follow_up_note(found: FollowUpWeights, what: str) -> tuple[str, ...]:
    """Say in a sentence how the lost were made up for; nothing where nobody was lost."""
    if found.known_share == 1:
        return ()
    known = f"{what}: the outcome is known of {found.known_share:.0%} of those due"
    if found.reason:
        return (f"{known}; all weigh the same, since {found.reason}",)
    return (f"{known}; weighted (calibration of being followed: slope {found.slope:.2f}, {found.intercept:+.2f})",)


def scored_due(
    due: pd.DataFrame,
    X: pd.DataFrame,
    assessments: pd.DataFrame,
    models: Mapping[str, AdditiveModel],
    weight: np.ndarray,
    cohort: CohortParams,
) -> pd.DataFrame:
    """Return cluster, area, y (NaN where lost), weight, and a column of probabilities a model."""
    own = assessments.iloc[due["row"].to_numpy()]
    frame = pd.DataFrame(
        {
            "cluster": own[cohort.cluster].to_numpy(),
            cohort.area: own[cohort.area].to_numpy(),
            "y": due["label"].to_numpy(dtype=float),
            "weight": weight,
        }
    )
    return frame.assign(**{name: expit(model.log_odds(X)) for name, model in models.items()})
