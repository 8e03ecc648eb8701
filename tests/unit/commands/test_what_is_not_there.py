"""What cannot be read is never taken for what is not there: the gate, the champion, the mark of invented families."""

import json

import pandas as pd
import pytest

from graduation_model.commands.inputs import champion_address, is_simulated
from graduation_model.commands.outputs import resumable_output
from graduation_model.commands.promote import EVIDENCE, PREDICTIONS, evaluation_in
from graduation_model.config import load_programme
from graduation_model.errors import DataError, ModelError, OutputError
from graduation_model.scoring.work import Work


@pytest.fixture
def evidence(tmp_path):
    files = {name: tmp_path / name for name in (EVIDENCE, PREDICTIONS)}
    files[EVIDENCE].write_text(json.dumps({"of": "another version"}), encoding="utf-8")
    pd.DataFrame({"y": [1.0]}).to_parquet(files[PREDICTIONS])
    return files


def test_a_run_that_keeps_nothing_for_the_gate_or_another_versions_shape_has_no_evaluation(evidence):
    assert evaluation_in({}, "1") is None
    assert evaluation_in(evidence, "1") is None


@pytest.mark.parametrize("name", [EVIDENCE, PREDICTIONS])
@pytest.mark.parametrize("fault", ["cut", "lost"])
def test_the_gate_does_not_open_because_the_champions_evaluation_is_damaged(evidence, name, fault):
    if fault == "cut":
        evidence[name].write_bytes(evidence[name].read_bytes()[:-9])
    else:
        del evidence[name]
    with pytest.raises(ModelError, match="left for the gate cannot be read"):
        evaluation_in(evidence, "1")


def test_a_store_that_does_not_answer_is_not_one_without_a_champion(tmp_path, monkeypatch):
    programme, uri = load_programme("jamsosratu"), f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert champion_address(programme, uri=uri) is None

    def dies(*_, **__):
        raise ModelError("The tracking store does not answer")

    monkeypatch.setattr("graduation_model.tracking.champion_version", dies)
    with pytest.raises(ModelError, match="does not answer"):
        champion_address(programme, uri=uri)


def test_invented_families_stay_marked_where_their_manifest_is_damaged(tmp_path):
    manifest = tmp_path / "manifest.json"
    assert not is_simulated(tmp_path)
    manifest.write_text('["somebody else\'s"]', encoding="utf-8")
    assert not is_simulated(tmp_path)
    manifest.write_text('{"simulated": true}', encoding="utf-8")
    assert is_simulated(tmp_path)
    manifest.write_text('{"simulated": tr', encoding="utf-8")
    with pytest.raises(DataError, match="The manifest cannot be read"):
        is_simulated(tmp_path)


def test_what_a_run_finished_is_not_thrown_away_because_a_disk_refused_to_read_what_it_was_begun_with(
    tmp_path, monkeypatch
):
    def begin():
        with resumable_output(tmp_path / "out", "score", {}, begun_with={"a": "b"}) as output:
            Work(output.folder.parent).finish("one", {}, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        begin()

    def refused(*_, **__):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.read_text", refused)
        with pytest.raises(OutputError, match="Input/output error"):
            begin()
    assert (tmp_path / ".out.partial" / "done" / "one.json").is_file()
