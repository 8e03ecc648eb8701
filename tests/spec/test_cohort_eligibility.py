"""Who stands in the cohort of 31 December 2017: one row a family, by its last assessment."""

import pandas as pd
import pytest

from graduation_model.cohort.cohorts import standing
from lib.small import cohort_params, visits

AS_OF = pd.Timestamp("2017-12-31")

ELIGIBILITY = [
    # assessed on, in the programme, where it stands
    ("2017-12-31", "yes", "in_cohort"),
    ("2017-01-01", "yes", "in_cohort"),
    ("2016-12-31", "yes", "assessment_too_old"),  # twelve months ago to the day: the window is half open
    ("2017-06-30", "no", "not_in_programme"),
    ("2017-06-30", None, "not_in_programme"),  # unknown membership is no membership
]


@pytest.mark.parametrize(("date", "member", "expected"), ELIGIBILITY)
def test_a_family_stands_in_the_cohort_by_the_age_of_its_assessment_and_its_membership(date, member, expected):
    where = standing(visits([{"assessment_date": date, "member": member}]), AS_OF, cohort_params())
    assert where["reason"].tolist() == [expected]


def test_a_later_assessment_takes_the_place_of_an_earlier_one():
    twice = visits([{"assessment_date": "2017-03-01"}, {"assessment_date": "2017-09-01", "member": "no"}])
    assert standing(twice, AS_OF, cohort_params())["reason"].tolist() == ["not_in_programme"]


def test_an_assessment_after_the_as_of_date_does_not_exist_yet():
    twice = visits([{"assessment_date": "2017-03-01"}, {"assessment_date": "2018-01-01", "member": "no"}])
    assert standing(twice, AS_OF, cohort_params())["reason"].tolist() == ["in_cohort"]
