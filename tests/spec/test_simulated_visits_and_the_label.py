"""A simulated visit falls inside the window in which the label looks for it, and for no other wave."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from graduation_model.cohort import label_assessments
from graduation_model.config import load_programme
from graduation_model.simulation.province import DAY_JITTER
from graduation_model.simulation.visits import VISIT_DAYS

PROGRAMME = load_programme(Path(__file__).parents[2] / "configs" / "jamsosratu")
ASSESSED = pd.Timestamp(2018, 5, 10)

# welfare at 6 months, at 12 months (None: not met) -> label, reason
LABELS = [
    ("above at both visits", 1.3, 1.2, 1.0, "good_at_every_visit"),
    ("above at 12 months, the interim visit missed", None, 1.2, 1.0, "good_at_every_visit"),
    ("below at 6 months, above at 12", 1.1, 1.6, 0.0, "bad_at_a_visit"),
    ("above at 6 months, below at 12", 1.6, 1.19, 0.0, "bad_at_a_visit"),
    ("below at 6 months, then not met", 0.8, None, 0.0, "bad_at_a_visit"),
    ("above at 6 months, then not met", 1.9, None, None, "visit_missing"),
    ("never met", None, None, None, "visit_missing"),
]


@pytest.mark.parametrize(("story", "at_6", "at_12", "label", "reason"), LABELS, ids=[row[0] for row in LABELS])
def test_jamsosratu_labels_a_family(story, at_6, at_12, label, reason):
    found = [at_6, at_12]
    followups = pd.DataFrame(
        {
            "household_id": "S0000001",
            "followup_date": [ASSESSED + pd.Timedelta(days=days) for days in VISIT_DAYS],
            "followup_status": ["interviewed" if value else "not_found" for value in found],
            "welfare_to_line": pd.Series(found, dtype="float64"),
        }
    )
    assessed = pd.DataFrame({"household_id": ["S0000001"], "assessment_date": [ASSESSED]})
    seen = label_assessments(assessed, followups, known_by=pd.Timestamp(2020, 12, 31), label=PROGRAMME.label).iloc[0]
    assert (None if pd.isna(seen["label"]) else seen["label"], seen["label_reason"]) == (label, reason)


@pytest.mark.parametrize("visit", [0, 1])
def test_visits_keep_within_the_labels_tolerance(visit):
    declared, jitter = PROGRAMME.label.visits[visit], PROGRAMME.simulation.visits.jitter_days
    # Calendar months and days differ by three days at most.
    assert jitter + 3 <= declared.tolerance_days


def test_the_visits_of_two_waves_are_never_mistaken_for_each_other():
    jitter = PROGRAMME.simulation.visits.jitter_days
    next_wave = 365 - 2 * DAY_JITTER
    earliest_next = next_wave + VISIT_DAYS[0] - jitter
    latest_window = VISIT_DAYS[1] + 3 + PROGRAMME.label.visits[1].tolerance_days
    assert earliest_next > latest_window
