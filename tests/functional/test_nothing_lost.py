"""A scoring run that is killed or disturbed: what is finished is kept, and nothing half-written looks whole."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graduation_model.cli import main
from graduation_model.estimators.bundle import load_bundle, save_bundle
from graduation_model.scoring.accounts import LostFamiliesError, check_account
from lib.streamed import BUNDLE, PROGRAMME, outputs, province, started, table, words

SMALL = ("--part-rows", 90)  # three parts


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = province(tmp_path_factory.mktemp("province"), 120)
    visits = pd.read_parquet(folder / "assessments.parquet")
    visits.loc[3, "hh_size"] = -1.0  # a visit that is set aside whole
    visits.loc[7, "n_under5"] = 40.0  # an answer that is
    visits = pd.concat([visits, visits.iloc[[11]]], ignore_index=True)  # one that stands there twice
    pq.write_table(_as_written(visits), folder / "assessments.parquet", row_group_size=100)
    return folder


def _as_written(visits):
    return pa.Table.from_pandas(visits, preserve_index=False)


@pytest.fixture(scope="module")
def undisturbed(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "scores"
    assert main(words(data, out, *SMALL)) == 0
    return out


def _killed_at(step):
    """Python that kills its own process, as a power cut does, when a step has just begun or just ended."""
    moment, name = step
    return f"""
import os, signal
from graduation_model.scoring.work import Work
{moment} = Work.{moment}
def disturbed(self, name, *rest):
    if {moment!r} == "finish":
        done = {moment}(self, name, *rest)
    if name.startswith({name!r}):
        os.kill(os.getpid(), signal.SIGKILL)
    return done if {moment!r} == "finish" else {moment}(self, name, *rest)
Work.{moment} = disturbed
"""


@pytest.mark.parametrize(
    "step",
    [
        ("finish", "intake-00001"),
        ("write", "visits/00001"),
        ("finish", "ranks"),
        ("write", "out/contributions/part-00001"),
        ("write", "out/quarantine"),
    ],
)
def test_a_killed_run_goes_on_from_what_it_finished_and_ends_with_the_same_bytes(data, undisturbed, tmp_path, step):
    out = tmp_path / "scores"
    process = started(words(data, out, *SMALL), _killed_at(step))
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    done = tmp_path / ".scores.partial" / "done"
    before = {path.name: path.stat().st_mtime_ns for path in done.glob("*.json")}
    assert before
    assert main(words(data, out, *SMALL)) == 0
    assert outputs(out) == outputs(undisturbed)
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]


@pytest.fixture(scope="module")
def nearly_done(data, tmp_path_factory):
    """What a run leaves that was killed when two parts were scored."""
    out = tmp_path_factory.mktemp("nearly") / "scores"
    started(words(data, out, *SMALL), _killed_at(("finish", "score-00001"))).communicate()
    return out.with_name(".scores.partial")


def test_a_resumed_run_does_not_do_again_what_is_finished(data, nearly_done, tmp_path, monkeypatch):
    out = tmp_path / "scores"
    shutil.copytree(nearly_done, tmp_path / ".scores.partial")
    assert len(list(nearly_done.glob("done/score-*.json"))) == 2
    monkeypatch.setattr("graduation_model.scoring.intake.type_rows", None)
    monkeypatch.setattr("graduation_model.scoring.parts.settle", None)
    assert main(words(data, out, *SMALL)) == 0


def test_a_finished_part_that_was_damaged_meanwhile_is_made_again(data, undisturbed, nearly_done, tmp_path):
    out = tmp_path / "scores"
    shutil.copytree(nearly_done, tmp_path / ".scores.partial")
    part = tmp_path / ".scores.partial" / "out" / "scores" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-100])
    assert main(words(data, out, *SMALL)) == 0
    assert outputs(out) == outputs(undisturbed)


@pytest.fixture(scope="module")
def interrupted(data, tmp_path_factory):
    """What a run leaves that was killed after its first block."""
    out = tmp_path_factory.mktemp("interrupted") / "scores"
    started(words(data, out, *SMALL), _killed_at(("finish", "intake-00000"))).communicate()
    return out.with_name(".scores.partial")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("as_of", "--as-of"),
        ("part_rows", "--part-rows"),
        ("data", "the data's assessments.parquet"),
        ("lines", "the data's poverty_lines.parquet"),
        ("model", "the model"),
        ("programme", "the programme's programme.yaml"),
    ],
)
def test_a_run_begun_with_something_else_is_not_gone_on_with(data, interrupted, tmp_path, capsys, change, said):
    folder, partial = shutil.copytree(data, tmp_path / "data"), tmp_path / ".scores.partial"
    shutil.copytree(interrupted, partial)
    changed = {
        "as_of": lambda: ("--as-of", "2021-01-31"),
        "part_rows": lambda: ("--part-rows", 91),
        "data": lambda: _changed(folder / "assessments.parquet", lambda visits: visits.iloc[1:]),
        "lines": lambda: _changed(folder / "poverty_lines.parquet", lambda lines: lines.assign(note="x")),
        "model": lambda: ("--model", _another_bundle(tmp_path / "bundle")),
        "programme": lambda: ("--programme", _another_programme(tmp_path / "programme")),
    }
    assert main(words(folder, tmp_path / "scores", *SMALL, *changed[change]())) == 2
    assert f"begun with something else: {said}. Give what" in capsys.readouterr().err
    assert outputs(partial) == outputs(interrupted)
    assert not (tmp_path / "scores").exists()


def test_an_interrupted_run_can_be_thrown_away(data, interrupted, tmp_path):
    shutil.copytree(interrupted, tmp_path / ".scores.partial")
    assert main(words(data, tmp_path / "scores", *SMALL, "--as-of", "2021-01-31", "--restart")) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]


def _changed(path, how):
    how(pd.read_parquet(path)).to_parquet(path)
    return ()


def _another_programme(folder):
    shutil.copytree(PROGRAMME, folder)
    path = folder / "programme.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    return folder


def _another_bundle(folder):
    bundle = load_bundle(BUNDLE)
    save_bundle(replace(bundle, card=bundle.card.model_copy(update={"seed": 99})), folder)
    return folder


def test_a_second_run_on_the_same_folder_is_refused_while_the_first_lasts(data, tmp_path, capsys):
    out = tmp_path / "scores"
    wait = _killed_at(("finish", "intake-00000")).replace(
        "os.kill(os.getpid(), signal.SIGKILL)", "(print('there', flush=True), sys.stdin.readline())"
    )
    code = f"import sys\nfrom graduation_model.cli import main\n{wait}\nsys.exit(main({words(data, out, *SMALL)!r}))"
    first = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert first.stdout.readline() == "there\n"
    assert main(words(data, out, *SMALL)) == 2
    assert "Another run is writing to this folder" in capsys.readouterr().err
    first.communicate("\n")
    assert first.returncode == 0


def test_a_full_disk_ends_in_a_clear_error_and_what_is_finished_stays(data, undisturbed, tmp_path):
    out = tmp_path / "scores"
    full = "\nfrom graduation_model.scoring import parts\nimport errno\n" + (
        "def refused(*_): raise OSError(errno.ENOSPC, 'No space left on device')\nparts.write_parquet = refused\n"
    )
    process = started(words(data, out, *SMALL), full)
    _, error = process.communicate()
    assert process.returncode == 2
    assert "No space left on device" in error
    assert "What is finished is kept" in error
    assert "Traceback" not in error
    assert not out.exists()
    assert list((tmp_path / ".scores.partial" / "done").glob("settle-*.json"))
    assert main(words(data, out, *SMALL)) == 0
    assert outputs(out) == outputs(undisturbed)


@pytest.mark.skipif(os.name == "nt", reason="a limit of the system that Windows does not have")
def test_a_file_that_the_system_lets_grow_no_further_is_never_taken_for_whole(data, tmp_path):
    out = tmp_path / "scores"
    limit = "\nimport resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + (
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
    )
    process = started(words(data, out, *SMALL), limit)
    _, error = process.communicate()
    assert process.returncode == 2, error
    assert "cannot be written" in error
    assert not out.exists()


def test_a_part_cut_short_is_named_and_an_earlier_output_stays_as_it_was(data, tmp_path, capsys):
    folder, out = tmp_path / "data", tmp_path / "scores"
    (folder / "assessments").mkdir(parents=True)
    whole = (data / "assessments.parquet").read_bytes()
    (folder / "assessments" / "a.parquet").write_bytes(whole)
    (folder / "poverty_lines.parquet").write_bytes((data / "poverty_lines.parquet").read_bytes())
    assert main(words(folder, out, *SMALL)) == 0
    before = outputs(out)
    (folder / "assessments" / "b.parquet").write_bytes(whole[:-2000])
    assert main(words(folder, out, *SMALL)) == 2
    assert "b.parquet: The file cannot be read as parquet" in capsys.readouterr().err
    assert outputs(out) == before
    broken = bytearray(whole)
    broken[2000:6000] = bytes(4000)  # the footer is whole, a column in the middle is not
    (folder / "assessments" / "b.parquet").write_bytes(broken)
    assert main(words(folder, out, *SMALL)) == 2
    assert "b.parquet: The file cannot be read as parquet" in capsys.readouterr().err
    assert outputs(out) == before


def test_parts_of_other_columns_are_refused_before_anything_is_written(data, tmp_path, capsys):
    folder = tmp_path / "data"
    (folder / "assessments").mkdir(parents=True)
    visits = pd.read_parquet(data / "assessments.parquet")
    visits.to_parquet(folder / "assessments" / "a.parquet")
    visits.drop(columns="floor").to_parquet(folder / "assessments" / "b.parquet")
    assert main(words(folder, tmp_path / "scores", *SMALL)) == 2
    assert "other columns than the first one: they differ in floor." in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_every_family_and_every_row_is_accounted_for(data, undisturbed):
    manifest = json.loads((undisturbed / "manifest.json").read_text(encoding="utf-8"))
    visits = pd.read_parquet(data / "assessments.parquet")
    scores, left_out = table(undisturbed, "scores"), table(undisturbed, "not_scored")
    assert set(scores["household_id"]) | set(left_out["household_id"]) == set(visits["household_id"])
    assert manifest["counts"]["families"] == len(scores) + len(left_out) == visits["household_id"].nunique()
    counts = manifest["counts"]["assessments"]
    assert (
        counts["read"] == len(visits) == sum(counts[name] for name in ("kept", "identical_repeats", "rows_set_aside"))
    )
    assert counts["identical_repeats"] == 1


def test_a_family_whose_only_visit_was_set_aside_long_ago_is_told_of_too(data, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    visits = pd.read_parquet(data / "assessments.parquet")
    visits = visits.sort_values("assessment_date").drop_duplicates("household_id", keep="first").reset_index(drop=True)
    visits = pd.concat([visits.head(20), visits.tail(20)], ignore_index=True)
    visits.loc[0, "hh_size"] = -1.0
    visits.to_parquet(folder / "assessments.parquet")
    (folder / "poverty_lines.parquet").write_bytes((data / "poverty_lines.parquet").read_bytes())
    assert main(words(folder, tmp_path / "scores")) == 0
    left_out = table(tmp_path / "scores", "not_scored").set_index("household_id")
    assert left_out.loc[visits["household_id"][0], "reason"] == "assessment_set_aside"


def test_a_sum_that_does_not_add_up_stops_the_run():
    with pytest.raises(LostFamiliesError, match="3 families went in, and 2 came out"):
        check_account("families", 3, scored=1, not_scored=1)
