from dataclasses import replace

import numpy as np
import pytest

from graduation_model.errors import ModelError
from graduation_model.estimators.bundle import UNCERTAINTY, load_bundle, save_bundle
from graduation_model.estimators.params import EstimatorParams, IntervalParams
from graduation_model.estimators.uncertainty import NOTHING_CLAIMED, fit_uncertainty
from lib.learning import features, small_bundle, training

PARAMS = EstimatorParams(intervals=IntervalParams(cosines=20))


@pytest.fixture(scope="module")
def bundle():
    rows = training(4000)
    made = small_bundle("logistic", rows)
    graduated = (rows.X["income__rank"] > 0.8).to_numpy()
    known = fit_uncertainty(rows, made.model.cross_fitted, params=PARAMS, graduated=graduated, graduated_X=rows.X)
    return replace(made, uncertainty=known)


def test_a_bundle_says_the_same_of_its_uncertainty_after_it_was_saved_and_loaded(bundle, tmp_path):
    sha256 = save_bundle(bundle, tmp_path / "one")
    again = load_bundle(tmp_path / "one")
    X = features(60, seed=8)
    log_odds = bundle.model.log_odds(X)
    for before, after in zip(
        bundle.uncertainty.bounds(X, log_odds), again.uncertainty.bounds(X, log_odds), strict=True
    ):
        assert (before == after).all()
    assert (bundle.uncertainty.conformal_p(log_odds) == again.uncertainty.conformal_p(log_odds)).all()
    assert (bundle.uncertainty.never_graduated(X) == again.uncertainty.never_graduated(X)).all()
    assert save_bundle(again, tmp_path / "two") == sha256


def test_arrays_of_another_shape_are_refused_with_a_mend(bundle, tmp_path):
    arrays = bundle.uncertainty.to_arrays()
    del arrays["conformal.p_value"]
    broken = replace(bundle, uncertainty=_Arrays(arrays))
    save_bundle(broken, tmp_path)
    with pytest.raises(ModelError, match="of another shape"):
        load_bundle(tmp_path)


def test_families_unlike_every_graduated_one_are_outside_of_what_the_data_tell(bundle):
    X = features(200, seed=8)
    never = bundle.uncertainty.never_graduated(X)
    rank = X["income__rank"].to_numpy()
    assert 0 < never.sum() < 200
    assert np.nanmean(rank[never]) < np.nanmean(rank[~never])


def test_where_nothing_was_learnt_nothing_is_claimed(tmp_path):
    X = features(3)
    low, high = NOTHING_CLAIMED.bounds(X, np.zeros(3))
    assert np.isnan([*low, *high, *NOTHING_CLAIMED.conformal_p(np.zeros(3))]).all()
    assert not NOTHING_CLAIMED.never_graduated(X).any()
    save_bundle(small_bundle("logistic"), tmp_path)
    assert not (tmp_path / UNCERTAINTY).exists()


class _Arrays:
    def __init__(self, arrays):
        self.arrays = arrays

    def to_arrays(self):
        return self.arrays


def test_where_this_years_families_score_higher_than_those_of_the_past_a_score_is_less_of_a_proof():
    rows = training(600)
    cross_fitted = small_bundle("logistic", rows).model.cross_fitted
    higher = np.random.default_rng(1).choice(cross_fitted, 5_000) + 0.5
    alike, now = (
        fit_uncertainty(rows, cross_fitted, params=PARAMS, unlabelled=unlabelled).conformal_p(np.array([1.0, 1.5]))
        for unlabelled in (None, higher)
    )
    assert (now > 1.2 * alike).all()


def test_families_to_be_scored_are_the_programmes_rows_without_a_next_wave():
    rows = training(300)
    unknown = np.arange(600) < 100
    thinned = replace(rows, everybody_next=np.where(unknown, np.nan, rows.everybody_next))
    found = thinned.not_seen_since(at_most=1_000, seed=1)
    assert list(found.index) == list(np.flatnonzero(unknown & rows.everybody_member))
    assert len(thinned.not_seen_since(at_most=20, seed=1)) == 20
    assert len(replace(rows, everybody_next=None).not_seen_since(at_most=20, seed=1)) == 0
