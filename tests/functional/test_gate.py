"""From training to champion by the command line: the gate's word, what the run keeps, going back, and expiry."""

import io
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

import graduation_model
from graduation_model.cli import main
from graduation_model.commands.train import example_answers
from graduation_model.config import load_programme
from graduation_model.tracking import TrainingRecord, log_training, read_run, tracking_uri
from graduation_model.tracking.session import open_client

NAME = "jamsosratu"
FILES = ("evidence.json", "predictions.parquet")


@pytest.fixture
def store(year, tmp_path, monkeypatch):
    """A copy of the year's tracking store, with its version 1."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copy(year / "mlflow.db", tmp_path / "mlflow.db")
    return tmp_path


def promote(year, store, *words):
    return main(["promote", "--programme", str(year.programme), "--tracking", str(store), *map(str, words)])


def register(year, store, *, as_of):
    """Register the year's bundle once more, as if it had forecast very well, and had been trained on another day."""
    run = read_run(NAME, "1", FILES, uri=tracking_uri(store))
    evidence = json.loads(run.files["evidence.json"].read_text()) | {"as_of": as_of}
    kept = pd.read_parquet(run.files["predictions.parquet"])
    rng = np.random.default_rng(1)
    z = rng.normal(size=len(kept)) * 1.5
    happened = (rng.random(len(kept)) < 1 / (1 + np.exp(-z))).astype(float)
    kept = kept.assign(stack=1 / (1 + np.exp(-z)), y_by_as_of=happened)
    content = io.BytesIO()
    kept.to_parquet(content)
    record = TrainingRecord(
        programme=NAME, params={}, datasets={}, bundle_folder=year / "train" / "bundle",
        evaluation=pd.read_parquet(year / "train" / "evaluation.parquet"),
        example=example_answers(load_programme(year.programme)),
        artifacts={"evidence.json": json.dumps(evidence), "predictions.parquet": content.getvalue()},
    )  # fmt: skip
    return log_training(record, uri=tracking_uri(store)).version


def test_the_run_keeps_what_the_gate_reads_and_no_id(year):
    run = read_run(NAME, "1", [*FILES, "fairness.parquet"], uri=tracking_uri(year.root))
    kept = pd.read_parquet(run.files["predictions.parquet"])
    assert {"test_year", "family", "y_by_as_of", "lightgbm", "random", "head_sex"} <= set(kept)
    assert not {"household_id", "facilitator_id", "village_code", "district_code"} & set(kept)
    # A year with fewer labelled families than this was not tested; the others wait for their outcome.
    assert kept.groupby("test_year").size().min() > kept.groupby("test_year")["y"].count().max() > 0
    assert json.loads(run.files["evidence.json"].read_text())["leaks"] == []
    assert "fairness.parquet" in run.files


def test_an_open_gate_makes_a_champion_its_successor_is_compared_with_it_and_rollback_goes_back(year, store, capsys):
    first, second = (register(year, store, as_of=day) for day in ("2019-12-31", "2020-12-31"))
    assert promote(year, store, "--version", first, "--approver", "Siti") == 0
    said = capsys.readouterr().out
    assert "passed: Better at the quota" in said
    assert "Compared with the best of the simple ways" in said
    assert promote(year, store, "--version", second, "--approver", "Siti") == 0
    said = capsys.readouterr().out
    assert f"Compared with the champion, version {first}, on the same families." in said
    assert "Not worse, and learnt from later years" in said
    client = open_client(tracking_uri(store))
    version = client.get_model_version(NAME, second)
    assert (version.tags["promotion.approver"], version.tags["gate.opens"]) == ("Siti", "true")
    assert "not_worse_fresher" in version.tags["promotion.reason"]
    kept = {file.path for file in client.list_artifacts(version.run_id, "gate")}
    assert kept == {"gate/verdict.json", "gate/verdict.md"}
    assert promote(year, store, "--rollback", "--approver", "Budi") == 0
    assert f"Champion: version {first}, approved by Budi" in capsys.readouterr().out


def test_a_closed_gate_prints_its_reasons_ends_with_3_and_leaves_the_champion(year, store, capsys):
    # A programme that asks for more families than were tested.
    folder = shutil.copytree(year.programme, store / "strict")
    path = folder / "programme.yaml"
    text = re.sub(r"(?m)^  gate: .*$", "  gate: {min_labelled: 1000000}", path.read_text("utf-8"))
    path.write_text(text, encoding="utf-8")
    words = ["--programme", str(folder), "--tracking", str(store), "--version", "1", "--approver", "Siti"]
    assert main(["promote", *words, "--language", "id"]) == 3
    said = capsys.readouterr().out
    assert said.startswith("Gerbang tetap tertutup")
    assert "sedikitnya 1.000.000 diperlukan" in said
    assert "There is still no champion" in said
    version = open_client(tracking_uri(store)).get_model_version(NAME, "1")
    assert (version.tags["gate.opens"], version.tags["gate.approver"]) == ("false", "Siti")


def test_a_gate_setting_that_does_not_exist_is_refused(year, store, capsys):
    folder = shutil.copytree(year.programme, store / "wrong")
    path = folder / "programme.yaml"
    text = re.sub(r"(?m)^  gate: .*$", "  gate: {marginn: 0.1}", path.read_text("utf-8"))
    path.write_text(text, encoding="utf-8")
    assert main(["promote", "--programme", str(folder), "--version", "1", "--approver", "Siti"]) == 2
    assert "'evaluation.gate.marginn' is not a setting" in capsys.readouterr().err


def test_nobody_can_approve_namelessly(year, store, capsys):
    assert promote(year, store, "--version", "1") == 2
    assert promote(year, store, "--version", "1", "--approver", " ") == 2
    assert "Nobody approves" in capsys.readouterr().err


def test_the_cards_are_written_in_both_languages(year):
    train = year / "train"
    for name in ("model_card.md", "model_card.en.md", "points_card.md", "points_card.en.md"):
        text = (train / name).read_text(encoding="utf-8")
        assert text.startswith("# ")
        assert "nan" not in re.findall(r"[a-z]+", text.lower())
    for name in ("model_card.html", "points_card.html"):
        page = (train / name).read_text(encoding="utf-8")
        assert page.count('type="radio"') == 2
        assert "http" not in page


def test_a_model_past_its_date_still_scores_and_every_page_says_so(year, tmp_path, capsys, caplog):
    from graduation_model.estimators.bundle import load_bundle, save_bundle

    bundle = load_bundle(year / "train" / "bundle")
    late = bundle.card.model_copy(update={"expires": "2020-06-30"})
    save_bundle(type(bundle)(**{**vars(bundle), "card": late}), tmp_path / "late")
    programme, out = str(year.programme), tmp_path
    scored = graduation_model.score(
        programme=programme, data=year.data, as_of="2020-12-31", model=tmp_path / "late", out=out / "scores"
    )
    assert "expired on 2020-06-30" in scored.story()
    assert "The model expired on 2020-06-30" in caplog.text
    graduation_model.select(programme=programme, scores=out / "scores", quota=5, out=out / "selection")
    chosen = json.loads((out / "selection" / "manifest.json").read_text(encoding="utf-8"))
    assert (chosen["model"]["expired"], chosen["model"]["expires"]) == (True, "2020-06-30")
    graduation_model.report(programme=programme, selection=out / "selection", out=out / "report")
    pages = list((out / "report").rglob("*.html"))
    for page in pages:
        english = "en" in page.relative_to(out / "report").parts
        said = "Out of date: this model was meant for use up to 30 June 2020" if english else "Kedaluwarsa: model ini"
        assert said in page.read_text(encoding="utf-8")
    # The year's own pages come from a model that is in date.
    assert "Kedaluwarsa" not in (year / "report" / "index.html").read_text(encoding="utf-8")
