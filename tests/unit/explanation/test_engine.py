"""Exact SHAP for any LightGBM user: what the public function takes, gives and refuses."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
import pytest

from graduation_model.explanation import exact_shap, shap_base
from graduation_model.explanation.engine import ROWS_AT_A_TIME, ShapTables, round_down


def trained(X, y, **settings) -> lightgbm.Booster:
    settings = {
        "objective": "binary",
        "num_leaves": 8,
        "min_data_in_leaf": 5,
        "num_threads": 1,
        "verbose": -1,
    } | settings
    return lightgbm.train(settings, lightgbm.Dataset(X, y, params=settings), num_boost_round=10)


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


def test_an_explanation_is_one_that_shaps_plots_draw(data) -> None:
    booster = trained(*data)
    explanation = exact_shap(booster, data[0][:3], as_explanation=True)
    assert explanation.values.shape == (3, 4)
    assert list(explanation.feature_names) == booster.feature_name()


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


def test_a_path_with_too_many_features_is_explained_by_lightgbm_and_says_so() -> None:
    rng = np.random.default_rng(2)
    X = rng.integers(0, 2, size=(4000, 30)).astype(float)
    y = X.cumprod(axis=1).sum(axis=1) + rng.normal(scale=0.01, size=len(X))
    booster = trained(X, y, objective="regression", num_leaves=64, min_data_in_leaf=1, learning_rate=1.0)
    chain = ShapTables(booster, precise=True, budget=1 << 20)
    assert np.allclose(chain.values(X), booster.predict(X, pred_contrib=True)[:, :-1], atol=1e-9)


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


def test_a_scale_multiplies_base_and_values(data) -> None:
    booster = trained(*data)
    one, half = ShapTables(booster, precise=True), ShapTables(booster, precise=True, scale=0.5)
    assert half.base == pytest.approx(0.5 * one.base)
    assert np.allclose(half.values(data[0]), 0.5 * one.values(data[0]), atol=1e-13)


def test_thresholds_are_rounded_down_so_that_float32_rows_fall_on_the_same_side() -> None:
    thresholds = np.random.default_rng(0).normal(size=1000)
    single = round_down(thresholds)
    assert (single.astype(float) <= thresholds).all()
    assert (np.nextafter(single, np.float32(np.inf)).astype(float) > thresholds).all()
