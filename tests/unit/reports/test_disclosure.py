"""Which numbers stay hidden."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from graduation_model.reports.disclosure import hidden_cells, pool_small

TABLES = arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(2, 5)), elements=st.integers(0, 60))


@pytest.mark.parametrize(("counts", "hidden"), [
    ([[10, 20], [30, 40]], [[0, 0], [0, 0]]),
    ([[0, 20], [30, 40]], [[0, 0], [0, 0]]),
    ([[9, 20, 50]], [[1, 1, 0]]),
    ([[3, 4, 50, 60], [30, 40, 50, 60]], [[1, 1, 1, 0], [1, 1, 1, 0]]),
])  # fmt: skip
def test_small_cells_and_their_betrayers_are_hidden(counts, hidden):
    assert hidden_cells(np.array(counts), 10).astype(int).tolist() == hidden


@given(TABLES)
def test_no_small_count_is_ever_shown(counts):
    shown = counts[~hidden_cells(counts, 10)]
    assert not ((shown > 0) & (shown < 10)).any()


@given(TABLES)
def test_no_hidden_cell_follows_from_its_row_or_column(counts):
    hidden = hidden_cells(counts, 10)
    for mask in [*hidden, *hidden.T]:
        assert mask.sum() != 1 or mask.all()


@given(TABLES)
def test_pooling_loses_nobody(counts):
    frame = pd.DataFrame(counts)
    pooled = pool_small(frame, 10, "other")
    assert pooled.sum().tolist() == frame.sum().tolist()
    assert (pooled.sum(axis=1) >= 10).all() or len(pooled) == 1
