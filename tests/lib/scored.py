"""A folder as `score` writes it, made from a few typed-in families."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from graduation_model.commands.outputs import output_folder
from graduation_model.config import Programme, load_programme
from graduation_model.selection import SelectionParams

ROOT = Path(__file__).parents[2]
DATE = "2020-12-31"


def programme(**rules: object) -> Programme:
    """Jamsosratu with other rules: ready from a chance of 0.85."""
    loaded = load_programme(ROOT / "configs" / "jamsosratu")
    return loaded.model_copy(update={"selection": SelectionParams(cost_ratio=4, band=0.05, **rules)})  # type: ignore[arg-type]


def scores_folder(
    out: Path,
    families: dict[str, float],
    *,
    bundle: str = "0a",
    answers: str = "1",
    as_of: str = DATE,
    expires: str = "",
    **columns: list[object],
) -> Path:
    """Write a scores folder: family -> chance, and whatever else a test needs."""
    scores = pd.DataFrame(
        {
            "household_id": list(families),
            "probability": list(families.values()),
            "completeness": 1.0,
            "support": "inside",
            "as_of_date": as_of,
            "model": "stack",
            "model_version": "1",
            "bundle_sha256": bundle,
            "log_odds": 2.0,
            **columns,
        }
    )
    with output_folder(out, "score", {"as_of": as_of, "data": out, "model": out}) as output:
        output.parquet(scores, "scores/part-00000.parquet")
        output.parquet(scores[["household_id"]].assign(income=0.1), "contributions/part-00000.parquet")
        output.facts.update(
            model={"bundle_sha256": bundle, "expired": bool(expires), "expires": expires},
            inputs={"assessments.parquet": answers},
        )
    return out
