"""Who stands within the quota, and by how much."""

import numpy as np

from graduation_model.evaluation.metrics import METRICS, Ranked
from graduation_model.evaluation.quota import YearsOfFamilies, within_quota

RNG = np.random.default_rng(5)


def test_the_families_within_the_quota_give_the_precision_that_the_evaluation_prints():
    y, p, weight = RNG.integers(0, 2, 200).astype(float), RNG.integers(0, 20, 200) / 20, RNG.random(200) + 0.5
    taken = within_quota(Ranked(y, p), weight[None, :], 0.2)[0]
    assert np.isclose(taken.sum(), 0.2 * weight.sum())
    assert np.isclose((taken * y).sum() / taken.sum(), METRICS["precision_at_quota"](y, p, weight, 0.2))


def test_every_year_has_a_quota_of_its_own():
    year, y = np.array([2016, 2017, 2016, 2017]), np.zeros(4)
    lists = YearsOfFamilies.of(year, y, np.array([0.9, 0.1, 0.8, 0.2]), 0.5)
    assert lists.taken(np.ones((1, 4))).tolist() == [[1.0, 0.0, 0.0, 1.0]]
