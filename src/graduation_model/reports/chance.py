"""A probability and the programme's threshold in, the words and the strip of a hundred ticks out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from graduation_model.params import Language
from graduation_model.selection.params import SelectionParams
from graduation_model.wording import in_hundred, number, plain, text

TICK = 3  # units of the drawing a family; a hundred of them side by side


def chance_words(row: Mapping[str, Any], params: SelectionParams, language: Language) -> dict[str, Any] | None:
    """Return what a family's probability means, in families out of a hundred; None where nothing can be said.

    Parameters
    ----------
    row : mapping
        recommendation, probability, probability_low, probability_high.
    params : SelectionParams
        Threshold, band and cost ratio.
    """
    probability = row["probability"]
    if pd.isna(probability) or row["recommendation"] == "cannot_say":
        return None
    yes = in_hundred(probability)
    limits = _limits(params)
    interval = _interval(row, language)
    words = {name: number(value, language) for name, value in limits.items()}
    return {
        "yes": number(yes, language),
        "no": number(100 - yes, language),
        "sentence": text("chance.sentence", language, yes=number(yes, language), no=number(100 - yes, language)),
        "interval": interval,
        "threshold": text("chance.threshold", language, **words),
        "cost": text("chance.cost", language, ratio=plain(params.cost_ratio, language)),
        "alt": f"{text('chance.scale', language, yes=number(yes, language), threshold=words['threshold'])}. {interval}",
        "strip": {"yes": yes * TICK, "all": 100 * TICK, **{name: value * TICK for name, value in limits.items()}},
        "between": _between(row) if interval else None,
        "limit": words["threshold"],
    }


def _limits(params: SelectionParams) -> dict[str, int]:
    threshold, band = params.threshold, params.band
    return {
        "threshold": in_hundred(threshold),
        "low": in_hundred(max(0.0, threshold - band)),
        "high": in_hundred(min(1.0, threshold + band)),
    }


def _between(row: Mapping[str, Any]) -> tuple[int, int]:
    """Where the interval's bar begins and ends on the strip."""
    return in_hundred(row["probability_low"]) * TICK, in_hundred(row["probability_high"]) * TICK


def _interval(row: Mapping[str, Any], language: Language) -> str:
    low, high = row.get("probability_low"), row.get("probability_high")
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return ""
    return text(
        "chance.interval", language, low=number(in_hundred(low), language), high=number(in_hundred(high), language)
    )
