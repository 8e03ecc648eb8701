"""Questions with several answers at once, as tables: what stands in a row left, each yes/no question right.

`?` is a cell that nobody can read: it is set aside for every question of the row that hangs on it, and never a no.
"""

from __future__ import annotations

import pandas as pd
import pytest

from graduation_model.errors import DataError
from graduation_model.ingest.mapping import Multiple
from graduation_model.ingest.multiple import yes_no_of

AID = Multiple(column="aid", options={"pkh": "gets_pkh", "bpnt": "gets_bpnt"}, others=("none",))
WORDS = Multiple(column="aid", options={"PKH": "gets_pkh", "PKH Lansia": "gets_bpnt"}, others=("Tidak ada",))

ONE_COLUMN = [
    # what stands there                 pkh    bpnt
    ("pkh", "yes", "no"),
    ("bpnt pkh", "yes", "yes"),
    ("PKH, BPNT", "yes", "yes"),
    ("none", "no", "no"),
    (None, None, None),
    ("pkh kur", "?", "?"),  # an answer that the mapping does not know may be a misspelt one
    ("pkhbpnt", "?", "?"),
    ("-98", "?", "?"),  # the reason is read where the yes/no question is
]

OWN_COLUMNS = [
    # aid/pkh, aid/bpnt                 pkh    bpnt
    ("1", "0", "yes", "no"),
    ("True", "False", "yes", "no"),
    (None, None, None, None),
    ("1", None, "yes", None),
    ("2", "0", "?", "no"),
]

BOTH = [
    # aid, aid/pkh, aid/bpnt            pkh    bpnt
    ("pkh", "1", "0", "yes", "no"),
    ("pkh", None, None, "yes", "no"),
    (None, "0", "1", "no", "yes"),
    ("pkh", "0", "0", "?", "no"),  # the two encodings contradict each other
]

SUMS = [
    # 1 pkh, 2 bpnt, 4 something else   pkh    bpnt
    (0, "no", "no"),
    (1, "yes", "no"),
    (3, "yes", "yes"),
    ("6", "no", "yes"),
    (7.0, "yes", "yes"),
    (99, None, None),  # not 64 + 32 + 2 + 1
    (None, None, None),
    (8, "?", "?"),  # a bit that the mapping does not know
    (-1, "?", "?"),
    (1.5, "?", "?"),
    ("1 2", "?", "?"),
]


def read(frame: pd.DataFrame, multiple: Multiple) -> list[str | None]:
    answers = yes_no_of(frame, multiple)
    found = [answers["gets_pkh"].tolist()[0], answers["gets_bpnt"].tolist()[0]]
    return [None if pd.isna(answer) else answer if answer in ("yes", "no") else "?" for answer in found]


@pytest.mark.parametrize(("cell", "pkh", "bpnt"), ONE_COLUMN)
def test_all_answers_in_one_column(cell: object, pkh: str, bpnt: str) -> None:
    assert read(pd.DataFrame({"aid": [cell]}, dtype=object), AID) == [pkh, bpnt]


@pytest.mark.parametrize(("own_pkh", "own_bpnt", "pkh", "bpnt"), OWN_COLUMNS)
def test_a_column_for_each_answer(own_pkh: object, own_bpnt: object, pkh: str, bpnt: str) -> None:
    row = {"house/aid/pkh": [own_pkh], "house/aid/bpnt": [own_bpnt]}
    assert read(pd.DataFrame(row, dtype=object), AID) == [pkh, bpnt]


@pytest.mark.parametrize(("cell", "own_pkh", "own_bpnt", "pkh", "bpnt"), BOTH)
def test_both_at_once(cell: object, own_pkh: object, own_bpnt: object, pkh: str, bpnt: str) -> None:
    row = {"aid": [cell], "aid/pkh": [own_pkh], "aid/bpnt": [own_bpnt]}
    assert read(pd.DataFrame(row, dtype=object), AID) == [pkh, bpnt]


@pytest.mark.parametrize(("cell", "pkh", "bpnt"), SUMS)
def test_bit_sums(cell: object, pkh: str, bpnt: str) -> None:
    multiple = Multiple(column="aid", bits={1: "gets_pkh", 2: "gets_bpnt"}, others=("4",))
    assert read(pd.DataFrame({"aid": [cell]}, dtype=object), multiple) == [pkh, bpnt]


LABELS = [
    ("PKH", "yes", "no"),
    ("PKH Lansia", "no", "yes"),
    ("pkh lansia pkh", "yes", "yes"),
    ("Tidak ada", "no", "no"),
]


@pytest.mark.parametrize(("cell", "pkh", "lansia"), LABELS)
def test_labels_with_blanks_are_told_apart(cell: str, pkh: str, lansia: str) -> None:
    assert read(pd.DataFrame({"aid": [cell]}), WORDS) == [pkh, lansia]


def test_a_question_that_stands_there_in_no_encoding_is_refused() -> None:
    with pytest.raises(DataError, match="none for each of its answers"):
        yes_no_of(pd.DataFrame({"aid/pkh": ["1"]}), AID)
