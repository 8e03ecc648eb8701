import numpy as np
import pytest

from graduation_model.evaluation import bootstrap as room
from graduation_model.evaluation.bootstrap import bootstrap, percentile_interval, resampled_weights
from graduation_model.evaluation.metrics import METRICS

RNG = np.random.default_rng(2)


def cohort(n: int = 600, effect: float = 0.0) -> dict[str, np.ndarray]:
    """Families of ten in a cluster, whose luck is shared as far as `effect` goes."""
    cluster = np.arange(n) // 10
    luck = effect * RNG.normal(size=n // 10)[cluster]
    z = RNG.normal(size=n)
    return {
        "y": (RNG.random(n) < 1 / (1 + np.exp(-z - luck))).astype(int),
        "p": 1 / (1 + np.exp(-z)),
        "cluster": cluster,
    }


def share(rows: dict[str, np.ndarray], cluster: np.ndarray) -> np.ndarray:
    return bootstrap(
        rows["y"],
        {"m": rows["p"]},
        cluster=cluster,
        weight=np.ones(len(cluster)),
        quota_share=0.2,
        metrics=("share_positive",),
        resamples=400,
        seed=1,
    )["m"]


def test_alone_standing_families_give_the_textbook_error():
    rows = cohort()
    rate = rows["y"].mean()
    assert share(rows, np.arange(600)).std() == pytest.approx(np.sqrt(rate * (1 - rate) / 600), rel=0.12)


def test_families_that_share_their_luck_widen_the_interval():
    rows = cohort(effect=2.0)
    assert share(rows, rows["cluster"]).std() > 1.3 * share(rows, np.arange(600)).std()


def test_a_cluster_comes_whole_or_not_at_all():
    cluster = np.array([0, 0, 1, 1, 1, 2])
    for weights in resampled_weights(cluster, np.ones(6), 50, np.random.default_rng(1)):
        assert (weights[:, 0] == weights[:, 1]).all()
        assert (weights[:, [0, 2, 5]].sum(axis=1) == 3).all()


def test_blocks_change_the_memory_and_not_the_numbers(monkeypatch):
    rows = cohort()
    whole = share(rows, rows["cluster"])
    monkeypatch.setattr(room, "CELLS", 600 * 7)
    np.testing.assert_array_equal(share(rows, rows["cluster"]), whole)


def test_two_models_are_measured_on_the_same_draws():
    rows = cohort()
    draws = bootstrap(
        rows["y"],
        {"one": rows["p"], "same": rows["p"] / 2},
        cluster=rows["cluster"],
        weight=np.ones(600),
        quota_share=0.2,
        metrics=("auc", "precision_at_quota"),
        resamples=50,
        seed=1,
    )
    np.testing.assert_array_equal(draws["one"], draws["same"])


def test_the_interval_holds_the_value_of_the_families_as_they_are():
    rows = cohort()
    draws = bootstrap(
        rows["y"],
        {"m": rows["p"]},
        cluster=rows["cluster"],
        weight=np.ones(600),
        quota_share=0.2,
        metrics=tuple(METRICS),
        resamples=200,
        seed=1,
    )["m"]
    low, high = percentile_interval(draws, 0.95)
    value = np.array([metric(rows["y"], rows["p"], None, 0.2) for metric in METRICS.values()])
    assert ((low < value) & (value < high)).all()


def test_one_cluster_alone_has_no_interval():
    rows = cohort()
    assert np.isnan(share(rows, np.zeros(600, dtype=int))).all()


def test_a_metric_that_most_resamples_leave_undefined_has_no_interval():
    low, high = percentile_interval(np.array([[0.1, 0.1], [np.nan, 0.2], [np.nan, 0.3]]), 0.9)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False]
