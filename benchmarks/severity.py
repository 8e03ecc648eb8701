"""What facilitators' judgements add, as they stand and adjusted for who judged: docs/results-severity.md.

The same simulated province three times: without the judgements, with them as they stand, and with `features.adjusted`,
their distance from what the same facilitator judged of other families. In it every facilitator has a leniency, and
judgements carry something that no other answer does. `make hard` runs it; nothing is typed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.commands.inputs import past_of
from graduation_model.config import Programme, load_programme
from graduation_model.evaluation.backtest import backtest
from graduation_model.evaluation.bootstrap import bootstrap, percentile_interval
from graduation_model.evaluation.metrics import auc
from graduation_model.simulation import Province, simulate

ROOT = Path(__file__).parents[1]
JUDGED = ("mindset_score", "social_support_score", "has_business_plan")
MODELS = ("logistic", "lightgbm")
HOUSEHOLDS, AS_OF, RESAMPLES = 6_000, pd.Timestamp("2020-12-31"), 400


def variants(programme: Programme) -> dict[str, Programme]:
    """Return the programme without the judgements, with them, and with them adjusted."""
    exclude = tuple(name for name in programme.features.exclude if name not in JUDGED)
    changes = {
        "without judgements": {},
        "judgements as they stand": {"exclude": exclude},
        "adjusted for who judged": {"exclude": exclude, "adjusted": JUDGED},
    }
    return {
        what: programme.model_copy(update={"features": programme.features.model_copy(update=change)})
        for what, change in changes.items()
    }


def province() -> Programme:
    """Return Jamsosratu with a scorecard, one test year, and enough visits to the retained to test on."""
    programme = load_programme(ROOT / "configs" / "jamsosratu")
    assert programme.simulation is not None, "configs/jamsosratu has a simulation"
    visits = programme.simulation.visits.model_copy(update={"retained": 0.4})
    return programme.model_copy(
        update={
            "simulation": programme.simulation.model_copy(update={"visits": visits}),
            "estimators": programme.estimators.model_copy(update={"model": "logistic"}),
            "evaluation": programme.evaluation.model_copy(update={"test_years": 1, "bootstrap": 20}),
        }
    )


def tested(programme: Programme, made: Province) -> pd.DataFrame:
    """Return the families of the test year with every model's chance."""
    past = past_of(programme, made)
    return backtest(past, AS_OF, estimators=programme.estimators, evaluation=programme.evaluation).predictions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=HOUSEHOLDS, help="the page is written at the default alone")
    households = parser.parse_args().households
    programme = province()
    assert programme.simulation is not None
    made = simulate(programme.instrument, programme.simulation, households=households, waves=6, seed=1)
    found = {what: tested(one, made) for what, one in variants(programme).items()}
    first = next(iter(found.values()))
    chances = {f"{what}|{model}": table[model].to_numpy() for what, table in found.items() for model in MODELS}
    given = {"cluster": pd.factorize(first["cluster"])[0], "weight": np.ones(len(first)), "quota_share": 0.2}
    draws = bootstrap(first["y"].to_numpy(), chances, metrics=["auc"], resamples=RESAMPLES, seed=1, **given)
    lines = ["| | AUC, scorecard | minus without | AUC, LightGBM | minus without |", "|---|---|---|---|---|"]
    for what in found:
        cells = [cell for model in MODELS for cell in _cells(first["y"], chances, draws, what, model)]
        lines.append("| " + " | ".join([what, *cells]) + " |")
    content = "\n".join(
        [
            "# Judgements adjusted for who judged",
            "",
            f"Written by `make hard`; nothing here is typed. A simulated province of {households:,} families, as of "
            f"{AS_OF.date()}; {len(first):,} families of the test year. `features.adjusted` puts a facilitator's "
            "judgement as its distance from what the same facilitator judged of the other families of the wave. "
            f"Differences are paired, with 95 % intervals ({RESAMPLES} resamples of facilitators).",
            "",
            *lines,
        ]
    )
    if households == HOUSEHOLDS:
        (ROOT / "docs" / "results-severity.md").write_text(content + "\n", encoding="utf-8")
    print(content)


def _cells(
    y: pd.Series, chances: dict[str, np.ndarray], draws: dict[str, np.ndarray], what: str, model: str
) -> list[str]:
    """AUC, and its difference from the model without judgements."""
    own, without = f"{what}|{model}", f"without judgements|{model}"
    value = auc(y.to_numpy(), chances[own])
    if own == without:
        return [f"{value:.3f}", ""]
    low, high = percentile_interval(draws[own] - draws[without], 0.95)
    difference = value - auc(y.to_numpy(), chances[without])
    return [f"{value:.3f}", f"{difference:+.3f} [{low[0]:+.3f}, {high[0]:+.3f}]"]


if __name__ == "__main__":
    main()
