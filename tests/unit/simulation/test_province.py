from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from graduation_model.contract import check_answers
from graduation_model.errors import UserError
from graduation_model.ingest.params import PovertyLineParams
from graduation_model.ingest.poverty_lines import PovertyLines, lines_as_of
from graduation_model.simulation import simulate

TABLES = ("assessments", "followups", "decisions", "uep", "poverty_lines", "truth")


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
    assert not one.truth["exit_if_retained"].equals(other.truth["exit_if_retained"])


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


def test_a_household_has_one_follow_up_a_day(province):
    assert not province.followups.duplicated(["household_id", "followup_date"]).any()


def test_the_truth_has_a_row_an_assessment(province):
    keys = province.assessments.assign(wave=province.assessments["assessment_date"].dt.year)[["household_id", "wave"]]
    assert_frame_equal(province.truth[["household_id", "wave"]], keys, check_dtype=False)
    chances = province.truth.filter(like="_if_")
    assert chances.shape[1] == 4
    assert chances.stack().between(0, 1).all()


def test_people_graduate_families_with_better_chances(province):
    chance = province.truth["exit_if_graduated"].groupby(province.decisions["decision"]).mean()
    assert chance["graduated"] > chance["retained"] + 0.2


@pytest.mark.parametrize("asked", [{"households": 0}, {"waves": 0}, {"seed": -1}])
def test_a_province_of_nothing_is_refused(jamsosratu, asked):
    with pytest.raises(UserError, match="at least one household"):
        small(jamsosratu, **asked)


def test_one_family_and_one_wave_are_a_province_too(jamsosratu):
    alone = small(jamsosratu, households=1, waves=1)
    assert len(alone.assessments) == len(alone.truth) == 1
    assert alone.decisions["decision"].tolist() == ["retained"]
    assert alone.uep.empty


def test_assessments_are_made_from_september_to_november(province):
    dates = province.assessments["assessment_date"]
    assert set(dates.dt.month) == {9, 10, 11}


def test_every_year_has_a_line_a_district_from_march_on(province, jamsosratu):
    lines = province.poverty_lines
    assert sorted(lines["period"].unique()) == ["2018-03", "2019-03", "2020-03", "2021-03"]
    of_2021 = lines[lines["period"] == "2021-03"].set_index("area_code")["line_idr"]
    assert of_2021.to_dict() == {one.code: one.line for one in jamsosratu.simulation.districts}


def test_the_last_waves_outcomes_lie_in_the_future(province):
    assert province.followups["followup_date"].max() > pd.Timestamp("2022-01-01")
    assert province.decisions["decision_date"].max() == pd.Timestamp("2021-01-20")


def test_the_wave_after_a_visit_and_the_visit_see_one_life(quiet):
    """A family above the line in August is mostly above it in October."""
    visits = quiet.followups.dropna(subset="welfare_to_line")
    august = visits[visits["followup_date"].dt.month.isin([7, 8])]
    later = quiet.assessments[quiet.truth["wave"] == 2020].set_index("household_id")["percap_to_line"]
    both = august.assign(later=august["household_id"].map(later), year=august["followup_date"].dt.year)
    both = both[both["year"] == 2020].dropna(subset="later")
    assert both["welfare_to_line"].corr(both["later"], method="spearman") > 0.6


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
    assert np.allclose(visits["welfare_to_line"], visits["percap_month_idr"] / found["line"])
    assert (found["line_basis"] == "district").all()
