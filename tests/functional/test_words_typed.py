"""What no command foresees is still one line: a word left out, a name that the system refuses, memory that ends."""

import errno
import subprocess
import sys

import pytest

from graduation_model.cli import main
from graduation_model.errors import DataError
from graduation_model.ingest.formats import FORMATS, read_part


@pytest.mark.parametrize("command", ["select --scores x", "check --data x", "new --from-data x.csv"])
def test_an_output_folder_that_is_not_named_is_asked_for(capsys, command):
    programme = [] if command.startswith("new") else ["--programme", "jamsosratu"]
    assert main([*command.split(), *programme]) == 2
    assert "--out" in capsys.readouterr().err


def test_a_name_that_the_system_refuses_is_said_in_one_line(capsys, tmp_path):
    words = ["check", "--programme", "jamsosratu", "--data", "x" * 5_000, "--out", str(tmp_path / "out")]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "File name too long. Check the path" in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


WANT_OF_MEMORY = {
    "Python's": MemoryError(),
    "the interpreter's": SystemError("error return without exception set"),
    "the system's": OSError(errno.ENOMEM, "Cannot allocate memory"),
    "the loader's": ImportError("libx.so: failed to map segment from shared object"),
    "LightGBM's": RuntimeError("std::bad_alloc"),
    "a thread's": RuntimeError("can't start new thread"),
}


@pytest.mark.parametrize("error", WANT_OF_MEMORY.values(), ids=WANT_OF_MEMORY)
@pytest.mark.parametrize("where", ["graduation_model.commands.form.form", "ruamel.yaml.YAML.load"])
def test_want_of_memory_is_said_in_one_line_and_never_blamed_on_a_file(capsys, monkeypatch, tmp_path, where, error):
    def needs_more(*_, **__):
        raise error

    monkeypatch.setattr(where, needs_more)
    assert main(["form", "--programme", "jamsosratu", "--out", str(tmp_path / "f.xlsx")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("graduation-model: There is not enough memory")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("fails", ["graduation_model.commands.form.form", "ruamel.yaml.YAML.load"])
def test_want_of_memory_is_said_where_there_is_none_left_to_print_a_line(capfd, monkeypatch, tmp_path, fails):
    def needs_more(*_, **__):
        raise MemoryError

    monkeypatch.setattr(fails, needs_more)
    monkeypatch.setattr("click.echo", needs_more)
    assert main(["form", "--programme", "jamsosratu", "--out", str(tmp_path / "f.xlsx")]) == 2
    assert capfd.readouterr().err.startswith("graduation-model: There is not enough memory. Close")


@pytest.mark.parametrize("megabytes", [60, 120, 200])
def test_a_console_without_memory_for_the_libraries_ends_before_it_loads_them(tmp_path, megabytes):
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({megabytes << 20},) * 2)"
    words = "score --programme jamsosratu --data data --as-of 2020-01-01 --model bundle --out scores"
    script = f"{limit}; import sys; from graduation_model.cli import run; sys.argv[1:] = '{words}'.split(); run()"
    ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert ran.stderr.startswith("graduation-model: There is not enough memory. Close")
    assert len(ran.stderr.splitlines()) == 1


def test_a_data_file_that_memory_was_too_short_for_is_not_called_damaged_alone(monkeypatch, tmp_path):
    def needs_more(_):
        raise MemoryError

    monkeypatch.setitem(FORMATS, ".csv", needs_more)
    with pytest.raises(DataError, match="not enough memory to read the file, or it is damaged"):
        read_part(tmp_path / "assessments.csv")
