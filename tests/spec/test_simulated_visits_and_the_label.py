"""A simulated visit falls inside the window in which the label looks for it, and for no other wave."""

from __future__ import annotations

from pathlib import Path

import pytest

from graduation_model.config import load_programme
from graduation_model.simulation.visits import VISIT_DAYS

PROGRAMME = load_programme(Path(__file__).parents[2] / "configs" / "jamsosratu")


@pytest.mark.parametrize("visit", [0, 1])
def test_visits_keep_within_the_labels_tolerance(visit):
    declared, jitter = PROGRAMME.label.visits[visit], PROGRAMME.simulation.visits.jitter_days
    # Calendar months and days differ by three days at most.
    assert jitter + 3 <= declared.tolerance_days


def test_the_visits_of_two_waves_are_never_mistaken_for_each_other():
    """Decisions take effect a year apart: the last visit of one must not fall into the first window of the next."""
    jitter, tolerance = PROGRAMME.simulation.visits.jitter_days, PROGRAMME.label.visits[0].tolerance_days
    assert VISIT_DAYS[1] + jitter < 365 + VISIT_DAYS[0] - 3 - tolerance
