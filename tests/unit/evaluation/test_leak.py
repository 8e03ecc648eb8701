"""Planted leaks are found by name; honest forecasts are left alone."""

import numpy as np
import pandas as pd

from graduation_model.evaluation.leak import auc_findings, date_findings, feature_findings, id_findings
from graduation_model.evaluation.params import EvaluationParams

PARAMS = EvaluationParams(leak_auc=0.9, leak_feature_auc=0.85, leak_id_auc=0.65)
RNG = np.random.default_rng(1)
Y = (np.arange(600) % 3 == 0).astype(int)


def evaluation(**changes: object) -> pd.DataFrame:
    row = {"model": "lightgbm", "group": "all", "metric": "auc", "test_year": 2016, "value": 0.93, "baseline": ""}
    return pd.DataFrame([{**row, **changes}])


def test_a_forecast_that_is_too_good_is_named_with_its_year():
    (finding,) = auc_findings(evaluation(), PARAMS)
    assert finding.code == "auc_too_high"
    assert finding.sentence().startswith("lightgbm reaches an AUC of 0.93 on the cohort of 2016, above 0.9")


def test_a_believable_forecast_is_left_alone():
    assert auc_findings(evaluation(value=0.9), PARAMS) == ()
    assert auc_findings(pd.DataFrame(), PARAMS) == ()


def test_other_metrics_differences_and_small_groups_are_left_alone():
    for changes in ({"metric": "share_positive"}, {"baseline": "random"}, {"group": "head_sex"}):
        assert auc_findings(evaluation(**changes), PARAMS) == ()


def test_one_answer_that_knows_the_outcome_is_named_with_its_question():
    X = pd.DataFrame({"size": RNG.random(600), "closed__previous": 1 - Y + 0.1 * RNG.random(600)})
    (finding,) = feature_findings(X, Y, {"closed__previous": "closed"}, PARAMS)
    assert (finding.code, finding.facts["feature"], finding.facts["question"]) == (
        "one_feature", "closed__previous", "closed",
    )  # fmt: skip


def test_an_answer_that_is_missing_exactly_where_families_failed_is_found_too():
    X = pd.DataFrame({"reason": np.where(Y == 1, np.nan, RNG.random(600)), "nobody_answered": np.nan})
    assert [finding.facts["feature"] for finding in feature_findings(X, Y, {}, PARAMS)] == ["reason"]


def test_answers_entered_after_the_as_of_date_are_counted_by_column():
    rows = pd.DataFrame(
        {
            "assessment_date": pd.to_datetime(["2016-05-01", "2017-05-01"]),
            "entered_on": pd.to_datetime(["2016-06-01", "2018-02-01"]),
        }
    )
    ends = pd.Series(pd.to_datetime(["2016-12-31", "2017-12-31"]))
    (finding,) = date_findings(rows, ends, pd.Timestamp("2017-12-31"))
    assert (finding.facts["column"], finding.facts["rows"]) == ("entered_on", 1)


def test_ids_given_out_by_outcome_are_found_by_order_beginning_and_ending():
    ordered = [f"{'b' if made else 'a'}{number:04d}" for number, made in enumerate(Y)]
    ended = [f"{number:04d}{'x' if made else 'y'}" for number, made in enumerate(Y)]
    found = id_findings(pd.DataFrame({"household_id": ordered}), Y, PARAMS)
    assert {finding.facts["part"] for finding in found} == {"order", "beginning"}
    assert [finding.facts["part"] for finding in id_findings(pd.DataFrame({"household_id": ended}), Y, PARAMS)] == [
        "ending"
    ]


def test_ids_that_say_nothing_are_left_alone_however_few_share_a_part():
    for digits in (3, 6):
        ids = pd.DataFrame({"household_id": [f"{n:0{digits}d}" for n in RNG.permutation(600)]})
        assert id_findings(ids.assign(facilitator_id=[f"f{n % 7}" for n in range(600)]), Y, PARAMS) == ()
