"""Families and facilitators in; who visits whom out: never the proposer, from nearby, everybody about as many.

No lot is drawn: the same families and facilitators give the same visitors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

EVERYWHERE = "everywhere"
AS_BEFORE = "as_before"


def assign_visitors(families: pd.DataFrame, staff: pd.DataFrame, *, within: Sequence[str]) -> pd.DataFrame:
    """Give each family a visitor who is not its proposer.

    Parameters
    ----------
    families : frame (n, ...)
        household_id, proposer, the columns of `within`, and `before`: who visited the family already without having
        proposed it, or missing. That person goes again, since the family knows them.
    staff : frame
        facilitator_id and the columns of `within`: one row a facilitator and area.
    within : sequence of str
        The nearest area first; a visitor comes from the first of them that has anybody but the proposer.

    Returns
    -------
    frame (n, 2)
        visitor (missing where there is nobody else at all), visitor_from (a column of `within`, `everywhere`,
        `as_before`; missing with the visitor). The index of `families`.

    Examples
    --------
    >>> families = pd.DataFrame({"household_id": ["a", "b", "c"], "proposer": ["F1", "F1", "F2"], "area": "x",
    ...                          "before": None})
    >>> staff = pd.DataFrame({"facilitator_id": ["F1", "F2", "F3"], "area": ["x", "x", "y"]})
    >>> assign_visitors(families, staff, within=["area"])["visitor"].tolist()
    ['F2', 'F2', 'F1']
    """
    people = np.sort(staff["facilitator_id"].astype("str").unique())
    chosen = families["before"].astype("object").where(families["before"].isin(people), None).to_numpy(copy=True)
    origin = np.full(len(chosen), None, dtype=object)
    origin[pd.notna(chosen)] = AS_BEFORE
    load = pd.Series(chosen).value_counts().reindex(people, fill_value=0).to_numpy(copy=True)
    nearby = {
        column: staff.drop_duplicates([column, "facilitator_id"])
        .groupby(column)["facilitator_id"]
        .agg(lambda ids: np.searchsorted(people, np.sort(ids.to_numpy(dtype=str))))
        .to_dict()
        for column in within
    }
    todo = families[pd.isna(chosen)].assign(place=np.flatnonzero(pd.isna(chosen)))
    keys = [*within, "proposer"]
    todo = todo.sort_values([*keys, "household_id"], kind="stable")
    groups = [(key, part["place"].to_numpy()) for key, part in todo.groupby(keys, dropna=False, sort=True)]
    # The largest groups first: the small ones can still even the loads out.
    for key, places in sorted(groups, key=lambda group: -len(group[1])):
        *areas, proposer = key
        where, candidates = _candidates(areas, str(proposer), people, nearby, within)
        if len(candidates):
            given = _fill(load[candidates], len(places))
            load[candidates] += given
            chosen[places] = np.repeat(people[candidates], given)
            origin[places] = where
    table = pd.DataFrame({"visitor": chosen, "visitor_from": origin}, index=families.index)
    return table.astype({"visitor": "str", "visitor_from": "str"})


def _candidates(
    areas: Sequence[object], proposer: str, people: np.ndarray, nearby: dict[str, dict], within: Sequence[str]
) -> tuple[str, np.ndarray]:
    """The nearest area that has somebody else, and who that is: positions among `people`."""
    everybody = np.arange(len(people))
    for column, area in [*zip(within, areas, strict=True), (EVERYWHERE, None)]:
        found = everybody if column == EVERYWHERE else nearby[column].get(area, everybody[:0])
        others = found[people[found] != proposer]
        if len(others):
            return column, others
    return EVERYWHERE, everybody[:0]


def _fill(load: np.ndarray, visits: int) -> np.ndarray:
    """How many of some visits each person gets so that the largest load stays as small as it can.

    Examples
    --------
    >>> _fill(np.array([0, 4, 1]), 4).tolist(), _fill(np.array([2, 2]), 3).tolist()
    ([3, 0, 1], [2, 1])
    """
    order = np.argsort(load, kind="stable")
    rising = load[order]
    below = np.cumsum(rising)
    # What it takes to bring everybody before a person up to that person's load.
    needed = rising * np.arange(len(load)) - np.r_[0, below[:-1]]
    taking = int((needed <= visits).sum())
    level, rest = divmod(int(below[taking - 1]) + visits, taking)
    given = np.zeros(len(load), dtype=int)
    given[order[:taking]] = level + (np.arange(taking) < rest) - rising[:taking]
    return given
