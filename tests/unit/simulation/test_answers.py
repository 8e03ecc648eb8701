from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from graduation_model.contract import Instrument
from graduation_model.errors import ConfigError
from graduation_model.simulation import simulate
from graduation_model.simulation.fit import check_items
from graduation_model.simulation.params import Item


def tried_with(programme, items):
    params = programme.simulation.model_copy(update={"items": items})
    return simulate(programme.instrument, params, households=200, waves=1, seed=1).assessments


def test_counts_stay_within_the_counts_that_hold_them(province):
    visits = province.assessments
    groups = visits[["n_under5", "n_school_age", "n_65plus"]].sum(axis=1)
    assert (groups <= visits["hh_size"]).all()
    assert (visits["n_earners"] <= visits["hh_size"]).all()
    known = visits[["n_school_age", "n_school_age_attending"]].dropna()
    assert (known["n_school_age_attending"] <= known["n_school_age"]).all()


def test_an_old_head_is_counted_among_the_old(province):
    visits = province.assessments.dropna(subset="n_65plus")
    assert (visits.loc[visits["head_age"] >= 65, "n_65plus"] >= 1).all()


def test_income_and_its_ratio_to_the_line_agree(province, jamsosratu):
    visits = province.assessments.dropna(subset="income_month_idr")
    genuine = ~province.truth.loc[visits.index, "copied"]
    line = visits["income_month_idr"] / visits["hh_size"] / visits["percap_to_line"]
    lebak = line[(visits["district_code"] == "3602") & (visits["percap_to_line"] > 0.5) & genuine]
    year = visits.loc[lebak.index, "assessment_date"].dt.year
    expected = 358_479 * 1.055 ** (year - 2021)
    assert np.allclose(lebak, expected, rtol=0.002)


def test_a_business_earns_no_more_than_the_household(province):
    known = province.assessments[["business_profit_month_idr", "income_month_idr"]].dropna()
    assert (known["business_profit_month_idr"] <= known["income_month_idr"]).all()


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("n_pregnant", "hh_size"),
        ("n_chronic_ill", "hh_size"),
        ("n_under5_immunised", "n_under5"),
        ("n_child_working", "n_school_age"),
        ("p2k2_sessions_attended", "p2k2_sessions_offered"),
    ],
)
def test_a_part_is_no_more_than_its_whole(province, part, whole):
    known = province.assessments[[part, whole]].dropna()
    assert (known[part] <= known[whole]).all()
    assert known[part].gt(0).any()


def test_a_family_without_debt_has_no_lender_and_one_with_debt_has(province):
    known = province.assessments[["debt_idr", "debt_lender_kind"]].dropna()
    assert (known.loc[known["debt_idr"] == 0, "debt_lender_kind"] == "none").all()
    assert (known.loc[known["debt_idr"] > 0, "debt_lender_kind"] != "none").mean() > 0.99


def test_no_child_is_recorded_as_stunted_where_there_is_none(province):
    known = province.assessments[["n_under5", "stunting_flag"]].dropna()
    assert (known.loc[known["n_under5"] == 0, "stunting_flag"] == "no").all()
    assert (known.loc[known["n_under5"] > 0, "stunting_flag"] == "yes").mean() > 0.1


def test_every_question_that_anybody_answers_is_simulated(province, jamsosratu):
    answered = province.assessments[[q.name for q in jamsosratu.instrument.questions]].notna().mean()
    assert answered[answered == 0].index.tolist() == ["dtsen_decile", "uep_received", "facilitator_note"]


def test_every_answer_of_a_choice_is_given_by_somebody(province, jamsosratu):
    ungiven = {
        q.name: sorted(set(q.levels) - set(province.assessments[q.name].dropna()))
        for q in jamsosratu.instrument.questions
        if q.levels and q.name in jamsosratu.simulation.items
    }
    assert {name: levels for name, levels in ungiven.items() if levels} == {}


def test_a_missing_income_leaves_its_ratio_missing(province):
    visits = province.assessments
    assert (visits["income_month_idr"].isna() == visits["percap_to_line"].isna()).all()


def test_what_is_not_asked_is_not_answered(province, jamsosratu):
    visits = province.assessments
    asked_if = {q.name: q.asked_if for q in jamsosratu.instrument.questions if q.asked_if}
    assert len(asked_if) >= 11
    for name, condition in asked_if.items():
        said = visits[condition.question] == condition.equals
        assert visits.loc[~said, name].isna().all(), name
        assert visits.loc[said, name].notna().mean() > 0.8, name


def test_a_few_percent_of_the_expected_answers_are_missing(province, jamsosratu):
    expected = [q.name for q in jamsosratu.instrument.questions if q.need == "expected" and q.asked_if is None]
    missing = province.assessments[expected].isna().mean()
    assert missing.between(0.015, 0.06).all()


def test_a_few_visits_are_done_in_haste(province, jamsosratu):
    expected = [q.name for q in jamsosratu.instrument.questions if q.need == "expected" and q.asked_if is None]
    sparse = province.assessments[expected].isna().mean(axis=1) > 0.3
    assert 0.003 < sparse.mean() < 0.02


def test_ages_and_membership_grow_by_a_year(province):
    genuine = province.assessments[~province.truth["copied"]]
    visits = genuine.sort_values(["household_id", "assessment_date"])
    again = visits["household_id"].eq(visits["household_id"].shift())
    years = visits["assessment_date"].dt.year.diff()[again]
    assert visits["head_age"].diff()[again].eq(years).all()
    assert visits["months_in_program"].diff()[again].dropna().mod(12).eq(0).all()


def test_lenient_facilitators_recommend_more(province):
    visits = province.assessments.assign(leniency=province.truth["leniency"])
    lenient = visits["leniency"] > visits["leniency"].median()
    graduate = visits["facilitator_recommendation"] == "graduate"
    assert graduate[lenient].mean() > 1.2 * graduate[~lenient].mean()


def test_better_houses_stand_with_better_chances(province):
    chance = province.truth["exit_if_retained"].groupby(province.assessments["floor"], observed=True).mean()
    assert chance["poor"] < chance["medium"] < chance["good"]


def test_one_more_question_leaves_the_other_answers_alone(jamsosratu):
    fewer = {name: item for name, item in jamsosratu.simulation.items.items() if name != "savings_idr"}
    without, whole = tried_with(jamsosratu, fewer), tried_with(jamsosratu, jamsosratu.simulation.items)
    assert without["savings_idr"].isna().all()
    assert without.drop(columns="savings_idr").equals(whole.drop(columns="savings_idr"))


def test_a_required_question_without_an_item_is_refused(jamsosratu):
    items = {name: item for name, item in jamsosratu.simulation.items.items() if name != "floor"}
    with pytest.raises(ConfigError, match="has no floor, which is required"):
        tried_with(jamsosratu, items)


def test_an_item_for_no_question_is_refused(jamsosratu):
    items = {**jamsosratu.simulation.items, "has_yacht": Item(shares=(0.5, 0.5))}
    with pytest.raises(ConfigError, match="has_yacht, which the instrument does not ask"):
        tried_with(jamsosratu, items)


def test_shares_for_other_levels_are_refused(jamsosratu):
    items = {**jamsosratu.simulation.items, "floor": Item(shares=(0.5, 0.5))}
    with pytest.raises(ConfigError, match="has 2 shares for 3 levels"):
        tried_with(jamsosratu, items)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"shares": (0.5, 0.5), "middle": 3},
        {"shares": (0.5, 0.4)},
        {"middle": 3, "loads": {"static": 0.9, "persistent": 0.9}},
    ],
)
def test_an_item_that_cannot_be_meant_is_refused(said):
    with pytest.raises(ValidationError):
        Item(**said)


def test_a_date_is_not_simulated(jamsosratu):
    said = [
        *jamsosratu.instrument.questions,
        jamsosratu.instrument.named("debt_idr").model_copy(
            update={"name": "last_visit", "kind": "date", "minimum": None, "maximum": None}
        ),
    ]
    instrument = jamsosratu.instrument.model_copy(update={"questions": tuple(said)})
    items = {**jamsosratu.simulation.items, "last_visit": Item(middle=3)}
    params = jamsosratu.simulation.model_copy(update={"items": items})
    with pytest.raises(ConfigError, match="would answer a date"):
        check_items(Instrument.model_validate(instrument.model_dump()), params)


def test_a_visit_that_answers_what_no_follow_up_asks_is_refused(jamsosratu):
    fewer = [question for question in jamsosratu.instrument.followup if question.name != "food_deficit_3m"]
    instrument = Instrument.model_validate(jamsosratu.instrument.model_dump() | {"followup": fewer})
    with pytest.raises(ConfigError, match="food_deficit_3m, which no follow-up asks"):
        check_items(instrument, jamsosratu.simulation)


def test_leniency_moves_opinions_and_no_facts(jamsosratu):
    items = {**jamsosratu.simulation.items, "floor": Item(shares=(0.2, 0.3, 0.5), loads={"leniency": 0.3})}
    with pytest.raises(ConfigError, match="has leniency, but the question is a fact"):
        tried_with(jamsosratu, items)


def test_fewer_families_own_up_to_a_television_each_year_that_it_is_asked(jamsosratu):
    item = jamsosratu.simulation.items["has_tv"].model_copy(update={"hidden": 0.1, "drift": 0.0})
    params = jamsosratu.simulation.model_copy(update={"items": {**jamsosratu.simulation.items, "has_tv": item}})
    made = simulate(jamsosratu.instrument, params, households=2000, waves=3, seed=1, given_answers=0)
    owns = (made.assessments["has_tv"] == "yes").groupby(made.truth["wave"]).mean()
    assert owns.diff().dropna().between(-0.14, -0.02).all()


def test_a_copying_facilitator_hands_in_one_sheet_for_several_families(province, jamsosratu):
    copied = province.truth["copied"].to_numpy()
    assert 0.002 < copied.mean() < 0.05
    sheets = province.assessments.assign(wave=province.truth["wave"])
    answers = [question.name for question in jamsosratu.instrument.questions]
    alike = sheets.duplicated(["facilitator_id", "wave", *answers], keep=False).to_numpy()
    assert alike[copied].all()
    assert alike[~copied].mean() < 0.01


def test_generous_facilitators_write_down_better_houses(province):
    good = (province.assessments["wall_condition"] == "good").groupby(province.truth["style"], observed=True).mean()
    assert good["harsh"] < good["plain"] < good["generous"]
