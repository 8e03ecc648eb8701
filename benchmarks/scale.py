"""`make scale`: what scoring costs from ten thousand families to five million; rewrites docs/scale.md and its plot.

Each run is the command in a process of its own, on one thread, with the shipped bundle. A larger province is the same
simulated one several times over, each copy with ids and facilitators of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
PAGE, PLOT = ROOT / "docs" / "scale.md", ROOT / "docs" / "scale.svg"
KEPT = ROOT / "docs" / "scale.json"
BASE, WAVES = 50_000, 2
SIZES = [10_000, 50_000, 200_000, 500_000, 1_000_000, 5_000_000]
COUNTRY = 90_000_000
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
START, END = "<!-- measured: make scale -->", "<!-- end -->"


def province(folder: Path, families: int) -> None:
    """Write a data folder of so many families, a row group a copy."""
    from graduation_model.config import load_programme
    from graduation_model.simulation import simulate

    programme = load_programme("jamsosratu")
    made = simulate(programme.instrument, programme.simulation, households=min(families, BASE), waves=WAVES, seed=1)
    made.poverty_lines.to_parquet(folder / "poverty_lines.parquet")
    writer = None
    for copy in range(-(-families // BASE)):
        mark = f"{copy:04d}-"
        visits = made.assessments
        own = visits.assign(
            household_id=mark + visits["household_id"].astype("str"),
            facilitator_id=mark + visits["facilitator_id"].astype("str"),
        )
        table = pa.Table.from_pandas(own, preserve_index=False)
        writer = writer or pq.ParquetWriter(folder / "assessments.parquet", table.schema)
        writer.write_table(table.cast(writer.schema), row_group_size=len(own))
    assert writer is not None
    writer.close()


def measured(families: int) -> dict[str, float]:
    """Return wall and processor seconds and the peak memory of one scoring command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        made = subprocess.run(
            [sys.executable, __file__, "--make", str(folder / "data"), "--families", str(families)], check=True
        )
        assert made.returncode == 0
        words = ["score", "--programme", "jamsosratu", "--data", str(folder / "data"), "--as-of", "2020-12-31"]
        words += ["--model", str(ROOT / "models" / "jamsosratu-simulated"), "--out", str(folder / "scores")]
        code = f"import sys; from graduation_model.cli import main; sys.exit(main({words!r}))"
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, **ONE_THREAD}, stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        assert status == 0, "the run failed"
        counts = json.loads((folder / "scores" / "manifest.json").read_text())["counts"]
        return {
            "families": counts["scored"],
            "visits": counts["assessments"]["read"],
            "wall_s": wall,
            "cpu_s": used.ru_utime + used.ru_stime,
            "peak_gb": used.ru_maxrss / 1e6,
        }


def page(rows: pd.DataFrame) -> str:
    """The measured part of docs/scale.md."""
    lines = [
        "| families | visits | processor time | wall time | visits a second of processor time | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows.itertuples(index=False):
        lines.append(
            f"| {row.families:,.0f} | {row.visits:,.0f} | {row.cpu_s:,.0f} s | {row.wall_s:,.0f} s "
            f"| {row.visits / row.cpu_s:,.0f} | {row.peak_gb:.2f} GB |"
        )
    later = rows.iloc[1:]  # of the least families most is the command's own start
    each = later["cpu_s"] / later["families"]
    hours = each.iloc[-1] * COUNTRY / 3600
    said = (
        f"From {later['families'].iloc[0]:,.0f} families on: {each.min() * 1e6:.0f} to {each.max() * 1e6:.0f} µs a "
        f"family, {each.iloc[-1] * 1e6:.0f} at the most families. **Computed, not measured**, at that last rate: "
        f"{COUNTRY:,} families would take {hours:,.1f} hours of one core, or {hours * 60 / 64:,.0f} minutes of 64."
    )
    about = (
        f"{date.today()}, {platform.system()} {platform.machine()}, Python {platform.python_version()}, one thread "
        "of a machine that others used as well: processor time is the figure that repeats."
    )
    return "\n".join([START, about, "", *lines, "", said, "", "![Processor time against families](scale.svg)", END])


def plot(rows: pd.DataFrame) -> None:
    """Time and memory against families, on logarithmic scales: a straight line of slope one is proportional."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "scale"
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.loglog(rows["families"], rows["cpu_s"], "o-")
    left.set(xlabel="families", ylabel="processor seconds")
    right.semilogx(rows["families"], rows["peak_gb"], "o-")
    right.set(xlabel="families", ylabel="peak memory, GB", ylim=(0, None))
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=int, nargs="+", default=SIZES)
    parser.add_argument("--make", type=Path, help="only write a province of so many families there")
    arguments = parser.parse_args()
    if arguments.make:
        province(arguments.make, arguments.families[0])
        return
    before = json.loads(KEPT.read_text()) if KEPT.is_file() else []
    measured(min(SIZES))  # compiles what is kept on disk from then on
    for families in arguments.families:
        row = measured(families)
        print(row, flush=True)
        before = [*(one for one in before if one["visits"] != row["visits"]), row]
        rows = pd.DataFrame(before).sort_values("families", ignore_index=True)
        KEPT.write_text(json.dumps(rows.to_dict(orient="records"), indent=1) + "\n")
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(re.sub(f"{START}.*{END}", lambda _: page(rows), text, flags=re.DOTALL), encoding="utf-8")
    plot(rows)


if __name__ == "__main__":
    main()
