"""No page loses a part in silence: what is gone is said on it, what is there and cannot be read stops the report."""

import json
import shutil

import pytest

from graduation_model.cli import main
from graduation_model.wording import text


@pytest.fixture
def report(year, tmp_path, capsys):
    """Run `report` on the year's list, whose model and training lie in this test's own folder."""
    shutil.copytree(year / "train", tmp_path / "train")
    shutil.copytree(year / "scores", tmp_path / "scores")
    path = tmp_path / "scores" / "manifest.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["parameters"]["model"] = str(tmp_path / "train" / "bundle")
    path.write_text(json.dumps(said), encoding="utf-8")

    def run():
        given = {"--programme": year.programme, "--selection": year / "selection", "--out": tmp_path / "out"}
        given |= {"--scores": tmp_path / "scores", "--tracking": tmp_path}
        capsys.readouterr()
        code = main(["report", *(str(word) for pair in given.items() for word in pair)])
        return code, capsys.readouterr().err

    return run


def _cut(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("part", ["manifest.json", "evaluation.parquet", "bundle/context.parquet"])
def test_a_damaged_training_or_model_stops_the_report(report, tmp_path, part):
    _cut(tmp_path / "train" / part)
    code, said = report()
    assert code == 2, said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("graduation_model.commands.report_inputs.read_manifest", OSError(5, "Input/output error")),
        ("graduation_model.estimators.bundle._uncertainty", RuntimeError("std::bad_alloc")),
    ],
)
def test_a_training_or_model_that_cannot_be_read_stops_the_report(report, tmp_path, monkeypatch, where, error):
    def refused(*_):
        raise error

    monkeypatch.setattr(where, refused)
    code, said = report()
    assert code == 2, said
    assert len(said.splitlines()) == 1
    assert isinstance(error, OSError) or "There is not enough memory" in said
    assert not (tmp_path / "out").exists()


def test_a_training_and_model_that_are_gone_are_missed_on_the_pages_in_both_languages(report, tmp_path, caplog):
    shutil.rmtree(tmp_path / "train")
    assert report()[0] == 0
    assert "What would change a recommendation is left out" in caplog.text
    for language, folder in (("id", tmp_path / "out"), ("en", tmp_path / "out" / "en")):
        sheet = next(folder.glob("households/*.html")).read_text(encoding="utf-8")
        assert text("mentoring.not_looked_for", language) in sheet
        cohort = (folder / "cohort.html").read_text(encoding="utf-8")
        assert text("cohort.not_tested", language).split("'")[-1] in cohort
