from dataclasses import replace

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from graduation_model.errors import ModelError
from graduation_model.estimators import stack as stack_room
from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.scorecard import LogisticScorecard
from graduation_model.estimators.stack import AdditiveStack, Component, Rows, StackModel
from lib.learning import features, small_stack, stacked, training


@parametrize_with_checks([AdditiveStack([Component("linear", LogisticScorecard(c=1.0), min_rows=1)])])
def test_it_is_a_scikit_learn_classifier(estimator, check):
    check(estimator)


def test_parts_add_up_to_the_log_odds():
    model, X = stacked(training()), features(200, seed=5)
    np.testing.assert_allclose(model.additive_parts(X).total(), model.log_odds(X), atol=1e-9)


def test_the_log_odds_are_the_weighted_sum_of_the_components():
    model, X = stacked(training()), features(50, seed=5)
    made = model.stack.combination_
    by_hand = made.intercept + sum(
        weight * member.decision_function(X) for weight, member in zip(made.weights, model.stack.fitted_, strict=True)
    )
    np.testing.assert_allclose(model.log_odds(X), by_hand)
    assert min(made.weights) >= 0
    assert made.rows == 400


def test_one_thread_and_two_give_the_same_numbers():
    X = features(50, seed=5)
    one, two = (StackModel(small_stack(threads=threads)).fit(training()).log_odds(X) for threads in (1, 2))
    assert (one == two).all()


def test_no_component_sees_a_held_out_familys_household_or_cluster_in_any_population():
    """A spy writes down which groups each fit saw, and which rows it was then asked about."""
    rows, seen = training(), []

    class Spy(LogisticScorecard):
        def fit(self, X, y, sample_weight=None):
            self.learnt = set(X["group"])
            return super().fit(X, y, sample_weight)

        def decision_function(self, X):
            seen.append((self.learnt, set(X["group"])))
            return super().decision_function(X)

    own = rows.X.assign(group=rows.groups)
    others = rows.everybody_X.assign(group=rows.everybody_groups)
    members = [Component("a", Spy()), Component("b", Spy(), "next_wave", "everybody")]
    AdditiveStack(members, folds=4, threads=1).fit(
        own,
        rows.y,
        groups=rows.groups,
        sources={
            ("next_wave", "everybody"): Rows(
                others, rows.everybody_next.astype(int), np.ones(len(others)), rows.everybody_groups
            )
        },
    )
    assert len(seen) == 8
    assert all(not learnt & asked for learnt, asked in seen)


def test_a_population_that_is_too_small_is_left_out_with_a_reason():
    rows = training()
    known = np.where(np.arange(len(rows.everybody_next)) < 30, rows.everybody_next, np.nan)
    model = stacked(replace(rows, everybody_next=known))
    assert model.stack.names_ == ("own_linear", "own_trees")
    reason = "30 rows of everybody have a next_wave label, and it wants 100"
    assert model.degraded == (f"goes without next_linear: {reason}", f"goes without next_trees: {reason}")


def test_a_label_of_one_kind_is_left_out_with_a_reason():
    rows = training()
    model = stacked(replace(rows, everybody_next=np.ones(len(rows.everybody_X))))
    assert model.stack.left_out_["next_trees"] == "all next_wave labels of everybody are the same"


def test_too_few_own_rows_give_equal_parts_and_say_so():
    rows = training(150)
    model = stacked(rows)
    assert "equal parts: there are fewer than 200 labelled rows (150)" in model.degraded[-1]
    assert np.isfinite(model.log_odds(rows.X)).all()


def test_labels_of_one_kind_alone_are_refused():
    rows = training()
    with pytest.raises(ModelError, match=r"only one class.*Bring cohorts in which some families made it"):
        stacked(replace(rows, y=np.ones(len(rows.y), dtype=int)))


def test_no_component_with_rows_enough_is_refused():
    alone = Component("next", LogisticScorecard(), "next_wave", "everybody", min_rows=10_000)
    with pytest.raises(ModelError, match=r"No component of the stack can be fitted.*it wants 10000"):
        StackModel(AdditiveStack([alone])).fit(training())


def test_a_constant_feature_and_one_that_nobody_answered_count_nothing():
    rows = training()
    X = rows.X.assign(rooms=1.0, size=np.nan).astype("float32")
    parts = stacked(replace(rows, X=X)).additive_parts(X)
    assert np.isfinite(parts.parts).all()


def test_a_component_of_weight_zero_is_not_asked():
    model, X = stacked(training()), features(5, seed=5)
    made = replace(model.stack.combination_, weights=(1.0, 0.0, 0.0, 0.0))
    model.stack.combination_ = made
    model.stack.fitted_[1:] = [None] * 3
    np.testing.assert_allclose(model.log_odds(X), made.intercept + model.stack.fitted_[0].decision_function(X))


def test_what_does_not_fit_twice_into_memory_comes_one_after_the_other(monkeypatch):
    X = features(50, seed=5)
    plain = stacked(training()).log_odds(X)
    monkeypatch.setattr(stack_room, "CELLS_AT_ONCE", 0)
    assert (stacked(training()).log_odds(X) == plain).all()


def test_a_component_learns_from_no_more_rows_than_it_is_given_and_draws_the_same_ones_again():
    rows, learnt = training(), []

    class Spy(LogisticScorecard):
        def fit(self, X, y, sample_weight=None):
            learnt.append(tuple(X.index))
            return super().fit(X, y, sample_weight)

    for _ in range(2):
        AdditiveStack([Component("few", Spy(), max_rows=100)], folds=2, threads=1).fit(rows.X, rows.y)
    assert {len(drawn) for drawn in learnt} == {100}
    assert learnt[:3] == learnt[3:]


def test_by_itself_it_takes_a_scorecard_and_trees():
    rows = training()
    plain = AdditiveStack(folds=3).fit(rows.X, rows.y)
    assert [type(member) for member in plain.fitted_] == [LogisticScorecard, LightGBMScorer]
