"""Pictures: the numbers behind them, and the same bytes for the same numbers."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.features.catalogue import catalogue
from graduation_model.reports.figures import beeswarm_png, question_values, reliability_bins, reliability_png
from lib.small import feature_params, small_instrument

PNG = b"\x89PNG"


@pytest.fixture
def predictions():
    rng = np.random.default_rng(2)
    probability = rng.random(300)
    return pd.DataFrame({"y": (rng.random(300) < probability).astype(float), "lightgbm": probability})


def test_bins_hold_equally_many_families(predictions):
    bins = reliability_bins(predictions["lightgbm"].to_numpy(), predictions["y"].to_numpy())
    assert bins["n"].tolist() == [30] * 10
    assert bins["forecast"].is_monotonic_increasing


def test_families_without_an_outcome_are_left_out():
    bins = reliability_bins(np.array([0.2, 0.4, 0.9]), np.array([0.0, 1.0, np.nan]))
    assert bins[["observed", "n"]].to_numpy().tolist() == [[0.5, 2.0]]


def test_few_families_make_few_bins():
    assert len(reliability_bins(np.linspace(0, 1, 25), np.ones(25))) == 2


def test_the_same_predictions_draw_the_same_picture(predictions):
    picture = reliability_png(predictions, "lightgbm")
    assert picture.startswith(PNG)
    assert picture == reliability_png(predictions, "lightgbm")
    assert picture != reliability_png(predictions, "lightgbm", "en")


@pytest.fixture
def features():
    known = catalogue(small_instrument(), feature_params())
    rng = np.random.default_rng(1)
    return known, pd.DataFrame(rng.random((50, len(known.names))), columns=list(known.names))


def test_a_question_is_coloured_by_its_answer(features):
    known, X = features
    values = question_values(X, known)
    assert values["size"].tolist() == X["size"].tolist()
    assert values["income"].tolist() == X["income__rank"].tolist()


def test_the_beeswarm_is_a_picture_that_repeats(features):
    known, X = features
    by_question = pd.DataFrame({"size": X["size"] - 0.5, "income": X["income__rank"] * 2 - 1})
    picture = beeswarm_png(by_question, X, known, small_instrument())
    assert picture.startswith(PNG)
    assert picture == beeswarm_png(by_question, X, known, small_instrument())
