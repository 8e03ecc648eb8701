"""An answer that already is the instrument's own value is taken beside codes, where it cannot be one of them."""

import pandas as pd
import pytest

from graduation_model.ingest.typing import type_question
from lib.small import codebooks, small_instrument

ANSWERS = [
    # question, version, cell, what is read; None: set aside
    ("floor", "2016", "2", "cement"),
    ("floor", "2017", "2", "earth"),
    ("floor", "2016", "cement", "cement"),
    ("floor", "2016", "Cement (id)", None),  # a label is no value
    ("floor", "own", "cement", "cement"),
    ("floor", "own", "cement (id)", "cement"),
    ("floor", "own", "2", None),
    ("member", "2016", "yes", "yes"),
    ("member", "2016", "Ya", None),
    ("member", "own", "Ya", "yes"),
]


@pytest.mark.parametrize(("question", "version", "cell", "expected"), ANSWERS)
def test_a_cell_is_read_by_its_rows_codebook_or_as_the_instruments_own_value(question, version, cell, expected):
    typed = type_question(pd.Series([cell]), small_instrument().named(question), pd.Series([version]), codebooks())
    assert (None if typed.failed[0] else typed.values[0]) == expected
