"""The list that is made is the best of all lists that could be: compared with every one of them, on few families."""

from __future__ import annotations

from itertools import product
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graduation_model.errors import ConfigError
from graduation_model.params import Label
from graduation_model.selection import SelectionParams, optimum, select
from graduation_model.selection.params import Areas, Budget, Condition, Floor, Guard, Spread
from graduation_model.selection.proposal import IN_ONE

DATE = "2020-12-31"
MOST = 9
WORDS = Label(id="-", en="-")
COST = {"goods": 3, "none": 1}


@st.composite
def scores(draw: st.DrawFn) -> pd.DataFrame:
    """A few families, nearly all of them ready, with many ties."""
    family = st.tuples(
        st.sampled_from([0.5, 0.86, 0.9, 0.9, 0.95, 0.951]),
        st.sampled_from(["north", "south"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["f", "g"]),
        st.sampled_from(["yes", "no", None]),
        st.sampled_from(["goods", "none"]),
    )
    families = draw(st.lists(family, min_size=1, max_size=MOST))
    families += [(0.1, district, "a", "f", "no", "none") for district in ("north", "south")]  # somebody lives in both
    frame = pd.DataFrame(families, columns=["probability", "district", "village", "facilitator", "woman", "grant"])
    if draw(st.booleans()):  # each village is one facilitator's
        frame["facilitator"] = frame["village"].map({"a": "f", "b": "f", "c": "g"})
    frame["household_id"] = [f"H{number}" for number in range(len(frame))]
    return frame.assign(
        completeness=1.0, support="inside", as_of_date=DATE, model="m", model_version="1", bundle_sha256="0a"
    )


@st.composite
def rules(draw: st.DrawFn) -> SelectionParams:
    """Some of all kinds of rules at once."""
    maybe = st.booleans()
    woman = (Condition(column="woman", is_one_of=("yes",)),)
    how = draw(st.sampled_from([{"count": 1}, {"count": 2}, {"share": 0.3}, {"share": 0.5}]))
    return SelectionParams(
        quota=draw(st.one_of(st.none(), st.integers(0, 6))),
        cost_ratio=4,
        budget=Budget(at_most=draw(st.integers(0, 12)), cost="grant", amounts=COST) if draw(maybe) else None,
        areas=(Areas(column="district", min={"south": 1}, max={"north": draw(st.integers(0, 3))}),)
        if draw(maybe)
        else (),
        floors=(Floor(name="women", label=WORDS, all_of=woman, **how),) if draw(maybe) else (),
        spread=(
            *((Spread(column="village", most=draw(st.integers(1, 2))),) if draw(maybe) else ()),
            *((Spread(column="facilitator", most=draw(st.integers(1, 3))),) if draw(maybe) else ()),
        ),
        guards=(Guard(name="in_c", label=WORDS, all_of=(Condition(column="village", is_one_of=("c",)),)),)
        if draw(maybe)
        else (),
        carry=("district", "village", "facilitator", "woman", "grant"),
    )


def keeps(families: pd.DataFrame, params: SelectionParams) -> bool:
    """The rules again, each as a sentence about a list."""
    n, women = len(families), (families["woman"] == "yes").sum()
    return (
        (params.quota is None or n <= params.quota)
        and (params.budget is None or sum(COST[grant] for grant in families["grant"]) <= params.budget.at_most)
        and all((families["district"] == "south").sum() >= areas.min["south"] for areas in params.areas)
        and all((families["district"] == "north").sum() <= areas.max["north"] for areas in params.areas)
        and all(women >= floor.count for floor in params.floors if floor.count)
        and all(round(10 * women) >= round(10 * floor.share) * n for floor in params.floors if floor.share)
        and all(families[spread.column].value_counts().max() <= spread.most for spread in params.spread if n)
    )


def best_of_all(ready: pd.DataFrame, params: SelectionParams) -> tuple[int, ...] | None:
    """The best of every list of the ready, in the order that is promised; None where no list keeps the rules."""
    gain = np.round(ready["probability"].to_numpy() * IN_ONE).astype(int)
    places = np.arange(len(ready))
    lists = [np.array(taken, dtype=bool) for taken in product([True, False], repeat=len(ready))]
    kept = [taken for taken in lists if keeps(ready[taken], params)]
    if not kept:
        return None
    best = max(kept, key=lambda taken: (gain[taken].sum(), (len(ready) - places)[taken].sum(), tuple(taken)))
    return tuple(np.flatnonzero(best))


@given(scores(), rules(), st.sampled_from([0, optimum.MANY]))
@settings(max_examples=100)
def test_no_other_list_of_the_ready_is_better_and_the_best_is_one(
    frame: pd.DataFrame, params: SelectionParams, many: int
) -> None:
    """Whether all ceilings are looked at from the start, or, as where there are very many, once a list breaks them."""
    with mock.patch.multiple(optimum, MANY=many, WIDE=optimum.WIDE if many else 2):
        _is_the_best(frame, params)


def _is_the_best(frame: pd.DataFrame, params: SelectionParams) -> None:
    held = (frame["village"] == "c") & bool(params.guards)
    may_be = SelectionParams(cost_ratio=4)
    ranked = select(frame[~held].reset_index(drop=True), may_be, seed_text=DATE).table if (~held).any() else None
    ready = frame.set_index("household_id").loc[[] if ranked is None else ranked.query("selected")["household_id"]]
    expected = best_of_all(ready, params)
    if expected is None:
        with pytest.raises(ConfigError, match="no list keeps"):
            select(frame, params, seed_text=DATE)
        return
    found = select(frame, params, seed_text=DATE)
    listed = set(found.table.loc[found.table["selected"], "household_id"])
    assert listed == set(ready.index[list(expected)])
    assert found.summary["proven"]
    assert found.summary["expected_exits"] == pytest.approx(ready.loc[sorted(listed), "probability"].sum(), abs=1e-5)


@given(scores(), rules())
@settings(max_examples=40)
def test_no_price_is_negative_and_a_rule_that_moves_nobody_costs_nothing(
    frame: pd.DataFrame, params: SelectionParams
) -> None:
    try:
        priced = select(frame, params, seed_text=DATE).rules
    except ConfigError:
        assume(False)
    assert (priced["price_exits"] >= 0).all()
    assert (priced.loc[~priced["binding"], ["price_exits", "families"]] == 0).all(axis=None)


@given(scores(), rules())
@settings(max_examples=40)
def test_everybody_who_waits_would_break_the_rule_that_is_named(frame: pd.DataFrame, params: SelectionParams) -> None:
    try:
        table = select(frame, params, seed_text=DATE).table
    except ConfigError:
        assume(False)
    known = frame.set_index("household_id")
    listed = known.loc[table.loc[table["selected"], "household_id"]]
    for family in table.loc[table["waiting_list_position"].notna(), "household_id"]:
        assert not keeps(pd.concat([listed, known.loc[[family]]]), params)


@given(scores(), rules(), st.data())
@settings(max_examples=40)
def test_a_higher_chance_never_takes_a_family_off_a_list_with_rules(
    frame: pd.DataFrame, params: SelectionParams, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(frame) - 1))
    raised = frame.copy()
    raised.loc[row, "probability"] = data.draw(st.floats(float(frame["probability"][row]), 1))
    try:
        before, after = (select(one, params, seed_text=DATE).table for one in (frame, raised))
    except ConfigError:
        assume(False)
    lost = set(before.query("selected")["household_id"]) - set(after.query("selected")["household_id"])
    assert frame["household_id"][row] not in lost
