"""What a list does to groups: figures, intervals, and who is told apart."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.evaluation.fairness import METRICS, fairness, verdicts
from graduation_model.evaluation.params import EvaluationParams

PARAMS = EvaluationParams(quota_share=0.25, bootstrap=60, min_group=20, min_selected=5)


def families(n: int = 800, *, harm: float = 0.0) -> pd.DataFrame:
    """Two sexes with the same chances; of the women so many points fewer come true."""
    rng = np.random.default_rng(2)
    p = rng.random(n)
    sex = np.where(np.arange(n) % 2, "woman", "man")
    true = np.clip(p - harm * (sex == "woman"), 0, 1)
    return pd.DataFrame(
        {
            "test_year": np.where(np.arange(n) < n // 2, 2016, 2017),
            "cluster": np.arange(n) // 4,
            "weight": 1.0,
            "y": (rng.random(n) < true).astype(float),
            "sex": sex,
            "age": np.where(np.arange(n) % 16 == 0, "old", "young"),
            "m": p,
        }
    )


def of(table: pd.DataFrame, level: str, metric: str) -> pd.Series:
    return table[(table["level"] == level) & (table["metric"] == metric)].iloc[0]


def test_figures_are_those_of_counting_by_hand():
    made = families(40).assign(sex=["a", "b"] * 20)
    chosen = made.groupby("test_year")["m"].rank(ascending=False) <= 5
    row = of(fairness(made, model="m", groups=["sex"], params=PARAMS), "a", "selection_rate")
    assert row["value"] == pytest.approx((chosen & (made["sex"] == "a")).sum() / 20)
    assert row["difference"] == pytest.approx(row["value"] - (chosen & (made["sex"] == "b")).sum() / 20)
    assert (row["n"], row["n_selected"]) == (20, (chosen & (made["sex"] == "a")).sum())


def test_equal_groups_show_no_difference_and_intervals_hold_their_values():
    table = fairness(families(), model="m", groups=["sex"], params=PARAMS)
    assert set(verdicts(table)["finding"]) == {"no_difference"}
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    assert list(table["metric"].unique()) == list(METRICS)


def test_a_group_whose_chances_come_true_less_often_is_worse_off_and_the_other_is_not():
    found = verdicts(fairness(families(harm=0.35), model="m", groups=["sex"], params=PARAMS)).set_index("level")
    assert found.at["woman", "finding"] == "worse"
    assert {"false_graduations", "calibration"} <= set(found.at["woman", "worse_in"])
    assert found.at["man", "finding"] == "no_difference"


def test_groups_are_crossed_in_pairs_and_small_ones_have_no_figure():
    table = fairness(families(160), model="m", groups=["sex", "age"], params=PARAMS)
    assert "woman × young" in set(table["level"])
    few = table[table["level"] == "man × old"]
    assert set(few["finding"]) == {"too_few"}
    assert few[["value", "low", "difference"]].isna().all(axis=None)


def test_a_single_group_and_a_single_cluster_have_nobody_to_differ_from():
    alone = fairness(families().assign(sex="woman"), model="m", groups=["sex"], params=PARAMS)
    one_cluster = fairness(families().assign(cluster=1), model="m", groups=["sex"], params=PARAMS)
    assert set(alone["finding"]) == set(one_cluster["finding"]) == {"too_few"}


def test_nobody_tested_gives_an_empty_table():
    assert fairness(families().assign(y=np.nan), model="m", groups=["sex"], params=PARAMS).empty
