"""A small province and the shipped bundle: what a test of scoring needs, made in a second."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

from graduation_model.config import load_programme
from graduation_model.simulation import simulate

ROOT = Path(__file__).parents[2]
PROGRAMME = ROOT / "configs" / "jamsosratu"
BUNDLE = ROOT / "models" / "jamsosratu-simulated" / "bundle"
AS_OF = "2020-12-31"


def province(folder: Path, households: int = 400, *, waves: int = 2, seed: int = 5) -> Path:
    """Write a data folder with assessments and poverty lines."""
    programme = load_programme(PROGRAMME)
    made = simulate(programme.instrument, programme.simulation, households=households, waves=waves, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    made.assessments.to_parquet(folder / "assessments.parquet")
    made.poverty_lines.to_parquet(folder / "poverty_lines.parquet")
    return folder


def words(data: Path | str, out: Path, *more: object) -> list[str]:
    """The words of a score command."""
    given = ["score", "--programme", PROGRAMME, "--data", data, "--as-of", AS_OF, "--model", BUNDLE, "--out", out]
    return [str(word) for word in (*given, *more)]


def started(arguments: list[str], before: str = "") -> subprocess.Popen[str]:
    """Start a command in a process of its own, after some lines of Python that disturb it."""
    code = f"import sys\nfrom graduation_model.cli import main\n{before}\nsys.exit(main({arguments!r}))"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outputs(out: Path) -> dict[str, bytes]:
    """Every file of an output folder but its manifest, which holds the times of day."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def table(out: Path, name: str) -> pd.DataFrame:
    """A table of scores in one order, out of its parts or its file."""
    parts = sorted((out / name).glob("*.parquet")) or [out / f"{name}.parquet"]
    frame = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)
    keys = ["household_id"] if name != "quarantine" else list(frame.columns)
    return frame.sort_values(keys, ignore_index=True)
