"""The label, as a programme officer would check it: what was seen at 12 and 24 months, and what is said of it."""

import pandas as pd
import pytest

from graduation_model.cohort.labels import label_assessments
from lib.small import followups, label_params, visits

LATE = pd.Timestamp("2030-01-01")

# A family assessed on 2015-12-31; what the visits at 12 and 24 months found (None: no visit).
BOTH_NEEDED = [
    # at 12 months, at 24 months, label, status, reason
    ("not_poor", "not_poor", 1.0, "labelled", "good_at_every_visit"),
    ("not_poor", "poor", 0.0, "labelled", "bad_at_a_visit"),
    ("extreme_poor", "not_poor", 0.0, "labelled", "bad_at_a_visit"),
    ("poor", "poor", 0.0, "labelled", "bad_at_a_visit"),
    ("not_poor", None, None, "lost", "visit_missing"),
    ("poor", None, None, "lost", "visit_missing"),
    (None, "not_poor", None, "lost", "visit_missing"),
    (None, None, None, "lost", "visit_missing"),
]


def _label(first, second, known_by=LATE, **changes):
    seen = [("a", date, status) for date, status in (("2016-12-31", first), ("2017-12-31", second)) if status]
    row = label_assessments(
        visits([{"assessment_date": "2015-12-31"}]), followups(seen), known_by=known_by, label=label_params(**changes)
    ).iloc[0]
    return (None if pd.isna(row["label"]) else row["label"], row["label_status"], row["label_reason"])


@pytest.mark.parametrize(("first", "second", "value", "status", "reason"), BOTH_NEEDED)
def test_a_family_stayed_out_only_if_it_was_seen_not_poor_at_both_visits(first, second, value, status, reason):
    assert _label(first, second) == (value, status, reason)


@pytest.mark.parametrize(
    ("first", "second", "value", "status"),
    [
        ("poor", None, 0.0, "labelled"),  # a failure is known although the later visit is missing
        ("not_poor", None, None, "lost"),  # a success is not
        (None, None, None, "lost"),
    ],
)
def test_where_the_programme_says_so_an_early_failure_settles_the_label(first, second, value, status):
    assert _label(first, second, early_failure_counts=True)[:2] == (value, status)


@pytest.mark.parametrize("first", ["poor", "not_poor"])
def test_before_the_horizon_is_over_nothing_is_said_not_even_of_failures(first):
    early = pd.Timestamp("2017-12-30")
    assert _label(first, None, known_by=early, early_failure_counts=True) == (None, "not_due", "horizon_not_over")


def test_the_day_the_last_visit_is_due_counts():
    assert _label("not_poor", "not_poor", known_by=pd.Timestamp("2017-12-31"))[0] == 1.0


@pytest.mark.parametrize(("date", "value"), [("2016-12-01", 1.0), ("2017-02-28", 1.0), ("2017-03-15", None)])
def test_a_visit_counts_within_its_tolerance_and_not_outside(date, value):
    seen = followups([("a", date, "not_poor")])
    label = label_params(months=(12,), tolerance_days=60)
    row = label_assessments(visits([{"assessment_date": "2015-12-31"}]), seen, known_by=LATE, label=label).iloc[0]
    assert (None if pd.isna(row["label"]) else row["label"]) == value
