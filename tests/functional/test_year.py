"""A whole year by the command line: what lies where, and that the numbers of one stage are those of the next."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from graduation_model.cli import main
from graduation_model.config import load_programme

CONTRIBUTIONS_ONLY = {"household_id", "base_log_odds"}


def _parts(folder, table):
    return pd.concat([pd.read_parquet(part) for part in sorted((folder / table).glob("*.parquet"))], ignore_index=True)


@pytest.fixture(scope="module")
def scores(year):
    return _parts(year / "scores", "scores")


def test_every_family_of_the_wave_is_scored_or_stands_among_the_not_scored_with_a_reason(year, scores):
    left_out = pd.read_parquet(year / "scores" / "not_scored.parquet")
    assessed = pd.read_parquet(year.data / "assessments.parquet")
    known = assessed[pd.to_datetime(assessed["assessment_date"]) <= "2020-12-31"]["household_id"].unique()
    assert set(scores["household_id"]) | set(left_out["household_id"]) == set(known)
    assert not set(scores["household_id"]) & set(left_out["household_id"])
    assert left_out["reason"].notna().all()


def test_contributions_hold_nothing_else_and_add_up_to_the_decisions_own_log_odds(year, scores):
    table = _parts(year / "scores", "contributions")
    questions = [name for name in table if name not in CONTRIBUTIONS_ONLY]
    assert set(questions) <= set(load_programme(year.programme).instrument.by_name)
    total = table["base_log_odds"] + table[questions].sum(axis=1)
    np.testing.assert_allclose(total, scores["log_odds"], atol=1e-6)
    np.testing.assert_allclose(scores["probability"], expit(scores["log_odds"]), atol=1e-12)


def test_the_first_reasons_are_the_largest_contributions(year, scores):
    table = _parts(year / "scores", "contributions").drop(columns=list(CONTRIBUTIONS_ONLY))
    np.testing.assert_allclose(scores["for_1_contribution"], table.max(axis=1))
    assert (scores["for_1"].to_numpy() == table.idxmax(axis=1).to_numpy()).all()
    assert (scores["against_1"].to_numpy() == table.idxmin(axis=1).to_numpy()).all()


def test_the_list_keeps_to_the_quota_and_to_the_threshold(year, scores):
    chosen = pd.read_parquet(year / "selection" / "selection.parquet").merge(scores, on="household_id")
    params = load_programme(year.programme).selection
    selected = chosen[chosen["selected"]]
    assert 0 < len(selected) <= 40
    assert (selected["probability"] >= params.threshold + params.band - 1e-12).all()
    assert len(chosen) == len(scores)


def test_nobody_is_ready_whose_like_was_never_graduated_and_only_answers_never_seen_forbid_a_word(year, scores):
    selection = pd.read_parquet(year / "selection" / "selection.parquet").merge(scores, on="household_id")
    never, outside = selection["never_graduated"], selection["support"] == "outside"
    assert never.any()
    assert not (selection.loc[never, "recommendation"] == "ready").any()
    incomplete = selection["completeness"] < 0.7
    assert ((selection["recommendation"] == "cannot_say") == (outside | incomplete)).all()


def test_every_family_to_decide_on_has_a_sheet_in_both_languages(year):
    chosen = pd.read_parquet(year / "selection" / "selection.parquet")
    listed = chosen.loc[chosen["recommendation"].isin(["ready", "review"]), "household_id"]
    for root in (year / "report", year / "report" / "en"):
        assert {path.stem for path in (root / "households").glob("*.html")} == set(listed)
        assert (root / "index.html").is_file()
        assert (root / "cohort.html").is_file()


def test_the_report_says_what_would_change_the_recommendation_of_families_with_a_sheet_and_of_no_others(year):
    changes = pd.read_parquet(year / "report" / "changes.parquet")
    listed = pd.read_parquet(year / "selection" / "selection.parquet").query("recommendation in ['ready', 'review']")
    assert set(changes["household_id"]) <= set(listed["household_id"])
    assert changes["step"].between(1, 3).all()
    score = pd.concat(pd.read_parquet(part) for part in (year / "scores" / "scores").glob("*.parquet"))
    log_odds = score.set_index("household_id")["log_odds"].loc[changes["household_id"]].to_numpy()
    assert np.allclose(log_odds, changes["log_odds_now"], atol=1e-6)


def test_every_page_says_that_it_is_simulated_and_names_no_network_address(year):
    pages = list((year / "report").rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert ("SIMULASI" if "en" not in page.relative_to(year / "report").parts else "SIMULATED") in text.upper()
        assert "http://" not in text
        assert "https://" not in text


def test_the_evaluation_holds_every_model_in_every_test_year(year):
    table = pd.read_parquet(year / "train" / "evaluation.parquet")
    overall = table[(table["group"] == "all") & (table["baseline"] == "") & (table["metric"] == "auc")]
    assert set(overall["model"]) == {"stack", "lightgbm", "logistic", "pmt", "weighted_sum", "status_now", "random"}
    assert overall.groupby("model").size().eq(2).all()
    best = overall.set_index(["model", "test_year"])["value"]
    assert (best["stack"] > best["random"] + 0.1).all()


def test_the_label_is_tried_under_other_lines_too(year):
    table = pd.read_parquet(year / "train" / "evaluation.parquet")
    rows = table[(table["group"] == "label") & (table["test_year"] == 2019)]
    assert set(rows["model"]) == {"stack"}
    stayed = rows[rows["metric"] == "share_positive"].set_index("level")["value"]
    assert stayed["at least 1"] > stayed["at least 1.2"] > stayed["at least 1.5"]
    assert rows.loc[rows["metric"] == "auc", "value"].between(0.6, 0.95).all()


def test_a_manifest_says_what_went_in_and_what_came_out(year):
    manifest = json.loads((year / "scores" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == "score"
    assert manifest["parameters"]["as_of"] == "2020-12-31"
    assert set(manifest["inputs"]) == {"assessments.parquet", "poverty_lines.parquet"}
    assert manifest["outputs"]["scores/part-00000.parquet"]["rows"] == manifest["counts"]["scored"]
    assert manifest["explained_by"]["engine"] == "pattern tables"


def test_the_same_inputs_give_the_same_bytes(year, tmp_path):
    words = [
        "--programme",
        str(year.programme),
        "--data",
        str(year.data),
        "--as-of",
        "2020-12-31",
        "--model",
        str(year / "train" / "bundle"),
        "--out",
        str(tmp_path / "again"),
    ]
    assert main(["score", *words]) == 0
    for table in ("contributions/part-00000.parquet", "not_scored.parquet", "quarantine.parquet"):
        assert (tmp_path / "again" / table).read_bytes() == (year / "scores" / table).read_bytes()


def test_a_model_trained_again_on_the_same_data_has_the_same_bytes(year, tmp_path):
    _check_same_model(year, year.data, tmp_path)


def _check_same_model(year, data, tmp_path):
    """Train again; the bundle's manifest holds a hash of every file: the components, their weights, the ranges."""
    words = ["train", "--programme", year.programme, "--data", data, "--as-of", "2019-12-31"]
    assert main([*map(str, words), "--tracking", str(tmp_path), "--out", str(tmp_path / "train")]) == 0
    again, before = (
        (folder / "bundle" / "manifest.json").read_bytes() for folder in (tmp_path / "train", year / "train")
    )
    assert again == before


def test_outcomes_dated_after_the_as_of_date_do_not_change_the_model(year, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    # The manifest says that the families are invented, which the bundle's card repeats.
    for name in ("assessments.parquet", "poverty_lines.parquet", "manifest.json"):
        (data / name).write_bytes((year.data / name).read_bytes())
    for table, date in (("followups", "followup_date"), ("decisions", "decision_date")):
        seen = pd.read_parquet(year.data / f"{table}.parquet")
        seen[pd.to_datetime(seen[date]) <= "2019-12-31"].to_parquet(data / f"{table}.parquet")
    _check_same_model(year, data, tmp_path)
