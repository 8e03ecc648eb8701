import numpy as np
import pandas as pd
import pytest

from graduation_model.estimators.params import FollowUpParams
from graduation_model.estimators.propensity import (
    Followed,
    cross_fitted_propensity,
    follow_up_weights,
    inverse_weights,
)
from lib.known_truth import known_world, seen

PARAMS = FollowUpParams()


@pytest.fixture(scope="module", params=[True, False], ids=["recorded", "unrecorded"])
def loss(request):
    """Families of whom a third is lost: by what was recorded of them, or by what nobody asked."""
    world = known_world(2_000, 3)
    known = seen(world, recorded=request.param, seed=3)
    found = follow_up_weights(world.training.X, Followed.plainly(known), world.training.groups, params=PARAMS)
    truth, y = world.training.y.mean(), world.training.y[known]
    return request.param, y.mean() - truth, np.average(y, weights=found.weight[known]) - truth, found


def test_weights_remove_at_least_half_of_the_bias_where_loss_hangs_on_what_was_recorded_and_nothing_elsewhere(loss):
    recorded, plain, weighted, _ = loss
    assert plain > 0.06
    assert abs(weighted) < plain / 2 if recorded else weighted > 0.9 * plain


def test_being_followed_is_calibrated_where_it_hangs_on_what_was_recorded(loss):
    recorded, *_, found = loss
    assert found.slope == pytest.approx(1, abs=0.2) if recorded else abs(found.slope) < 0.8


def test_weights_are_one_on_average_over_the_known_and_nothing_for_the_lost(loss):
    *_, found = loss
    assert found.weight[found.weight > 0].mean() == pytest.approx(1)
    assert (found.weight == 0).mean() == pytest.approx(1 - found.known_share)


def test_a_failure_in_the_register_weighs_less_than_any_family_that_had_to_be_found():
    world = known_world(1_000, 5)
    known = seen(world, recorded=True, seed=5)
    register = np.arange(1_000) < 50
    followed = Followed.plainly(known | register, register=register)
    found = follow_up_weights(world.training.X, followed, world.training.groups, params=PARAMS)
    assert found.weight[register].max() < found.weight[known & ~register].min()


def test_failures_that_an_earlier_visit_shows_are_not_counted_more_often_than_successes():
    # Everybody has two visits, each done three times in four; a failure at the first settles the outcome.
    rng = np.random.default_rng(7)
    first, last = rng.random((2, 4_000)) < 0.75
    fails_first, fails_last = rng.random((2, 4_000)) < np.array([[0.4], [0.2]])
    fails_last |= fails_first  # a failure lasts
    early = first & fails_first
    y = ~fails_last
    nobody = np.zeros(4_000, dtype=bool)
    followed = Followed(last | early, last, nobody, early, throughout=first & last, slipped=nobody, good=last & y)
    X = pd.DataFrame({"a": rng.normal(size=4_000)})
    weight = follow_up_weights(X, followed, np.arange(4_000), params=PARAMS).weight
    assert y[followed.known].mean() < y.mean() - 0.03
    assert np.average(y, weights=weight) == pytest.approx(y.mean(), abs=0.015)


def test_a_failure_between_required_visits_counts_also_where_nobody_went_to_see():
    # A family that failed halfway stands well again at the last visit; only two in three are visited halfway.
    rng = np.random.default_rng(8)
    halfway, last = rng.random(6_000) < 0.67, rng.random(6_000) < 0.75
    failed_halfway, failed_last = rng.random((2, 6_000)) < np.array([[0.3], [0.3]])
    early, nobody = halfway & failed_halfway, np.zeros(6_000, dtype=bool)
    known = last | early
    seen_good = known & ~early & ~failed_last
    followed = Followed(
        known, last, nobody, early, throughout=halfway & last, slipped=early & last & ~failed_last, good=seen_good
    )
    weight = follow_up_weights(
        pd.DataFrame({"a": rng.normal(size=6_000)}), followed, np.arange(6_000), params=PARAMS
    ).weight
    truth = (~failed_halfway & ~failed_last).mean()
    assert seen_good[known].mean() > truth + 0.03
    assert np.average(seen_good, weights=weight) == pytest.approx(truth, abs=0.015)


@pytest.mark.parametrize(
    ("known", "params", "words"),
    [
        (np.ones(400, dtype=bool), PARAMS, "nobody was lost"),
        (np.arange(400) % 2 == 0, PARAMS, "50% were lost, more than 40%"),
        (np.arange(400) % 4 > 0, FollowUpParams(weights=False), "the programme's file"),
        (np.arange(400)[:100] % 4 > 0, PARAMS, "fewer than 200"),
    ],
)
def test_all_weigh_the_same_where_weights_would_say_nothing(known, params, words):
    X = pd.DataFrame({"a": np.arange(len(known), dtype=float)})
    found = follow_up_weights(X, Followed.plainly(known), np.arange(len(known)), params=params)
    assert words in found.reason
    assert (found.weight == known).all()


def test_no_weight_lies_beyond_the_first_and_last_hundredth():
    probability = np.append(np.full(199, 0.5), 0.001)
    assert inverse_weights(probability).max() < 20


def test_a_propensity_is_given_by_a_fit_that_had_not_seen_the_group():
    rng = np.random.default_rng(1)
    noise = pd.DataFrame(rng.normal(size=(300, 40)))
    found = cross_fitted_propensity(noise, rng.random(300) < 0.5, np.arange(300) // 3)
    assert found.slope < 0.5  # what was learnt from noise does not hold elsewhere
