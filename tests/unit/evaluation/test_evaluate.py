import numpy as np
import pandas as pd
import pytest

from graduation_model.contract.tables import KEYS
from graduation_model.evaluation.evaluate import COLUMNS, evaluate
from graduation_model.evaluation.metrics import METRICS
from graduation_model.evaluation.params import EvaluationParams

PARAMS = EvaluationParams(bootstrap=40, min_group=50)


def predictions(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    z = rng.normal(size=n)
    return pd.DataFrame(
        {
            "household_id": [f"h{number}" for number in range(n)],
            "cluster": [f"c{number // 5}" for number in range(n)],
            "y": (rng.random(n) < 1 / (1 + np.exp(-z))).astype(float),
            "weight": 1.0,
            "sex": np.where(np.arange(n) % 10 == 0, "woman", "man"),
            "lightgbm": 1 / (1 + np.exp(-z)),
            "logistic": 1 / (1 + np.exp(-z - 0.5 * rng.normal(size=n))),
            "status_now": np.where(z > 0, 0.6, 0.4),
            "random": rng.random(n),
        }
    )


def evaluated(frame: pd.DataFrame | None = None, groups: tuple[str, ...] = ("sex",)) -> pd.DataFrame:
    return evaluate(
        predictions() if frame is None else frame,
        params=PARAMS,
        population="programme",
        test_year=2017,
        outcome_known="after",
        groups=groups,
    )


def row(table: pd.DataFrame, **where: object) -> pd.Series:
    found = table[np.logical_and.reduce([table[name] == value for name, value in where.items()])]
    assert len(found) == 1
    return found.iloc[0]


def test_the_table_has_the_columns_and_the_key_that_others_hang_on():
    table = evaluated()
    assert tuple(table.columns) == COLUMNS
    assert not table.duplicated(list(KEYS["evaluation"])).any()


def test_every_model_has_every_metric_with_its_interval():
    table = evaluated()
    plain = table[(table["group"] == "all") & (table["baseline"] == "")]
    assert plain.groupby("model")["metric"].nunique().to_dict() == dict.fromkeys(
        ("lightgbm", "logistic", "random", "status_now"), len(METRICS)
    )
    assert ((plain["low"] <= plain["value"]) & (plain["value"] <= plain["high"])).mean() > 0.95


def test_a_value_is_the_metric_of_the_families_as_they_are():
    frame = predictions()
    found = row(evaluated(frame), model="logistic", metric="auc", group="all", baseline="")
    plain = METRICS["auc"](frame["y"].to_numpy(), frame["logistic"].to_numpy(), None, 0.2)
    assert found["value"] == pytest.approx(plain)
    assert found[["n", "test_year", "population", "outcome_known"]].tolist() == [300, 2017, "programme", "after"]


def test_a_difference_has_its_own_interval_narrower_than_those_of_its_two_sides():
    table = evaluated()
    wide = row(table, model="lightgbm", metric="auc", group="all", baseline="")
    narrow = row(table, model="lightgbm", metric="auc", group="all", baseline="logistic")
    other = row(table, model="logistic", metric="auc", group="all", baseline="")
    assert narrow["value"] == pytest.approx(wide["value"] - other["value"])
    assert narrow["high"] - narrow["low"] < wide["high"] - wide["low"]


def test_every_model_is_compared_with_status_now_and_the_learners_with_each_other():
    table = evaluated()
    pairs = set(table.loc[table["baseline"] != "", ["model", "baseline"]].itertuples(index=False, name=None))
    assert pairs == {
        ("lightgbm", "status_now"),
        ("logistic", "status_now"),
        ("random", "status_now"),
        ("lightgbm", "logistic"),
        ("logistic", "lightgbm"),
    }


def test_a_group_below_the_smallest_size_has_no_row():
    table = evaluated()
    assert set(table.loc[table["group"] == "sex", "level"]) == {"man"}  # 30 women, 50 needed


def test_a_group_of_one_outcome_has_no_row():
    frame = predictions().assign(sex=lambda f: np.where(f["y"] == 1, "woman", "man"))
    assert "sex" not in set(evaluated(frame)["group"])


def test_families_without_an_outcome_are_not_counted():
    frame = predictions()
    frame.loc[:99, "y"] = np.nan
    assert set(evaluated(frame).query("group == 'all'")["n"]) == {200}


def test_a_family_without_a_cluster_is_a_cluster_of_its_own():
    frame = predictions().assign(cluster=None)
    found = row(evaluated(frame), model="lightgbm", metric="share_positive", group="all", baseline="")
    assert found["low"] < found["value"] < found["high"]


def test_the_same_predictions_give_the_same_table():
    pd.testing.assert_frame_equal(evaluated(), evaluated())
