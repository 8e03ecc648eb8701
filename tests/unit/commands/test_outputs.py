"""Output folders come whole or not at all."""

import errno
import json
import os
import signal
from pathlib import Path

import pandas as pd
import pytest

from graduation_model.commands.lock import locked
from graduation_model.commands.outputs import (
    locked_all,
    output_folder,
    read_manifest,
    resumable_output,
    swap_in,
    write_files,
)
from graduation_model.errors import DataError, OutputError
from graduation_model.scoring.work import Work
from lib.faults import forked, on_disk_events
from lib.streamed import outputs

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
    with pytest.raises(DataError, match="Files changed since they were written, or are gone: 1"):
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


# --- killed or refused its disk, at every single thing that is written, moved or deleted


def _disturbed(own, work, at, tmp_path):
    def disturbed():
        on_disk_events(own, at)
        work()
        return 0

    return forked(disturbed, tmp_path / "said")[0]


def _kills(place):
    return lambda count: os.kill(os.getpid(), signal.SIGKILL) if count == place else None


def _lists(*folders):
    return [path.name for folder in folders for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("earlier", [False, True], ids=["the first output", "over an earlier one"])
def test_a_run_killed_anywhere_loses_nothing_and_the_next_one_ends_as_if_nothing_had_been(tmp_path, earlier):
    _write(tmp_path / "whole")
    for place in range(1, 100):
        own = tmp_path / str(place)
        own.mkdir()
        if earlier:
            _write(own / "out")
        code = _disturbed(own, lambda own=own: _write(own / "out"), _kills(place), tmp_path)
        if (own / "out").exists():
            assert read_manifest(own / "out", "score")
        elif earlier:  # it was just moved aside
            (old,) = own.glob(".out.old-*")
            assert read_manifest(old, "score")
        _write(own / "out")
        assert outputs(own / "out") == outputs(tmp_path / "whole")
        assert _lists(own) == ["out"]
        if code == 0:
            break
    assert 5 < place < 99


def _resume(out, *, disturb=None):
    """A run of two steps, each done where it is not finished yet."""
    with resumable_output(out, "score", {}, begun_with={"the data": "a"}) as output:
        work = Work(output.folder.parent)
        for part in ("out/scores/part-0", "out/scores/part-1"):
            if work.finished(Path(part).name) is None:
                content = part.encode() * 9
                written = work.write(part, lambda path, content=content: path.write_bytes(content))
                work.finish(Path(part).name, {}, {part: written})
        if disturb is not None:
            disturb(output.folder)


@pytest.mark.parametrize("earlier", [False, True], ids=["the first output", "over an earlier one"])
def test_a_run_that_goes_on_after_a_kill_anywhere_ends_as_if_nothing_had_been(tmp_path, earlier):
    _resume(tmp_path / "whole")
    for place in range(1, 100):
        own = tmp_path / str(place)
        own.mkdir()
        if earlier:
            _resume(own / "out")
        code = _disturbed(own, lambda own=own: _resume(own / "out"), _kills(place), tmp_path)
        _resume(own / "out")
        assert set(read_manifest(own / "out", "score")["outputs"]) == {"scores/part-0", "scores/part-1"}
        assert outputs(own / "out") == outputs(tmp_path / "whole")
        assert _lists(own) == ["out"]
        if code == 0:
            break
    assert 10 < place < 99


@pytest.mark.parametrize(
    "damage", [lambda content: b"x" + content[1:], lambda content: content[:-5]], ids=["another byte", "cut short"]
)
def test_a_part_that_changed_after_it_was_finished_is_never_delivered(tmp_path, damage):
    _resume(tmp_path / "whole")

    def disturb(folder):
        part = folder / "scores" / "part-1"
        part.write_bytes(damage(part.read_bytes()))

    with pytest.raises(OutputError, match=r"Parts changed after they were finished: 1 \(first: scores/part-1\)"):
        _resume(tmp_path / "out", disturb=disturb)
    assert not (tmp_path / "out").exists()
    _resume(tmp_path / "out")
    assert outputs(tmp_path / "out") == outputs(tmp_path / "whole")
    assert read_manifest(tmp_path / "out", "score")


def _files(own):
    return {own / "form.xlsx": b"new", own / "form_followup.xlsx": b"new too"}


def test_files_that_belong_together_come_whole_wherever_their_writing_is_killed(tmp_path):
    for place in range(1, 100):
        own = tmp_path / str(place)
        own.mkdir()
        code = _disturbed(own, lambda own=own: write_files(_files(own), "The form"), _kills(place), tmp_path)
        assert all(path.read_bytes() == content for path, content in _files(own).items() if path.exists())
        write_files(_files(own), "The form")
        assert _lists(own) == ["form.xlsx", "form_followup.xlsx"]
        if code == 0:
            break
    assert 3 < place < 99


def test_folders_that_change_together_are_put_back_whole_after_a_kill(tmp_path):
    seen = set()
    for place in range(1, 100):
        own = tmp_path / str(place)
        pairs = [(own / ".a.new", own / "a"), (own / ".b.new", own / "b")]
        for work, out in pairs:
            for folder, content in ((work, "new"), (out, "old")):
                folder.mkdir(parents=True)
                (folder / "x").write_text(content)
        code = _disturbed(own, lambda pairs=pairs: swap_in(pairs), _kills(place), tmp_path)
        with locked_all([out for _, out in pairs]):
            said = [(out / "x").read_text() for _, out in pairs]
        # In between lies a moment in which the first is new for good and the second can still go back.
        assert said in (["old", "old"], ["new", "old"], ["new", "new"])
        seen.add(tuple(said))
        assert not list(own.glob(".*.old-*"))
        if code == 0:
            break
    assert {("old", "old"), ("new", "new")} <= seen


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_anything_leaves_the_earlier_output_as_it_was(tmp_path, number):
    own = tmp_path / "own"
    own.mkdir()
    _write(own / "out")
    before = outputs(own / "out")
    for place in range(1, 100):

        def refuses(count, place=place):
            if count >= place:
                raise OSError(number, os.strerror(number))

        code = _disturbed(own, lambda: _write(own / "out"), refuses, tmp_path)
        assert "OutputError" in (tmp_path / "said").read_text() or code == 0
        with locked_all([own / "out"]):
            assert outputs(own / "out") == before
        if code == 0:
            break
    assert 5 < place < 99


def test_two_runs_on_one_folder_do_not_write_at_once(tmp_path):
    with locked(tmp_path / "out"), pytest.raises(OutputError, match="Another run is writing to this folder"):
        _write(tmp_path / "out")


def test_a_disk_that_knows_no_locks_is_not_called_another_run(tmp_path, monkeypatch):
    def refuses(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuses)
    with pytest.raises(OutputError, match=r"cannot be written \(No locks available"):
        _write(tmp_path / "out")
