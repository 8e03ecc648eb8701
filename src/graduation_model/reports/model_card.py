"""A bundle's card and its evaluation in, the model card out: one page that holds both languages."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.evaluation.leak import Finding
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.params import Label, Language
from graduation_model.reports.disclosure import hidden_cells
from graduation_model.reports.evaluation_words import (
    GROUP_METRICS,
    METRICS,
    REFERENCE,
    figure,
    in_order,
    main_population,
    model_words,
    overall,
    tested_years,
)
from graduation_model.reports.fairness_words import HIDDEN, fairness_section, hidden_levels
from graduation_model.reports.group_words import GroupWords
from graduation_model.reports.inputs import label_stamp
from graduation_model.reports.leak_words import leak_checks, leak_sentences
from graduation_model.reports.points_page import PointsInputs, points_dict
from graduation_model.reports.render import render, render_both
from graduation_model.reports.uncertainty_words import uncertainty_dict
from graduation_model.wording import day, has_text, number, percent, text

if TYPE_CHECKING:
    from graduation_model.estimators.bundle import BundleCard
    from graduation_model.estimators.params import ComponentParams


@dataclass(frozen=True)
class CardInputs:
    """Everything that a model card is written from.

    Attributes
    ----------
    card : BundleCard
    title : Label
        The programme's.
    evaluation : frame or None
        As docs/reference/tables.md says; None or empty where no year could be tested.
    instrument : Instrument, optional
        Puts groups and their levels into words.
    area_names : mapping
        Area code -> name.
    params : EvaluationParams
        Says how wide the intervals are, and where limits lie.
    fairness : frame or None
        As `evaluation.fairness` gives it.
    leaks : tuple of Finding or None
        None where nobody looked.
    points : PointsInputs or None
        The points card, shown with its agreement.
    notes : sequence of str
        From the back-test.
    components : sequence of ComponentParams
        As the programme declares its stack's.
    figures : mapping
        File name -> PNG. `reliability_2017.id.png` is shown in Indonesian, `reliability_2017.en.png` in English, a
        name without a language in both.
    bundle_sha256 : str
    min_cell : int
        Counts below it are hidden.
    """

    card: BundleCard
    title: Label
    evaluation: pd.DataFrame | None = None
    instrument: Instrument | None = None
    area_names: Mapping[str, str] = field(default_factory=dict)
    params: EvaluationParams = field(default_factory=EvaluationParams)
    fairness: pd.DataFrame | None = None
    leaks: tuple[Finding, ...] | None = None
    points: PointsInputs | None = None
    notes: Sequence[str] = ()
    components: Sequence[ComponentParams] = ()
    figures: Mapping[str, bytes] = field(default_factory=dict)
    bundle_sha256: str = ""
    min_cell: int = 10


def model_card(inputs: CardInputs) -> str:
    """Return the model card as one HTML page with a switch between the languages."""
    return render_both("model_card.html.j2", inputs.title, partial(card_dict, inputs))


def model_card_markdown(inputs: CardInputs, language: Language) -> str:
    """Return the model card as Markdown in one language, without its pictures."""
    return render("model_card.md.j2", card_dict(inputs, language), language)


def card_dict(inputs: CardInputs, language: Language) -> dict[str, Any]:
    """Return what the card says in one language.

    Returns
    -------
    dict
        facts, expiry, years (a table of every model a test year, and its differences), fairness, groups, uncertainty,
        leaks, points, limits, figures, warnings, notes.
    """
    card, evaluation, params = inputs.card, inputs.evaluation, inputs.params
    words = {key: text(key, language) for key in _KEYS}
    groups = GroupWords(inputs.instrument, inputs.area_names)
    return {
        "language": language,
        "programme": inputs.title.in_(language),
        "simulated": bool(card.simulated),
        "outcome": card.label_title.in_(language),
        "caveat": card.caveat.in_(language),
        "words": {key.removeprefix("card."): value for key, value in words.items()},
        "results_note": text("card.results_note", language, share=percent(params.interval, language)),
        "stamp": text("common.simulated", language),
        "label_stamp": label_stamp(card.label_kind, language),
        "decide": text("common.people_decide", language),
        "facts": _facts(card, inputs.components, language),
        "expiry": _expiry(card, language),
        "uses": [text(f"card.for_{place}", language) for place in (1, 2, 3)],
        "not_uses": [text(f"card.not_for_{place}", language) for place in (1, 2, 3, 4)],
        "metrics": [
            {"name": text(f"metrics.{metric}", language), "note": text(f"metric_notes.{metric}", language)}
            for metric in METRICS
        ],
        "paired": [text(f"metrics.{metric}", language) for metric in PAIRED],
        "years": _years(card, evaluation, language),
        "fairness": fairness_section(inputs.fairness, groups, language, min_cell=inputs.min_cell),
        "fairness_note": text("fairness.note", language, share=percent(params.interval, language)),
        "groups": _groups(inputs, groups, language),
        "group_metrics": [text(f"metrics.{metric}", language) for metric in GROUP_METRICS],
        "uncertainty": uncertainty_dict(card.model, evaluation, groups, params, language),
        "leaks": leak_checks(inputs.leaks, inputs.instrument, language),
        "points": points_dict(inputs.points, language) if inputs.points else None,
        "limits": _limits(evaluation, language),
        "figures": _figures(inputs.figures, language),
        "warnings": leak_sentences(inputs.leaks or (), inputs.instrument, language),
        "notes": list(inputs.notes),
        "packages": sorted(card.package_versions.items()),
        "sha256": inputs.bundle_sha256,
        "bundle": text("common.bundle", language),
    }


# reliability_2017.id.png: what it shows, of which test year, in which language.
_FIGURE = re.compile(r"(?P<what>[a-z]+)(_(?P<year>\d{4}))?(\.(?P<language>id|en))?\.png")
# A difference of calibration slopes would say nothing: 0.8 and 1.2 are as far from 1.
PAIRED = METRICS[:-1]
FEW_YEARS = 3
_KEYS = tuple(
    f"card.{name}"
    for name in (
        "title",
        "lead",
        "label",
        "training",
        "for",
        "not_for",
        "results",
        "method",
        "in_bundle",
        "differences",
        "differences_note",
        "differences_none",
        "groups",
        "groups_note",
        "groups_none",
        "group",
        "families",
        "figures",
        "warnings",
        "notes",
        "packages",
        "no_results",
        "fairness",
        "fairness_none",
        "crossed",
        "crossed_none",
        "crossed_show",
        "proposed",
        "verdict",
        "hidden",
        "leaks",
        "leaks_unknown",
        "points",
        "limits",
    )
)


def _facts(card: BundleCard, components: Sequence[ComponentParams], language: Language) -> list[dict[str, str]]:
    facts: tuple[tuple[str, str], ...] = (
        ("card.bundle_model", model_words(card.model, language)),
        ("label_kinds.kind", text(f"label_kinds.{card.label_kind}_name", language)),
        ("card.as_of", day(card.as_of, language)),
        ("card.cohorts", ", ".join(_cohort_words(cohort, language) for cohort in card.cohorts)),
        ("card.training_rows", number(card.training_rows, language)),
        ("card.base_rate", percent(card.base_rate, language, 1)),
        ("card.instrument", card.instrument_version),
        ("card.seed", str(card.seed)),
    )
    if card.members:
        said = _component_words(card.members, components, language)
        weights = (f"{said[name]}: {number(weight, language, 2)}" for name, weight in card.members.items())
        facts += (("stack.parts", "; ".join(weights)),)
    return [{"label": text(key, language), "value": value} for key, value in facts]


def _component_words(names: Iterable[str], components: Sequence[ComponentParams], language: Language) -> dict[str, str]:
    """What each component is and what it learnt from; its own name stands behind where this tells two not apart."""
    said = {
        one.name: text(f"stack.{one.label}_{one.population}", language, model=model_words(one.kind, language))
        for one in components
    }
    times = Counter(said.values())
    said |= {name: f"{words} ({name})" for name, words in said.items() if times[words] > 1}
    return {name: said.get(name, name) for name in names}


def _cohort_words(cohort: str, language: Language) -> str:
    """A cohort is named by its as-of date, or by a name of its own."""
    try:
        return day(str(cohort), language)
    except ValueError:
        return str(cohort)


def _years(card: BundleCard, evaluation: pd.DataFrame | None, language: Language) -> list[dict[str, Any]]:
    if evaluation is None:
        return []
    return [_year(card, evaluation, year, language) for year in tested_years(evaluation)]


def _year(card: BundleCard, evaluation: pd.DataFrame, year: int, language: Language) -> dict[str, Any]:
    values, differences = overall(evaluation, year), overall(evaluation, year, REFERENCE)
    first = next(iter(values.values()), None)
    known = str(first["outcome_known"]) if first else ""
    compared = in_order({model for model, _ in differences})
    return {
        "title": text("card.year", language, year=year),
        "tested": text("card.tested", language, count=number(int(first["n"]), language)) if first else "",
        "outcome_known": text(f"card.outcome_{known}", language) if has_text(f"card.outcome_{known}") else known,
        "rows": _rows(card, values, in_order({model for model, _ in values}), language),
        "differences": _rows(card, differences, compared, language, PAIRED),
    }


def _expiry(card: BundleCard, language: Language) -> str:
    return text("card.expires", language, date=day(card.expires, language)) if card.expires else ""


def _limits(evaluation: pd.DataFrame | None, language: Language) -> list[str]:
    """What holds for every model of this kind, and what of this one's test was thin."""
    lines = [text(f"card.limit_{place}", language) for place in (1, 2, 3, 4)]
    years = tested_years(evaluation)
    if len(years) < FEW_YEARS:
        lines.insert(0, text("card.limit_years", language, count=number(len(years), language)))
    return lines


def _rows(
    card: BundleCard,
    rows: Mapping[tuple[str, str], Mapping[str, Any]],
    models: Sequence[str],
    language: Language,
    metrics: Sequence[str] = METRICS,
) -> list[dict[str, Any]]:
    return [
        {
            "model": model_words(model, language),
            "in_use": model == card.model,
            "cells": [figure(rows.get((model, metric)), language) for metric in metrics],
        }
        for model in models
    ]


def _groups(inputs: CardInputs, words: GroupWords, language: Language) -> list[dict[str, Any]]:
    """The model in use, last test year, group by group; what would tell of a few families is hidden."""
    evaluation, years = inputs.evaluation, tested_years(inputs.evaluation)
    if evaluation is None or not years:
        return []
    rows = main_population(evaluation)
    rows = rows[(rows["model"] == inputs.card.model) & (rows["test_year"] == years[0]) & (rows["baseline"] == "")]
    rows = rows[rows["metric"].isin(GROUP_METRICS) & (rows["group"] != "all")]
    counts = rows.groupby(["group", "level"])["n"].max()
    few = pd.concat(
        [
            pd.Series(hidden_cells(sizes.to_numpy().reshape(-1, 1), inputs.min_cell)[:, 0], index=sizes.index)
            for _, sizes in counts.groupby(level="group")
        ]
        or [pd.Series(dtype=bool)]
    )
    few_proposed = hidden_levels(inputs.fairness, inputs.min_cell)
    parts = dict(iter(rows.groupby(["group", "level"])))
    shown = []
    for group, level in sorted(parts, key=lambda key: words.order(*key)):
        by_metric = {row["metric"]: row for row in parts[group, level].to_dict(orient="records")}
        cells = [figure(by_metric.get(metric), language) for metric in GROUP_METRICS]
        for place, metric in enumerate(GROUP_METRICS):
            if few[group, level] or (metric.endswith("_at_quota") and (group, level) in few_proposed):
                cells[place] = {"value": HIDDEN, "interval": "", "settled": False}
        shown.append(
            {
                "group": words.group(group, level, language),
                "level": words.level(group, level, language),
                "n": HIDDEN if few[group, level] else number(int(counts[group, level]), language),
                "cells": cells,
            }
        )
    return shown


def _figures(figures: Mapping[str, bytes], language: Language) -> list[dict[str, str]]:
    """The pictures of one language, the latest year first."""
    shown = []
    for name, content in sorted(figures.items(), reverse=True):
        found = _FIGURE.fullmatch(name)
        what, year, drawn_in = found.group("what", "year", "language") if found else (name, None, None)
        if drawn_in not in (None, language):
            continue
        key = f"card.{what}_alt"
        words = text(key, language) if has_text(key) else text("card.figure_alt", language, name=what)
        caption = f"{text('card.year', language, year=year)}: {words}" if year else words
        shown.append({"caption": caption, "data": base64.b64encode(content).decode("ascii")})
    return shown
