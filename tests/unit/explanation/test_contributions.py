"""Contributions add up to the number that decides, or the run stops."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from graduation_model.explanation.contributions import AdditivityError, contributions
from graduation_model.explanation.reasons import top_reasons
from lib.learning import features, small_bundle


@pytest.mark.parametrize("name", ["lightgbm", "logistic", "stack"])
def test_base_and_contributions_are_the_log_odds_that_decide(name):
    bundle, X = small_bundle(name), features(50, seed=2)
    made = contributions(bundle, X)
    np.testing.assert_allclose(made.base + made.by_question.sum(axis=1), bundle.model.log_odds(X), atol=1e-6)
    assert set(made.by_question) == set(bundle.catalogue.questions)


def test_a_model_whose_parts_do_not_add_up_stops_the_run():
    bundle, X = small_bundle("logistic"), features(50, seed=2)

    class Lying:
        def log_odds(self, X):
            return bundle.model.log_odds(X) + 1e-3

        def additive_parts(self, X):
            return bundle.model.additive_parts(X)

    with pytest.raises(AdditivityError, match=r"miss the log-odds by up to 1\.00e-03"):
        contributions(replace(bundle, model=Lying()), X)


def test_reasons_are_missing_where_nothing_speaks_for_that_side():
    made = top_reasons(pd.DataFrame({"floor": [0.4, -0.1], "income": [0.2, -0.3]}), top=2)
    assert made.loc[0, ["for_1", "for_2"]].tolist() == ["floor", "income"]
    assert made.loc[0, ["against_1", "against_2"]].isna().all()
    assert made.loc[1, ["against_1", "against_1_contribution"]].tolist() == ["income", -0.3]
