"""What holds for every cohort: weights are repeats, order of rows is nothing, the area is scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from graduation_model.evaluation.metrics import METRICS

family = st.tuples(st.integers(0, 1), st.integers(1, 19), st.integers(1, 4))
cohorts = st.lists(family, min_size=4, max_size=40).filter(lambda rows: len({y for y, _, _ in rows}) == 2)
quotas = st.floats(0.05, 0.95)


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, p, weight = np.array(rows).T
    return y.astype(float), p / 20, weight.astype(float)


def values(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None, quota: float) -> np.ndarray:
    return np.array([metric(y, p, weight, quota) for metric in METRICS.values()])


@given(cohorts, quotas)
@settings(max_examples=100)
def test_a_weight_is_so_many_repeats_of_the_row(rows, quota):
    y, p, weight = columns(rows)
    often = weight.astype(int)
    repeated = values(np.repeat(y, often), np.repeat(p, often), None, quota)
    np.testing.assert_allclose(values(y, p, weight, quota), repeated, atol=1e-5, rtol=1e-5)


@given(cohorts, quotas)
@settings(max_examples=60)
def test_twice_the_weight_for_everybody_changes_nothing(rows, quota):
    y, p, weight = columns(rows)
    np.testing.assert_allclose(values(y, p, weight, quota), values(y, p, 2 * weight, quota), atol=1e-6)


@given(cohorts, quotas, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_the_rows_is_nothing(rows, quota, random):
    shuffled = random.sample(rows, len(rows))
    np.testing.assert_allclose(values(*columns(rows), quota), values(*columns(shuffled), quota), atol=1e-6)


@given(cohorts)
@settings(max_examples=100)
def test_the_weighted_area_is_scikit_learns(rows):
    y, p, weight = columns(rows)
    assert METRICS["auc"](y, p, weight, 0.2) == pytest.approx(roc_auc_score(y, p, sample_weight=weight))
    expected = average_precision_score(y, p, sample_weight=weight)
    assert METRICS["average_precision"](y, p, weight, 0.2) == pytest.approx(expected)


@given(cohorts, quotas)
@settings(max_examples=60)
def test_shares_are_shares_and_the_two_halves_of_a_list_add_up(rows, quota):
    y, p, weight = columns(rows)
    precision, recall, failed = (
        METRICS[name](y, p, weight, quota)
        for name in ("precision_at_quota", "recall_at_quota", "false_graduations_at_quota")
    )
    assert min(precision, recall, failed) >= -1e-12
    assert max(precision, recall, failed) <= 1 + 1e-12
    assert precision + failed == pytest.approx(1)
    assert recall * (weight @ y) == pytest.approx(precision * quota * weight.sum())
