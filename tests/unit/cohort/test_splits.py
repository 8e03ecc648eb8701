"""Households and clusters stay on one side of every cut."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from graduation_model.cohort.splits import group_folds, independent_groups

pairs = st.lists(st.tuples(st.integers(0, 8), st.one_of(st.none(), st.integers(0, 5))), min_size=1, max_size=30)


@given(pairs, st.integers(2, 5), st.integers(0, 99))
def test_no_household_and_no_cluster_stands_in_two_folds(rows, k, seed):
    table = pd.DataFrame(rows, columns=["household", "cluster"], dtype="object")
    table["fold"] = group_folds(independent_groups(table["household"], table["cluster"]), k, seed)
    assert table.groupby("household")["fold"].nunique().max() == 1
    known = table.dropna(subset="cluster")
    assert known.empty or known.groupby("cluster")["fold"].nunique().max() == 1


def test_folds_are_near_in_size_and_repeatable():
    groups = np.repeat(np.arange(100), 7)
    folds = group_folds(groups, 5, seed=3)
    assert np.ptp(np.bincount(folds)) <= 7
    assert (folds == group_folds(groups, 5, seed=3)).all()
    assert (folds != group_folds(groups, 5, seed=4)).any()
