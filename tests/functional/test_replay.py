"""A family's line again: the same, or what has changed since."""

import json
import shutil
from contextlib import chdir

import pandas as pd
import pytest

import graduation_model
from graduation_model.cli import main
from graduation_model.commands.lock import locked
from graduation_model.commands.replay import SCRATCH
from lib.streamed import AS_OF, BUNDLE, PROGRAMME, province, table, words


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Data, bundle and programme that a test may change, and the scores made from them."""
    root = tmp_path_factory.mktemp("made")
    province(root / "data", 120)
    shutil.copytree(BUNDLE, root / "bundle")
    shutil.copytree(PROGRAMME, root / "programme")
    more = ("--part-rows", 90, "--model", "bundle", "--programme", root / "programme")
    with chdir(root):
        assert main(words(root / "data", root / "scores", *more)) == 0
    return root


@pytest.fixture(scope="module")
def family(made):
    return table(made / "scores", "scores")["household_id"][17]


def _replayed(made, family, **more):
    return graduation_model.replay(scores=made / "scores", household=family, **more)


def test_nothing_changed_gives_every_number_again(made, family, capsys):
    assert main(["replay", "--scores", str(made / "scores"), "--household", family]) == 0
    assert "The same: " in capsys.readouterr().out


def test_what_a_killed_replay_left_is_thrown_away_and_what_another_one_uses_is_not(made, family, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, used = tmp_path / f"{SCRATCH}left", tmp_path / f"{SCRATCH}used"
    for folder in (left, used):
        folder.mkdir()
        (folder / "visits.arrow").write_text("answers")
    with locked(used):
        assert _replayed(made, family).same
    assert [path.name for path in tmp_path.iterdir()] == [used.name]


def test_a_model_named_by_a_relative_path_is_found_again_from_any_folder(made):
    manifest = json.loads((made / "scores" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["model"] == str((made / "bundle").resolve())


def test_a_changed_answer_is_told_with_what_it_moves(made, family, tmp_path, capsys):
    data = shutil.copytree(made / "data", tmp_path / "data")
    visits = pd.read_parquet(data / "assessments.parquet")
    mine = (visits["household_id"] == family) & (visits["assessment_date"] <= AS_OF)
    visits.loc[mine, "income_month_idr"] += 2_000_000
    visits.to_parquet(data / "assessments.parquet")
    assert main(["replay", "--scores", str(made / "scores"), "--household", family, "--data", str(data)]) == 3
    said = capsys.readouterr().out
    assert "The data's assessments.parquet changed" in said
    assert "scores.probability: " in said


def test_another_files_change_is_told_though_the_numbers_are_the_same(made, family, tmp_path):
    programme = made / "programme" / "programme.yaml"
    text = programme.read_bytes()
    programme.write_bytes(text + b"\n# a remark\n")
    try:
        result = _replayed(made, family)
    finally:
        programme.write_bytes(text)
    assert not result.same
    assert not result.differences
    assert [line.split(" changed")[0] for line in result.changed] == ["The programme's programme.yaml"]


def test_another_model_is_told(made, family, tmp_path):
    from dataclasses import replace

    from graduation_model.estimators.bundle import load_bundle, save_bundle

    bundle = load_bundle(BUNDLE)
    save_bundle(replace(bundle, card=bundle.card.model_copy(update={"seed": 99})), tmp_path / "bundle")
    result = _replayed(made, family, model=tmp_path / "bundle")
    assert [line.split(" changed")[0] for line in result.changed] == ["The model"]
    assert [line.split(":")[0] for line in result.differences] == ["scores.bundle_sha256"]


def test_a_score_that_somebody_edited_is_told(made, family, tmp_path):
    scores = shutil.copytree(made / "scores", tmp_path / "scores")
    for part in sorted((scores / "scores").glob("*.parquet")):
        lines = pd.read_parquet(part)
        if family in set(lines["household_id"]):
            name = f"scores/{part.name}"
            lines.assign(probability=0.99).to_parquet(part)
    result = graduation_model.replay(scores=scores, household=family)
    assert result.changed == (f"Not the file that was written: {name}",)
    assert [line.split(":")[0] for line in result.differences] == ["scores.probability"]


def test_what_is_gone_cannot_be_replayed(made, family, tmp_path, capsys):
    words_ = ["replay", "--scores", str(made / "scores"), "--household", family]
    assert main([*words_, "--model", str(tmp_path / "nowhere")]) == 2
    assert main([*words_, "--data", str(tmp_path / "nowhere")]) == 2
    assert main(["replay", "--scores", str(made / "scores"), "--household", "S-unknown"]) == 2
    assert main(["replay", "--scores", str(made / "data"), "--household", family]) == 2
    assert "S-unknown" not in capsys.readouterr().err
