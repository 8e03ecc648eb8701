"""From last year's folder to this year's by the command line: what matured, what would change, and who decides."""

import json
import re
import shutil

import pandas as pd
import pytest

import graduation_model
from graduation_model.cli import main


@pytest.fixture(scope="module")
def quick_programme(small_programme, tmp_path_factory):
    """One test year and a scorecard as the challenger: the way is tried here, not the model."""
    folder = shutil.copytree(small_programme, tmp_path_factory.mktemp("quick") / "jamsosratu")
    path = folder / "programme.yaml"
    text = path.read_text(encoding="utf-8").replace("  model: stack", "  model: logistic")
    text = re.sub(r"(?m)^  test_years: .*$", "  test_years: 1", text)
    path.write_text(re.sub(r"(?m)^  bootstrap: .*$", "  bootstrap: 20", text), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def store(year, tmp_path_factory):
    """A copy of the year's tracking store: other tests count on its one version."""
    folder = tmp_path_factory.mktemp("store")
    shutil.copy(year / "mlflow.db", folder / "mlflow.db")
    return folder


@pytest.fixture(scope="module")
def next_year(year, quick_programme, store, tmp_path_factory):
    out = tmp_path_factory.mktemp("next") / "2020"
    words = ["--programme", quick_programme, "--data", year.data, "--as-of", "2020-12-31", "--last", year / "train"]
    code = main(["retrain", *map(str, words), "--quota", "40", "--out", str(out), "--tracking", str(store)])
    assert code == 0
    return out


def test_last_years_model_decides_and_every_family_has_a_line_of_both(next_year, year):
    shadow = pd.read_parquet(next_year / "retrain" / "shadow.parquet")
    decided = pd.read_parquet(next_year / "selection" / "selection.parquet").set_index("household_id")
    assert sorted(shadow["household_id"]) == sorted(decided.index)
    assert shadow.set_index("household_id")["recommendation"].equals(decided["recommendation"].sort_index())
    manifests = [
        json.loads((next_year / name / "manifest.json").read_text()) for name in ("scores", "challenger/scores")
    ]
    sha256 = json.loads((year / "train" / "manifest.json").read_text())["model"]["bundle_sha256"]
    assert [one["model"]["bundle_sha256"] == sha256 for one in manifests] == [True, False]
    moved = shadow["moved_1_contribution"].abs() >= shadow["moved_2_contribution"].abs()
    assert moved.all()
    assert (shadow["changed"] == (shadow["recommendation"] != shadow["recommendation_challenger"])).all()


def test_the_outcomes_that_matured_are_those_that_last_years_model_did_not_learn_from(next_year, year):
    matured = pd.read_parquet(next_year / "retrain" / "matured.parquet").set_index("cohort")
    learnt = json.loads((next_year / "train" / "evidence.json").read_text())
    assert learnt["as_of"] == "2020-12-31"
    assert (matured["matured"] > 0).sum() == 1  # one more cohort a year
    assert matured.loc["2018-12-31", "matured"] > 100
    assert matured.loc["2020-12-31", "not_due"] > 0


def test_nobody_is_promoted_and_the_page_says_with_which_command_a_person_may(next_year, store, quick_programme):
    manifest = json.loads((next_year / "retrain" / "manifest.json").read_text())
    assert "nobody_approves" in manifest["gate"]["failed"]
    for page in ("retrain.html", "en/retrain.html"):
        content = (next_year / "retrain" / page).read_text(encoding="utf-8")
        assert "promote --programme" in content
        assert "--version 2" in content
        assert "http" not in content.replace("http-equiv", "")


def test_the_years_are_remembered_once_beside_the_model_that_decided(
    next_year, store, quick_programme, tmp_path, capsys
):
    words = ["history", "--programme", str(quick_programme), "--tracking", str(store), "--out", str(tmp_path / "out")]
    assert main([*words, str(next_year)]) == 0  # retrain itself remembered all of it
    assert "0 new steps were remembered" in capsys.readouterr().out
    years = pd.read_parquet(tmp_path / "out" / "history.parquet").set_index("as_of")
    assert (years.loc["2019-12-31", "trained"], years.loc["2020-12-31", "trained"]) == ("1", "2")
    assert years.loc["2020-12-31", "decided"] == "1"
    assert years.loc["2020-12-31", "proposed"] <= 40
    assert not years["champion"].any()
    assert (tmp_path / "out" / "history.csv").is_file()


def refused(words, capsys):
    code = main([str(word) for word in words])
    return code, capsys.readouterr().err


def test_last_years_folder_that_was_changed_is_gone_or_is_not_last_years_is_refused(
    year, next_year, quick_programme, tmp_path, capsys
):
    changed = shutil.copytree(year / "train", tmp_path / "changed")
    (changed / "evaluation.parquet").write_bytes(b"other")
    words = ["retrain", "--programme", quick_programme, "--data", year.data, "--out", tmp_path / "out"]
    words += ["--tracking", tmp_path]
    for last, date, said in (
        (changed, "2020-12-31", "Files changed since they were written, or are gone: 1"),
        (tmp_path / "gone", "2020-12-31", "There is no training of last year here"),
        (year / "scores", "2020-12-31", "not of 'train'"),
        (next_year, "2020-12-31", "known on 2020-12-31 already"),
    ):
        code, error = refused([*words, "--last", last, "--as-of", date], capsys)
        assert (code, said in error) == (2, True), error
    assert not (tmp_path / "out").exists()


def test_a_model_that_asked_other_questions_cannot_decide(year, quick_programme, tmp_path, capsys):
    other = shutil.copytree(quick_programme, tmp_path / "jamsosratu")
    path = other / "programme.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("  history: [percap_to_line, n_earners, has_business]\n", "")
    )
    words = ["retrain", "--programme", other, "--data", year.data, "--as-of", "2020-12-31", "--last", year / "train"]
    code, error = refused([*words, "--out", tmp_path / "out", "--tracking", tmp_path], capsys)
    assert code == 2
    assert "trained with other questions" in error
    assert not (tmp_path / "out").exists()


def test_the_gate_says_what_promote_says_afterwards(next_year, store, quick_programme):
    said = json.loads((next_year / "retrain" / "manifest.json").read_text())["gate"]["failed"]
    asked = graduation_model.promote(programme=quick_programme, version="2", approver="A, office", tracking=store)
    assert set(said) - {"nobody_approves"} == set(asked.verdict.failed)
