import numpy as np
import pytest

from graduation_model.evaluation.bounds import BOUNDED, metric_bounds, share_bounds
from graduation_model.evaluation.metrics import METRICS
from lib.known_truth import known_world, seen

Y = np.array([1.0, np.nan, 0.0, 1.0, np.nan, 0.0, 0.0, np.nan, 1.0, 0.0])
P = np.linspace(0.95, 0.05, 10)


@pytest.mark.parametrize(
    ("metric", "low", "high"),
    [
        ("share_positive", 0.3, 0.6),
        ("precision_at_quota", 0.4, 0.8),  # of the five listed two made it, and two are lost
        ("false_graduations_at_quota", 0.2, 0.6),
        ("recall_at_quota", 2 / 4, 4 / 5),  # the lost below the list count against it first, then for it
    ],
)
def test_bounds_are_what_the_lost_could_do_at_worst_and_at_best(metric, low, high):
    assert metric_bounds(Y, P, metric=metric, quota_share=0.5) == pytest.approx((low, high))


@pytest.mark.parametrize("metric", BOUNDED)
def test_where_nobody_is_lost_the_bounds_are_the_figure(metric):
    y = np.nan_to_num(Y)
    figure = METRICS[metric](y, P, None, 0.3)
    assert metric_bounds(y, P, metric=metric, quota_share=0.3) == pytest.approx((figure, figure))


@pytest.mark.parametrize("recorded", [True, False])
def test_bounds_hold_the_truth_whatever_the_loss_hangs_on(recorded):
    world = known_world(2_000, 8)
    y = world.training.y.astype(float)
    known = np.where(seen(world, recorded=recorded, seed=8), y, np.nan)
    for metric in BOUNDED:
        low, high = metric_bounds(known, world.chance, metric=metric, quota_share=0.2)
        assert low <= METRICS[metric](y, world.chance, None, 0.2) <= high
    low, high = share_bounds(known)
    assert low <= y.mean() <= high
