"""What a user can get wrong: one line that says what, where and how to mend, the exit code of the house, no remains."""

import json
import shutil

import pandas as pd
import pytest

from graduation_model.cli import main


@pytest.fixture
def data(year, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("assessments", "followups", "decisions", "poverty_lines"):
        shutil.copy(year.data / f"{name}.parquet", folder)
    return folder


def _fails(capsys, words, message, tmp_path, code=2):
    before = set(tmp_path.rglob("*"))
    assert main([str(word) for word in words]) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1
    assert set(tmp_path.rglob("*")) == before


def _change(folder, table, change):
    path = folder / f"{table}.parquet"
    change(pd.read_parquet(path)).to_parquet(path)


CHANGES = [
    (lambda t: t.drop(columns="hh_size"), "columns are missing: hh_size"),
    (lambda t: t.iloc[:0], "The file holds no rows"),
    (lambda t: t[["household_id"]], "data of another programme"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
@pytest.mark.parametrize("command", ["train", "score", "check"])
def test_data_that_cannot_be_read_stops_every_command_alike(year, data, tmp_path, capsys, command, change, message):
    _change(data, "assessments", change)
    words = [command, "--programme", year.programme, "--data", data, "--out", tmp_path / "out"]
    words += ["--as-of", "2019-12-31", "--tracking", tmp_path] if command != "check" else []
    words += ["--model", year / "train" / "bundle"] if command == "score" else []
    _fails(capsys, words, message, tmp_path)


def test_a_missing_folder_or_programme_is_named(year, tmp_path, capsys):
    _fails(
        capsys,
        ["check", "--programme", year.programme, "--data", tmp_path / "none", "--out", tmp_path / "out"],
        "There is no such folder",
        tmp_path,
    )
    _fails(
        capsys,
        ["check", "--programme", "nowhere", "--data", year.data, "--out", tmp_path / "out"],
        "There is no programme.yaml",
        tmp_path,
    )


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("2016-12-31", "No label is due by 2016-12-31"),
        ("2010-12-31", "No assessment is dated on or before 2010-12-31"),
        ("31/12/2019", "This is no date"),
    ],
)
def test_an_as_of_date_before_anything_is_known_is_refused(year, tmp_path, capsys, as_of, message):
    _fails(
        capsys,
        [
            "train",
            "--programme",
            year.programme,
            "--data",
            year.data,
            "--as-of",
            as_of,
            "--out",
            tmp_path / "out",
            "--tracking",
            tmp_path,
        ],
        message,
        tmp_path,
    )


def test_a_cohort_of_nobody_is_refused(year, tmp_path, capsys):
    _fails(
        capsys,
        [
            "score",
            "--programme",
            year.programme,
            "--data",
            year.data,
            "--as-of",
            "2027-12-31",
            "--model",
            year / "train" / "bundle",
            "--out",
            tmp_path / "out",
        ],
        "No family",
        tmp_path,
    )


def test_a_model_of_another_programme_is_refused(year, tmp_path, capsys):
    _fails(
        capsys,
        [
            "score",
            "--programme",
            "configs/juntos",
            "--data",
            year.data,
            "--as-of",
            "2020-12-31",
            "--model",
            year / "train" / "bundle",
            "--out",
            tmp_path / "out",
        ],
        "of programme 'jamsosratu', not 'juntos'",
        tmp_path,
    )


def test_a_bundle_with_one_byte_changed_is_refused(year, tmp_path, capsys):
    bundle = shutil.copytree(year / "train" / "bundle", tmp_path / "bundle")
    text = (bundle / "component_own_trees.txt").read_bytes()
    (bundle / "component_own_trees.txt").write_bytes(text.replace(b"1", b"2", 1))
    _fails(
        capsys,
        [
            "score",
            "--programme",
            year.programme,
            "--data",
            year.data,
            "--as-of",
            "2020-12-31",
            "--model",
            bundle,
            "--out",
            tmp_path / "out",
        ],
        "component_own_trees.txt",
        tmp_path,
    )


def test_scores_that_changed_since_they_were_written_are_not_selected_from(year, tmp_path, capsys):
    scores = shutil.copytree(year / "scores", tmp_path / "scores")
    part = scores / "scores" / "part-00000.parquet"
    pd.read_parquet(part).assign(probability=0.99).to_parquet(part)
    _fails(
        capsys,
        ["select", "--programme", year.programme, "--scores", scores, "--out", tmp_path / "out"],
        "Files changed since they were written, or are gone: 1",
        tmp_path,
    )


def test_a_folder_that_holds_something_else_is_not_overwritten(year, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "letter.txt").write_text("keep me")
    _fails(
        capsys,
        ["check", "--programme", year.programme, "--data", year.data, "--out", out],
        "holds something else",
        tmp_path,
    )
    _fails(
        capsys,
        ["select", "--programme", year.programme, "--scores", year / "scores", "--out", year / "scores"],
        "holds the output of 'score'",
        tmp_path,
    )


def test_visits_without_a_poverty_line_stop_every_command_and_say_which(year, data, tmp_path, capsys):
    _change(data, "poverty_lines", lambda table: table[~table["area_code"].isin(["3671", "3672"])])
    words = ["check", "--programme", year.programme, "--data", data, "--out", tmp_path / "out"]
    said = "visits have no poverty line of the 18 months before them: 3671 in 2016-09 to 2020-11 ("
    _fails(capsys, words, said, tmp_path)


def test_words_that_no_command_knows_end_with_two(capsys):
    assert main(["train", "--programe", "x"]) == 2
    assert main(["graduate"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_check_counts_planted_faults_and_ends_with_one(year, data, tmp_path, capsys):
    def plant(table):
        table = table.astype({"hh_size": "object", "floor": "object"})
        table.loc[3, "hh_size"] = "four"
        table.loc[5, "floor"] = "marble palace"
        return pd.concat([table.astype({"hh_size": "str"}), table.iloc[[9]].assign(hh_size="3")])

    _change(data, "assessments", plant)
    words = ["check", "--programme", year.programme, "--data", data, "--out", tmp_path / "out"]
    assert main([str(word) for word in words]) == 1
    found = pd.read_parquet(tmp_path / "out" / "quarantine.parquet")
    assert set(found.loc[found["effect"] == "kept", "rule"]) <= {"assets_lost"}  # simulated families lose goods, too
    found = found[found["effect"] != "kept"]
    assert found["rule"].value_counts().to_dict() == {"duplicate_key": 2, "not_a_number": 1, "not_an_allowed_answer": 1}
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["counts"]["assessments"]["rows_set_aside"] == 4
    for page in (tmp_path / "out" / "check.html", tmp_path / "out" / "en" / "check.html"):
        text = page.read_text(encoding="utf-8")
        assert "hh_size" in text
        assert "marble palace" not in text  # a page that is passed on shows columns and counts, not answers


def test_a_family_whose_only_assessment_was_set_aside_is_not_lost(year, data, tmp_path):
    table = pd.read_parquet(data / "assessments.parquet")
    last = pd.to_datetime(table["assessment_date"]) > "2020-01-01"
    family = table.loc[last, "household_id"].iloc[0]
    _change(data, "assessments", lambda t: t.assign(hh_size=t["hh_size"].mask(t["household_id"] == family)))
    words = [
        "score",
        "--programme",
        year.programme,
        "--data",
        data,
        "--as-of",
        "2020-12-31",
        "--model",
        year / "train" / "bundle",
        "--out",
        tmp_path / "out",
    ]
    assert main([str(word) for word in words]) == 0
    left = pd.read_parquet(tmp_path / "out" / "not_scored.parquet").set_index("household_id")
    assert left.loc[family, "reason"] == "assessment_set_aside"


def test_a_bug_keeps_its_traceback_and_ends_with_seventy(monkeypatch, capsys, caplog):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("graduation_model.commands.simulate.simulate", broken)
    assert main(["simulate", "--programme", "jamsosratu", "--out", "x"]) == 70
    assert "ZeroDivisionError" in caplog.text
