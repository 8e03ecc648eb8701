"""As-of dates, eligibility, labels and censoring, splits."""

from graduation_model.cohort.cohorts import build_cohort, build_cohorts, eligible_rows, standing
from graduation_model.cohort.dates import as_of_dates
from graduation_model.cohort.labels import label_assessments, outcome_met
from graduation_model.cohort.params import CohortParams, LabelParams
from graduation_model.cohort.splits import group_folds, independent_groups

__all__ = [
    "CohortParams",
    "LabelParams",
    "as_of_dates",
    "build_cohort",
    "build_cohorts",
    "eligible_rows",
    "group_folds",
    "independent_groups",
    "label_assessments",
    "outcome_met",
    "standing",
]
