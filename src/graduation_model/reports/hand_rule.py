"""The hand-weighted sum of every family and the list in; whether sum and model agree on each listed family out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.inputs import ReportInputs
from graduation_model.wording import number, text


def hand_rule(inputs: ReportInputs, language: Language) -> list[dict[str, Any] | None]:
    """Return what today's score sheet would say of each listed family.

    It is given as many places as the list fills, so that the two differ by whom they choose and not by how many.

    Returns
    -------
    list of dict or None, (n_listed,)
        words, agrees; None where the programme has no such sum, or the list proposes nobody.
    """
    listed, points = inputs.listed, inputs.hand_points
    places = int(inputs.families["selected"].sum())
    if points is None or not places:
        return [None] * len(listed)
    order = points.rank(method="min", ascending=False)
    own = pd.DataFrame({"points": points, "order": order}).reindex(listed["household_id"])
    said: list[dict[str, Any] | None] = []
    for value, at, standing in zip(own["points"], own["order"], listed["standing"], strict=True):
        if pd.isna(value):
            said.append(None)
            continue
        agrees = (at <= places) == (standing == "proposed")
        words = text(
            "hand_rule.inside" if at <= places else "hand_rule.outside",
            language,
            points=number(value, language, 1),
            order=number(at, language),
            all=number(len(points), language),
            places=number(places, language),
        )
        said.append({"words": words, "agrees": agrees, "verdict": _verdict(agrees, language)})
    return said


def _verdict(agrees: bool, language: Language) -> str:
    return text("hand_rule.agrees" if agrees else "hand_rule.differs", language)
