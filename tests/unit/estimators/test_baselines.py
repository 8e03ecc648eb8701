from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from graduation_model.errors import ModelError
from graduation_model.estimators.baselines import ProxyMeansTest, RandomOrder, StatusNow, WeightedSum
from lib.learning import features, training


def test_random_order_says_the_base_rate_for_everybody_in_an_order_that_comes_back():
    rows = training()
    model = RandomOrder(seed=1).fit(rows)
    log_odds = model.log_odds(rows.X)
    np.testing.assert_allclose(expit(log_odds), rows.base_rate, atol=1e-6)
    assert len(np.unique(log_odds)) == len(log_odds)
    assert (model.log_odds(rows.X) == log_odds).all()


def test_status_now_says_how_many_of_each_status_made_it():
    rows = training(5000)
    said = expit(StatusNow("status").fit(rows).log_odds(rows.X))
    good = (rows.X["status"] == 2).to_numpy()
    assert said[good].mean() == pytest.approx(rows.y[good].mean(), abs=0.03)
    assert len(np.unique(said)) == 3  # a missing status is taken for the middle one


def test_status_now_turns_round_where_a_higher_status_is_a_worse_one():
    rows = training()
    model = StatusNow("status").fit(replace(rows, y=1 - rows.y))
    assert model.slope < 0


def test_the_weighted_sum_gives_all_points_for_the_best_answer_and_none_for_the_worst():
    rows = training()
    model = WeightedSum({"status": 30.0, "size": -10.0}).fit(rows)
    family = features(3).assign(status=[0.0, 1.0, 2.0], size=[8.0, 8.0, 1.0])
    assert model.terms(family).tolist() == [[0.0, -10.0], [15.0, -10.0], [30.0, 0.0]]


def test_an_answer_beyond_the_scale_gets_no_more_points_than_its_end():
    model = WeightedSum({"size": 7.0}).fit(training())
    assert model.terms(features(1).assign(size=99.0)).tolist() == [[7.0]]


def test_a_hand_made_sum_keeps_its_order_even_where_it_points_the_wrong_way():
    rows = training()
    model = WeightedSum({"status": -5.0}).fit(rows)
    best_first = model.log_odds(features(2).assign(status=[0.0, 2.0]))
    assert best_first[0] > best_first[1]


def test_the_proxy_means_test_learns_todays_status_from_everybody():
    rows = training()
    seen = rows.everybody_X["size"].fillna(4)
    model = ProxyMeansTest(("size", "crowding")).fit(replace(rows, everybody_status=(seen > 4).to_numpy(dtype=float)))
    assert model.coef[0] > 0.1 > abs(model.coef[1])


def test_families_whose_status_is_unknown_teach_the_proxy_means_test_nothing():
    rows = training()
    status = rows.everybody_status.copy()
    status[:100] = np.nan
    known = replace(rows, everybody_X=rows.everybody_X[100:], everybody_status=rows.everybody_status[100:])
    with_unknown = ProxyMeansTest(("size", "floor=earth")).fit(replace(rows, everybody_status=status))
    np.testing.assert_array_equal(with_unknown.coef, ProxyMeansTest(("size", "floor=earth")).fit(known).coef)


def test_a_proxy_means_test_without_any_status_says_what_to_bring():
    rows = training()
    with pytest.raises(ModelError, match="Bring assessments that hold"):
        ProxyMeansTest(("size",)).fit(replace(rows, everybody_status=np.full(800, np.nan)))


@pytest.mark.parametrize(
    "model",
    [
        RandomOrder(1),
        StatusNow("status"),
        WeightedSum({"status": 3.0, "size": -1.0}),
        ProxyMeansTest(("size", "rooms")),
    ],
    ids=lambda model: model.name,
)
def test_parts_of_a_baseline_add_up(model):
    rows = training()
    parts = model.fit(rows).additive_parts(rows.X)
    np.testing.assert_allclose(parts.total(), model.log_odds(rows.X), atol=1e-6)
