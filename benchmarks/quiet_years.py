"""How often monitoring alarms in years in which nothing happened, and how often it finds what was planted.

Written into docs/results-monitoring.md; `make hard` runs it. Quiet simulated provinces; every alarm in them is false.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.config import Programme, load_programme
from graduation_model.contract.tables import empty_quarantine
from graduation_model.features import catalogue
from graduation_model.monitoring import monitor_wave
from graduation_model.monitoring.drift import CODES
from graduation_model.simulation import simulate

ROOT = Path(__file__).parents[1]
HOUSEHOLDS = 3_000
KINDS = ("answers", "codes", "apart", "habits")
Plant = Callable[[pd.DataFrame, np.ndarray, np.random.Generator], pd.DataFrame]


def nothing(visits: pd.DataFrame, now: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Leave the year as it was."""
    return visits


def exchanged(visits: pd.DataFrame, now: np.ndarray, question: str, one: str, other: str) -> pd.DataFrame:
    """Read the new questionnaire by the old codebook, in which two codes stand in each other's place."""
    answers = visits[question]
    swapped = answers.cat.rename_categories({one: other, other: one}).astype("object")
    mixed = answers.astype("object").mask(now, swapped)
    return visits.assign(**{question: pd.Categorical(mixed, dtype=answers.dtype)})


def codes_shifted(visits: pd.DataFrame, now: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Let the codes of the worst and the best floor change places."""
    levels = visits["floor"].cat.categories
    return exchanged(visits, now, "floor", levels[0], levels[-1])


def rare_codes_shifted(visits: pd.DataFrame, now: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Let the codes of two rare ways of living change places, one family in twenty and one in fifty."""
    return exchanged(visits, now, "house_ownership", "rent", "other")


def prices_jumped(visits: pd.DataFrame, now: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Let everything that is spent cost half as much again."""
    spent = ["food_spend_month_idr", "nonfood_spend_month_idr"]
    return visits.assign(**{name: visits[name] * np.where(now, 1.5, 1.0) for name in spent})


def new_style(visits: pd.DataFrame, now: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Have half of the facilitators see every roof and wall in good order."""
    names = visits["facilitator_id"].unique()
    kind = visits["facilitator_id"].isin(rng.permutation(names)[: len(names) // 2]).to_numpy() & now
    better = {
        name: visits[name].mask(kind, visits[name].cat.categories[-1]) for name in ("roof_condition", "wall_condition")
    }
    return visits.assign(**better)


def shock(visits: pd.DataFrame, now: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """A year like 2020: a third of incomes is gone, four in ten earners fewer, food worries double."""
    lost = now & (rng.random(len(visits)) < 0.4)
    worried = now & (rng.random(len(visits)) < 0.5)
    return visits.assign(
        n_earners=visits["n_earners"].mask(lost, (visits["n_earners"] - 1).clip(lower=0)),
        income_month_idr=visits["income_month_idr"] * np.where(now, 0.66, 1.0),
        food_worry_12m=visits["food_worry_12m"].mask(worried, "yes"),
    )


PLANTED: dict[str, Plant] = {
    "nothing": nothing,
    "codes of the floor changed places": codes_shifted,
    "two rare codes of the house changed places": rare_codes_shifted,
    "prices half as high again": prices_jumped,
    "half of the facilitators see good roofs and walls": new_style,
    "a year like 2020": shock,
}


def monitored(seed: int, plants: tuple[str, ...]) -> list[dict[str, object]]:
    """Return the limits crossed by kind, in one province with each of the changes planted in turn."""
    programme = _programme()
    assert programme.simulation is not None, "configs/jamsosratu has a simulation"
    params = programme.simulation.model_copy(update={"province": "quiet"})
    # The truth given the answers is not asked for.
    made = simulate(programme.instrument, params, households=HOUSEHOLDS, waves=2, seed=seed, given_answers=0)
    return [{"planted": plant, **_told(made.assessments, seed, plant)} for plant in plants]


def _told(visits: pd.DataFrame, seed: int, plant: str) -> dict[str, int]:
    programme, years = _programme(), visits["assessment_date"].dt.year
    visits = PLANTED[plant](visits, (years == years.max()).to_numpy(), np.random.default_rng(seed))
    seen = monitor_wave(
        visits,
        empty_quarantine(),
        pd.Timestamp(f"{years.max()}-12-31"),
        instrument=programme.instrument,
        cohort=programme.cohort,
        features=catalogue(programme.instrument, programme.features),
        checks=programme.ingest.checks,
        params=programme.monitoring,
    )
    copies = seen.habits[seen.habits["habit"] == "copied_sheets"] if len(seen.habits) else seen.habits
    # Copied sheets are in the quiet province too, and no false alarm.
    found = int((copies["verdict"] == "told").sum()) if len(copies) else 0
    codes = int((seen.answers["told"] & (seen.answers["measure"] == CODES)).sum())
    return {**seen.told, "codes": codes, "habits": seen.told["habits"] - found}


@cache
def _programme() -> Programme:
    return load_programme(ROOT / "configs" / "jamsosratu")


def row(planted: str, found: pd.DataFrame) -> dict[str, object]:
    """Return how many years crossed a limit, in all and by kind."""
    return {
        "planted": planted,
        "years": len(found),
        "a question or the wave as a whole is told": f"{(found[['answers', 'apart']].sum(axis=1) > 0).mean():.1%}",
        **{kind: f"{(found[kind] > 0).mean():.1%}" for kind in KINDS},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the years; the page is written at 1 alone")
    scale = parser.parse_args().scale
    quiet, planted = (max(2, round(years * scale)) for years in (200, 40))
    plants = [tuple(PLANTED) if seed <= planted else ("nothing",) for seed in range(1, quiet + 1)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        years = pd.DataFrame(chain.from_iterable(pool.map(monitored, range(1, quiet + 1), plants)))
    frame = pd.DataFrame([row(what, years[years["planted"] == what]) for what in PLANTED])
    lines = ["| " + " | ".join(map(str, line)) + " |" for line in [frame.columns, *frame.to_numpy()]]
    content = "\n\n".join(
        [
            "# Monitoring: false alarms and what it finds",
            f"Written by `make hard`; nothing here is typed. Quiet simulated provinces of {HOUSEHOLDS:,} families and "
            "two waves, the limits of `configs/jamsosratu`. Where nothing was planted every alarm is false. Codes: "
            "those of the answers that are told by what the same families had answered before (decision 99). Habits: "
            "of facilitators, other than the copied sheets that are in every province.",
            "\n".join([lines[0], "|---" * len(frame.columns) + "|", *lines[1:]]),
        ]
    )
    if scale == 1.0:
        (ROOT / "docs" / "results-monitoring.md").write_text(content + "\n", encoding="utf-8")
    print(content)


if __name__ == "__main__":
    main()
