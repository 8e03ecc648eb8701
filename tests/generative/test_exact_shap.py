"""The pattern tables give LightGBM's own SHAP values, whatever the model looks like."""

from __future__ import annotations

import numpy as np
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from graduation_model.estimators.training_set import LinearTerms
from graduation_model.explanation.engine import Engine
from graduation_model.explanation.exact import ShapTables
from graduation_model.explanation.trees import parse_trees
from lib.boosters import kinds, random_booster


@st.composite
def models(draw):
    """A trained booster and rows to explain: usual and unusual values, missing ones, unseen and strange codes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    made = random_booster(lambda options: draw(st.sampled_from(options)), rng)
    if made is None:
        reject()
    return made


@given(models())
@settings(max_examples=120)
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
@settings(max_examples=60)
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


@given(models(), st.integers(2, 3), st.floats(0.1, 2))
@settings(max_examples=15)
def test_a_sum_of_models_by_question_is_the_sum_of_their_values_in_any_block_and_on_any_threads(
    model, threads, factor
) -> None:
    booster, rows = model
    rows = np.where(np.abs(rows) < 1e9, rows, np.nan)  # on a straight line an infinite answer has no value
    n_features = rows.shape[1]
    many = np.tile(rows, (-(-9000 // len(rows)), 1))
    question_of = np.arange(n_features) % 3
    forest = parse_trees(booster.model_to_string())
    slopes = np.linspace(-1, 1, n_features)
    line = LinearTerms(0.5, 1 - slopes, slopes, np.full(n_features, 0.25))
    engine = Engine([forest.times(factor), forest], linear=[line, line], output_of=question_of, n_outputs=3)
    found = engine.values(many)
    assert np.array_equal(found, engine.values(many, threads=threads))
    some = [0, len(rows) - 1, 5000]
    assert np.array_equal(found[some], np.concatenate([engine.values(many[[row]]) for row in some]))
    theirs = booster.predict(rows, pred_contrib=True, num_threads=1)
    linear = np.where(np.isnan(rows), 0.25, 1 - slopes + slopes * rows)
    expected = ((1 + factor) * theirs[:, :-1] + 2 * linear) @ np.eye(3)[question_of]
    assert np.allclose(found[: len(rows)], expected, rtol=1e-9, atol=1e-9)
    assert np.isclose(engine.base, (1 + factor) * theirs[0, -1] + 1.0, atol=1e-9)


def test_the_random_models_are_of_every_kind_that_is_promised() -> None:
    found: set[str] = set()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        made = random_booster(lambda options, rng=rng: options[rng.integers(len(options))], rng)
        found |= kinds(made[0]) if made else set()
    assert found == {
        "sets of categories",
        "codes above 63",
        "missing: none in training",
        "missing: zero",
        "missing: NaN",
        "one leaf",
        "stumps",
        "more than 50 leaves",
        "averaged (random forest)",
        "dart",
        "bagging",
        "monotone",
        "more than 13 features on a path",
    }
