"""The next-wave label: what was seen of a family one wave later, case by case."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.cohort.next_wave import imitation_label, next_wave_status
from lib.small import followups, label_params, visits

ENDS = [pd.Timestamp(f"{year}-12-31") for year in (2015, 2016, 2017)]

# what is known of family "a", assessed on 2015-10-01 -> its next-wave status
CASES = {
    "assessed again and not poor": ([("2016-10-01", "not_poor")], [], [], 1),
    "assessed again and poor": ([("2016-10-01", "poor")], [], [], 0),
    "not seen again": ([], [], [], None),
    "seen two waves later only": ([("2017-10-01", "not_poor")], [], [], None),
    "seen again in the same wave only": ([("2015-11-01", "not_poor")], [], [], None),
    "assessed twice in the next wave: the last counts": (
        [("2016-03-01", "poor"), ("2016-11-01", "not_poor")],
        [],
        [],
        1,
    ),
    "followed up in the next wave": ([], [("2016-10-01", "not_poor")], [], 1),
    "a follow-up before the assessment says nothing": ([], [("2015-01-01", "not_poor")], [], None),
    "graduated in between: another life": ([("2016-10-01", "not_poor")], [], [("2016-01-20", "graduated")], None),
    "retained in between": ([("2016-10-01", "not_poor")], [], [("2016-01-20", "retained")], 1),
    "left the programme of itself in between": (
        [("2016-10-01", "not_poor")],
        [],
        [("2016-01-20", "exited_natural")],
        None,
    ),
    "graduated after it was seen": ([("2016-10-01", "not_poor")], [], [("2017-01-20", "graduated")], 1),
}


def _decisions(rows):
    return pd.DataFrame(
        {
            "household_id": ["a"] * len(rows),
            "decision_date": pd.to_datetime([date for date, _ in rows]),
            "effective_date": pd.to_datetime([date for date, _ in rows]),
            "decision": pd.Series([decision for _, decision in rows], dtype="str"),
            "graduation_kind": pd.Series([None] * len(rows), dtype="str"),
        }
    )


@pytest.mark.parametrize(("later", "followed", "decided", "expected"), CASES.values(), ids=CASES.keys())
def test_the_next_waves_status_is(later, followed, decided, expected):
    assessed = visits(
        [
            {"assessment_date": "2015-10-01"},
            *({"assessment_date": date, "status": status} for date, status in later),
            {"household_id": "b", "assessment_date": "2016-10-01", "status": "not_poor"},
        ]
    )
    label = label_params().model_copy(update={"next_wave_followups": True})
    seen = followups([("a", date, status) for date, status in followed])
    status = next_wave_status(assessed.iloc[:1], assessed, seen, ENDS, label=label, decisions=_decisions(decided))
    np.testing.assert_array_equal(status, [np.nan if expected is None else expected])


def test_a_follow_up_counts_only_where_the_programme_says_so():
    assessed = visits([{"assessment_date": "2015-10-01"}])
    seen = followups([("a", "2016-10-01", "not_poor")])
    assert np.isnan(next_wave_status(assessed, assessed, seen, ENDS, label=label_params())).all()


def test_nothing_after_the_last_wave_end_is_looked_at():
    assessed = visits([{"assessment_date": "2015-10-01"}, {"assessment_date": "2016-10-01", "status": "not_poor"}])
    label = label_params()
    known_early = next_wave_status(
        assessed.iloc[:1], assessed, followups([]), [ENDS[0], pd.Timestamp("2016-06-30")], label=label
    )
    assert np.isnan(known_early).all()


IMITATED = {
    "graduated in the next round": ("2016-01-20", "graduated", 1),
    "retained in the next round": ("2016-01-20", "retained", 0),
    "put off": ("2016-01-20", "deferred", None),
    "decided a round later": ("2017-01-20", "graduated", None),
    "decided before the assessment": ("2015-01-20", "graduated", None),
}


@pytest.mark.parametrize(("date", "decision", "expected"), IMITATED.values(), ids=IMITATED.keys())
def test_imitation_takes_what_people_decided_next(date, decision, expected):
    assessed = visits([{"assessment_date": "2015-10-01"}])
    said = imitation_label(
        assessed, assessed, _decisions([(date, decision)]), known_by=pd.Timestamp("2017-12-31"), label=label_params()
    )
    np.testing.assert_array_equal(said, [np.nan if expected is None else expected])


def test_without_decisions_there_is_nothing_to_imitate():
    assessed = visits([{"assessment_date": "2015-10-01"}])
    said = imitation_label(assessed, assessed, None, known_by=pd.Timestamp("2017-12-31"), label=label_params())
    assert np.isnan(said).all()
