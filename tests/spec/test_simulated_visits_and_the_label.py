"""What the simulation calls the truth is what the programme's label finds, where every visit takes place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graduation_model.cohort import label_assessments
from graduation_model.config import load_programme
from graduation_model.simulation import simulate

PROGRAMME = load_programme(Path(__file__).parents[2] / "configs" / "jamsosratu")
EVERYBODY = {"retained": 1.0, "lost": 0.0, "interim_missed": 0.0, "moved": 0.0, "deceased": 0.0}


@pytest.mark.parametrize("visit", [0, 1])
def test_visits_keep_within_the_labels_tolerance(visit):
    assert PROGRAMME.simulation.visits.jitter_days <= PROGRAMME.label.visits[visit].tolerance_days


@pytest.fixture(scope="module", params=["honest", "quiet"])
def met(request):
    """A province in which everybody is visited twice: the truth beside the label of its tables."""
    visits = PROGRAMME.simulation.visits.model_copy(update=EVERYBODY)
    params = PROGRAMME.simulation.model_copy(update={"visits": visits, "province": request.param})
    made = simulate(PROGRAMME.instrument, params, households=3000, waves=2, seed=4, given_answers=0)
    labels = label_assessments(
        made.assessments,
        made.followups,
        known_by=pd.Timestamp(2022, 12, 31),
        label=PROGRAMME.label,
        decisions=made.decisions,
    )
    return made.truth.assign(label=labels["label"], decision=made.decisions["decision"], due=labels["label_status"])


def test_the_label_is_the_truths_own_outcome_family_by_family(met):
    followed = met[met["decision"].isin(["graduated", "retained"])]
    assert followed["label"].notna().all()
    assert (followed["label"] == followed["stayed_out"]).all()


@pytest.mark.parametrize("decision", ["graduated", "retained"])
def test_labels_have_the_truths_mean(met, decision):
    rows = met[met["decision"] == decision]
    chance = rows[f"exit_if_{decision}"].astype(float)
    error = np.sqrt((chance * (1 - chance)).sum()) / len(rows)
    # Who gets business capital is drawn, and its effect with it: the chance is averaged over both.
    assert abs(rows["label"].mean() - chance.mean()) < 4 * error


def test_labels_have_the_truths_mean_within_bins(met):
    rows = met[met["decision"] == "retained"]
    place = np.digitize(rows["exit_if_retained"], [0.1, 0.3, 0.5, 0.7, 0.9])
    means = rows.groupby(place)[["label", "exit_if_retained"]].mean()
    assert (means["label"] - means["exit_if_retained"]).abs().max() < 4 * 0.5 / np.sqrt(np.bincount(place).min())
