"""Part of `make hard`: exact SHAP values against LightGBM's own over hundreds of random models."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from graduation_model.explanation.exact import ShapTables  # noqa: E402
from lib.boosters import kinds, longest_path, random_booster  # noqa: E402

MODELS = 600


@dataclass(frozen=True)
class Gap:
    """Largest differences of one model: with float64 and float32 sums from `pred_contrib`, and from the raw score."""

    kinds: frozenset[str]
    path: int
    float64: float
    float32: float
    additive: float
    theirs_additive: float


def gap(seed: int) -> Gap | None:
    """Train one random model and explain it both ways; None where LightGBM has no model."""
    rng = np.random.default_rng(seed)
    made = random_booster(lambda options: options[rng.integers(len(options))], rng)
    if made is None:
        return None
    booster, rows = made
    theirs = booster.predict(rows, pred_contrib=True, num_threads=1)
    raw = booster.predict(rows, raw_score=True, num_threads=1)
    scale = max(1.0, float(np.abs(theirs).max()))
    precise = ShapTables(booster, precise=True)
    values = precise.values(rows)
    with np.errstate(over="ignore"):
        single = rows.astype(np.float32)
    of_single = booster.predict(single.astype(np.float64), pred_contrib=True, num_threads=1)[:, :-1]
    return Gap(
        kinds=frozenset(kinds(booster)),
        path=longest_path(booster),
        float64=float(np.abs(values - theirs[:, :-1]).max()) / scale,
        float32=float(np.abs(ShapTables(booster).values(single) - of_single).max()) / scale,
        additive=float(np.abs(precise.base + values.sum(axis=1) - raw).max()) / scale,
        theirs_additive=float(np.abs(theirs.sum(axis=1) - raw).max()) / scale,
    )


def shap_page(scale: float) -> list[str]:
    """Return the page's parts; a scale below 1 takes fewer models."""
    models = max(1, round(MODELS * scale))
    tried = [found for seed in range(models) if (found := gap(seed))]
    named = [("all", tried)]
    for kind in sorted(set().union(*(found.kinds for found in tried))):
        named.append((kind, [found for found in tried if kind in found.kinds]))
    rows = [
        {
            "models with": name,
            "models": len(group),
            "float64 sums": f"{max(found.float64 for found in group):.0e}",
            "float32 sums": f"{max(found.float32 for found in group):.0e}",
            "from the raw score": f"{max(found.additive for found in group):.0e}",
            "pred_contrib from the raw score": f"{max(found.theirs_additive for found in group):.0e}",
        }
        for name, group in named
    ]
    frame = pd.DataFrame(rows)
    lines = ["| " + " | ".join(str(cell) for cell in line) + " |" for line in [frame.columns, *frame.to_numpy()]]
    return [
        "# Exact SHAP values against LightGBM's own",
        "Written by `make hard`; nothing here is typed. Random models (`tests/lib/boosters.py`: bagging, weights, a "
        "constant feature, each model read back from its text), and rows with missing, infinite, tiny, negative and "
        "unseen values, explained by `exact_shap` and by `Booster.predict(pred_contrib=True)`. Largest differences, as "
        "a share of the largest value or of 1. Promised: 1e-9 with float64 sums, 1e-5 with float32.",
        "\n".join([lines[0], "|---" * len(frame.columns) + "|", *lines[1:]]),
        f"LightGBM itself had no model for {models - len(tried)} of {models} settings. The longest path asks "
        f"{max(found.path for found in tried)} features. The longer the path, the more digits `pred_contrib` loses: "
        "tests/unit/explanation/test_exact.py sets both against the definition worked out in fractions.",
    ]
