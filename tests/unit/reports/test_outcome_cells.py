"""Which figures of the outcome report stay hidden, so that none of them follows from the others."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from graduation_model.followup.outcomes import COHORT, ENDS, EVERYBODY
from graduation_model.reports.outcome_cells import hide_small

DAYS, DISTRICTS = ["2019-02-01", "2020-02-01", "2021-02-01"], ["3601", "3602"]
CUBES = arrays(np.int64, st.just((2, 3, 5)), elements=st.one_of(st.integers(0, 12), st.integers(0, 90)))


def rows(group: str, level: str, cohort: str, counts: np.ndarray) -> pd.DataFrame:
    """The ends of one level, and the share of it that stayed out."""
    table = pd.DataFrame({"measure": list(ENDS), "value": counts.astype(float)})
    good, bad, _, lost, _ = counts
    due = max(good + bad + lost, 1)
    bounds = {"lowest": good / due, "highest": (good + lost) / due}
    share = {"measure": "sustained", "value": good / due, "n": due, **bounds}
    table = pd.concat([table, pd.DataFrame([share])], ignore_index=True)
    return table.assign(families="left", group=group, level=level, cohort=cohort, low=np.nan, high=np.nan)


def shown(cube: np.ndarray) -> pd.DataFrame:
    """Counts by district, day and end, with every sum that the report shows; small ones hidden."""
    parts = [rows(EVERYBODY, EVERYBODY, EVERYBODY, cube.sum(axis=(0, 1)))]
    parts += [rows(COHORT, day, EVERYBODY, cube[:, i].sum(axis=0)) for i, day in enumerate(DAYS)]
    for i, district in enumerate(DISTRICTS):
        parts.append(rows("district", district, EVERYBODY, cube[i].sum(axis=0)))
        parts += [rows("district", district, day, cube[i, j]) for j, day in enumerate(DAYS)]
    return hide_small(pd.concat(parts, ignore_index=True), 10)


def unknown(table: pd.DataFrame) -> pd.DataFrame:
    """Which counts are hidden, a row a group, level and cohort."""
    counts = table[table["measure"].isin(ENDS)]
    return counts.pivot(index=["group", "level", "cohort"], columns="measure", values="hidden").astype(int)


@settings(max_examples=15, deadline=None)
@given(CUBES)
def test_no_count_is_small_or_follows_from_sums_and_other_counts(cube):
    table = shown(cube)
    apart = table[(table["group"] != EVERYBODY) & table["measure"].isin(ENDS)]
    assert not ((apart["value"] > 0) & (apart["value"] < 10)).any()
    hidden = unknown(table)
    of_district, cells = hidden.loc["district"], hidden.loc["district"].drop(EVERYBODY, level="cohort")
    lines = [
        hidden.loc["district"].groupby("level").sum(),  # a district's days, and their sum
        cells.groupby("cohort").sum() + hidden.loc[COHORT].droplevel("cohort"),  # a day's districts, and their sum
        of_district.sum(axis=1),  # the ends of one place and day
    ]
    for line in lines:
        assert not (line == 1).any(axis=None)


def test_who_stayed_out_does_not_follow_from_the_deaths_and_the_lost():
    small = np.array([[3, 50, 12, 15, 0], [300, 200, 40, 90, 0]])
    cube = np.stack([np.stack([row, row, row]) for row in small])
    assert unknown(shown(cube)).loc[("district", "3601", DAYS[0])].sum() > 1


def test_where_the_lost_are_hidden_the_bounds_hold_and_do_not_tell_them():
    cube = np.zeros((2, 3, 5), dtype=int)
    cube[:, :] = [205, 100, 4, 32, 0]  # the few that ended otherwise hide the lost beside them
    found = shown(cube).query("measure == 'sustained' and cohort == '2020-02-01'")
    assert (found["lowest"] < 205 / 337).all()
    assert (found["highest"] > 237 / 337).all()
    assert (found["highest"] - found["lowest"] < 0.2).all()
