"""`make hard`: the long checks of intervals, cap, weights, bounds and SHAP values; writes three pages.

All but the last have a truth to hold against: families whose chance given their answers is known in closed form
(`tests/lib/known_truth.py`). Nothing on the page is typed. `tests/unit` holds a small sample of each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import false_discovery_control

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from provinces import LEVELS, PUT_RIGHT, WAVES, capped, judged, known_province  # noqa: E402
from provinces import lost as lost_in_province  # noqa: E402
from shap_proof import shap_page  # noqa: E402

from graduation_model.estimators import CalibratedAdditive, EstimatorParams, LightGBMScorer, LogisticScorecard  # noqa: E402
from graduation_model.estimators.conformal import ConformalCalibration  # noqa: E402
from graduation_model.estimators.intervals import fit_intervals  # noqa: E402
from graduation_model.estimators.propensity import Followed, follow_up_weights  # noqa: E402
from graduation_model.evaluation.bounds import metric_bounds, share_bounds  # noqa: E402
from graduation_model.evaluation.metrics import METRICS  # noqa: E402
from lib.known_truth import keep, known_world, seen  # noqa: E402

DOCS = ROOT / "docs"
PARAMS = EstimatorParams()
KINDS = ("logistic", "lightgbm")
NEW_FAMILIES = 2_000
HOUSEHOLDS = 10_000
SMALL_PROVINCE = 3_000
IN_PROVINCES = (*KINDS, "stack")
BOUND_IN_PROVINCE = ("logistic", "stack")


def model(kind: str, seed: int) -> CalibratedAdditive:
    """Return an unfitted model with the shipped settings."""
    settings = getattr(PARAMS, kind).model_dump()
    component = LogisticScorecard(**settings) if kind == "logistic" else LightGBMScorer(**settings, seed=seed)
    return CalibratedAdditive(component, PARAMS.calibration_folds, seed, name=kind)


def coverage(kind: str, n: int, seeds: int) -> dict[str, object]:
    """Return how often intervals hold the true chance of families that no fit has seen."""
    held, width, error = [], [], []
    for seed in range(seeds):
        world, new = known_world(n, seed), known_world(NEW_FAMILIES, 10_000 + seed)
        fitted = model(kind, seed).fit(world.training)
        intervals = fit_intervals(world.training, fitted.cross_fitted, params=PARAMS.intervals, seed=seed)
        log_odds = fitted.log_odds(new.training.X)
        low, high = intervals.bounds(new.training.X, log_odds)
        held.append(float(((low <= new.chance) & (new.chance <= high)).mean()))
        width.append(float((high - low).mean()))
        error.append(float(np.sqrt(((expit(log_odds) - new.chance) ** 2).mean())))
    return {
        "model": kind,
        "labelled families": f"{n:,}",
        "seeds": seeds,
        "stated": f"{PARAMS.intervals.level:.0%}",
        "held": f"{np.mean(held):.1%}",
        "worst seed": f"{min(held):.1%}",
        "mean width": f"{np.mean(width):.3f}",
        "error of the chance (root mean square)": f"{np.mean(error):.3f}",
    }


def list_bound(kind: str, n: int, seeds: int) -> Iterator[dict[str, object]]:
    """Yield the mean share of false graduations in the lists that each level's cut takes; an empty list has none."""
    false = np.zeros((seeds, len(LEVELS)))
    listed = np.zeros_like(false)
    for seed in range(seeds):
        world, new = known_world(n, seed), known_world(NEW_FAMILIES, 10_000 + seed)
        fitted = model(kind, seed).fit(world.training)
        past = ConformalCalibration.fit(fitted.cross_fitted, world.training.y, world.training.weight)
        adjusted = false_discovery_control(past.p_values(fitted.log_odds(new.training.X)))
        for place, level in enumerate(LEVELS):
            taken = adjusted <= level
            listed[seed, place] = taken.mean()
            false[seed, place] = 1 - new.training.y[taken].mean() if taken.any() else 0.0
    yield from _bound_rows({"model": kind, "labelled families": f"{n:,}"}, false, listed)


def province_bound(kind: str, seeds: int) -> Iterator[dict[str, object]]:
    """Yield the same for the families of a quiet province's last wave."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(partial(capped, "quiet", kind, SMALL_PROVINCE), range(1, seeds + 1)))
    false, listed = (np.array([[lists[level][place] for level in LEVELS] for _, lists in made]) for place in (0, 1))
    labelled = f"{np.mean([n for n, _ in made]):,.0f}"
    yield from _bound_rows({"model": kind, "labelled families": labelled}, false, listed)


def _bound_rows(names: dict[str, object], false: np.ndarray, listed: np.ndarray) -> Iterator[dict[str, object]]:
    seeds = len(false)
    for place, level in enumerate(LEVELS):
        yield {
            **names,
            "seeds": seeds,
            "cap": f"{level:.0%}",
            "false in the list, mean": f"{false[:, place].mean():.1%}",
            "± (standard error)": f"{false[:, place].std() / np.sqrt(max(seeds - 1, 1)):.1%}",
            "highest of one list": f"{false[:, place].max():.1%}",
            "families listed": f"{listed[:, place].mean():.1%}",
            "empty lists": int((listed[:, place] == 0).sum()),
        }


def lost(recorded: bool, n: int, seeds: int) -> Iterator[dict[str, object]]:
    """Yield what losing a third of the families does to two figures, weighted, unweighted and bounded."""
    found: dict[str, list[tuple[float, float, float, float, float]]] = {}
    quota = 0.2
    for seed in range(seeds):
        world = known_world(n, seed)
        known = seen(world, recorded=recorded, seed=seed)
        training = world.training
        weights = follow_up_weights(
            training.X, Followed.plainly(known), training.groups, params=PARAMS.follow_up, seed=seed
        ).weight
        fitted = model("logistic", seed).fit(keep(training, known, weights))
        p, y = expit(fitted.log_odds(training.X)), training.y.astype(float)
        unknown = np.where(known, y, np.nan)
        precision = partial(METRICS["precision_at_quota"], quota_share=quota)
        found.setdefault("share that made it", []).append(
            (y.mean(), y[known].mean(), np.average(y[known], weights=weights[known]), *share_bounds(unknown))
        )
        found.setdefault("precision in the best fifth", []).append(
            (
                precision(y, p),
                precision(y[known], p[known]),
                precision(y[known], p[known], weights[known]),
                *metric_bounds(unknown, p, metric="precision_at_quota", quota_share=quota),
            )
        )
    for figure, rows in found.items():
        truth, plain, weighted, low, high = np.array(rows).T
        yield {
            "loss hangs on": "recorded answers" if recorded else "what nobody asked",
            "figure": figure,
            "truth": f"{truth.mean():.3f}",
            "bias unweighted": f"{(plain - truth).mean():+.3f}",
            "bias weighted": f"{(weighted - truth).mean():+.3f}",
            "bias removed": f"{1 - abs((weighted - truth).mean() / (plain - truth).mean()):.0%}",
            "bounds, mean": f"{low.mean():.3f}–{high.mean():.3f}",
            "truth within bounds": f"{((low <= truth) & (truth <= high)).mean():.0%}",
            "seeds": seeds,
        }


def provinces(seeds: dict[str, int]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return the rows of simulated provinces: intervals and cap where nothing is hidden or as in life, and the lost."""
    decided: list[dict[str, object]] = []
    missing: list[dict[str, object]] = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for name, several in seeds.items():
            kinds = IN_PROVINCES if name in ("quiet", "honest") else ()
            made = list(pool.map(partial(_seen_of, name, kinds), range(1, several + 1)))
            lost_ones = pd.DataFrame([lost_one for lost_one, _ in made])
            missing.append({"province": name, "seeds": several, **_lost_words(lost_ones)})
            for place in range(len(kinds)):
                rows = pd.DataFrame([judged_ones[place] for _, judged_ones in made])
                decided.append({"province": name, "seeds": several, **_mean_words(rows)})
    return decided, missing


def _seen_of(name: str, kinds: Sequence[str], seed: int) -> tuple[dict[str, object], list[dict[str, object]]]:
    there = known_province(name, households=HOUSEHOLDS, seed=seed)
    return lost_in_province(there), [judged(there, kind) for kind in kinds]


def _mean_words(rows: pd.DataFrame) -> dict[str, object]:
    numbers = rows.select_dtypes("number").columns
    words = {name: f"{rows[name].mean():.3f}" if name in numbers else rows[name].iloc[0] for name in rows}
    return {**words, "held": f"{words['held']} ± {_standard_error(rows['held']):.3f}"}


def _standard_error(values: pd.Series) -> float:
    return float(values.std() / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def _lost_words(rows: pd.DataFrame) -> dict[str, object]:
    bias = {name: float((rows[name] - rows["truth"]).mean()) for name in ("unweighted", PUT_RIGHT, "weighted")}
    within = ((rows["low"] <= rows["truth"]) & (rows["truth"] <= rows["high"])).mean()
    return {
        "due": rows["due"].iloc[0],
        "known": rows["known"].iloc[0],
        "truth": f"{rows['truth'].mean():.3f}",
        **{f"bias {name}": f"{value:+.4f}" for name, value in bias.items()},
        "of the loss's bias removed": f"{1 - abs(bias['weighted'] / bias[PUT_RIGHT]):.0%}",
        "bounds, mean": f"{rows['low'].mean():.3f}–{rows['high'].mean():.3f}",
        "truth within bounds": f"{within:.0%}",
        "calibration slope of being followed": f"{rows['slope of being followed'].mean():.2f}",
    }


def table(rows: list[dict[str, object]]) -> str:
    """Return rows as a Markdown table."""
    frame = pd.DataFrame(rows)
    lines = ["| " + " | ".join(str(cell) for cell in line) + " |" for line in [frame.columns, *frame.to_numpy()]]
    return "\n".join([lines[0], "|---" * len(frame.columns) + "|", *lines[1:]])


def known_truth_page(scale: float) -> list[str]:
    """Return the page of invented families whose chance is known in closed form."""
    few, many = _seeds(scale, 20), _seeds(scale, 200)
    return [
        "# Results where the chance is known in closed form",
        "Written by `make hard`; nothing here is typed. Invented families whose chance given their answers is known "
        "(`tests/lib/known_truth.py`). What these figures can and cannot promise for real families: "
        "[statistics.md](statistics.md).",
        "## Intervals: do they hold the true chance given the answers?",
        f"Of {NEW_FAMILIES:,} new families a seed. The target is the stated rate ± 3 points.",
        table([coverage(kind, n, few) for kind in KINDS for n in (1_000, 5_000)]),
        "## The list's cap: the share of false graduations, on average over lists",
        f"Families to choose from: {NEW_FAMILIES:,} new ones a seed, in villages not seen before.",
        table([row for kind in KINDS for row in list_bound(kind, 1_000, many)]),
        "## Families lost to follow-up",
        "A third is lost. Weights must remove at least half of the bias where the loss hangs on recorded answers; "
        "where it does not they cannot, and the bounds must hold the truth.",
        table([row for recorded in (True, False) for row in lost(recorded, 3_000, few)]),
    ]


def province_page(scale: float) -> list[str]:
    """Return the page of simulated provinces."""
    # What is aimed at is aimed at in the quiet province, and one differs much from the next.
    several = {"quiet": 20, "recorded": 5, "unrecorded": 5, "honest": 5}
    decided, gone = provinces({name: _seeds(scale, number) for name, number in several.items()})
    bound = [row for kind in BOUND_IN_PROVINCE for row in province_bound(kind, _seeds(scale, 200))]
    return [
        "# Results on simulated provinces",
        "Written by `make hard`; nothing here is typed. The same questions where the chance is known in closed form: "
        "[results-known-truth.md](results-known-truth.md). What these figures can and cannot promise for real "
        "families: [statistics.md](statistics.md).",
        "## Intervals and cap for the families of the last wave",
        f"{HOUSEHOLDS:,} families, {WAVES} waves, everything as in `train`; the truth is that given the answers, under "
        "the mixture of graduated and retained that the model learnt from. Quiet: nothing drifts, selection and loss "
        "are random. Honest: as in life; nothing is promised there, and the figures stand as they came out. Held: "
        "the mean over the seeds ± its standard error.",
        table(decided),
        "## A quiet province: the list's cap, on average over lists",
        f"{SMALL_PROVINCE:,} families, {WAVES} waves. A family counts as false with its true chance of failing.",
        table(bound),
        "## Families lost to follow-up",
        f"The share of the due that made it. *{PUT_RIGHT.capitalize()}*: the failures that a register or an early "
        "visit shows no longer count more often than successes, with one probability of being followed for all; "
        "what is left is the bias of the loss itself.",
        table(gone),
    ]


def _seeds(scale: float, all_of_them: int) -> int:
    return max(1, round(all_of_them * scale))


PAGES = {"known-truth": known_truth_page, "simulated": province_page, "shap": shap_page}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="append", choices=list(PAGES), help="this page alone")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the seeds; pages are written at 1 alone")
    arguments = parser.parse_args()
    for name in arguments.page or PAGES:
        content = "\n\n".join(PAGES[name](arguments.scale)) + "\n"
        if arguments.scale == 1.0:
            (DOCS / f"results-{name}.md").write_text(content, encoding="utf-8")
        print(content, flush=True)


if __name__ == "__main__":
    main()
