"""Two models on the same families: the difference has its own interval."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.evaluation.contest import calibration, contest, precision
from graduation_model.evaluation.metrics import METRICS
from graduation_model.evaluation.params import EvaluationParams

PARAMS = EvaluationParams(quota_share=0.2, bootstrap=80, min_group=20, min_selected=5)


def families(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    p = rng.random(n)
    return pd.DataFrame(
        {
            "test_year": 2017,
            "cluster": np.arange(n) // 5,
            "weight": 1.0,
            "y": (rng.random(n) < p).astype(float),
            "sex": np.where(np.arange(n) % 2, "woman", "man"),
            "good": p,
            "random": rng.random(n),
        }
    )


def test_the_difference_is_that_of_the_two_precisions_and_lies_in_its_interval():
    made = families()
    found = contest(made, "good", "random", groups=["sex"], params=PARAMS).precision
    one, other = (METRICS["precision_at_quota"](made["y"], made[name], None, 0.2) for name in ("good", "random"))
    assert found.value == pytest.approx(one - other)
    assert 0 < found.low < found.value < found.high
    assert precision(made, "good", 0.2) == pytest.approx(one)


def test_a_model_against_itself_differs_by_nothing():
    found = contest(families(), "good", "good", groups=[], params=PARAMS).precision
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_groups_tell_of_false_graduations_and_small_ones_are_only_counted():
    made = families().assign(age=["old"] * 12 + ["young"] * 588)
    found = contest(made, "random", "good", groups=["sex", "age"], params=PARAMS)
    assert {(each.group, each.level) for each in found.groups} == {("sex", "man"), ("sex", "woman"), ("age", "young")}
    assert found.too_few == 1
    assert all(each.difference.value > 0 for each in found.groups)


def test_a_single_cluster_gives_no_interval():
    found = contest(families().assign(cluster=1), "good", "random", groups=[], params=PARAMS).precision
    assert np.isnan(found.low)


def test_chances_that_come_true_are_calibrated():
    slope, gap = calibration(families(3000), "good")
    assert slope == pytest.approx(1, abs=0.15)
    assert gap == pytest.approx(0, abs=0.03)
