"""What no command foresees is still one line: a word left out, a name that the system refuses, memory that ends."""

import pytest

from graduation_model.cli import main


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


def test_want_of_memory_is_said_in_one_line(capsys, monkeypatch):
    def needs_more(**_):
        raise MemoryError

    monkeypatch.setattr("graduation_model.commands.form.form", needs_more)
    assert main(["form", "--programme", "jamsosratu", "--out", "f.xlsx"]) == 2
    assert capsys.readouterr().err.startswith("graduation-model: There is not enough memory")
