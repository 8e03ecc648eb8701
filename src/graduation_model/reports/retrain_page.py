"""A year's retraining in; a page that says what matured, what the gate says and what would change, out: counts only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.estimators.bundle import BundleCard
from graduation_model.evaluation.gate import Verdict
from graduation_model.params import LANGUAGES, Label, Language
from graduation_model.reports.render import render, twin_link
from graduation_model.reports.verdict import verdict_lines
from graduation_model.selection.select import RECOMMENDATIONS
from graduation_model.wording import day, number, percent, text

MOST_MOVED = 8
NONE = "–"
Say = Callable[..., str]


@dataclass(frozen=True)
class RetrainInputs:
    """What the page is made of.

    Attributes
    ----------
    title : Label
        The programme's.
    decides : (version, card)
        Of the model that decides.
    challenger : str
        Its version.
    as_of, last_as_of : str
        ISO dates of this year's and last year's knowledge.
    label_kind : str
        Of the challenger.
    matured : frame
        See `evaluation.matured_by_cohort`.
    shadow : frame
        See `monitoring.shadow`.
    verdict : Verdict
    command : str
        That promotes.
    instrument : Instrument
    min_cell : int
        Smaller counts of families are not shown.
    simulated : bool
    """

    title: Label
    decides: tuple[str, BundleCard]
    challenger: str
    as_of: str
    last_as_of: str
    label_kind: str
    matured: pd.DataFrame
    shadow: pd.DataFrame
    verdict: Verdict
    command: str
    instrument: Instrument
    min_cell: int
    simulated: bool = False


def retrain_page(inputs: RetrainInputs, language: Language) -> str:
    """Return the page: Indonesian is expected at `retrain.html`, English at `en/retrain.html`, linked."""
    card = "../train/model_card.html" if language == LANGUAGES[0] else "../../train/model_card.html"
    page = retrain_dict(inputs, language)
    links = [
        {"to": card, "words": text("retrain.card", language), "language": ""},
        twin_link("retrain.html", language),
    ]
    return render("retrain.html.j2", {**page, "simulated": inputs.simulated, "links": links}, language)


def retrain_dict(inputs: RetrainInputs, language: Language) -> dict[str, Any]:
    """Return what the page says.

    Returns
    -------
    dict
        programme, lead, known (sentences), matured (rows), gate (a sentence), reasons (mark, outcome, words), command,
        changed (sentences), cells (rows of the challenger's recommendations by the deciding model's), heads, moved.
    """

    def say(key: str, **values: object) -> str:
        return text(f"retrain.{key}", language, **values)

    def count(families: int) -> str:
        few = 0 < families < inputs.min_cell
        return say("fewer", least=number(inputs.min_cell, language)) if few else number(families, language)

    version, card = inputs.decides
    new = int(inputs.matured["matured"].sum())
    kind = f"label_kinds.{inputs.label_kind}_title"
    names = {code: text(f"recommendation.{code}", language) for code in RECOMMENDATIONS}
    lead = "lead" if version.isdecimal() else "lead_folder"
    return {
        "programme": inputs.title.in_(language),
        "lead": say(lead, decides=version, as_of=day(card.as_of, language), challenger=inputs.challenger),
        "known": [
            say(
                "known",
                count=count(new),
                before=day(inputs.last_as_of, language),
                now=day(inputs.as_of, language),
            ),
            *([] if inputs.label_kind == "sustained_exit" else [say("stand_in", label=text(kind, language))]),
        ],
        "matured": [_cohort(row, count, inputs.min_cell, language) for row in inputs.matured.to_dict(orient="records")],
        "gate": say("gate_open" if inputs.verdict.awaits_approval else "gate_closed"),
        "reasons": verdict_lines(inputs.verdict, language, instrument=inputs.instrument),
        "command": inputs.command,
        "changed": _changed(inputs.shadow, say, count, language),
        "heads": list(names.values()),
        "cells": _cells(inputs.shadow, names, count),
        "moved": _moved(inputs, count, language),
    }


def _cohort(row: dict[str, Any], count: Callable[[int], str], least: int, language: Language) -> dict[str, str]:
    stayed = NONE if row["matured"] < least else percent(row["stayed_out"] / row["matured"], language)
    counts = {name: count(int(row[name])) for name in ("families", "known_before", "matured", "not_due", "lost")}
    return {"cohort": day(row["cohort"], language), "stayed_out": stayed, **counts}


def _changed(table: pd.DataFrame, say: Say, count: Callable[[int], str], language: Language) -> list[str]:
    from graduation_model.monitoring.shadow import shadow_summary

    seen = shadow_summary(table)
    counts = {name: count(int(seen[name])) for name in ("families", "changed", "entered", "left")}
    said = {name: counts[name] for name in ("families", "changed")}
    mean = number(seen["mean_difference"] * 100, language, 1, signed=True)
    typical = number(seen["mean_absolute_difference"] * 100, language, 1)
    return [
        say("changed", **said),
        say("lists", entered=counts["entered"], left=counts["left"]),
        say("differences", mean=mean, typical=typical),
    ]


def _cells(table: pd.DataFrame, names: dict[str, str], count: Callable[[int], str]) -> list[dict[str, Any]]:
    counted = pd.crosstab(table["recommendation"], table["recommendation_challenger"])
    counted = counted.reindex(index=list(names), columns=list(names), fill_value=0)
    return [
        {"words": names[code], "cells": [count(int(value)) for value in row]}
        for code, row in zip(counted.index, counted.to_numpy(), strict=True)
    ]


def _moved(inputs: RetrainInputs, count: Callable[[int], str], language: Language) -> list[dict[str, str]]:
    """The questions that moved the most families whose recommendation changes."""
    words = {question.name: question.label.in_(language) for question in inputs.instrument.questions}
    changed = inputs.shadow[inputs.shadow["changed"]]
    first = changed.groupby("moved_1")["moved_1_contribution"].agg(["size", "mean"])
    first = first[first["size"] >= inputs.min_cell].sort_values("size", ascending=False, kind="stable")
    return [
        {
            "words": words.get(str(name), str(name)),
            "families": count(int(row["size"])),
            "mean": number(row["mean"], language, 2, signed=True),
        }
        for name, row in first.head(MOST_MOVED).iterrows()
    ]
