from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from graduation_model.cohort.params import LabelParams
from graduation_model.errors import DataError
from graduation_model.estimators.params import EstimatorParams
from graduation_model.evaluation.backtest import Backtest, backtest
from graduation_model.evaluation.knowledge import Past
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.features.catalogue import catalogue
from graduation_model.features.matrix import feature_matrix
from lib.small import cohort_params, feature_params, label_params, small_instrument

STATUSES = np.array(["extreme_poor", "poor", "not_poor"])
AS_OF = pd.Timestamp("2016-12-31")


@cache
def panel(last_followup: int = 2018, households: int = 250) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Families visited every year from 2012 to 2017; who is better off stays better off."""
    rng = np.random.default_rng(4)
    ability = rng.normal(size=households)
    years = range(2012, 2019)
    status = {year: np.digitize(ability + 0.7 * rng.normal(size=households), [-1.0, 0.2]) for year in years}
    visits = pd.concat(
        [
            pd.DataFrame(
                {
                    "household_id": [f"h{number}" for number in range(households)],
                    "assessment_date": f"{year}-12-31",
                    "village": [f"v{number // 5}" for number in range(households)],
                    "district": "d",
                    "status": STATUSES[status[year]],
                    "size": rng.integers(1, 9, households).astype(float),
                    "rooms": rng.integers(1, 5, households).astype(float),
                    "income": np.exp(ability + rng.normal(size=households)),
                    "floor": np.where(ability > 0, "cement", "earth"),
                    "member": np.where(np.arange(households) % 5, "yes", "no"),
                }
            )
            for year in years
            if year < 2018
        ],
        ignore_index=True,
    )
    typed = {question.name: question.dtype() for question in small_instrument().questions if question.name in visits}
    seen = pd.concat(
        [
            pd.DataFrame(
                {
                    "household_id": [f"h{number}" for number in range(households)],
                    "followup_date": f"{year}-12-31",
                    "status": pd.Categorical(STATUSES[status[year]], categories=STATUSES, ordered=True),
                }
            )
            for year in years
            if year <= last_followup
        ],
        ignore_index=True,
    )
    return (
        visits.astype({**typed, "household_id": "str", "assessment_date": "datetime64[s]"}),
        seen.astype({"household_id": "str", "followup_date": "datetime64[s]"}),
    )


def run(
    assessments: pd.DataFrame,
    followups: pd.DataFrame,
    as_of: pd.Timestamp = AS_OF,
    label: LabelParams | None = None,
    **changes: object,
) -> Backtest:
    estimators = EstimatorParams(
        lightgbm={"rounds": 10}, calibration_folds=2, weighted_sum={"status": 1.0}, model="stack", stack={}
    )
    evaluation = EvaluationParams(bootstrap=20, min_group=20, groups=("status", "size"), **changes)
    past = Past(
        assessments=assessments,
        followups=followups,
        decisions=None,
        instrument=small_instrument(),
        catalogue=catalogue(small_instrument(), feature_params()),
        cohort=cohort_params(),
        label=label or label_params(),
    )
    return backtest(past, as_of, estimators=estimators, evaluation=evaluation)


def wave(year: int) -> pd.DataFrame:
    """One year's visits, by household."""
    visits, _ = panel()
    return visits[visits["assessment_date"] == pd.Timestamp(f"{year}-12-31")].set_index("household_id")


@cache
def plain() -> Backtest:
    return run(*panel())


def test_the_last_test_years_are_tried_and_every_model_with_them():
    evaluation = plain().evaluation
    assert sorted(set(evaluation["test_year"])) == [2014, 2015, 2016]
    assert set(evaluation["model"]) == {
        "stack",
        "lightgbm",
        "logistic",
        "pmt",
        "weighted_sum",
        "status_now",
        "random",
    }


def test_an_outcome_counts_as_known_only_where_its_last_visit_was_due():
    known = plain().evaluation.groupby("test_year")["outcome_known"].unique().map(list).to_dict()
    assert known == {2014: ["by_as_of"], 2015: ["after"], 2016: ["after"]}


def test_the_bundles_models_learnt_from_the_cohorts_whose_horizon_was_over():
    assert plain().cohorts == ("2012-12-31", "2013-12-31", "2014-12-31")
    assert len(plain().training.y) == 600  # 200 families of the programme, three cohorts
    assert len(plain().training.everybody_X) == 1250  # 250 households, five waves


def test_the_row_of_the_as_of_year_is_the_bundle_itself():
    result = plain()
    tested = result.predictions.query("test_year == 2016")
    visits, _ = panel()
    rows = visits[visits["assessment_date"] == AS_OF].set_index("household_id", drop=False).loc[tested["household_id"]]
    for name in ("stack", "lightgbm"):
        said = result.models[name].log_odds(feature_matrix(rows, result.context, result.catalogue))
        np.testing.assert_array_equal(expit(said), tested[name])


def test_what_is_dated_after_the_as_of_date_changes_tests_and_no_model():
    assessments, followups = panel()
    later = followups["followup_date"] > AS_OF
    spoilt = followups.assign(status=followups["status"].where(~later, "poor"))
    after = assessments["assessment_date"] > AS_OF
    mixed = assessments.assign(income=assessments["income"].where(~after, 1e9))
    other = run(mixed, spoilt)
    assert other.models["lightgbm"].component.text_ == plain().models["lightgbm"].component.text_
    X = plain().training.X
    pd.testing.assert_frame_equal(other.training.X, X)
    assert (other.models["stack"].log_odds(X) == plain().models["stack"].log_odds(X)).all()
    assert sorted(set(other.evaluation["test_year"])) == [2014]  # 2015 and 2016 are of one kind now


def test_a_test_year_before_any_label_is_left_out_with_a_note():
    result = run(*panel(), test_years=4)
    assert "Test year 2013 is left out: no label is due by 2013-12-31" in result.notes


def test_a_test_year_whose_outcomes_are_not_in_the_folder_is_left_out_with_a_note():
    result = run(*panel(last_followup=2017))
    assert sorted(set(result.evaluation["test_year"])) == [2014, 2015]
    assert "Test year 2016 is left out: its outcomes are unknown or all the same" in result.notes


def test_nothing_to_learn_at_the_as_of_date_says_to_take_a_later_one():
    with pytest.raises(DataError, match=r"No label is due by 2013-12-31 \(horizon 24 months\). Take a later --as-of"):
        run(*panel(), as_of=pd.Timestamp("2013-12-31"))


def test_no_assessment_up_to_the_as_of_date_says_so():
    with pytest.raises(DataError, match="No assessment is dated on or before 2001-12-31"):
        run(*panel(), as_of=pd.Timestamp("2001-12-31"))


def test_the_order_of_the_rows_does_not_matter():
    assessments, followups = panel()
    shuffled = run(
        assessments.sample(frac=1, random_state=1, ignore_index=True),
        followups.sample(frac=1, random_state=2, ignore_index=True),
    )
    ours, theirs = (
        result.evaluation.query("model == 'status_now' and group == 'all' and metric == 'auc'")["value"]
        for result in (plain(), shuffled)
    )
    np.testing.assert_allclose(ours, theirs)


def test_groups_of_a_number_are_thirds_and_show_nobodys_own_value():
    groups = plain().predictions
    assert set(groups["size"]) <= {"up to 3", "3 to 6", "over 6"}
    assert set(groups["status"]) == {"extreme_poor", "poor", "not_poor"}
    assert set(groups["cluster_in_training"]) <= {"seen", "unseen"}


def test_everybodys_next_wave_is_known_up_to_the_wave_before_the_last():
    training = plain().training
    known = ~np.isnan(training.everybody_next)
    assert known.sum() == 1000  # 250 households, the waves of 2012 to 2015
    assert training.everybody_member.sum() == 1000  # four fifths of five waves


def test_the_own_rows_groups_are_numbered_as_everybodys():
    training = plain().training
    assert set(training.groups) <= set(training.everybody_groups)
    assert len(set(training.everybody_groups)) == 50  # villages


def test_where_no_sustained_exit_is_due_the_next_wave_is_learnt_and_tested():
    cold = label_params().model_copy(update={"order": ("sustained_exit", "next_wave")})
    result = run(*panel(), as_of=pd.Timestamp("2013-12-31"), label=cold, test_years=1)
    assert result.label_kind == "next_wave"
    assert "Label sustained_exit is passed over: no label is due" in result.notes
    assert len(result.training.y) == 200  # the programme's families of 2012, as they were in 2013
    tested = result.predictions
    np.testing.assert_array_equal(tested["y"], wave(2014).loc[tested["household_id"], "status"] == "not_poor")


def test_a_sustained_exit_is_preferred_where_it_is_known():
    warm = label_params().model_copy(update={"order": ("sustained_exit", "next_wave")})
    assert run(*panel(), label=warm, test_years=1).label_kind == "sustained_exit"


def test_another_population_is_tried_with_the_learners_on_its_own_labels():
    poor = {"name": "poor", "question": "status", "is_one_of": ("extreme_poor", "poor")}
    rows = run(*panel(), populations=(poor,), test_years=1).evaluation.query("population == 'poor' and group == 'all'")
    assert set(rows["model"]) == {"stack", "lightgbm", "logistic"}
    assert set(rows["n"]) == {(wave(2016)["status"] != "not_poor").sum()}  # members or not


def test_differences_are_pooled_over_the_test_years():
    pooled = plain().evaluation.query("group == 'test_years' and model == 'stack' and metric == 'auc'")
    row = pooled.set_index("baseline").loc["lightgbm"]
    years = plain().evaluation.query("group == 'all' and baseline == '' and metric == 'auc'")
    by_model = years.groupby("model")["value"].mean()
    assert row["value"] == pytest.approx(by_model["stack"] - by_model["lightgbm"])
    assert row["low"] <= row["value"] <= row["high"]
    assert (row["level"], row["test_year"]) == ("2014-2016", 2016)


def test_all_labels_unknown_is_refused_and_no_table_holds_a_nan():
    assessments, followups = panel()
    with pytest.raises(DataError, match="No label is due"):
        run(assessments, followups.assign(status=pd.Categorical([None] * len(followups), categories=STATUSES)))
    assert plain().evaluation["value"].notna().all()


def test_what_the_lost_may_have_done_stands_beside_the_figures_and_in_the_notes():
    assessments, followups = panel()
    gone = (followups["household_id"].str[1:].astype(int) % 4 == 0) & (followups["followup_date"] >= "2017-01-01")
    found = run(assessments, followups[~gone], test_years=1)
    rows = found.evaluation.set_index(["metric", "level"])["value"]
    assert rows["followed_share", "all"] == pytest.approx(0.75, abs=0.06)
    bounds = found.evaluation[found.evaluation["metric"] == "share_positive_bounds"].iloc[0]
    assert bounds["low"] < bounds["value"] < bounds["high"]
    assert bounds["high"] - bounds["low"] == pytest.approx(1 - rows["followed_share", "all"])


def test_a_year_with_few_follow_ups_done_says_that_only_its_bounds_can_be_relied_on():
    assessments, followups = panel()
    gone = (followups["household_id"].str[1:].astype(int) % 2 == 0) & (followups["followup_date"] >= "2017-01-01")
    notes = run(assessments, followups[~gone], test_years=1).notes
    assert any("Rely on the bounds" in note for note in notes)
