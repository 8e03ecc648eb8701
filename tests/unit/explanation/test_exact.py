"""Exact SHAP for any LightGBM user: what the public function takes, gives and refuses."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
import pytest

from graduation_model.explanation import exact_shap, shap_base
from graduation_model.explanation.engine import ROWS_AT_A_TIME
from graduation_model.explanation.exact import ShapTables
from graduation_model.explanation.patterns import MOST_BITS
from lib.boosters import longest_path
from lib.rational_shap import rational_shap


def trained(X, y, rounds=10, **settings) -> lightgbm.Booster:
    settings = {
        "objective": "binary",
        "num_leaves": 8,
        "min_data_in_leaf": 5,
        "num_threads": 1,
        "verbose": -1,
    } | settings
    return lightgbm.train(settings, lightgbm.Dataset(X, y, params=settings), num_boost_round=rounds)


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(400, 4))
    return X, (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(float)


def test_base_and_values_add_up_to_the_raw_score(data) -> None:
    booster = trained(*data)
    values = exact_shap(booster, data[0], precise=True)
    raw = booster.predict(data[0], raw_score=True)
    assert np.allclose(shap_base(booster, precise=True) + values.sum(axis=1), raw, atol=1e-12)


def test_pandas_categories_are_coded_as_in_training(data) -> None:
    X = pd.DataFrame(data[0], columns=list("abcd"))
    X["kind"] = pd.Categorical(np.where(data[1] > 0, "owner", "tenant"))
    booster = trained(X, data[1])
    other_order = X.assign(kind=X["kind"].cat.reorder_categories(["tenant", "owner"]))
    theirs = booster.predict(X, pred_contrib=True)[:, :-1]
    assert np.allclose(exact_shap(booster, other_order, precise=True), theirs, atol=1e-12)


def test_a_frame_without_the_categories_of_training_is_refused(data) -> None:
    X = pd.DataFrame(data[0], columns=list("abcd")).assign(kind=pd.Categorical(["a", "b"] * 200))
    booster = trained(X, data[1])
    with pytest.raises(ValueError, match="0 categorical columns; the model was trained with 1"):
        exact_shap(booster, X.assign(kind=1.0))


@pytest.mark.parametrize("plot", ["waterfall", "beeswarm", "bar"])
def test_shaps_plots_draw_the_explanation(data, plot) -> None:
    booster = trained(*data)
    explanation = exact_shap(booster, data[0][:50], as_explanation=True)
    assert explanation.base_values[0] == pytest.approx(shap_base(booster))
    import matplotlib
    import shap

    matplotlib.use("agg")
    axes = getattr(shap.plots, plot)(explanation[0] if plot == "waterfall" else explanation, show=False)
    drawn = " ".join(label.get_text() for label in axes.get_yticklabels())
    matplotlib.pyplot.close("all")
    assert all(name in drawn for name in booster.feature_name())


def test_a_booster_that_was_trained_on_is_explained_anew(data) -> None:
    booster = trained(*data)
    exact_shap(booster, data[0])
    changed = booster.set_leaf_output(0, 0, 3.0)
    theirs = changed.predict(data[0], pred_contrib=True)[:, :-1]
    assert np.allclose(exact_shap(changed, data[0], precise=True), theirs, atol=1e-12)


def test_a_model_beyond_the_budget_is_explained_by_lightgbm_and_says_so(data, caplog) -> None:
    booster = trained(*data)
    tables = ShapTables(booster, budget=1_000, precise=True)
    assert "more memory" in tables.reason
    assert "more memory" in caplog.text
    assert np.allclose(tables.values(data[0]), booster.predict(data[0], pred_contrib=True)[:, :-1], atol=1e-12)


def chain_of_forty() -> tuple[lightgbm.Booster, np.ndarray]:
    """A yes counts only after a yes to every question before it: one path asks all forty."""
    rng = np.random.default_rng(2)
    X = (rng.random((4000, 40)) < 0.9).astype(float)
    y = X.cumprod(axis=1).sum(axis=1) + rng.normal(scale=0.01, size=len(X))
    return trained(X, y, 1, objective="regression", num_leaves=64, min_data_in_leaf=1, learning_rate=1.0), X


def test_values_are_exact_also_on_paths_on_which_lightgbms_own_lose_digits() -> None:
    booster, X = chain_of_forty()
    assert longest_path(booster) == 40 > MOST_BITS
    rows = X[:2]
    exact = np.array([[float(value) for value in rational_shap(booster, row)] for row in rows])
    assert np.abs(exact_shap(booster, rows, precise=True) - exact).max() < 1e-13
    assert np.abs(booster.predict(rows, pred_contrib=True)[:, :-1] - exact).max() > 1e-10


def test_a_leaf_with_too_many_features_for_a_table_is_worked_out_for_each_row() -> None:
    booster, X = chain_of_forty()
    tables = ShapTables(booster, precise=True)
    assert tables.reason == ""
    assert np.allclose(tables.base + tables.values(X).sum(axis=1), booster.predict(X, raw_score=True), atol=1e-12)
    assert np.allclose(tables.values(X), booster.predict(X, pred_contrib=True)[:, :-1], atol=1e-6)


def test_linear_leaves_and_several_outputs_are_refused(data) -> None:
    with pytest.raises(ValueError, match="linear models"):
        ShapTables(trained(*data, objective="regression", linear_tree=True))
    with pytest.raises(ValueError, match="several outputs"):
        ShapTables(trained(data[0], np.arange(400) % 3, objective="multiclass", num_class=3))


def test_rows_of_another_width_are_refused(data) -> None:
    with pytest.raises(ValueError, match="the model has 4 features"):
        ShapTables(trained(*data)).values(data[0][:, :3])


def test_no_rows_give_no_values(data) -> None:
    assert ShapTables(trained(*data)).values(data[0][:0]).shape == (0, 4)


def test_two_threads_give_the_same_bytes_as_one(data) -> None:
    many = np.tile(data[0], (1 + 3 * ROWS_AT_A_TIME // 400, 1)).astype(np.float32)
    tables = ShapTables(trained(*data))
    assert tables.values(many).tobytes() == tables.values(many, threads=2).tobytes()
