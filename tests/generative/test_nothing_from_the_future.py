"""Nothing dated after the as-of date changes a feature or a label that a model learns from."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from graduation_model.cohort.cohorts import build_cohorts
from graduation_model.cohort.dates import as_of_dates
from graduation_model.features import catalogue, feature_matrix, wave_context
from lib.small import cohort_params, feature_params, followups, label_params, visits, with_judgement

AS_OF = pd.Timestamp("2016-12-31")

visit = st.fixed_dictionaries(
    {
        "household_id": st.sampled_from("abcdef"),
        "assessment_date": st.integers(0, 5 * 365).map(
            lambda day: str((pd.Timestamp("2014-01-01") + pd.Timedelta(days=day)).date())
        ),
        "village": st.sampled_from("vw"),
        "status": st.sampled_from(["extreme_poor", "poor", "not_poor", None]),
        "size": st.integers(1, 9),
        "income": st.one_of(st.none(), st.integers(0, 500).map(float)),
        "floor": st.sampled_from(["earth", "cement", None]),
    }
)
seen = st.tuples(
    st.sampled_from("abcdef"),
    st.integers(2014, 2019).map(lambda year: f"{year}-12-31"),
    st.sampled_from(["poor", "not_poor"]),
)


def _table(rows):
    return visits(rows).drop_duplicates(["household_id", "assessment_date"], ignore_index=True)


def _features(assessments, rows):
    features = catalogue(with_judgement("size"), feature_params(adjusted=("size",)))
    ends = as_of_dates(assessments, AS_OF, cohort_params())
    return feature_matrix(rows, wave_context(assessments, ends, features, cluster="village"), features)


@settings(max_examples=60)
@given(st.lists(visit, min_size=2, max_size=25), st.lists(visit, max_size=10))
def test_no_assessment_after_the_as_of_date_changes_a_feature(rows, more):
    assessments = _table(rows)
    past = assessments[assessments["assessment_date"] <= AS_OF].reset_index(drop=True)
    if past.empty:
        return
    later = [{**row, "assessment_date": f"201{7 + place % 3}-05-0{1 + place % 9}"} for place, row in enumerate(more)]
    with_future = pd.concat([assessments, _table(later)], ignore_index=True) if later else assessments
    pd.testing.assert_frame_equal(_features(past, past), _features(with_future, past))


@settings(max_examples=60)
@given(st.lists(visit, min_size=2, max_size=20), st.lists(seen, max_size=20))
def test_no_followup_after_the_as_of_date_changes_a_label(rows, outcomes):
    assessments = _table(rows)
    known = followups(outcomes).drop_duplicates(["household_id", "followup_date"], ignore_index=True)
    past = known[known["followup_date"] <= AS_OF]
    if (assessments["assessment_date"] > AS_OF).all():
        return
    made = [
        build_cohorts(assessments, table, AS_OF, params=cohort_params(), label=label_params(months=(12,)))
        for table in (known, past)
    ]
    pd.testing.assert_frame_equal(*made)
    assert (made[0].loc[made[0]["label"].notna(), "assessment_date"] <= AS_OF - pd.DateOffset(months=12)).all()


@settings(max_examples=60)
@given(st.lists(visit, min_size=1, max_size=25), st.integers(1, 7), st.randoms(use_true_random=False))
def test_streamed_in_blocks_and_in_any_order_a_family_has_the_same_features(rows, block, random):
    assessments = _table([{**row, "assessment_date": "2016" + row["assessment_date"][4:]} for row in rows])
    whole = _features(assessments, assessments)
    places = list(range(len(assessments)))
    random.shuffle(places)
    shuffled = assessments.iloc[places].reset_index(drop=True)
    parts = [_features(shuffled, shuffled.iloc[start : start + block]) for start in range(0, len(shuffled), block)]
    streamed = pd.concat(parts).to_numpy()
    back = np.empty_like(streamed)
    back[places] = streamed
    # A cluster's sum is added in another order: equal up to the last bit of float32.
    np.testing.assert_allclose(whole.to_numpy(), back, rtol=1e-6, atol=1e-6)
