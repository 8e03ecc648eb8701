"""The facilitators' audit against a province whose facilitators are known, and what it must never say."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from graduation_model.cohort.dates import as_of_dates
from graduation_model.config import load_programme
from graduation_model.features import catalogue, feature_matrix, wave_context
from graduation_model.monitoring.facilitators import facilitator_audit, judgements, random_intercepts, recorded_facts
from graduation_model.monitoring.habits import habits
from graduation_model.monitoring.params import AuditParams
from graduation_model.simulation import simulate

PARAMS = AuditParams(duration="interview_duration_min", round_amount=500_000.0)


@pytest.fixture(scope="module")
def province():
    """The last of two waves of some 70 facilitators with about 144 families each, with the truth of each visit."""
    programme = load_programme("configs/jamsosratu")
    made = simulate(programme.instrument, programme.simulation, households=10_000, waves=2, seed=5)
    visits = made.assessments
    last = (visits["assessment_date"].dt.year == visits["assessment_date"].dt.year.max()).to_numpy()
    now = visits[last].reset_index(drop=True)
    features = catalogue(programme.instrument, programme.features)
    ends = as_of_dates(visits, visits["assessment_date"].max(), programme.cohort)
    context = wave_context(visits, ends, features, cluster=programme.cohort.cluster)
    judged = judgements(now, programme.instrument)
    facts = feature_matrix(now, context, recorded_facts(features, programme.instrument))
    return programme, now, judged, facts, made.truth[last].reset_index(drop=True)


def test_leniency_goes_with_the_true_one_and_its_interval_does_not_take_it_for_its_opposite(province):
    _, now, judged, facts, truth = province
    table = facilitator_audit(judged, facts, now["facilitator_id"], PARAMS).set_index("facilitator_id")
    true = truth.groupby(now["facilitator_id"].astype("str"))["leniency"].first()[table.index]
    assert np.corrcoef(table["leniency"], true)[0, 1] > 0.9
    told = table[table["verdict"].isin(["lenient", "severe"])]
    assert len(told) > 10
    assert (np.sign(told["leniency"]) == np.sign(true[told.index])).all()


def test_facts_are_no_judgements_and_know_no_neighbour(province):
    programme, _, _, facts, _ = province
    subjective = {question.name for question in programme.instrument.questions if question.subjective}
    assert not subjective & {name.split("=")[0] for name in facts}
    assert not [name for name in facts if name.endswith("__neighbours")]


def test_of_a_facilitator_with_seven_families_nothing_is_said_and_they_weigh_less_than_many(province):
    _, now, judged, facts, _ = province
    one = now["facilitator_id"] == now["facilitator_id"].iloc[0]
    raised = judged.mask(one, 1.5)  # every family is judged alike: far above the others
    rows = {}
    for families in (7, 40):
        kept = one.cumsum().le(families) | ~one
        table = facilitator_audit(raised[kept], facts[kept], now.loc[kept, "facilitator_id"], PARAMS)
        rows[families] = table[table["facilitator_id"] == now["facilitator_id"].iloc[0]].iloc[0]
    assert (rows[7]["families"], rows[7]["verdict"]) == (7, "too_few")
    assert rows[40]["verdict"] == "lenient"
    assert 0 < rows[7]["leniency"] < rows[40]["leniency"]
    assert rows[7]["high"] - rows[7]["low"] > rows[40]["high"] - rows[40]["low"]


def judged_by(differ: float, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Twenty facilitators with 10 to 67 families each: the score, what is expected, who."""
    rng = np.random.default_rng(seed)
    who = np.repeat([f"F{i:02d}" for i in range(20)], 10 + 3 * np.arange(20))
    expected = rng.normal(size=len(who))
    leniency = pd.Series(rng.normal(size=20) * differ, index=np.unique(who))
    return 0.5 * expected + leniency[who].to_numpy() + rng.normal(size=len(who)), expected, who


def test_the_intercepts_are_those_of_a_mixed_model_by_another_hand():
    score, expected, who = judged_by(0.4)
    effect, error = random_intercepts(score, expected, who)
    fitted = MixedLM(score, np.column_stack([np.ones(len(score)), expected]), groups=who).fit(reml=True)
    theirs = pd.Series({name: value.iloc[0] for name, value in fitted.random_effects.items()})
    spread = pd.Series({name: np.sqrt(value.iloc[0, 0]) for name, value in fitted.random_effects_cov.items()})
    np.testing.assert_allclose(effect, theirs[effect.index], atol=1e-4)
    np.testing.assert_allclose(error, spread[error.index], atol=1e-4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", range(8))
def test_where_facilitators_do_not_differ_the_audit_ends_and_tells_nobody(seed):
    score, expected, who = judged_by(0.0, seed=seed)
    judged, facts = pd.DataFrame({"mood": score}), pd.DataFrame({"fact": expected, "nowhere": np.nan})
    table = facilitator_audit(judged, facts, who, PARAMS)
    assert set(table["verdict"]) <= {"usual", "too_few"}
    assert table[["leniency", "low", "high"]].notna().all(axis=None)


def test_the_table_is_no_ranking(province):
    _, now, judged, facts, _ = province
    table = facilitator_audit(judged, facts, now["facilitator_id"], PARAMS)
    assert table["facilitator_id"].is_monotonic_increasing


def test_where_nobody_judges_there_is_no_audit(province):
    _, now, judged, facts, _ = province
    assert facilitator_audit(judged.iloc[:, :0], facts, now["facilitator_id"], PARAMS).empty


def test_who_copies_sheets_is_found_and_nobody_else(province):
    programme, now, judged, _, truth = province
    table = habits(now, judged, programme.instrument, PARAMS, programme.ingest.checks)
    told = set(table.loc[(table["habit"] == "copied_sheets") & (table["verdict"] == "told"), "facilitator_id"])
    copies = truth["copied"].groupby(now["facilitator_id"].astype("str")).any()
    assert told == set(copies.index[copies])
    assert told


def test_short_interviews_are_told_only_of_whom_they_are_a_habit(province):
    programme, now, judged, _, _ = province
    first, second = sorted(now["facilitator_id"].unique())[:2]
    order = now.groupby("facilitator_id", observed=True).cumcount()
    hurried = ((now["facilitator_id"] == first) & (order % 3 == 0)) | ((now["facilitator_id"] == second) & (order == 0))
    visits = now.assign(interview_duration_min=now["interview_duration_min"].mask(hurried, 2.0))
    table = habits(visits, judged, programme.instrument, PARAMS, programme.ingest.checks)
    short = table[table["habit"] == "short_interviews"]
    assert short.loc[short["verdict"] == "told", "facilitator_id"].tolist() == [first]


def test_answers_just_past_a_threshold_are_told_where_others_spread_evenly():
    programme = load_programme("configs/jamsosratu")
    n = 2_000
    rng = np.random.default_rng(1)
    visits = pd.DataFrame(
        {
            "household_id": [f"H{i}" for i in range(n)],
            "assessment_date": pd.Timestamp("2020-10-01"),
            "facilitator_id": np.repeat([f"F{i:02d}" for i in range(20)], n // 20),
            "percap_to_line": rng.uniform(1.0, 1.4, n),
        }
    )
    bunched = (visits["facilitator_id"] == "F07") & visits["percap_to_line"].between(1.08, 1.2)
    visits["percap_to_line"] = visits["percap_to_line"].mask(bunched, 1.205)
    params = AuditParams(thresholds={"percap_to_line": 1.2}, habit=1.3)
    table = habits(visits, visits.iloc[:, :0], programme.instrument, params, programme.ingest.checks)
    past = table[table["habit"] == "just_past_threshold"]
    assert past.loc[past["verdict"] == "told", "facilitator_id"].tolist() == ["F07"]
