import numpy as np
import pandas as pd
import pytest

from graduation_model.evaluation.params import EvaluationParams
from graduation_model.evaluation.unknown import unknown_rows

PARAMS = EvaluationParams(bootstrap=20, min_group=20, quota_share=0.2)


def due(n: int = 400, lost_above: float = 0.8) -> pd.DataFrame:
    """Families whose chance is spread evenly; of those above a chance every second one is lost."""
    chance = (np.arange(n) + 0.5) / n
    y = (np.random.default_rng(1).random(n) < chance).astype(float)
    lost = (chance > lost_above) & (np.arange(n) % 2 == 0)
    return pd.DataFrame(
        {
            "cluster": np.arange(n) // 4,
            "district": np.where(np.arange(n) % 4 == 0, "north", "south"),
            "y": np.where(lost, np.nan, y),
            "weight": np.where(lost, 0.0, np.where(chance > lost_above, 2.0, 1.0)),
            "m": chance,
        }
    )


def rows(frame: pd.DataFrame) -> pd.DataFrame:
    return unknown_rows(frame, models=["m"], area="district", params=PARAMS, test_year=2017)


def value(table: pd.DataFrame, metric: str, level: str = "all") -> pd.Series:
    return table[(table["metric"] == metric) & (table["level"] == level)].iloc[0]


def test_who_was_found_again_is_told_by_district_and_along_the_score():
    table = rows(due())
    assert value(table, "followed_share")["value"] == pytest.approx(0.9)
    assert value(table, "followed_share", "10")["value"] == pytest.approx(0.5)
    assert value(table, "followed_share", "01")["value"] == 1
    assert value(table, "followed_share", "north")["n"] == 100
    assert set(table["group"]) == {"all", "district", "score_decile"}


def test_weights_bring_back_the_share_that_the_loss_took_away():
    table = rows(due())
    plain, weighted = value(table, "share_positive_bounds")["value"], value(table, "share_positive_weighted")
    assert plain < weighted["value"] == pytest.approx(0.5, abs=0.05)
    assert weighted["low"] < weighted["value"] < weighted["high"]


def test_bounds_stand_beside_the_figure_of_the_families_found():
    bound = value(rows(due()), "precision_at_quota_bounds")
    assert bound["low"] < bound["value"] < bound["high"]
    assert bound["n"] == 400


def test_where_nobody_was_lost_there_is_nothing_to_weigh_or_bound():
    table = rows(due(lost_above=1.0).assign(weight=1.0))
    assert set(table["metric"]) == {"followed_share"}


def test_a_small_district_is_not_shown():
    few = due().assign(district=np.where(np.arange(400) < 19, "small", "large"))
    assert "small" not in set(rows(few)["level"])
