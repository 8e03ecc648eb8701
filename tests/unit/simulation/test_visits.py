from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graduation_model.simulation import simulate
from graduation_model.simulation.calibration import last_visits, of_their_family

ANSWERS = ["percap_month_idr", "measure_basis", "food_deficit_3m", "asset_sale_distress_12m", "shock_12m", "hh_size"]


@pytest.fixture(scope="module")
def followed(province):
    """The last visits with the truth of their family."""
    last = last_visits(province)
    decision = pd.Series(province.decisions["decision"].to_numpy())
    return last.assign(
        decision=of_their_family(province, last, decision),
        stayed=of_their_family(province, last, province.truth["stayed_out"]),
    )


def test_every_graduate_and_a_few_of_the_retained_are_followed(province, followed):
    decided = province.decisions["decision"].value_counts()
    seen = followed["decision"].value_counts()
    assert seen["graduated"] == decided["graduated"]
    assert seen["retained"] / decided["retained"] == pytest.approx(0.05, abs=0.008)
    assert set(seen.index) == {"graduated", "retained"}


def test_visits_are_made_in_august_and_february_give_or_take(province, jamsosratu):
    jitter = jamsosratu.simulation.visits.jitter_days
    effective = pd.to_datetime((last_visits(province)["wave"] + 1).astype(str) + "-02-01")
    dates = province.followups["followup_date"].to_numpy().reshape(-1, 2)
    for place, months in enumerate((6, 12)):
        due = (effective + pd.DateOffset(months=months)).to_numpy()
        assert (np.abs(dates[:, place] - due) <= np.timedelta64(jitter, "D")).all()


def test_a_quarter_to_a_third_are_not_interviewed_at_last(followed):
    assert 0.25 < (followed["followup_status"] != "interviewed").mean() < 0.35


def test_families_that_fell_back_are_lost_more_often(followed):
    lost = followed["followup_status"] != "interviewed"
    assert 0.05 < lost[followed["stayed"] == 0].mean() - lost[followed["stayed"] == 1].mean() < 0.25


def test_in_a_quiet_province_loss_says_nothing(quiet):
    last = last_visits(quiet)
    lost = (last["followup_status"] != "interviewed").to_numpy()
    stayed = of_their_family(quiet, last, quiet.truth["stayed_out"]) == 1
    assert abs(lost[~stayed].mean() - lost[stayed].mean()) < 0.12


def test_only_the_interviewed_say_how_they_live(province):
    visits = province.followups
    met = visits["followup_status"] == "interviewed"
    assert visits.loc[met, ANSWERS].notna().all(axis=None)
    assert visits.loc[~met, ANSWERS].isna().all(axis=None)


def test_a_register_tells_of_re_entries_also_of_families_that_nobody_met(province):
    visits = province.followups
    back = visits["reentered_program"] == "yes"
    assert visits["reentered_program"].notna().all()
    assert visits.loc[back, ["reentry_date", "reentry_reason"]].notna().all(axis=None)
    assert visits.loc[~back, ["reentry_date", "reentry_reason"]].isna().all(axis=None)
    assert (back & (visits["followup_status"] != "interviewed")).any()
    assert (visits["reentry_date"] < visits["followup_date"])[back].all()


def test_only_who_left_can_come_back(province):
    last = last_visits(province)
    decision = of_their_family(province, last, pd.Series(province.decisions["decision"].to_numpy()))
    assert set(decision[(last["reentered_program"] == "yes").to_numpy()]) == {"graduated"}


def test_bad_luck_has_a_name_and_hurts(province):
    met = province.followups.dropna(subset="percap_month_idr")
    hit = met["shock_12m"] != "none"
    assert 0.1 < hit.mean() < 0.35
    assert met.loc[hit, "welfare_to_line"].median() < 0.85 * met.loc[~hit, "welfare_to_line"].median()


def test_recorded_loss_hangs_on_the_recorded_income_alone(jamsosratu):
    params = jamsosratu.simulation.model_copy(
        update={
            "province": "recorded",
            "visits": jamsosratu.simulation.visits.model_copy(update={"retained": 1.0, "odds": 4.0}),
        }
    )
    made = simulate(jamsosratu.instrument, params, households=4000, waves=1, seed=3, given_answers=0)
    last = last_visits(made)
    lost = (last["followup_status"] != "interviewed").to_numpy()
    poor = of_their_family(made, last, made.assessments["percap_to_line"]) < 1
    stayed = of_their_family(made, last, made.truth["stayed_out"]) == 1
    assert lost[poor].mean() > lost[~poor].mean() + 0.15
    assert abs(lost[poor & stayed].mean() - lost[poor & ~stayed].mean()) < 0.06


def test_nobody_is_written_down_as_richer_than_the_forms_allow(jamsosratu):
    rich = jamsosratu.simulation.welfare.model_copy(update={"middle": 3.0})
    params = jamsosratu.simulation.model_copy(update={"welfare": rich})
    made = simulate(jamsosratu.instrument, params, households=300, waves=1, seed=1, given_answers=0)
    assert made.followups["welfare_to_line"].max() < 30
    assert made.assessments["percap_to_line"].max() < 30
