"""As-of dates: what a program that ran on a day could have known, and the waves that follow from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from graduation_model.cohort.params import CohortParams


def as_of_dates(assessments: pd.DataFrame, as_of: pd.Timestamp, params: CohortParams) -> list[pd.Timestamp]:
    """Return the as-of dates of every cohort up to `as_of`, oldest first.

    They stand `every_months` apart, counted back from `as_of`, as far as there are assessments: next year's run, one
    step later, has the same cohorts and one more.

    Examples
    --------
    >>> visits = pd.DataFrame({"assessment_date": pd.to_datetime(["2015-03-01", "2017-05-01"])})
    >>> params = CohortParams(cluster="village", area="district")
    >>> [str(date.date()) for date in as_of_dates(visits, pd.Timestamp("2017-12-31"), params)]
    ['2015-12-31', '2016-12-31', '2017-12-31']
    """
    known = assessments.loc[assessments["assessment_date"] <= as_of, "assessment_date"]
    dates: list[pd.Timestamp] = []
    date, step = pd.Timestamp(as_of), 0
    while len(known) and date >= known.min():
        dates.append(date)
        step += params.every_months
        date = months_before(as_of, step)
    return dates[::-1]


def months_before(date: pd.Timestamp, months: int) -> pd.Timestamp:
    """Return the day so many months earlier; a month's last day stays a last day.

    Examples
    --------
    >>> str(months_before(pd.Timestamp("2017-02-28"), 12).date())
    '2016-02-29'
    """
    moved = pd.Timestamp(date) - pd.DateOffset(months=months)
    return moved + pd.offsets.MonthEnd(0) if pd.Timestamp(date).is_month_end else moved


def months_after(dates: pd.Series, months: int) -> pd.Series:
    """Return each date so many months later, vectorised; a month's last day stays a last day."""
    moved = dates + pd.DateOffset(months=months)
    return moved.where(~dates.dt.is_month_end, moved + pd.offsets.MonthEnd(0))


def wave_of(dates: pd.Series, wave_ends: Sequence[pd.Timestamp]) -> np.ndarray:
    """Return for each assessment the position of the wave it belongs to: the first as-of date not before it.

    Examples
    --------
    >>> ends = [pd.Timestamp("2016-12-31"), pd.Timestamp("2017-12-31")]
    >>> wave_of(pd.Series(pd.to_datetime(["2016-12-31", "2017-01-01"])), ends).tolist()
    [0, 1]
    """
    ends = np.array([np.datetime64(end, "s") for end in wave_ends])
    return np.searchsorted(ends, dates.to_numpy(dtype="datetime64[s]"), side="left")
