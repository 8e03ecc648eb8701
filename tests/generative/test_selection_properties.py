"""What holds of every list, whatever the scores and the rules."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from graduation_model.selection.params import SelectionParams
from graduation_model.selection.select import select

DATE = "2020-12-31"
# A coarse grid makes ties and values at the very bounds frequent.
SHARE = st.one_of(st.integers(0, 20).map(lambda step: step / 20), st.floats(0, 1))
RULES = st.builds(
    SelectionParams,
    cost_ratio=st.sampled_from([1.0, 3.0, 4.0]),
    band=st.sampled_from([0.0, 0.05, 0.1]),
    min_completeness=st.sampled_from([0.0, 0.5, 0.7]),
    conformal_level=st.sampled_from([None, 0.1, 0.5]),
)
QUOTA = st.one_of(st.none(), st.integers(0, 12))


@st.composite
def scores(draw: st.DrawFn) -> pd.DataFrame:
    """Up to a dozen scored families."""
    families = draw(
        st.lists(
            st.tuples(SHARE, SHARE, st.sampled_from(["inside", "inside", "outside"]), st.booleans()),
            min_size=1,
            max_size=12,
        )
    )
    frame = pd.DataFrame(families, columns=["probability", "completeness", "support", "never_graduated"])
    frame["household_id"] = [f"H{number:02d}" for number in range(len(frame))]
    # As scores are made: the surer the model, the smaller the p-value.
    frame["conformal_p"] = 1 - 0.99 * frame["probability"]
    return frame.assign(as_of_date=DATE, model="lightgbm", model_version="1", bundle_sha256="0a")


def chosen(table: pd.DataFrame) -> set[str]:
    return set(table.loc[table["selected"], "household_id"])


@given(scores(), RULES, QUOTA)
@settings(max_examples=80)
def test_the_list_never_exceeds_the_quota_and_holds_only_the_ready(
    frame: pd.DataFrame, rules: SelectionParams, quota: int | None
) -> None:
    table = select(frame, rules, quota=quota, seed_text=DATE).table
    ready = table["recommendation"] == "ready"
    assert table["selected"].sum() == min(ready.sum(), len(table) if quota is None else quota)
    assert (table["selected"] <= ready).all()


@given(scores(), RULES, QUOTA, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_rows_never_matters(
    frame: pd.DataFrame, rules: SelectionParams, quota: int | None, random: object
) -> None:
    order = list(range(len(frame)))
    random.shuffle(order)  # type: ignore[attr-defined]
    first = select(frame, rules, quota=quota, seed_text=DATE)
    again = select(frame.iloc[order], rules, quota=quota, seed_text=DATE)
    pd.testing.assert_frame_equal(first.table, again.table)
    assert first.summary == again.summary


@given(scores(), RULES, QUOTA, st.data())
@settings(max_examples=100)
def test_raising_one_familys_probability_never_takes_it_off_the_list(
    frame: pd.DataFrame, rules: SelectionParams, quota: int | None, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(frame) - 1))
    raised = frame.copy()
    raised.loc[row, "probability"] = data.draw(st.floats(float(frame["probability"][row]), 1))
    before = chosen(select(frame, rules, quota=quota, seed_text=DATE).table)
    after = chosen(select(raised, rules, quota=quota, seed_text=DATE).table)
    assert frame["household_id"][row] not in before - after


@given(scores(), RULES, st.integers(0, 11))
@settings(max_examples=60)
def test_a_larger_quota_takes_nobody_off_and_calls_the_first_of_the_waiting_list(
    frame: pd.DataFrame, rules: SelectionParams, quota: int
) -> None:
    small, large = (select(frame, rules, quota=size, seed_text=DATE).table for size in (quota, quota + 1))
    first = set(small.loc[small["waiting_list_position"] == 1, "household_id"])
    assert chosen(large) == chosen(small) | first


@given(scores(), QUOTA)
@settings(max_examples=60)
def test_a_cap_only_takes_families_away(frame: pd.DataFrame, quota: int | None) -> None:
    free, capped = (SelectionParams(cost_ratio=1, band=0.0, conformal_level=level) for level in (None, 0.2))
    ready = [set(_ready(select(frame, rules, quota=quota, seed_text=DATE).table)) for rules in (free, capped)]
    assert ready[1] <= ready[0]


def _ready(table: pd.DataFrame) -> pd.Series:
    return table.loc[table["recommendation"] == "ready", "household_id"]
