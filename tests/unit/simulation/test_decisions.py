from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graduation_model.simulation import simulate


def of_province(jamsosratu, name):
    params = jamsosratu.simulation.model_copy(update={"province": name})
    return simulate(jamsosratu.instrument, params, households=3000, waves=1, seed=2, given_answers=0)


def test_everybody_is_decided_on_once_in_the_january_after(province):
    decisions = province.decisions
    assert len(decisions) == len(province.assessments)
    assert (decisions["household_id"] == province.assessments["household_id"]).all()
    assert set(decisions["decision_date"].dt.strftime("%m-%d")) == {"01-20"}
    assert set(decisions["effective_date"].dt.strftime("%m-%d")) == {"02-01"}
    assert (decisions["decision_date"].dt.year == province.truth["wave"] + 1).all()


def test_one_in_twenty_graduates_and_some_leave_otherwise(province):
    share = province.decisions["decision"].value_counts(normalize=True)
    assert share["graduated"] == pytest.approx(0.05, abs=1e-3)
    assert share["exited_natural"] == pytest.approx(0.01, abs=1e-3)
    assert share["exited_admin"] == pytest.approx(0.007, abs=1e-3)


def test_kinds_of_graduation_belong_to_their_decisions(province):
    kinds = province.decisions.groupby("decision")["graduation_kind"].agg(set).to_dict()
    assert kinds["graduated"] == {"mandiri", "kepesertaan", "paksa"}
    assert kinds["exited_natural"] == {"alamiah"}
    others = ["retained", "deferred", "exited_admin"]
    stay = province.decisions[province.decisions["decision"].isin(others)]
    assert stay["graduation_kind"].isna().all()


def test_no_component_is_left_where_the_exit_is_natural(province):
    ended = (province.decisions["decision"] == "exited_natural").to_numpy() & ~province.truth["copied"].to_numpy()
    members = province.assessments.loc[ended, ["n_under5", "n_school_age", "n_pregnant"]].sum(axis=1)
    assert members.eq(0).all()


def test_who_left_or_moved_is_not_assessed_again(province):
    leaves = province.decisions["decision"].isin(["graduated", "exited_natural", "exited_admin"]).to_numpy()
    gone = set(zip(province.assessments["household_id"][leaves], province.truth["wave"][leaves], strict=True))
    seen = province.assessments.assign(wave=province.truth["wave"]).groupby("household_id")["wave"].max()
    assert all(seen[household] == wave for household, wave in gone)


@pytest.mark.parametrize(
    ("name", "income", "mindset", "leniency"),
    [("quiet", False, False, False), ("recorded", True, False, False), ("unrecorded", True, True, True)],
)
def test_what_selection_looks_at(jamsosratu, name, income, mindset, leniency):
    made = of_province(jamsosratu, name)
    graduated = (made.decisions["decision"] == "graduated").to_numpy()
    ratio = made.assessments["percap_to_line"].fillna(0.5)
    level = pd.DataFrame({"income": np.log(ratio.clip(0.05)), "mindset": made.truth["persistent"]})
    level["leniency"] = made.truth["leniency"]
    # What income already says is taken out, since all three hang together through it.
    level["mindset"] -= np.polyval(np.polyfit(level["income"], level["mindset"], 1), level["income"])
    apart = (level[graduated].mean() - level[~graduated].mean()) / level.std()
    assert (apart.abs() > 0.3).to_dict() == {"income": income, "mindset": mindset, "leniency": leniency}


def test_capital_goes_to_graduates_with_a_business(province):
    truth, graduated = province.truth, (province.decisions["decision"] == "graduated").to_numpy()
    assert len(province.uep) == truth["granted"].sum()
    assert truth.loc[truth["granted"], "business"].all()
    assert graduated[truth["granted"].to_numpy()].all()
    assert 0.3 < truth.loc[graduated, "granted"].mean() < 0.6
    assert set(province.uep["business_preexisting"]) == {"yes"}
    assert province.uep["value_idr"].between(1_500_000, 4_000_000).all()
