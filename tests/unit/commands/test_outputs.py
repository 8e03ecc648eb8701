"""Output folders come whole or not at all."""

import json

import pandas as pd
import pytest

from graduation_model.commands.outputs import output_folder, read_manifest, swap_in
from graduation_model.errors import DataError, OutputError

TABLE = pd.DataFrame({"household_id": ["a", "b"], "probability": [0.1, 0.2]})


def _write(out, command="score"):
    with output_folder(out, command, {"quota": 3, "programme": out}) as output:
        output.parquet(TABLE, "scores/part-0.parquet")
        output.facts["counts"] = {"scored": 2}


def _write_half(out):
    with output_folder(out, "score", {}) as output:
        output.text("half", "scores/part-0.parquet")
        raise ZeroDivisionError


def test_a_manifest_lists_command_parameters_hashes_and_rows(tmp_path):
    _write(tmp_path / "out")
    manifest = read_manifest(tmp_path / "out", "score")
    assert manifest["parameters"] == {"quota": 3, "programme": str(tmp_path / "out")}
    assert manifest["outputs"]["scores/part-0.parquet"]["rows"] == 2
    assert manifest["counts"] == {"scored": 2}


def test_the_same_table_gives_the_same_bytes(tmp_path):
    _write(tmp_path / "one")
    _write(tmp_path / "two")
    one, two = ((tmp_path / name / "scores" / "part-0.parquet").read_bytes() for name in ("one", "two"))
    assert one == two


def test_an_error_leaves_nothing_behind_and_an_earlier_output_as_it_was(tmp_path):
    _write(tmp_path / "out")
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    with pytest.raises(ZeroDivisionError):
        _write_half(tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_earlier_output_of_the_same_command_is_replaced(tmp_path):
    _write(tmp_path / "out")
    with output_folder(tmp_path / "out", "score", {}) as output:
        output.text("new", "page.html")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["manifest.json", "page.html"]


def test_the_output_of_another_command_a_strangers_folder_or_a_file_is_not_touched(tmp_path):
    _write(tmp_path / "out")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("keep")
    for name, message in (("out", "the output of 'score'"), ("letters", "something else"), ("letters/a.txt", "a file")):
        with pytest.raises(OutputError, match=message), output_folder(tmp_path / name, "select", {}):
            pass
    assert (tmp_path / "letters" / "a.txt").read_text() == "keep"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"), output_folder(tmp_path / "file" / "out", "score", {}):
        pass


def test_a_changed_missing_or_foreign_manifest_is_refused(tmp_path):
    _write(tmp_path / "out")
    with pytest.raises(DataError, match="output of 'score', not of 'select'"):
        read_manifest(tmp_path / "out", "select")
    with pytest.raises(DataError, match=r"There is no manifest.json"):
        read_manifest(tmp_path, "score")
    (tmp_path / "out" / "scores" / "part-0.parquet").write_bytes(b"other")
    with pytest.raises(DataError, match="1 files changed"):
        read_manifest(tmp_path / "out", "score")
    (tmp_path / "out" / "manifest.json").write_text(json.dumps({"command": "score"}))
    with pytest.raises(DataError, match="cannot be read"):
        read_manifest(tmp_path / "out", "score")


def _places(folder, *names):
    """A prepared folder beside each place."""
    for name in names:
        for place, content in ((folder / name, "old"), (folder / f"{name}.new", "new")):
            place.mkdir()
            (place / "file").write_text(content)
    return [(folder / f"{name}.new", folder / name) for name in names]


def test_prepared_folders_take_their_places_together(tmp_path):
    places = _places(tmp_path, "a", "b")
    swap_in(places)
    assert [(out / "file").read_text() for _, out in places] == ["new", "new"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_where_one_cannot_be_moved_all_stand_where_they_stood(tmp_path):
    places = [*_places(tmp_path, "a", "b"), (tmp_path / "never made", tmp_path / "c")]
    (tmp_path / "c").mkdir()
    with pytest.raises(OutputError, match="nothing was changed"):
        swap_in(places)
    assert [(out / "file").read_text() for _, out in places[:2]] == ["old", "old"]
    assert (tmp_path / "c").is_dir()
