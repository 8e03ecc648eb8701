"""The day on which decisions take effect in, the days of the visits afterwards in words out."""

from __future__ import annotations

import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.inputs import ReportInputs
from graduation_model.wording import day, number, text


def followup_dates(inputs: ReportInputs, language: Language) -> list[dict[str, str]]:
    """Return each visit after a family left: after how many months, and its date ('' to be filled in by hand)."""
    start = inputs.effective
    return [
        {
            "after": text("units.month", language, count=number(months, language)),
            "date": "" if start is None else day(start + pd.DateOffset(months=months), language),
        }
        for months in inputs.followup_months
    ]
