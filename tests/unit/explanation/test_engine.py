"""The engine's own steps: how rows are parted and rounded, and where its compiled code is kept."""

from __future__ import annotations

import numpy as np
import pytest
from numba.core import caching

from graduation_model.explanation.compiled import compiled
from graduation_model.explanation.engine import ROWS_AT_A_TIME, round_down, shares


def test_thresholds_are_rounded_down_so_that_float32_rows_fall_on_the_same_side() -> None:
    thresholds = np.append(np.random.default_rng(0).normal(size=1000), 1e308)
    single = round_down(thresholds)
    assert (single.astype(float) <= thresholds).all()
    with np.errstate(over="ignore"):
        assert (np.nextafter(single, np.float32(np.inf)).astype(float) > thresholds).all()


@pytest.mark.parametrize("n", [0, 1, 5, ROWS_AT_A_TIME, ROWS_AT_A_TIME + 1, 100_003])
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_rows_are_parted_without_a_gap_into_parts_that_are_not_too_large(n, threads) -> None:
    edges = np.array(shares(n, threads))
    assert edges[0] == 0
    assert edges[-1] == n
    assert (np.diff(edges) <= ROWS_AT_A_TIME).all()
    assert (np.diff(edges) >= 0).all()


def test_code_is_compiled_where_no_folder_can_keep_it(monkeypatch) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert compiled(lambda x: x + 1)(1) == 2
