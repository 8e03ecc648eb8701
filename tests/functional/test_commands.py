"""What holds for the commands as a whole: help, the README, what they load, the bundle that is committed."""

from pathlib import Path

from graduation_model.cli import main

ROOT = Path(__file__).parents[2]


def test_the_committed_bundle_scores_the_programme_that_we_ship(tmp_path):
    programme = ["--programme", str(ROOT / "configs" / "jamsosratu")]
    model = str(ROOT / "models" / "jamsosratu-simulated")
    assert main(["simulate", *programme, "--households", "300", "--waves", "2", "--out", str(tmp_path / "data")]) == 0
    assert (
        main(
            [
                "score",
                *programme,
                "--data",
                str(tmp_path / "data"),
                "--as-of",
                "2020-12-31",
                "--model",
                model,
                "--out",
                str(tmp_path / "scores"),
            ]
        )
        == 0
    )


def test_every_command_has_help_that_ends_with_an_example(capsys):
    commands = ["demo", "simulate", "check", "train", "promote", "score", "select", "compare", "report", "dictionary"]
    for command in [*commands, "record export", "record correct", "record delete"]:
        assert main([*command.split(), "--help"]) == 0
        assert f"graduation-model {command}" in " ".join(capsys.readouterr().out.split("Example:")[1].split())


def test_every_command_stands_in_the_readme_and_is_a_function():
    import graduation_model

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in graduation_model.__all__:
        assert f"`{name}`" in text
        assert callable(getattr(graduation_model, name))


def test_help_loads_nothing_heavy():
    import subprocess
    import sys

    heavy = ("mlflow", "shap", "numba", "jinja2", "matplotlib", "lightgbm", "pandas", "sklearn")
    script = (
        "import sys; from graduation_model.cli import main; main(['--help']); "
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


def test_select_loads_no_model_and_no_page_maker(year, tmp_path):
    import subprocess
    import sys

    heavy = ("mlflow", "shap", "numba", "jinja2", "matplotlib", "lightgbm")
    words = [
        "select",
        "--programme",
        str(year.programme),
        "--scores",
        str(year / "scores"),
        "--out",
        str(tmp_path / "o"),
    ]
    script = (
        f"import sys; from graduation_model.cli import main; code = main({words!r}); "
        f"print(code, [name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stderr.strip() == "0 []"
