import numpy as np
import pandas as pd
import pytest

from graduation_model.evaluation.coverage import bins_held, coverage_rows
from graduation_model.evaluation.params import EvaluationParams

PARAMS = EvaluationParams(min_group=50, list_level=0.2)


def families(n: int = 600, shift: float = 0.0) -> pd.DataFrame:
    """Families whose chance is right, in intervals of .2 around it; `shift` moves the intervals away."""
    chance = np.linspace(0.1, 0.9, n)
    y = (np.random.default_rng(2).random(n) < chance).astype(float)
    return pd.DataFrame(
        {
            "y": y,
            "m": chance,
            "low": chance - 0.1 + shift,
            "high": chance + 0.1 + shift,
            "conformal_p": 1 - chance,
            "sex": np.where(np.arange(n) % 20 == 0, "woman", "man"),
        }
    )


def test_right_intervals_hold_their_bins_and_shifted_ones_do_not():
    assert bins_held(families(), "m") >= 0.9
    assert bins_held(families(shift=0.3), "m") <= 0.2


def test_small_groups_are_not_judged():
    table = coverage_rows(families(), model="m", groups=("sex",), params=PARAMS)
    assert set(table.loc[table["metric"] == "interval_bins_held", "level"]) == {"all", "man"}


def test_the_share_of_false_graduations_in_the_bounded_list_is_what_came_out():
    listed = families().assign(conformal_p=lambda frame: np.where(frame["m"] > 0.8, 0.01, 1.0))
    table = coverage_rows(listed, model="m", groups=(), params=PARAMS).set_index("metric")["value"]
    above = listed[listed["m"] > 0.8]
    assert table["bounded_list_share"] == pytest.approx(len(above) / 600)
    assert table["bounded_list_false"] == pytest.approx(1 - above["y"].mean())


def test_an_empty_list_has_no_share_of_false_graduations():
    table = coverage_rows(families().assign(conformal_p=1.0), model="m", groups=(), params=PARAMS)
    assert "bounded_list_false" not in set(table["metric"])
    assert table.loc[table["metric"] == "bounded_list_share", "value"].tolist() == [0.0]


def test_without_intervals_and_p_values_nothing_is_said():
    bare = families().assign(low=np.nan, high=np.nan, conformal_p=np.nan)
    assert coverage_rows(bare, model="m", groups=("sex",), params=PARAMS).empty
