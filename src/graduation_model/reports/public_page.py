"""Report inputs in, the page for the public out: counts, rules, and what the model's tests found.

It is made from counts of many families and from nothing else. No id, answer, village, facilitator or chance of any
family reaches it, and counts that could single one out are hidden with those that would betray them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.areas import HIDDEN, AreaCounts, area_table, tile_map
from graduation_model.reports.cohort_page import baselines, false_graduations, groups_tested, model_of
from graduation_model.reports.disclosure import hidden_cells, pool_small
from graduation_model.reports.index_page import as_of_words
from graduation_model.reports.inputs import STANDINGS, ReportInputs
from graduation_model.reports.list_facts import conformal_bound, rule_costs
from graduation_model.wording import day, number, text

PROPOSED, OTHER = "proposed", "other"


def public_dict(inputs: ReportInputs, language: Language) -> dict[str, Any]:
    """Return what the public's page says.

    Returns
    -------
    dict
        quota, empty, tiles (counts by place on the list), note (on what is hidden), false, bound, areas, tiles_map,
        rules (without how much of them the list used), priced (whether what they cost is told), groups, baselines,
        model, trained, appeal, and what names the page.
    """
    minimum = inputs.params.min_cell
    counts, hidden = _counts(inputs.families["standing"], minimum)
    told = not hidden[STANDINGS.index(PROPOSED)]
    found = _area_counts(inputs, language) if told else None
    selected = number(counts[STANDINGS.index(PROPOSED)], language) if told else HIDDEN
    note = text("cohort.suppressed", language, minimum=number(minimum, language))
    return {
        "programme": inputs.title.in_(language),
        "simulated": inputs.simulated,
        "label_stamp": inputs.label_stamp(language),
        "as_of": as_of_words(inputs, language),
        "lead": text("public.lead", language, scored=_families(len(inputs.scores), language)),
        "outcome": inputs.label_title.in_(language),
        "caveat": inputs.caveat.in_(language),
        "quota": _quota(inputs, selected, language),
        "empty": text("public.empty", language) if _places_empty(inputs) else "",
        "tiles": [
            {
                "code": code,
                "words": text(f"standing.{code}", language),
                "count": HIDDEN if mask else number(count, language),
            }
            for code, count, mask in zip(STANDINGS, counts, hidden, strict=True)
            if code != "ready" or count or mask  # whoever is ready is proposed or waits
        ],
        "note": note if hidden.any() else "",
        "false": false_graduations(inputs.families, language) if told else "",
        "bound": conformal_bound(inputs, language) if told else "",
        "areas": area_table(found, minimum, language) if found else None,
        "too_few": "" if found else text("public.too_few", language, minimum=number(minimum, language)),
        "tiles_map": tile_map(inputs, found, language),
        # How many a rule moves would tell how many are proposed.
        "rules": [{**rule, "used": "", **({} if told else {"price": ""})} for rule in rule_costs(inputs, language)],
        "priced": told,
        "groups": groups_tested(inputs, language),
        "baselines": baselines(inputs.evaluation, language),
        "model": model_of(inputs, language),
        "trained": text("public.trained", language, date=day(inputs.model["as_of"], language))
        if inputs.model.get("as_of")
        else "",
        "appeal": inputs.params.appeal.in_(language),
    }


def _counts(standing: pd.Series, minimum: int) -> tuple[list[int], np.ndarray]:
    """Families by place on the list, and which counts stay hidden where the sum of all is told.

    The proposed are told by area, too. So they are told here unless they, or all others together, are few; and what is
    hidden among the others cannot be worked out from the rest.
    """
    counts = standing.value_counts().reindex(list(STANDINGS), fill_value=0).to_numpy()
    place = STANDINGS.index(PROPOSED)
    proposed, others = int(counts[place]), int(counts.sum() - counts[place])
    if _few(proposed, minimum) or _few(others, minimum):
        return counts.tolist(), hidden_cells(counts[np.newaxis], minimum)[0]
    rest = np.delete(counts, place)
    return counts.tolist(), np.insert(hidden_cells(rest[np.newaxis], minimum)[0], place, False)


def _area_counts(inputs: ReportInputs, language: Language) -> AreaCounts | None:
    """Proposed and not proposed of each area; None where one of the two is of few families, or there is one area."""
    families, minimum = inputs.families, inputs.params.min_cell
    names = families["area_name"].replace("", text("index.unknown_area", language))
    place = families["standing"].where(families["standing"] == PROPOSED, OTHER)
    counts = pd.crosstab(names, place).reindex(columns=[PROPOSED, OTHER], fill_value=0)
    if len(counts) < 2 or any(_few(int(total), minimum) for total in counts.sum()):
        return None
    counts = pool_small(counts, minimum, text("cohort.other_areas", language))
    return AreaCounts(counts, hidden_cells(counts.to_numpy(), minimum))


def _few(count: int, minimum: int) -> bool:
    return 0 < count < minimum


def _quota(inputs: ReportInputs, selected: str, language: Language) -> str:
    quota = inputs.ceiling
    if quota is None:
        return text("public.quota_none", language, selected=selected)
    return text("public.quota", language, quota=number(quota, language), selected=selected)


def _places_empty(inputs: ReportInputs) -> bool:
    quota = inputs.ceiling
    return quota is not None and int(inputs.families["selected"].sum()) < quota


def _families(count: int, language: Language) -> str:
    return text("common.families", language, count=number(count, language))
