"""Chances against what came true, and what chances promise while nobody knows."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.evaluation.metrics import METRICS, auc
from graduation_model.monitoring.outcomes import estimate_drift, estimates, outcome_table
from graduation_model.monitoring.params import OutcomeParams, ScoreDriftParams

PARAMS, SCORES = OutcomeParams(resamples=40), ScoreDriftParams(listed=0.2)


def families(*, shift: float = 0.0, sharp: float = 1.0, n: int = 3_000) -> pd.DataFrame:
    """Families whose log-odds are `sharp` times those that they were told, plus a shift."""
    rng = np.random.default_rng(4)
    told = rng.normal(size=n)
    true = 1 / (1 + np.exp(-(sharp * told + shift)))
    y = (rng.random(n) < true).astype(float)
    return pd.DataFrame({"probability": 1 / (1 + np.exp(-told)), "y": y, "cluster": np.arange(n) // 20})


def told(table: pd.DataFrame) -> set[str]:
    return set(table.loc[table["told"], "measure"])


def test_chances_that_came_true_cross_no_limit_and_keep_their_promise():
    table = outcome_table(families(), PARAMS, SCORES).set_index("measure")
    assert not table["told"].any()
    assert table.loc["auc", "value"] == pytest.approx(table.loc["auc", "promised"], abs=0.03)
    assert table.loc["brier", "value"] == pytest.approx(table.loc["brier", "promised"], abs=0.01)
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()


def test_a_year_in_which_fewer_made_it_is_told():
    assert {"outcome_gap", "listed_gap"} <= told(outcome_table(families(shift=-0.6), PARAMS, SCORES))


def test_chances_that_are_too_sharp_are_told_by_their_slope():
    assert "outcome_slope" in told(outcome_table(families(sharp=0.4), PARAMS, SCORES))


def test_a_gap_beyond_its_limit_that_chance_explains_is_not_told():
    strict = OutcomeParams(resamples=40, gap=0.001)
    wide = outcome_table(families(n=120), strict, SCORES).set_index("measure")
    assert abs(wide.loc["listed_gap", "value"]) > strict.gap
    assert not wide.loc["listed_gap", "told"]


def test_of_too_few_families_nothing_is_said():
    assert outcome_table(families(n=99), PARAMS, SCORES).empty


def test_what_chances_promise_is_what_comes_true_where_they_are_true():
    seen = families(n=20_000)
    y, p = seen["y"].to_numpy(), seen["probability"].to_numpy()
    promised = estimates(p, 0.2)
    assert promised["estimated_auc"] == pytest.approx(auc(y, p), abs=0.01)
    assert promised["estimated_precision"] == pytest.approx(METRICS["precision_at_quota"](y, p, None, 0.2), abs=0.015)


def test_a_promise_that_fell_from_one_wave_to_the_next_is_told():
    before = families()["probability"]
    table = estimate_drift(before * 0.8, before, PARAMS, SCORES).set_index("measure")
    assert table.loc["estimated_precision", "told"]
    assert table.loc["estimated_precision", "value"] < 0
    assert not estimate_drift(before, before, PARAMS, SCORES)["told"].any()
