from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from graduation_model.cohort import build_cohort
from graduation_model.contract import check_answers
from graduation_model.errors import UserError
from graduation_model.ingest.params import PovertyLineParams
from graduation_model.ingest.poverty_lines import PovertyLines, lines_as_of
from graduation_model.simulation import simulate

TABLES = ("assessments", "followups", "decisions", "poverty_lines", "truth")


def small(programme, **changes):
    return simulate(programme.instrument, programme.simulation, **{"households": 300, "waves": 2, "seed": 1} | changes)


def test_every_wave_holds_as_many_families_as_were_asked_for(province):
    years = province.assessments["assessment_date"].dt.year
    assert years.value_counts().to_dict() == {2018: 4000, 2019: 4000, 2020: 4000}


def test_a_household_is_assessed_once_a_wave(province):
    visits = province.assessments
    year = visits["assessment_date"].dt.year.rename("year")
    assert not visits[["household_id"]].join(year).duplicated().any()
    assert visits["household_id"].str.fullmatch(r"S\d{7}").all()


def test_most_families_are_assessed_again_but_some_leave_and_some_are_new(province):
    year = province.assessments["assessment_date"].dt.year
    first = set(province.assessments.loc[year == 2018, "household_id"])
    second = set(province.assessments.loc[year == 2019, "household_id"])
    assert 0.85 < len(first & second) / len(first) < 0.97


def test_districts_hold_their_share_of_families(province, jamsosratu):
    weights = pd.Series({one.code: one.weight for one in jamsosratu.simulation.districts})
    share = province.assessments["district_code"].value_counts(normalize=True)
    assert (share - weights / weights.sum()).abs().max() < 0.015


def test_codes_are_nested(province):
    visits = province.assessments
    assert (visits["subdistrict_code"].str[:4] == visits["district_code"]).all()
    assert (visits["village_code"].str[:7] == visits["subdistrict_code"]).all()
    assert visits["village_code"].str.len().eq(10).all()
    assert visits.groupby("village_code")["facilitator_id"].nunique().eq(1).all()


def test_a_facilitator_visits_about_144_families_but_not_evenly(province):
    year = province.assessments["assessment_date"].dt.year
    caseload = province.assessments[year == 2020].groupby("facilitator_id").size()
    assert 120 < caseload.mean() < 170
    assert caseload.std() > 20


def test_one_seed_gives_the_same_frames(jamsosratu):
    once, again = small(jamsosratu), small(jamsosratu)
    for name in TABLES:
        assert_frame_equal(getattr(once, name), getattr(again, name))


def test_another_seed_gives_another_province(jamsosratu):
    one, other = small(jamsosratu), small(jamsosratu, seed=2)
    assert not one.assessments["percap_to_line"].equals(other.assessments["percap_to_line"])
    assert not one.truth["exit_probability"].equals(other.truth["exit_probability"])


def test_every_answer_is_one_that_the_instrument_allows(province, jamsosratu):
    assert check_answers(province.assessments, jamsosratu.instrument.questions).table.empty
    assert check_answers(province.followups, jamsosratu.instrument.followup).table.empty


def test_columns_are_typed_as_the_instrument_says(province, jamsosratu):
    for table, questions in (
        ("assessments", jamsosratu.instrument.questions),
        ("followups", jamsosratu.instrument.followup),
    ):
        frame = getattr(province, table)
        assert {q.name: frame[q.name].dtype == q.dtype() for q in questions} == {q.name: True for q in questions}


def test_no_visit_stands_before_its_assessment(province):
    first = province.assessments.groupby("household_id")["assessment_date"].min()
    since = province.followups["followup_date"] - province.followups["household_id"].map(first)
    assert since.min() > pd.Timedelta(days=122)


def test_a_follow_up_is_set_against_the_line_that_ingest_would_find(province):
    visits = province.followups.dropna(subset="percap_month_idr")
    where = province.assessments.drop_duplicates("household_id").set_index("household_id")["district_code"]
    table = province.poverty_lines.assign(
        period=pd.to_datetime(province.poverty_lines["period"]).astype("datetime64[s]"),
        line=province.poverty_lines["line_idr"],
    )
    lines = PovertyLines(table[["area_code", "period", "line"]], {})
    params = PovertyLineParams(area="district_code")
    found = lines_as_of(visits["household_id"].map(where), visits["followup_date"], lines, params, table="followups")
    np.testing.assert_allclose(visits["welfare_to_line"], visits["percap_month_idr"] / found["line"])
    assert (found["line_basis"] == "district").all()


def test_a_household_has_one_follow_up_a_day(province):
    assert not province.followups.duplicated(["household_id", "followup_date"]).any()


def test_only_the_interviewed_say_how_they_live(province):
    visits = province.followups
    met = visits["followup_status"] == "interviewed"
    asked = ["welfare_to_line", "food_deficit_3m", "asset_sale_distress_12m", "measure_basis"]
    assert visits.loc[met, asked].notna().all(axis=None)
    assert visits.loc[~met, asked].isna().all(axis=None)
    assert (visits.loc[~met, "reentered_program"] == "yes").any()  # the register knows it nevertheless


@pytest.mark.parametrize("year", [2018, 2019, 2020])
def test_a_cohort_loses_a_quarter_and_a_third_stays_out(province, jamsosratu, year):
    cohort = build_cohort(
        province.assessments,
        province.followups,
        pd.Timestamp(year, 12, 31),
        known_by=pd.Timestamp(2022, 6, 30),
        params=jamsosratu.cohort,
        label=jamsosratu.label,
        decisions=province.decisions,
    )
    followed = cohort[cohort["label_reason"] != "not_followed"]
    assert 0.2 <= (followed["label_status"] == "lost").mean() <= 0.3
    assert 0.30 <= followed["label"].mean() <= 0.45


def test_the_true_chance_is_what_happens(province, jamsosratu):
    cohort = build_cohort(
        province.assessments,
        province.followups,
        pd.Timestamp(2020, 12, 31),
        known_by=pd.Timestamp(2022, 6, 30),
        params=jamsosratu.cohort,
        label=jamsosratu.label,
        decisions=province.decisions,
    )
    truth = province.truth[province.truth["wave"] == 2020].set_index("household_id")["exit_probability"]
    chance = cohort["household_id"].map(truth).to_numpy()
    known = cohort["label"].notna().to_numpy()
    tenth = np.digitize(chance[known], [0.1, 0.3, 0.5, 0.7, 0.9])
    seen = cohort.loc[known, "label"].groupby(tenth).mean().to_numpy()
    expected = pd.Series(chance[known]).groupby(tenth).mean().to_numpy()
    # Loss favours those who stayed out, and a missed interim visit hides a failure: a little above, never far.
    assert np.abs(seen - expected).max() < 0.08


def test_the_truth_has_a_row_an_assessment(province):
    keys = province.assessments.assign(wave=province.assessments["assessment_date"].dt.year)[["household_id", "wave"]]
    assert_frame_equal(province.truth[["household_id", "wave"]], keys, check_dtype=False)
    assert province.truth["exit_probability"].between(0, 1).all()


def test_only_a_sample_of_those_who_stay_is_followed(jamsosratu):
    province = small(jamsosratu, households=2000)
    followed = set(province.followups["household_id"])
    stayed = province.decisions[province.decisions["decision"] == "retained"]
    first = stayed[stayed["decision_date"] == stayed["decision_date"].min()]["household_id"]
    # Some of the sample leave no record at all, and some of the first year are sampled in the second.
    assert 0.25 < first.isin(followed).mean() < 0.55


def test_the_graduated_are_a_few_and_leave(province):
    decisions, visits = province.decisions, province.assessments
    graduated = decisions[decisions["decision"] == "graduated"].set_index("household_id")["decision_date"]
    assert len(graduated) / len(decisions) == pytest.approx(0.04, abs=0.001)
    left = visits["household_id"].map(graduated)
    assert (visits["assessment_date"] < left)[left.notna()].all()
    assert (decisions["decision_date"].dt.strftime("%m-%d") == "01-20").all()
    assert (decisions["effective_date"].dt.strftime("%m-%d") == "02-01").all()


def test_people_graduate_families_with_better_chances(province):
    decided = province.truth.assign(year=province.truth["wave"]).merge(
        province.decisions.assign(year=province.decisions["decision_date"].dt.year - 1), on=["household_id", "year"]
    )
    chance = decided.groupby("decision")["exit_probability"].mean()
    assert chance["graduated"] > chance["retained"] + 0.2


@pytest.mark.parametrize("asked", [{"households": 0}, {"waves": 0}, {"seed": -1}])
def test_a_province_of_nothing_is_refused(jamsosratu, asked):
    with pytest.raises(UserError, match="at least one household"):
        small(jamsosratu, **asked)


def test_one_family_and_one_wave_are_a_province_too(jamsosratu):
    alone = small(jamsosratu, households=1, waves=1)
    assert len(alone.assessments) == len(alone.truth) == len(alone.decisions) == 1
