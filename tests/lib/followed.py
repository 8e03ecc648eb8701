"""Families assessed, decided on and visited, with nothing in them that a test does not say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from graduation_model.config import load_programme
from graduation_model.contract.schemas import DECISIONS

PROGRAMME = load_programme(Path(__file__).parents[2] / "configs" / "jamsosratu")
ASSESSED, DECIDED, EFFECTIVE = "2018-10-10", "2019-01-20", "2019-02-01"
# A visit that finds a family above the line and short of nothing.
FINE = {
    "followup_status": "interviewed",
    "visitor_id": "F9",
    "observer_independent": "yes",
    "measure_basis": "expenditure",
    "welfare_to_line": 1.4,
    "food_deficit_3m": "no",
    "asset_sale_distress_12m": "no",
    "reentered_program": "no",
}


def assessed(households: Sequence[str], **more: object) -> pd.DataFrame:
    """One assessment a family; a column that is not given has a plain value."""
    plain = {"facilitator_id": "F1", "village_code": "x1", "subdistrict_code": "x", "district_code": "d", **more}
    frame = pd.DataFrame({"household_id": list(households), "assessment_date": ASSESSED, **plain})
    return frame.astype({"household_id": "str", "assessment_date": "datetime64[s]"})


def decided(households: Sequence[str], **more: object) -> pd.DataFrame:
    """One decision a family."""
    plain = {"decision_date": DECIDED, "effective_date": EFFECTIVE, "decision": "graduated", **more}
    typed = {question.name: question.dtype() for question in DECISIONS}
    columns = ["household_id", "decision_date", *typed]
    frame = pd.DataFrame({"household_id": list(households), **plain}, columns=columns)
    return frame.astype({**typed, "household_id": "str", "decision_date": "datetime64[s]"})


def visited(visits: Sequence[tuple[str, str, dict[str, object]]]) -> pd.DataFrame:
    """Visits (family, day, what differs from a visit that finds all well)."""
    typed = {question.name: question.dtype() for question in PROGRAMME.instrument.followup}
    columns = ["household_id", "followup_date", "visitor_id", *typed]
    rows = [{**FINE, **found, "household_id": family, "followup_date": day} for family, day, found in visits]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({**typed, "household_id": "str", "visitor_id": "str", "followup_date": "datetime64[s]"})
