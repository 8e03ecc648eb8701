"""A programme that has followed nobody up: what is learnt instead is stamped on everything that is made of it."""

import json
import re
import shutil

import pytest

from graduation_model.cli import main


@pytest.fixture(scope="module")
def cold(year, small_programme, tmp_path_factory):
    """The small year as of 2017, with the logistic scorecard alone: no graduate's twelve months are over."""
    root = tmp_path_factory.mktemp("cold")
    programme = shutil.copytree(small_programme, root / "jamsosratu")
    text = (programme / "programme.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^  model: .*$", "  model: logistic", re.sub(r"(?m)^  test_years: .*$", "  test_years: 1", text))
    (programme / "programme.yaml").write_text(text, encoding="utf-8")

    def run(command, *words):
        return main([command, "--programme", str(programme), *map(str, words)])

    tracking = ["--tracking", root]
    assert run("train", "--data", year.data, "--as-of", "2017-12-31", "--out", root / "train", *tracking) == 0
    model = root / "train" / "bundle"
    assert run("score", "--data", year.data, "--as-of", "2017-12-31", "--model", model, "--out", root / "scores") == 0
    assert run("select", "--scores", root / "scores", "--quota", 20, "--out", root / "selection") == 0
    assert run("report", "--selection", root / "selection", "--out", root / "report") == 0
    return root


def _manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_the_next_wave_is_learnt_and_stands_in_the_models_name_and_manifests(cold):
    trained = _manifest(cold / "train")
    assert trained["registered"]["name"] == "jamsosratu-next-wave"
    assert trained["model"]["label_kind"] == "next_wave"
    assert any("Label sustained_exit is passed over" in note for note in trained["notes"])
    assert _manifest(cold / "scores")["model"]["label_kind"] == "next_wave"


def test_the_card_and_every_page_say_so_in_their_language(cold):
    card = (cold / "train" / "model_card.html").read_text(encoding="utf-8")
    assert "Label sementara" in card
    assert "Provisional label" in card
    pages = list((cold / "report").rglob("*.html"))
    assert len(pages) >= 4
    for page in pages:
        english = "en" in page.relative_to(cold / "report").parts
        assert ("Provisional label" if english else "Label sementara") in page.read_text(encoding="utf-8"), page.name


def test_no_list_is_made_of_an_imitation_of_past_decisions(cold, tmp_path, capsys):
    scores = shutil.copytree(cold / "scores", tmp_path / "scores")
    manifest = _manifest(scores)
    manifest["model"]["label_kind"] = "imitation"
    (scores / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    words = [
        "select",
        "--programme",
        str(cold / "jamsosratu"),
        "--scores",
        str(scores),
        "--out",
        str(tmp_path / "list"),
    ]
    assert main(words) == 2
    assert "they are no measure of readiness" in capsys.readouterr().err
    assert not (tmp_path / "list").exists()
