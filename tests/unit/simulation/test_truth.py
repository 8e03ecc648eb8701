"""The truth given the answers is calibrated: within bins its mean is that of the hidden truth, and of what happens."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graduation_model.simulation import posterior, simulate

BINS = [0.1, 0.2, 0.35, 0.5, 0.7]


def in_bins(truth, decision):
    given = truth[f"truth_given_answers_if_{decision}"].to_numpy(dtype=float)
    place = np.digitize(given, BINS)
    counts = np.bincount(place)
    means = [
        np.bincount(place, truth[name].to_numpy(dtype=float)) / counts
        for name in (f"truth_given_answers_if_{decision}", f"exit_if_{decision}")
    ]
    return counts, *means


@pytest.mark.parametrize("decision", ["graduated", "retained"])
@pytest.mark.parametrize(("kind", "villages"), [("province", 0.01), ("quiet", 0.0)])
def test_within_bins_its_mean_is_that_of_the_hidden_truth(request, kind, villages, decision):
    truth = request.getfixturevalue(kind).truth
    counts, given, hidden = in_bins(truth, decision)
    # Four standard errors of a bin's mean: hidden chances scatter by .2 or so around what the answers say. A hundred
    # villages, whose own luck the answers of one family do not tell, scatter a little more.
    assert (np.abs(given - hidden) < 4 * 0.2 / np.sqrt(counts) + villages).all()
    assert abs(np.average(given - hidden, weights=counts)) < 4 * 0.2 / np.sqrt(counts.sum()) + villages


@pytest.mark.parametrize("kind", ["province", "quiet"])
def test_within_bins_its_mean_is_what_happens(request, kind):
    made = request.getfixturevalue(kind)
    for decision in ("retained", "graduated"):
        truth = made.truth[(made.decisions["decision"] == decision).to_numpy()]
        chance = truth[f"exit_if_{decision}"].astype(float)
        z = (truth["stayed_out"].mean() - chance.mean()) / np.sqrt((chance * (1 - chance)).sum()) * len(truth)
        assert abs(z) < 4
    kept = made.truth[(made.decisions["decision"] == "retained").to_numpy()]
    place = np.digitize(kept["truth_given_answers_if_retained"], BINS)
    both = kept.groupby(place)[["truth_given_answers_if_retained", "stayed_out"]].mean()
    gap = (both["truth_given_answers_if_retained"] - both["stayed_out"]).abs()
    assert (gap < 4 * 0.5 / np.sqrt(np.bincount(place)[both.index])).all()


def test_the_answers_say_less_than_the_hidden_parts_and_more_than_nothing(quiet):
    spread = quiet.truth[["exit_if_retained", "truth_given_answers_if_retained"]].var()
    assert 0.4 < spread["truth_given_answers_if_retained"] / spread["exit_if_retained"] < 0.95


def test_a_finer_grid_says_the_same(jamsosratu, monkeypatch):
    def made():
        simulation = jamsosratu.simulation
        return simulate(jamsosratu.instrument, simulation, households=300, waves=2, seed=1).truth

    coarse = made()
    monkeypatch.setattr(posterior, "SPACING", 0.9)
    fine = made()
    name = "truth_given_answers_if_retained"
    assert 0 < (fine[name] - coarse[name]).abs().max() < 0.01


def test_a_copied_sheet_says_nothing_of_its_family(province):
    first = province.truth[province.truth["wave"] == 2018]
    district = province.assessments.loc[first.index, "district_code"]
    kinds = first.groupby([district, first["copied"]])["truth_given_answers_if_retained"].nunique().unstack()
    assert first["copied"].sum() > 10
    assert (kinds[True].dropna() == 1).all()
    assert (kinds[False] > 50).all()


def test_capital_helps_only_where_there_is_a_business(province):
    truth = province.truth
    assert (truth.loc[~truth["business"], "uep_effect"] == 0).all()
    assert truth.loc[truth["business"], "uep_effect"].mean() > 0.03


def test_the_truth_given_answers_can_be_left_to_the_newest_waves(jamsosratu):
    made = simulate(jamsosratu.instrument, jamsosratu.simulation, households=200, waves=3, seed=1, given_answers=1)
    known = made.truth.groupby("wave")["truth_given_answers_if_retained"].apply(lambda given: given.notna().all())
    assert known.to_dict() == {2018: False, 2019: False, 2020: True}
    whole = simulate(jamsosratu.instrument, jamsosratu.simulation, households=200, waves=3, seed=1)
    newest = made.truth["wave"] == 2020
    pd.testing.assert_frame_equal(made.truth[newest], whole.truth[newest])
