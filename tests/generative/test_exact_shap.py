"""The pattern tables give LightGBM's own SHAP values, whatever the model looks like."""

from __future__ import annotations

import lightgbm
import numpy as np
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from graduation_model.explanation.engine import ShapTables

FEATURES = 7
CATEGORICAL = [5, 6]


@st.composite
def models(draw):
    """A trained booster and rows to explain: usual and unusual values, missing ones, unseen and strange codes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.sampled_from([30, 120, 400]))
    X = rng.normal(size=(n, FEATURES))
    X[:, 1] = rng.integers(0, 3, n)
    X[:, 2] = np.where(rng.random(n) < 0.5, 0.0, X[:, 2])
    X[:, 3] = 1.0  # says nothing
    X[:, 5] = rng.integers(0, draw(st.sampled_from([3, 40, 200])), n)
    X[:, 6] = rng.integers(0, 5, n)
    missing = draw(st.sampled_from([0.0, 0.1, 0.6]))
    X[rng.random(X.shape) < missing] = np.nan
    y = (np.nan_to_num(X[:, 0]) + np.nan_to_num(X[:, 1] * X[:, 2]) + (X[:, 5] % 3 == 1) + rng.normal(size=n) > 0) * 1.0
    settings_ = {
        "objective": draw(st.sampled_from(["binary", "regression"])),
        "num_leaves": draw(st.sampled_from([2, 3, 8, 31, 64])),
        "max_depth": draw(st.sampled_from([-1, 3])),
        "min_data_in_leaf": draw(st.sampled_from([1, 5, 1000])),
        "min_sum_hessian_in_leaf": 0.0,
        "boosting": draw(st.sampled_from(["gbdt", "dart", "rf"])),
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "feature_fraction": draw(st.sampled_from([1.0, 0.5])),
        "use_missing": draw(st.booleans()),
        "zero_as_missing": draw(st.booleans()),
        "max_cat_to_onehot": draw(st.sampled_from([1, 4])),
        "min_data_per_group": 1,
        "cat_smooth": 1.0,
        "seed": draw(st.integers(0, 1000)),
        "num_threads": 1,
        "verbose": -1,
    }
    if draw(st.booleans()) and settings_["objective"] == "binary":
        settings_["monotone_constraints"] = [1, -1, 0, 0, 1, 0, 0]
    categorical = CATEGORICAL if draw(st.booleans()) else []
    data = lightgbm.Dataset(X, y, weight=rng.uniform(0.5, 2, n), categorical_feature=categorical, params=settings_)
    try:
        booster = lightgbm.train(settings_, data, num_boost_round=draw(st.sampled_from([1, 5, 25])))
    except lightgbm.basic.LightGBMError:  # it trips over a few of these settings itself, and has no model then
        reject()
    rows = np.concatenate([X, strange_rows(rng)])
    return lightgbm.Booster(model_str=booster.model_to_string()), rows


def strange_rows(rng: np.random.Generator) -> np.ndarray:
    """Return values at the edges of what a file can bring."""
    values = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, 1e-34, -1e-36, -1.0, -0.5, 0.5, 63.0, 64.5, 1e6, 1e300]
    return rng.choice(values, size=(40, FEATURES))


@given(models())
@settings(max_examples=150, deadline=None)
def test_float64_sums_equal_lightgbms_own_values_to_1e_9(model) -> None:
    booster, rows = model
    theirs = booster.predict(rows, pred_contrib=True, num_threads=1)
    ours = ShapTables(booster, precise=True)
    assert ours.reason == ""
    values = ours.values(rows)
    scale = max(1.0, float(np.abs(theirs).max()))
    assert np.abs(values - theirs[:, :-1]).max() <= 1e-9 * scale
    assert abs(ours.base - theirs[0, -1]) <= 1e-9 * scale


@given(models())
@settings(max_examples=60, deadline=None)
def test_float32_sums_equal_them_to_1e_5_and_add_up_to_the_raw_score(model) -> None:
    booster, rows = model
    # What comes as float32 is compared as float32: LightGBM sees the same numbers.
    with np.errstate(over="ignore"):
        single = rows.astype(np.float32)
    theirs = booster.predict(single.astype(np.float64), pred_contrib=True, num_threads=1)
    raw = booster.predict(single.astype(np.float64), raw_score=True, num_threads=1)
    ours = ShapTables(booster)
    values = ours.values(single)
    scale = max(1.0, float(np.abs(theirs).max()))
    assert np.abs(values - theirs[:, :-1]).max() <= 1e-5 * scale
    assert np.abs(ours.base + values.sum(axis=1, dtype=np.float64) - raw).max() <= 1e-5 * scale


@given(models(), st.integers(2, 3))
@settings(max_examples=10, deadline=None)
def test_values_summed_to_questions_are_the_sums_of_the_features_values_whatever_the_threads(model, threads) -> None:
    booster, rows = model
    many = np.tile(rows, (-(-5000 // len(rows)), 1))
    question_of = [0, 1, 1, 2, 0, 2, 2]
    by_feature = ShapTables(booster, precise=True).values(many)
    by_question = ShapTables(booster, output_of=question_of, precise=True)
    one, more = by_question.values(many), by_question.values(many, threads=threads)
    assert np.array_equal(one, more)
    expected = by_feature @ np.eye(3)[question_of]
    assert np.allclose(one, expected, atol=1e-9 * max(1.0, float(np.abs(expected).max())))
