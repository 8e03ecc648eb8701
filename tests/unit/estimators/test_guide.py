"""What everybody's next wave adds to the second look, and what it must not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

from graduation_model.estimators.basis import Basis
from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.estimators.guide import fit_guide
from graduation_model.estimators.intervals import fit_intervals
from graduation_model.estimators.params import IntervalParams
from graduation_model.estimators.scorecard import LogisticScorecard
from lib.known_truth import known_world

FEW = IntervalParams(cosines=60)


def _with_next_wave(world, others, *, groups_from):
    """A few labelled families, and many more of the same kind whose next wave is known."""
    return replace(
        world.training,
        everybody_X=others.training.X,
        everybody_next=others.training.y.astype(float),
        everybody_groups=others.training.groups + groups_from,
    )


@pytest.fixture(scope="module")
def few_and_many():
    world, others, new = known_world(600, 1), known_world(6_000, 2), known_world(1_500, 3)
    return world, _with_next_wave(world, others, groups_from=1_000), new


def _held_and_wide(training, new):
    model = CalibratedAdditive(LogisticScorecard(), folds=5, seed=1).fit(training)
    intervals = fit_intervals(training, model.cross_fitted, params=FEW, seed=1)
    low, high = intervals.bounds(new.training.X, model.log_odds(new.training.X))
    return ((low <= new.chance) & (new.chance <= high)).mean(), (high - low).mean()


def test_many_families_seen_a_wave_later_make_intervals_narrower_and_they_still_hold_the_truth(few_and_many):
    world, guided, new = few_and_many
    _, wide = _held_and_wide(world.training, new)
    held, narrow = _held_and_wide(guided, new)
    assert narrow < 0.85 * wide
    assert held == pytest.approx(0.9, abs=0.06)


def test_the_guides_line_is_near_the_truth_of_families_that_it_has_not_seen(few_and_many):
    world, guided, _ = few_and_many
    basis = Basis.fit(guided.X.to_numpy(dtype=float), pull=None, steps=8, cosines=60, seed=1)
    line = fit_guide(basis, guided, seed=1).line
    assert np.corrcoef(line, logit(world.chance))[0, 1] > 0.9


def test_a_familys_own_next_wave_says_nothing_in_its_own_line():
    # Every label is a coin: a line that had seen the family would lean to what it saw.
    world = known_world(1_500, 4)
    coins = np.random.default_rng(5).integers(0, 2, 1_500)
    training = replace(
        world.training,
        y=coins,
        everybody_next=coins.astype(float),
        everybody_groups=world.training.groups,
    )
    basis = Basis.fit(training.X.to_numpy(dtype=float), pull=None, steps=8, cosines=60, seed=1)
    guide = fit_guide(basis, training, seed=1)
    seen = basis.terms(training.X.to_numpy(dtype=float)) @ guide.mean
    assert abs(np.corrcoef(guide.line, coins)[0, 1]) < 0.1 < np.corrcoef(seen, coins)[0, 1]


def test_where_hardly_anybody_was_seen_again_there_is_no_guide(few_and_many):
    _, guided, _ = few_and_many
    rare = np.where(np.arange(6_000) < 500, guided.everybody_next, np.nan)
    basis = Basis.fit(guided.X.to_numpy(dtype=float), pull=None, steps=4, cosines=10, seed=1)
    assert fit_guide(basis, replace(guided, everybody_next=rare), seed=1) is None
    assert fit_guide(basis, replace(guided, everybody_next=np.zeros(6_000)), seed=1) is None
