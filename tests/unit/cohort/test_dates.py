"""As-of dates and the months between them."""

import pandas as pd
import pytest

from graduation_model.cohort.dates import as_of_dates, months_after, months_before
from lib.small import cohort_params, visits


@pytest.mark.parametrize(
    ("date", "months", "before"),
    [
        ("2017-12-31", 12, "2016-12-31"),
        ("2017-02-28", 12, "2016-02-29"),
        ("2017-05-31", 3, "2017-02-28"),
        ("2017-05-15", 3, "2017-02-15"),
    ],
)
def test_a_months_last_day_stays_a_last_day(date, months, before):
    assert months_before(pd.Timestamp(date), months) == pd.Timestamp(before)
    back = months_after(pd.Series([pd.Timestamp(before)]), months)[0]
    assert back == pd.Timestamp(date)


def test_next_years_run_has_the_same_cohorts_and_one_more():
    table = visits([{"assessment_date": "2014-06-01"}, {"assessment_date": "2017-06-01"}])
    this = as_of_dates(table, pd.Timestamp("2016-12-31"), cohort_params())
    assert as_of_dates(table, pd.Timestamp("2017-12-31"), cohort_params()) == [*this, pd.Timestamp("2017-12-31")]


def test_before_the_first_assessment_there_is_no_cohort():
    assert as_of_dates(visits([{}]), pd.Timestamp("2015-12-31"), cohort_params()) == []
