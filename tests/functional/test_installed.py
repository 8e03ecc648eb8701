"""The package works where its repository is not: a wheel, an empty folder, nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would unpack from the wheel, away from the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def in_an_empty_folder(installed: Path, where: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody who has the wheel and nothing else."""
    code = "import graduation_model, sys; assert sys.argv[1] in graduation_model.__file__; del sys.argv[1]; "
    return subprocess.run(
        [sys.executable, "-c", code + "from graduation_model.cli import run; run()", str(installed), *words],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )


def test_a_wheel_brings_programmes_words_and_the_small_model_along(installed: Path, tmp_path: Path) -> None:
    asked = ["--programme", "jamsosratu", "--data", ".", "--as-of", "2020-12-31", "--out", "scores"]
    ended = in_an_empty_folder(installed, tmp_path, "score", *asked, "--model", "models/jamsosratu-simulated")
    assert ended.returncode == 2
    assert "assessments" in ended.stderr, "programme and model are there, the data is not"


def test_a_wheel_holds_every_file_of_the_package_that_is_no_program(installed: Path) -> None:
    source = ROOT / "src"
    meant = {p.relative_to(source) for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    held = {p.relative_to(installed) for p in installed.rglob("*") if p.is_file()}
    assert meant <= held
    shipped = Path("graduation_model/_shipped/configs/jamsosratu")
    assert {shipped / "programme.yaml", shipped / "instrument.yaml", shipped / "poverty_lines.csv"} <= held


def test_every_extra_is_named_where_it_is_missing_with_the_command_that_installs_it() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    assert extras
    for extra in extras:
        assert f"pip install 'graduation-model[{extra}]'" in source, extra
