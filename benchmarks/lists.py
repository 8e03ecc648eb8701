"""How long a list takes: 50,000 and a million families with districts, floors and a budget; changes of 10,000 families.

Each is measured in a process of its own: `python benchmarks/lists.py select 50000`, `crossing 1000000`, or `changes`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from graduation_model.selection import SelectionParams

ROOT = Path(__file__).parents[1]
# Families by district in 2021, as in configs/jamsosratu.
SHARES = {
    "3601": 12813,
    "3602": 11542,
    "3603": 3100,
    "3604": 11466,
    "3671": 2910,
    "3672": 1492,
    "3673": 5500,
    "3674": 1177,
}
DATE = "2020-12-31"


def rows(*, large: bool) -> list[tuple[str, str, str]]:
    """What `make bench` prints: what was measured, what was seen, the limit."""
    sizes = [(50_000, "5 s, proven")] + ([(1_000_000, "90 s, within 1e-4")] if large else [])
    lists = [
        (f"list of {size:,}: 8 districts, floors, budget", _seen("select", str(size)), limit) for size, limit in sizes
    ]
    if large:
        lists += [
            ("list of 1,000,000: villages across facilitators", _seen("crossing", "1000000"), "90 s, within 1e-4")
        ]
    return [*lists, ("changes, 10,000 families", _seen("changes"), "30 s")]


def _seen(*words: str) -> str:
    command = [sys.executable, str(Path(__file__)), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip()


def scores(size: int) -> pd.DataFrame:
    """Families of whom every one is ready: the hardest list there is."""
    rng = np.random.default_rng(1)
    share = np.array(list(SHARES.values())) / sum(SHARES.values())
    district = rng.choice(list(SHARES), size, p=share)
    urban = np.isin(district, ["3671", "3672", "3673", "3674"])
    log_odds = rng.normal(0.3, 1.2, size) + 0.2 * urban
    return pd.DataFrame(
        {
            "household_id": [f"S{number:07d}" for number in range(size)],
            "probability": 1 / (1 + np.exp(-log_odds)),
            "completeness": rng.choice([0.9, 0.95, 1.0], size),
            "support": "inside",
            "as_of_date": DATE,
            "model": "stack",
            "model_version": "1",
            "bundle_sha256": "0a",
            "district_code": district,
            "head_sex": rng.choice(["male", "female"], size, p=[0.84, 0.16]),
            "uep": rng.choice(["goods", "cash", "tools"], size),
            "village_code": rng.integers(0, size // 25, size).astype(str),
            "facilitator_id": rng.integers(0, size * 7 // 1000, size).astype(str),
        }
    )


def select(size: int) -> str:
    """Seconds of the whole `select` without prices, those of its prices, and how near the list is to its bound."""
    from graduation_model.params import Label
    from graduation_model.selection import SelectionParams
    from graduation_model.selection import select as made
    from graduation_model.selection.params import Areas, Budget, Condition, Floor

    quota = size // 20 if size < 1_000_000 else size // 10
    total = sum(SHARES.values())
    area = Areas(
        column="district_code",
        min={code: int(0.6 * quota * n / total) for code, n in SHARES.items()},
        max={code: int(1.3 * quota * n / total) for code, n in SHARES.items()},
    )
    women = Condition(column="head_sex", is_one_of=("female",))
    params = SelectionParams(
        quota=quota,
        cost_ratio=0.01,  # whoever has any chance is ready
        band=0,
        budget=Budget(at_most=2.4e6 * quota, cost="uep", amounts={"goods": 2.0e6, "cash": 2.5e6, "tools": 3.0e6}),
        areas=(area,),
        floors=(Floor(name="women", label=Label(id="-", en="-"), all_of=(women,), share=0.2),),
        carry=("district_code", "head_sex", "uep"),
    )
    families = scores(size)
    taken, said = _taken(families, params)
    if size > 100_000:
        return f"{taken:.1f} s, {said}"
    start = time.perf_counter()
    priced = len(made(families, params, seed_text=DATE).rules)
    return f"{taken:.1f} s, {said}; {priced} prices {time.perf_counter() - start - taken:.1f} s"


def crossing(size: int) -> str:
    """Seconds of `select` where two a village and nine a facilitator bind nearly all over, and how near the list is."""
    from graduation_model.selection import SelectionParams
    from graduation_model.selection.params import Spread

    params = SelectionParams(
        quota=size // 20,
        cost_ratio=0.01,
        band=0,
        spread=(Spread(column="village_code", most=2), Spread(column="facilitator_id", most=9)),
        carry=("village_code", "facilitator_id"),
    )
    taken, said = _taken(scores(size), params)
    return f"{taken:.1f} s, {said}"


def _taken(families: pd.DataFrame, params: SelectionParams) -> tuple[float, str]:
    from graduation_model.selection import select as made

    start = time.perf_counter()
    summary = made(families, params, seed_text=DATE, prices=False).summary
    taken = time.perf_counter() - start
    gap = 1 - summary["expected_exits"] / summary["expected_exits_bound"]
    return taken, "proven" if summary["proven"] else f"within {gap:.0e}"


def changes() -> str:
    """Seconds for 10,000 simulated families below the committed model's line, the context already built."""
    from scipy.special import logit

    from graduation_model.cohort.dates import as_of_dates
    from graduation_model.config import load_programme
    from graduation_model.estimators.bundle import load_bundle
    from graduation_model.explanation.changes import changes as found
    from graduation_model.features.context import wave_context
    from graduation_model.simulation import simulate

    programme = load_programme(ROOT / "configs" / "jamsosratu")
    bundle = load_bundle(ROOT / "models" / "jamsosratu-simulated" / "bundle")
    assert programme.simulation is not None
    known = simulate(programme.instrument, programme.simulation, households=10_000, waves=2, seed=1).assessments
    ends = as_of_dates(known, pd.Timestamp(DATE), programme.cohort)
    context = wave_context(known, ends, bundle.catalogue, cluster=programme.cohort.cluster)
    families = known.sort_values("assessment_date", kind="stable").drop_duplicates("household_id", keep="last")
    families = families.head(10_000)
    # A simulated visit comes without what is computed at the door.
    families["percap_to_line"] = families["income_month_idr"] / families["hh_size"] / 400_000.0
    line = float(logit(0.6))  # the small model calls nearly nobody ready: a line that some families are near
    start = time.perf_counter()
    table = found(bundle, families, context, programme.instrument, line=line)
    taken = time.perf_counter() - start
    return f"{taken:.1f} s for {table['household_id'].nunique():,}"


if __name__ == "__main__":
    if sys.argv[1] == "changes":
        print(changes())
    else:
        print({"select": select, "crossing": crossing}[sys.argv[1]](int(sys.argv[2])))
