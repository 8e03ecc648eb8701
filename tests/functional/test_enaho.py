"""The main job on 71,359 real household visits. Skipped, saying so, where the panel is not."""

import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graduation_model.cli import main
from graduation_model.cohort.cohorts import build_cohort, build_cohorts
from graduation_model.config import load_programme
from graduation_model.ingest.load import load_tables

ROOT = Path(__file__).parents[2]
ENAHO = os.environ.get("ENAHO", "")
pytestmark = pytest.mark.skipif(
    not (Path(ENAHO) / "assessments.parquet").is_file() or not ENAHO,
    reason="ENAHO is not set to a folder with the panel (configs/juntos/README.md)",
)


@pytest.fixture(scope="module")
def juntos():
    return load_programme(ROOT / "configs" / "juntos")


@pytest.fixture(scope="module")
def tables(juntos):
    return load_tables(ENAHO, instrument=juntos.instrument, params=juntos.ingest, codebooks=juntos.codebooks)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Train, score, select and report, one after the other."""
    out = tmp_path_factory.mktemp("juntos")
    programme = ["--programme", str(ROOT / "configs" / "juntos")]
    data = ["--data", ENAHO]
    steps = [
        ["train", *programme, *data, "--as-of", "2017-12-31", "--out", out / "train", "--tracking", out],
        [
            "score",
            *programme,
            *data,
            "--as-of",
            "2018-12-31",
            "--model",
            out / "train" / "bundle",
            "--out",
            out / "scores",
        ],
        ["select", *programme, "--scores", out / "scores", "--quota", 250, "--out", out / "selection"],
        ["report", *programme, "--selection", out / "selection", "--out", out / "report"],
    ]
    for words in steps:
        assert main([str(word) for word in words]) == 0, words[0]
    return out


@pytest.fixture(scope="module")
def evaluation(run):
    return pd.read_parquet(run / "train" / "evaluation.parquet")


COHORTS = [
    # cohort, families with a label, share that stayed out, own training rows known at the end of that year
    (2015, 936, 0.379, 381),
    (2016, 902, 0.395, 906),
    (2017, 927, 0.374, 1842),
]


@pytest.mark.parametrize(("year", "labelled", "rate", "known"), COHORTS)
def test_the_cohorts_are_those_that_were_published(juntos, tables, year, labelled, rate, known):
    date = pd.Timestamp(f"{year}-12-31")
    cohort = build_cohort(
        tables.assessments,
        tables.followups,
        date,
        known_by=pd.Timestamp("2019-12-31"),
        params=juntos.cohort,
        label=juntos.label,
    )
    past = build_cohorts(tables.assessments, tables.followups, date, params=juntos.cohort, label=juntos.label)
    assert cohort["label"].notna().sum() == labelled
    assert cohort["label"].mean() == pytest.approx(rate, abs=0.0005)
    assert past["label"].notna().sum() == known


def test_every_visit_is_kept_and_what_no_codebook_knows_is_set_aside(tables):
    assert len(tables.assessments) == 71_359
    assert tables.counts["followups"] == {
        "read": 88_285,
        "kept": 60_675,
        "identical_repeats": 27_610,
        "rows_set_aside": 0,
        "answers_set_aside": 0,
    }
    unknown = tables.quarantine[tables.quarantine["rule"] == "not_in_codebook"]["column"].value_counts()
    assert unknown.to_dict() == {"cooking_fuel": 506, "max_educ_level": 95, "toilet_type": 56}


@pytest.fixture(scope="module")
def overall(evaluation):
    """Value by metric, model and test year, of the programme's families."""
    rows = evaluation[
        (evaluation["group"] == "all") & (evaluation["population"] == "programme") & (evaluation["baseline"] == "")
    ]
    return rows.set_index(["metric", "model", "test_year"])["value"].sort_index()


def test_the_models_tell_the_cohorts_apart(overall):
    assert overall["auc", "stack", 2016] >= 0.80
    assert overall["auc", "stack", 2017] >= 0.785
    assert overall["auc", "lightgbm", 2017] >= 0.77
    assert overall["auc", "logistic", 2017] >= 0.77


@pytest.mark.parametrize("other", ["lightgbm", "logistic", "pmt", "weighted_sum", "status_now"])
def test_the_stack_is_ahead_of_every_other_model_in_every_year(overall, other):
    assert (overall["auc", "stack"] > overall["auc", other]).all()
    assert (overall["brier", "stack"] < overall["brier", other]).all()


def test_over_all_years_the_stack_gains_on_lightgbm_beyond_chance(evaluation):
    rows = evaluation.query("group == 'test_years' and population == 'programme' and metric == 'auc'")
    found = rows.set_index(["model", "baseline"]).loc[("stack", "lightgbm")]
    assert found["value"] >= 0.015
    assert found["low"] > 0


@pytest.mark.parametrize("year", [2016, 2017])
def test_the_stacks_slope_is_near_one(overall, year):
    assert 0.85 <= overall["calibration_slope", "stack", year] <= 1.15


def test_among_all_poor_households_the_stack_is_ahead_too(evaluation):
    rows = evaluation.query("population == 'poor' and group == 'all' and metric == 'auc' and baseline == ''")
    auc = rows.set_index(["model", "test_year"])["value"]
    for year in (2016, 2017):
        assert auc["stack", year] > max(auc["lightgbm", year], auc["logistic", year])
        assert auc["stack", year] >= 0.715


def test_every_model_stands_in_every_year_with_every_metric(evaluation):
    overall = evaluation[
        (evaluation["group"] == "all") & (evaluation["baseline"] == "") & (evaluation["population"] == "programme")
    ]
    metrics = {
        "auc",
        "average_precision",
        "brier",
        "precision_at_quota",
        "recall_at_quota",
        "false_graduations_at_quota",
        "calibration_in_the_large",
    }
    found = overall[overall["metric"].isin(metrics)].groupby(["model", "test_year"])["metric"].nunique().unstack()
    assert set(found.index) == {"stack", "lightgbm", "logistic", "pmt", "weighted_sum", "status_now", "random"}
    assert (found == len(metrics)).all(axis=None)
    assert list(found.columns) == [2015, 2016, 2017]


def test_the_quota_is_a_ceiling_that_stays_mostly_empty(run):
    chosen = pd.read_parquet(run / "selection" / "selection.parquet")
    scores = pd.read_parquet(run / "scores" / "scores")
    assert len(chosen) == len(scores) == 1310
    assert 0 < chosen["selected"].sum() < 250
    assert (
        scores.loc[scores["household_id"].isin(chosen.loc[chosen["selected"], "household_id"]), "probability"].min()
        >= 5 / 6 + 0.05
    )


def test_contributions_add_up_for_every_family(run):
    table = pd.read_parquet(run / "scores" / "contributions").drop(columns="household_id")
    scores = pd.read_parquet(run / "scores" / "scores")
    np.testing.assert_allclose(table.sum(axis=1), scores["log_odds"], atol=1e-6)


def test_raising_an_answer_with_a_direction_never_lowers_a_score(juntos, tables, run):
    """Answers, not features, are raised: ratios, ranks and changes move with them."""
    from graduation_model.cohort.cohorts import eligible_rows
    from graduation_model.cohort.dates import as_of_dates
    from graduation_model.estimators.bundle import load_bundle
    from graduation_model.features import feature_matrix, wave_context

    bundle, date = load_bundle(run / "train" / "bundle"), pd.Timestamp("2018-12-31")
    known = tables.assessments[tables.assessments["assessment_date"] <= date].reset_index(drop=True)
    context = wave_context(
        known, as_of_dates(known, date, juntos.cohort), bundle.catalogue, cluster=juntos.cohort.cluster
    )
    rows = known.iloc[eligible_rows(known, date, juntos.cohort)[:300]]
    before = bundle.model.log_odds(feature_matrix(rows, context, bundle.catalogue))
    raised = 0
    for question in juntos.instrument.questions:
        if not question.sign or question.name not in bundle.catalogue.questions:
            continue
        answers = rows[question.name]
        if question.is_numeric:
            higher = answers + 1
        else:
            codes = answers.cat.codes.where(
                answers.cat.codes < 0, (answers.cat.codes + 1).clip(upper=len(question.levels) - 1)
            )
            higher = pd.Series(pd.Categorical.from_codes(codes, dtype=answers.dtype), index=rows.index)
        after = bundle.model.log_odds(feature_matrix(rows.assign(**{question.name: higher}), context, bundle.catalogue))
        assert (question.sign * (after - before) >= -1e-6).all(), question.name
        raised += 1
    assert raised >= 10


def test_the_readmes_table_is_what_comes_out(evaluation):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    row = re.search(r"\| additive stack \|(.*)\|", text)
    assert row
    shown = [float(cell.split("[")[0]) for cell in row[1].split("|")]
    auc = evaluation[
        (evaluation["group"] == "all")
        & (evaluation["metric"] == "auc")
        & (evaluation["baseline"] == "")
        & (evaluation["model"] == "stack")
        & (evaluation["population"] == "programme")
    ].sort_values("test_year")["value"]
    np.testing.assert_allclose(shown, auc, atol=0.002)
