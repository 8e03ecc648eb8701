"""One small simulated year, walked once by the command line and looked at by many tests."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from graduation_model.cli import main

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Year:
    """The folders of a year: what each command wrote."""

    programme: Path
    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    def __truediv__(self, name: str) -> Path:
        return self.root / name


@pytest.fixture(scope="session")
def small_programme(tmp_path_factory) -> Path:
    """Jamsosratu with a quick back-test: two test years, fifty resamples, a short ensemble."""
    folder = Path(shutil.copytree(ROOT / "configs" / "jamsosratu", tmp_path_factory.mktemp("configs") / "jamsosratu"))
    path = folder / "programme.yaml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^  test_years: .*$", "  test_years: 2", text)
    text = re.sub(r"(?m)^  bootstrap: .*$", "  bootstrap: 50", text)
    # So few families need a larger sample of the retained to learn from.
    text = text.replace("retained: 0.05}", "retained: 0.4}")
    # The reasons of so small models wander from year to year.
    text = text.replace("\nevaluation:\n", "\nevaluation:\n  gate: {explanation_overlap: 0.4}\n")
    assert "bootstrap: 50" in text
    assert "explanation_overlap: 0.4" in text
    assert "retained: 0.4" in text
    path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def year(small_programme, tmp_path_factory) -> Year:
    root = tmp_path_factory.mktemp("year")
    programme, tracking = str(small_programme), ["--tracking", str(root)]

    def run(command: str, *words: object) -> None:
        assert main([command, "--programme", programme, *map(str, words)]) == 0, command

    run("simulate", "--households", 1500, "--waves", 5, "--seed", 3, "--out", root / "data")
    run("train", "--data", root / "data", "--as-of", "2019-12-31", "--out", root / "train", *tracking)
    # So few families are rarely enough for the gate: the year is lived with the candidate, test_gate.py asks the gate.
    bundle = root / "train" / "bundle"
    run("score", "--data", root / "data", "--as-of", "2020-12-31", "--model", bundle, "--out", root / "scores")
    run("select", "--scores", root / "scores", "--quota", 40, "--out", root / "selection")
    run("report", "--selection", root / "selection", "--out", root / "report")
    return Year(small_programme, root)


@pytest.fixture(scope="session")
def outcomes(year, tmp_path_factory) -> Path:
    """What became of that year's families: what `outcomes` wrote."""
    out = tmp_path_factory.mktemp("outcomes") / "outcomes"
    words = ["--data", year.data, "--as-of", "2022-06-30", "--selection", year / "selection", "--out", out]
    assert main(["outcomes", "--programme", str(year.programme), *map(str, words)]) == 0
    return out


@pytest.fixture(scope="session")
def quiet(year, tmp_path_factory) -> tuple[Path, int]:
    """What `monitor` wrote of a year in which nothing happened, and how it ended."""
    out = tmp_path_factory.mktemp("monitor") / "out"
    words = ["--data", year.data, "--as-of", "2019-12-31", "--model", year / "train" / "bundle", "--out", out]
    return out, main(["monitor", "--programme", str(year.programme), *map(str, words)])
