"""Report inputs of a few invented families, everything about them in sight, and a page's links."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from graduation_model.explanation.reasons import top_reasons
from graduation_model.reports.inputs import ReportInputs
from graduation_model.reports.params import ReportParams
from graduation_model.selection.params import SelectionParams
from lib.small import label, small_instrument

QUESTIONS = ["status", "size", "rooms", "income", "floor", "member"]
# household, contributions by question, recommendation, rank, selected, waiting, rule
FAMILIES = (
    ("K-1", (0.9, 0.4, -0.1, 1.5, 0.0, 0.2), "ready", 1, True, None, "above_threshold"),
    ("K-2", (0.8, 0.4, -0.2, 1.4, 0.1, 0.2), "ready", 2, False, 1, "over_quota"),
    ("K-3", (0.7, 0.3, -0.3, 0.9, 0.0, 0.1), "review", 3, False, None, "near_threshold"),
    ("K-4", (-0.7, 0.3, -0.3, 0.2, 0.0, 0.1), "not_ready", 4, False, None, "below_threshold"),
    ("K-5", (0.7, 0.3, -0.3, 0.2, 0.0, 0.1), "cannot_say", None, False, None, "out_of_support"),
)
BASE = -0.5


def small_inputs(families: tuple = FAMILIES, **changes: object) -> ReportInputs:
    """Five families of two districts; K-1 is proposed, K-2 waits, K-3 is in the review band."""
    ids = [family[0] for family in families]
    contributions = pd.DataFrame([family[1] for family in families], columns=QUESTIONS)
    log_odds = BASE + contributions.sum(axis=1)
    keys = pd.DataFrame({"household_id": ids, "base_log_odds": BASE})
    inputs = ReportInputs(
        title=label("Programme"),
        instrument=small_instrument(),
        params=ReportParams(
            facts=("status", "size", "income"),
            area_names={"01": "North", "02": "South"},
            appeal=label("Object within 30 days."),
        ),
        selection_params=SelectionParams(quota=1),
        label_title=label("Stayed out"),
        caveat=label("Usually with aid."),
        model={"name": "lightgbm", "version": "3", "bundle_sha256": "ab" * 32, "as_of": "2018-12-31"},
        selection=_selection(families),
        scores=_scores(ids, log_odds, contributions),
        contributions=pd.concat([keys, contributions], axis=1),
        answers=_answers(ids, income=1_250_000.0),
        previous=_answers(ids, income=900_000.0).assign(assessment_date=pd.Timestamp("2019-10-02")),
        currency="Rp",
        followup_months=(6, 12, 18, 24),
        summary={"quota": 1},
        area="district",
    )
    return replace(inputs, **changes)


def _selection(families: tuple) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "household_id": [family[0] for family in families],
            "recommendation": [family[2] for family in families],
            "rank": pd.array([family[3] for family in families], dtype="Int64"),
            "selected": [family[4] for family in families],
            "waiting_list_position": pd.array([family[5] for family in families], dtype="Int64"),
            "rule": [family[6] for family in families],
            "quota_unit": "all",
        }
    )


def _scores(ids: list[str], log_odds: pd.Series, contributions: pd.DataFrame) -> pd.DataFrame:
    scores = pd.DataFrame(
        {
            "household_id": ids,
            "as_of_date": pd.Timestamp("2020-12-31"),
            "assessment_date": pd.Timestamp("2020-09-14"),
            "probability": 1 / (1 + np.exp(-log_odds)),
            "probability_low": np.nan,
            "probability_high": np.nan,
            "log_odds": log_odds,
            "base_log_odds": BASE,
            "support": "inside",
            "completeness": 0.9,
            "district": ["01", "02"] * (len(ids) // 2) + ["01"] * (len(ids) % 2),
            "model": "lightgbm",
            "model_version": "3",
            "bundle_sha256": "ab" * 32,
        }
    )
    return pd.concat([scores, top_reasons(contributions)], axis=1)


def _answers(ids: list[str], *, income: float) -> pd.DataFrame:
    """Every family gives the same answers; the floor is missing."""
    instrument = small_instrument()
    answers = pd.DataFrame(
        {
            "status": "poor",
            "size": 4.0,
            "rooms": 2.0,
            "income": income,
            "floor": None,
            "member": "yes",
            "opinion": "free text",
            "assessment_date": pd.Timestamp("2020-09-14"),
        },
        index=pd.Index(ids, name="household_id"),
    )
    levels = {question.name: question.dtype() for question in instrument.questions if question.levels}
    return answers.astype(levels)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.found += [value for name, value in attributes if name in ("href", "src")]


def links(content: str) -> list[str]:
    """Return where a page's links and sources lead."""
    parser = _Links()
    parser.feed(content)
    return parser.found
