"""`make bench`: the targets of speed and size, each measured in a process of its own, printed beside its limit.

It writes docs/benchmarks.md, with the packages that explain models beside ours.

Machines differ and are shared: figures are medians of whole processes; between two ways it is the ratio that counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import lists
import report_pages

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
PEERS = ("shapash", "fasttreeshap", "explainerdashboard")
COMMAND = [str(Path(sys.executable).with_name("graduation-model"))]

FEATURES = """
import sys, time, pandas as pd
from graduation_model.cohort.dates import as_of_dates
from graduation_model.config import load_programme
from graduation_model.features import catalogue, feature_matrix, wave_context
from graduation_model.simulation import simulate
programme = load_programme("jamsosratu")
visits = simulate(programme.instrument, programme.simulation, households=50_000, waves=4, seed=1).assessments
features = catalogue(programme.instrument, programme.features)
def build():
    ends = as_of_dates(visits, pd.Timestamp("2020-12-31"), programme.cohort)
    context = wave_context(visits, ends, features, cluster=programme.cohort.cluster)
    return feature_matrix(visits, context, features)
times = []
for _ in range(5):
    start = time.perf_counter()
    matrix = build()
    times.append(time.perf_counter() - start)
print(len(visits) / sorted(times)[2], matrix.shape[1])
"""

READING = """
import sys, tempfile, time
from pathlib import Path
from graduation_model.commands.inputs import read_tables
from graduation_model.config import load_programme
from graduation_model.simulation import simulate
programme = load_programme("jamsosratu")
province = simulate(programme.instrument, programme.simulation, households=50_000, waves=1, seed=1)
visits = province.assessments
def read(folder):
    start = time.perf_counter()
    assert len(read_tables(programme, folder, need_followups=False).assessments) == len(visits)
    return time.perf_counter() - start
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / f"assessments.{sys.argv[1]}"
    province.poverty_lines.to_parquet(Path(folder) / "poverty_lines.parquet")
    if sys.argv[1] == "csv":
        visits.to_csv(path, index=False)
    else:
        visits.to_excel(path, index=False, engine="xlsxwriter")
    print(sorted(read(folder) for _ in range(3))[1], len(visits.columns))
"""


def engine_rows(quick: bool, peers: bool) -> list[tuple[str, str, str]]:
    """Return the rows on exact reasons; see `shap_engine.py`."""
    words = [sys.executable, str(Path(__file__).with_name("shap_engine.py"))]
    words += ["--quick"] * quick + ["--peers"] * peers
    lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    return [(what, seen, limit) for what, seen, limit in (line.split("\t") for line in lines)]


def simulated(rows: list[tuple[str, str, str]], households: int, waves: int, limit: str, *, memory: bool) -> None:
    """Add the row of one simulated province: its seconds, or the memory of the largest process so far."""
    with tempfile.TemporaryDirectory() as folder:
        size = ["--households", str(households), "--waves", str(waves)]
        taken = seconds([*COMMAND, "simulate", "--programme", "jamsosratu", *size, "--out", f"{folder}/data"], 1)
    seen = f"{peak_gb():.1f} GB" if memory else f"{taken:.0f} s"
    rows.append((f"simulate, {households:,} families x {waves} waves", seen, limit))


def scored(rows: list[tuple[str, str, str]], households: int, waves: int) -> None:
    """Add the rows of one scoring command, start to finish, with the shipped bundle; a row is a visit of the input."""
    with tempfile.TemporaryDirectory() as folder:
        size = ["--households", str(households), "--waves", str(waves)]
        made = [*COMMAND, "simulate", "--programme", "jamsosratu", *size, "--out", f"{folder}/data"]
        subprocess.run(made, check=True, capture_output=True)
        alone, used = scoring(Path(folder), 1)
        together, _ = scoring(Path(folder), 2)
        manifest = json.loads((Path(folder) / "scores" / "manifest.json").read_text())
        watched = monitoring(Path(folder))
    visits = manifest["counts"]["assessments"]["read"]
    rate = visits / (used.ru_utime + used.ru_stime)
    rows.append((f"score, {households:,} families, {visits:,} visits", f"{alone:.0f} s", "15 s"))
    rows.append(("score, parquet to reasons in parquet", f"{rate:,.0f} visits/s", "25,000 visits/s"))
    rows.append(("score, peak memory", f"{used.ru_maxrss / 1e6:.2f} GB", "1 GB"))
    rows.append(
        ("score --workers 2 against one, by the clock", f"{alone / together:.1f} x", "1.8 x on a quiet machine")
    )
    rows.append((f"monitor, {households:,} families, {visits:,} visits, with a model", f"{watched:.0f} s", "15 s"))


def monitoring(folder: Path) -> float:
    """Return the seconds of one monitoring command; that a limit was crossed (3) is no failure here."""
    words = [*COMMAND, "monitor", "--programme", "jamsosratu", "--data", str(folder / "data"), "--as-of", "2020-12-31"]
    words += ["--model", str(ROOT / "models" / "jamsosratu-simulated" / "bundle"), "--out", str(folder / "monitor")]
    start = time.perf_counter()
    done = subprocess.run(words, check=False, capture_output=True)
    assert done.returncode in (0, 3), "monitor failed"
    return time.perf_counter() - start


def scoring(folder: Path, workers: int) -> tuple[float, resource.struct_rusage]:
    """Return the seconds of one scoring command, one thread a process, and what it used without its workers."""
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    words = [*COMMAND, "score", "--programme", "jamsosratu", "--data", str(folder / "data"), "--as-of", "2020-12-31"]
    words += ["--model", str(ROOT / "models" / "jamsosratu-simulated" / "bundle"), "--workers", str(workers)]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*words, "--out", str(folder / "scores")], env=one_thread, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, "score failed"
    return time.perf_counter() - start, used


def seconds(words: list[str], runs: int) -> float:
    """Return the median wall seconds of a command."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def peak_gb() -> float:
    """Return the largest child process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="leave the demo, the large model and the lists of a million out"
    )
    parser.add_argument("--large", action="store_true", help="add the province of a million families (minutes)")
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks.md, too")
    parser.add_argument("--peers", action="store_true", help="install packages that explain models, and measure them")
    arguments = parser.parse_args()
    quick = arguments.quick
    rows: list[tuple[str, str, str]] = []
    rows.append(("graduation-model --help", f"{seconds([*COMMAND, '--help'], 5):.2f} s", "0.3 s"))
    made = subprocess.run([sys.executable, "-c", FEATURES], check=True, capture_output=True, text=True).stdout.split()
    rows.append((f"feature building, {made[1]} features", f"{float(made[0]):,.0f} visits/s", "100,000 visits/s"))
    for kind, limit in (("csv", "3 s"), ("xlsx", "20 s")):
        words = [sys.executable, "-c", READING, kind]
        seen, columns = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
        rows.append((f"{kind} read and checked, 50,000 x {columns}", f"{float(seen):.1f} s", limit))
    scored(rows, 50_000, 5)
    simulated(rows, 50_000, 5, "20 s", memory=False)
    rows += lists.rows(large=not quick)
    rows += engine_rows(quick, arguments.peers)
    rows += report_pages.rows()
    if arguments.peers:
        rows += report_pages.peers()
    if arguments.large:
        simulated(rows, 1_000_000, 2, "6 GB", memory=True)
        words = [sys.executable, str(ROOT / "benchmarks" / "large_stack.py")]
        seen = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
        rows.append(("stack and intervals, 1,000,000 x 80", seen, "8 GB"))
    if not quick:
        with tempfile.TemporaryDirectory() as folder:
            taken = seconds([*COMMAND, "demo", "--out", f"{folder}/demo"], 1)
        rows.append(("demo, 50,000 families", f"{taken:.0f} s", "240 s"))
        rows.append(("demo, peak memory", f"{peak_gb():.1f} GB", "4 GB"))
    for what, seen, limit in rows:
        print(f"{what:60} {seen:>24}" + (f"   limit {limit}" if limit else ""))
    if arguments.page:
        PAGE.write_text(page(rows), encoding="utf-8")


def page(rows: list[tuple[str, str, str]]) -> str:
    """Return docs/benchmarks.md: what was seen beside each target, and on which machine."""
    of_peers = [row for row in rows if any(peer in row[0].lower() for peer in PEERS)]
    ours = [row for row in rows if row not in of_peers]
    text = (
        "# Benchmarks\n\n"
        "Written by `make bench`; nothing here is typed. Each figure is taken in processes of its own, from the start "
        "of the command to its end where a command is named. Machines differ: between two ways the ratio counts, both "
        "measured in one run. Time and memory against rows: [large registers](scale.md). What the models reach on real "
        "families, by one command given the data: [results](results.md).\n\n"
        f"{machine()}\n\n{_table(ours)}"
    )
    if of_peers:
        text += (
            "\n## Beside other packages\n\nEach in an environment of its own, on the same data and machine.\n\n"
            + _table(of_peers)
        )
    return text


def machine() -> str:
    """Say where and with what was measured."""
    names = ("lightgbm", "numba", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "shap", "typst")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{date.today()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"Python {platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in names) + "."
    )


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines = [f"| {what} | {seen} | {limit} |" for what, seen, limit in rows]
    return "\n".join(["| what | seen | target |", "|---|---|---|", *lines, ""])


if __name__ == "__main__":
    main()
