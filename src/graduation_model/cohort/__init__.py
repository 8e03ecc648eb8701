"""As-of dates, eligibility, labels and censoring, splits."""

from graduation_model.cohort.cohorts import build_cohort, build_cohorts, eligible_rows, standing
from graduation_model.cohort.dates import as_of_dates
from graduation_model.cohort.labels import label_assessments, outcome_met
from graduation_model.cohort.next_wave import imitation_label, next_wave_status
from graduation_model.cohort.params import CohortParams, LabelKind, LabelParams
from graduation_model.cohort.splits import group_folds, independent_groups

__all__ = [
    "CohortParams",
    "LabelKind",
    "LabelParams",
    "as_of_dates",
    "build_cohort",
    "build_cohorts",
    "eligible_rows",
    "group_folds",
    "imitation_label",
    "independent_groups",
    "label_assessments",
    "next_wave_status",
    "outcome_met",
    "standing",
]
