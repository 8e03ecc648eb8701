"""When a new model may take the place of the old one: the rules of the gate, a situation a line."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from graduation_model.evaluation.gate import Evaluation, gate
from graduation_model.evaluation.params import EvaluationParams, GateParams

PARAMS = EvaluationParams(quota_share=0.2, bootstrap=60, gate=GateParams(min_labelled=200))
DAY = dt.date(2019, 6, 1)


def predictions(n: int = 1200) -> pd.DataFrame:
    """Families of two test years. `good` and `simple` see nearly the same, `poor` less, `random` nothing."""
    rng = np.random.default_rng(7)
    z = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-1.6 * z))).astype(float)
    chance = 1 / (1 + np.exp(-1.6 * z))
    year = np.where(np.arange(n) < n // 2, 2016, 2017)
    return pd.DataFrame(
        {
            "test_year": year,
            "cohort": np.where(year == 2016, "aa", "bb"),
            "family": np.arange(n) % (n // 2),
            "cluster": np.arange(n) // 6,
            "weight": 1.0,
            "y": y,
            "y_by_as_of": y,
            "sex": np.where(np.arange(n) % 2, "woman", "man"),
            "lightgbm": chance,
            "logistic": np.clip(chance + 0.001 * rng.normal(size=n), 0.001, 0.999),
            "weighted_sum": 1 / (1 + np.exp(-1.6 * (z + 1.5 * rng.normal(size=n)))),
            "random": rng.random(n),
        }
    )


TABLE = predictions()
CHALLENGER = Evaluation(
    version="2", model="lightgbm", label="sustained_exit", instrument_version="1", as_of="2018-12-31",
    expires="2020-12-31", questions=40, models=("lightgbm", "logistic", "weighted_sum", "random"), groups=("sex",),
    predictions=TABLE, explanation_gap=1e-12, explanation_overlap=0.8, set_aside=0.01, leaks=(),
)  # fmt: skip
CHAMPION = replace(CHALLENGER, version="1", as_of="2017-12-31")


def codes(challenger=CHALLENGER, champion=None, approver="Siti", params=PARAMS):
    verdict = gate(challenger, champion, params=params, approver=approver, on=DAY)
    return verdict, {reason.code for reason in verdict.reasons}


def swapped(model: str, by: str) -> pd.DataFrame:
    return TABLE.assign(**{model: TABLE[by]})


# situation: (challenger, champion, the reason that must stand in the verdict, opens)
SITUATIONS = {
    "a first model that beats the best simple way": (CHALLENGER, None, "better", True),
    "a first model that does not": (
        replace(CHALLENGER, predictions=swapped("lightgbm", "weighted_sum")), None, "not_better", False),
    "better than the champion": (
        CHALLENGER, replace(CHAMPION, predictions=swapped("lightgbm", "random")), "better", True),
    "worse than the champion": (
        replace(CHALLENGER, predictions=swapped("lightgbm", "random")), CHAMPION, "worse", False),
    "as good as the champion, and simpler": (
        replace(CHALLENGER, model="logistic"), CHAMPION, "not_worse_simpler", True),
    "as good as the champion, with fewer questions": (
        replace(CHALLENGER, questions=30), CHAMPION, "not_worse_simpler", True),
    "as good as the champion, and learnt from later years": (CHALLENGER, CHAMPION, "not_worse_fresher", True),
    "as good as the champion, but neither simpler nor newer": (
        replace(CHALLENGER, as_of="2017-12-31"), CHAMPION, "not_better", False),
    "as good as the champion, but more complicated": (
        CHALLENGER, replace(CHAMPION, model="logistic"), "not_better", False),
    "too few families with a known outcome": (
        replace(CHALLENGER, predictions=TABLE.head(150)), None, "untested", False),
    "outcomes known only after the as-of date": (
        replace(CHALLENGER, predictions=TABLE.assign(y_by_as_of=np.nan)), None, "untested", False),
    "no forecasts kept": (replace(CHALLENGER, predictions=pd.DataFrame()), None, "untested", False),
    "chances too high": (
        replace(CHALLENGER, predictions=TABLE.assign(lightgbm=TABLE["lightgbm"] ** 0.5)), None,
        "not_calibrated", False),
    "contributions that do not add up": (replace(CHALLENGER, explanation_gap=0.01), None, "does_not_add_up", False),
    "reasons that change from year to year": (replace(CHALLENGER, explanation_overlap=0.3), None, "unstable", False),
    "no year before to compare reasons with": (
        replace(CHALLENGER, explanation_overlap=None), None, "stability_unknown", True),
    "too much data set aside": (replace(CHALLENGER, set_aside=0.2), None, "data_failed", False),
    "a leak": (replace(CHALLENGER, leaks=("id_predicts",)), None, "leaks", False),
    "a champion of another questionnaire": (
        CHALLENGER, replace(CHAMPION, instrument_version="0"), "champion_other_instrument", True),
    "a champion that forecasts something else": (
        CHALLENGER, replace(CHAMPION, label="next_wave"), "champion_other_label", True),
    "a champion tested on other families": (
        CHALLENGER, replace(CHAMPION, predictions=TABLE.assign(cohort="zz")), "champion_other_families", True),
    "a champion from before forecasts were kept": (
        CHALLENGER, replace(CHAMPION, predictions=pd.DataFrame()), "champion_without_forecasts", True),
    "a model that is out of date already": (replace(CHALLENGER, expires="2019-01-31"), None, "expired", True),
}  # fmt: skip


@pytest.mark.parametrize(("challenger", "champion", "reason", "opens"), SITUATIONS.values(), ids=SITUATIONS)
def test_the_gate(challenger, champion, reason, opens):
    verdict, found = codes(challenger, champion)
    assert reason in found
    assert verdict.opens == opens
    assert bool(verdict.failed) != opens


def test_nobody_is_nobody():
    verdict, found = codes(approver="  ")
    assert "nobody_approves" in found
    assert not verdict.opens


def test_a_group_that_is_proposed_in_vain_more_often_closes_the_gate():
    # The challenger sees men as well as before, and puts the women of least chance first.
    women = TABLE["sex"] == "woman"
    harmful = TABLE.assign(lightgbm=TABLE["lightgbm"].where(~women, 1 - TABLE["lightgbm"]))
    verdict, _ = codes(replace(CHALLENGER, predictions=harmful), CHAMPION)
    (harm,) = [reason for reason in verdict.reasons if reason.code == "group_harmed"]
    assert (harm.facts["group"], harm.facts["level"]) == ("sex", "woman")
    assert harm.facts["low"] > 0


def test_of_a_champion_that_cannot_be_paired_the_best_baseline_takes_the_place():
    _, found = codes(CHALLENGER, replace(CHAMPION, label="next_wave"))
    assert "against_baseline" in found
    assert "against_champion" not in found


def test_only_so_many_years_count_the_latest_first():
    one_year = PARAMS.model_copy(update={"gate": GateParams(years=1, min_labelled=200)})
    verdict, _ = codes(params=one_year)
    (tested,) = [reason for reason in verdict.reasons if reason.code == "tested"]
    assert (tested.facts["years"], tested.facts["families"]) == ("2017", 600)


def test_no_figure_of_a_verdict_is_missing():
    for challenger, champion, *_ in SITUATIONS.values():
        verdict, _ = codes(challenger, champion)
        numbers = [fact for reason in verdict.reasons for fact in reason.facts.values() if isinstance(fact, float)]
        assert np.isfinite(numbers).all()
