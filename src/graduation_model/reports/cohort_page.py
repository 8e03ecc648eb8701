"""Report inputs in, the summary of a whole list out, as one plain dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from graduation_model import __version__
from graduation_model.params import Language
from graduation_model.reports.areas import area_counts, area_table, tile_map
from graduation_model.reports.evaluation_words import (
    REFERENCE,
    figure,
    in_order,
    model_words,
    overall,
    tested_years,
    version_words,
)
from graduation_model.reports.fairness_words import fairness_section
from graduation_model.reports.group_words import GroupWords
from graduation_model.reports.index_page import as_of_words
from graduation_model.reports.inputs import ReportInputs
from graduation_model.reports.list_facts import about_families, conformal_bound, rule_costs, steadiness, swaps
from graduation_model.reports.minutes import by_subdistrict
from graduation_model.reports.quota_words import quota_use
from graduation_model.wording import has_text, in_hundred, number, percent, text

TOP_QUESTIONS = 10
BINS = 20


def cohort_dict(inputs: ReportInputs, language: Language) -> dict[str, Any]:
    """Return what the summary says.

    Returns
    -------
    dict
        tiles (counts by place on the list), quota, false, bound, unsure, spread, areas, tiles_map, rules, steady,
        swaps, carried, groups, tested, baselines, minutes, not_scored, quarantined, hashes, model, and what names the
        page.
    """
    families, found = inputs.families, area_counts(inputs, language)
    return {
        "programme": inputs.title.in_(language),
        "simulated": inputs.simulated,
        "label_stamp": inputs.label_stamp(language),
        "as_of": as_of_words(inputs, language),
        "lead": text("cohort.lead", language, scored=_families(len(inputs.scores), language)),
        "outcome": inputs.label_title.in_(language),
        "caveat": inputs.caveat.in_(language),
        "tiles": _tiles(families, language),
        "quota": quota_use(inputs, language),
        "false": false_graduations(families, language),
        "unsure": _unsure(inputs, language),
        "spread": _spread(inputs, language),
        "bound": conformal_bound(inputs, language),
        "areas": area_table(found, inputs.params.min_cell, language) if found else None,
        "tiles_map": tile_map(inputs, found, language),
        "rules": rule_costs(inputs, language),
        "steady": steadiness(inputs, language),
        "swaps": swaps(inputs, language),
        "groups": groups_tested(inputs, language),
        "tested": inputs.evaluation is not None,
        "minutes": [{"file": file, "place": place} for file, place, _ in by_subdistrict(inputs, language)],
        "carried": _carried(inputs, language),
        "baselines": baselines(inputs.evaluation, language),
        "not_scored": _counted(inputs.not_scored, "not_scored", language),
        "quarantined": _counted(inputs.quarantine, "fault", language),
        "hashes": sorted(inputs.hashes.items()),
        "model": model_of(inputs, language),
    }


def model_of(inputs: ReportInputs, language: Language) -> dict[str, str]:
    """Return which model scored: name, version, package."""
    model = inputs.model
    return {
        "name": model_words(str(model["name"]), language),
        "version": version_words(str(model["version"]), language),
        "package": __version__,
    }


def _families(count: int, language: Language) -> str:
    return text("common.families", language, count=number(count, language))


def _tiles(families: pd.DataFrame, language: Language) -> list[dict[str, str]]:
    """Ready, review, not ready, cannot say: every recommendation, also where no family has it."""
    counts = families["recommendation"].value_counts()
    return [
        {
            "code": code,
            "words": text(f"recommendation.{code}", language),
            "count": number(int(counts.get(code, 0)), language),
        }
        for code in ("ready", "review", "not_ready", "cannot_say")
    ]


def false_graduations(families: pd.DataFrame, language: Language) -> str:
    chosen = families.loc[families["selected"].to_numpy(dtype=bool), "probability"].to_numpy(dtype=float)
    if not len(chosen):
        return text("cohort.false_none", language)
    expected = float((1 - chosen).sum())
    return text(
        "cohort.false_sentence",
        language,
        selected=_families(len(chosen), language),
        expected=about_families(expected, language, 0 if expected >= 20 else 1),
        share=percent(expected / len(chosen), language, 1),
    )


def _unsure(inputs: ReportInputs, language: Language) -> list[str]:
    """What the intervals of the proposed and the list's cap say, and what they cannot promise."""
    families, rules = inputs.families, inputs.selection_params
    chosen = families[families["selected"].to_numpy(dtype=bool)]
    lines = []
    low = chosen["probability_low"].dropna() if "probability_low" in chosen else pd.Series(dtype=float)
    if len(low):
        below = int((low < rules.threshold).sum())
        threshold = number(in_hundred(rules.threshold), language)
        lines.append(text("uncertainty.below", language, families=_families(below, language), threshold=threshold))
    level = inputs.summary.get("conformal_level", rules.conformal_level)
    if level is not None:
        lines.append(text("uncertainty.cap", language, level=percent(level, language)))
    return lines


def _spread(inputs: ReportInputs, language: Language) -> dict[str, Any]:
    """A histogram of the probabilities that count, in bars of 5 in 100, on a drawing of 400 × 100."""
    families = inputs.families
    chances = families.loc[families["recommendation"] != "cannot_say", "probability"].dropna().to_numpy(dtype=float)
    counts = np.histogram(chances, bins=BINS, range=(0, 1))[0]
    tallest = max(1, int(counts.max()))
    heights = np.round(counts / tallest * 96, 1)
    width = 400 / BINS
    rules = inputs.selection_params
    low, high = max(0.0, rules.threshold - rules.band), min(1.0, rules.threshold + rules.band)
    return {
        "bars": [
            {"x": place * width + 1, "y": 100 - float(height), "width": width - 2, "height": float(height)}
            for place, height in enumerate(heights)
            if height
        ],
        "tallest": _families(tallest, language),
        "band": {"x": round(low * 400, 1), "width": round((high - low) * 400, 1)},
        "threshold": round(rules.threshold * 400, 1),
        "ticks": [{"x": place * 4, "words": number(place, language)} for place in range(0, 101, 20)],
    }


def _carried(inputs: ReportInputs, language: Language) -> dict[str, Any] | None:
    """The questions whose contributions weigh most on the proposed (or, where there are none, the listed) families."""
    listed = inputs.listed
    proposed = listed.loc[listed["standing"] == "proposed", "household_id"]
    ids = proposed if len(proposed) else listed["household_id"]
    given = inputs.contributions.set_index("household_id").drop(columns="base_log_odds").reindex(ids)
    if given.empty:
        return None
    names = given.abs().mean().sort_values(ascending=False, kind="stable").index[:TOP_QUESTIONS]
    up, down = given[names].clip(lower=0).mean(), given[names].clip(upper=0).mean()
    longest = max(float(up.max()), float(-down.min()), 1e-12)
    key = "cohort.carried_note" if len(proposed) else "cohort.carried_note_listed"
    return {
        "note": text(key, language, families=_families(len(ids), language)),
        "questions": [
            {
                "question": name,
                "label": inputs.question_label(str(name), language),
                "up": round(100 * up[name] / longest, 1),
                "down": round(-100 * down[name] / longest, 1),
                "points": number(up[name] + down[name], language, 2, signed=True),
            }
            for name in names
        ],
    }


def groups_tested(inputs: ReportInputs, language: Language) -> list[dict[str, Any]]:
    """What the tests found for each group: title, and level, verdict and finding of its rows."""
    words = GroupWords(inputs.instrument, inputs.params.area_names)
    section = fairness_section(inputs.fairness, words, language, min_cell=inputs.params.min_cell)
    return section["groups"]


def baselines(evaluation: pd.DataFrame | None, language: Language) -> dict[str, Any] | None:
    years = tested_years(evaluation)
    if evaluation is None or not years:
        return None
    values, differences = overall(evaluation, years[0]), overall(evaluation, years[0], REFERENCE)
    models = in_order({model for model, metric in values if metric == "precision_at_quota"})
    return {
        "note": text("cohort.baselines_note", language, year=years[0]),
        "rows": [
            {
                "model": model_words(model, language),
                "precision": figure(values[model, "precision_at_quota"], language),
                "difference": figure(differences.get((model, "precision_at_quota")), language),
            }
            for model in models
        ],
    }


def _counted(counts: Mapping[str, int], family: str, language: Language) -> list[dict[str, str]]:
    """Counts by code, the largest first; a code without words stands as it is."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        {
            "words": text(f"{family}.{code}", language) if has_text(f"{family}.{code}") else code,
            "count": number(count, language),
        }
        for code, count in ordered
        if count
    ]
