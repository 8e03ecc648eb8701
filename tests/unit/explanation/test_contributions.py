"""Contributions add up to the number that decides, or the run stops."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from graduation_model.estimators.calibration import CalibratedAdditive
from graduation_model.explanation.contributions import WITNESSES, contributions, witnesses
from graduation_model.explanation.explainer import LIGHTGBM, TABLES, AdditivityError, Explainer, explainer_of
from graduation_model.explanation.reasons import top_reasons
from lib.learning import features, small_bundle

KINDS = ["lightgbm", "logistic", "stack"]


@pytest.mark.parametrize("name", KINDS)
def test_base_and_contributions_are_the_log_odds_that_decide(name):
    bundle, X = small_bundle(name), features(50, seed=2)
    made = contributions(bundle, X)
    np.testing.assert_allclose(made.base + made.by_question.sum(axis=1), made.log_odds, atol=1e-12)
    np.testing.assert_allclose(made.log_odds, bundle.model.log_odds(X), atol=1e-12)
    assert set(made.by_question) == set(bundle.catalogue.questions)


@pytest.mark.parametrize("name", KINDS)
def test_a_question_gets_what_lightgbm_and_the_closed_form_give_to_its_features(name):
    bundle, X = small_bundle(name), features(50, seed=2)
    parts = bundle.model.additive_parts(X)
    expected = pd.DataFrame(parts.parts, columns=list(bundle.catalogue.questions)).T.groupby(level=0).sum().T
    made = contributions(bundle, X)
    np.testing.assert_allclose(made.by_question[expected.columns], expected, atol=1e-12)
    assert made.base == pytest.approx(parts.base, abs=1e-12)


@pytest.mark.parametrize("budget", [1 << 30, 0])
@pytest.mark.parametrize("name", KINDS)
def test_a_family_gets_the_same_bits_alone_in_any_block_and_on_any_threads(name, budget):
    bundle, X = small_bundle(name), features(9000, seed=2)
    explainer = Explainer(bundle.model, bundle.catalogue.names, bundle.catalogue.questions, budget=budget)
    whole, log_odds = explainer.explain(X, threads=3)
    for rows in ([4321], [0, 4321, 8999], list(range(4000, 5000))):
        part, its_log_odds = explainer.explain(X.iloc[rows])
        assert np.array_equal(part, whole[rows])
        assert np.array_equal(its_log_odds, log_odds[rows])


def test_tables_beyond_the_budget_leave_the_model_to_lightgbm_and_say_so(caplog):
    bundle, X = small_bundle("stack"), features(50, seed=2)
    tables, plain = (
        Explainer(bundle.model, bundle.catalogue.names, bundle.catalogue.questions, budget=budget)
        for budget in (1 << 20, 1 << 10)
    )
    assert (tables.facts["engine"], tables.facts["reason"]) == (TABLES, "")
    assert plain.facts["engine"] == LIGHTGBM
    assert "more memory" in plain.facts["reason"]
    assert "more memory" in caplog.text
    np.testing.assert_allclose(plain.explain(X)[0], tables.explain(X)[0], atol=1e-12)


def test_no_families_have_no_contributions_and_the_same_base():
    bundle, X = small_bundle("stack"), features(50, seed=2)
    nobody, some = contributions(bundle, X[:0]), contributions(bundle, X)
    assert nobody.by_question.shape == (0, some.by_question.shape[1])
    assert nobody.base == some.base


def test_a_bundle_is_compiled_once_and_another_model_in_its_place_anew():
    bundle, other = small_bundle("lightgbm"), small_bundle("lightgbm", rounds=5)
    assert explainer_of(bundle) is explainer_of(replace(bundle, sha256="saved"))
    X = features(50, seed=2)
    swapped = contributions(replace(bundle, model=other.model), X)
    np.testing.assert_allclose(swapped.log_odds, other.model.log_odds(X), atol=1e-12)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda X: X[X.columns[::-1]], "other features"),
        (lambda X: X.assign(size=np.float32(np.inf)), "infinite"),
    ],
)
def test_rows_that_the_model_would_not_take_are_refused(broken, words):
    with pytest.raises(ValueError, match=words):
        contributions(small_bundle("stack"), broken(features(5)))


class Lying(CalibratedAdditive):
    """Predicts something else than its parts say, or takes its parts from elsewhere."""

    def log_odds(self, X):
        return super().log_odds(X) + 1e-3


class Misread(CalibratedAdditive):
    def additive_parts(self, X):
        parts = super().additive_parts(X)
        return replace(parts, parts=np.roll(parts.parts, 1, axis=1))


def in_place_of(model, kind):
    liar = kind(model.component, name=model.name)
    liar.calibration = model.calibration
    return liar


@pytest.mark.parametrize("n", [50, 5 * WITNESSES])
def test_a_model_that_predicts_something_else_stops_the_run(n):
    bundle = small_bundle("logistic")
    with pytest.raises(AdditivityError, match=r"miss the log-odds by up to 1\.00e-03"):
        contributions(replace(bundle, model=in_place_of(bundle.model, Lying)), features(n, seed=2))


def test_tables_that_give_a_question_what_is_anothers_stop_before_the_first_family():
    bundle = small_bundle("lightgbm")
    liar = in_place_of(bundle.model, Misread)
    with pytest.raises(AdditivityError, match="at the model's thresholds"):
        Explainer(liar, bundle.catalogue.names, bundle.catalogue.questions)


def test_witnesses_are_the_same_for_the_same_block_and_others_for_another():
    one, other = np.random.default_rng(1).normal(size=(2, 10 * WITNESSES))
    assert np.array_equal(witnesses(one), witnesses(one.copy()))
    assert not np.array_equal(witnesses(one), witnesses(other))
    assert len(np.unique(witnesses(one))) == WITNESSES
    assert witnesses(one[:5]).tolist() == [0, 1, 2, 3, 4]


def test_reasons_are_missing_where_nothing_speaks_for_that_side():
    made = top_reasons(pd.DataFrame({"floor": [0.4, -0.1], "income": [0.2, -0.3]}), top=2)
    assert made.loc[0, ["for_1", "for_2"]].tolist() == ["floor", "income"]
    assert made.loc[0, ["against_1", "against_2"]].isna().all()
    assert made.loc[1, ["against_1", "against_1_contribution"]].tolist() == ["income", -0.3]
