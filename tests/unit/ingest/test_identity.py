"""Numbers are found however they are written; keys are checked; linkage is counted."""

import hashlib
import hmac
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graduation_model.errors import DataError
from graduation_model.ingest.identity import Key, Roles, enter, linkage, read_key
from graduation_model.ingest.personal import mask_runs, numbers_in

SECRET = b"0123456789abcdef0123456789abcdef"
KEY = Key(SECRET, "x")
ALONE = Roles(household="id")


def test_a_pseudonym_is_the_hmac_of_the_bare_digits():
    seen = enter(pd.DataFrame({"id": ["'3601 2345 0789 0001"]}), table="t", roles=ALONE, key=KEY)
    assert seen.frame["id"].tolist() == [hmac.new(SECRET, b"3601234507890001", hashlib.sha256).hexdigest()]
    assert seen.replaced == {"id": 1}


def test_with_a_key_every_id_is_replaced_so_that_tables_agree():
    seen = enter(pd.DataFrame({"id": ["S1", "S1", "7", 7.0]}), table="t", roles=ALONE, key=KEY).frame["id"]
    assert seen.str.len().tolist() == [64] * 4
    assert seen.nunique() == 2


def test_another_key_gives_other_pseudonyms():
    frame = pd.DataFrame({"id": ["3601234507890001"]})
    one, other = (
        enter(frame, table="t", roles=ALONE, key=Key(secret, "x")).frame["id"][0] for secret in (SECRET, SECRET[::-1])
    )
    assert one != other


day, month, serial = st.integers(1, 31), st.integers(1, 12), st.integers(1, 9999)


@given(day=day, month=month, serial=serial, woman=st.booleans(), sign=st.sampled_from(["", " ", ".", "-"]))
def test_every_nik_is_found_by_its_shape(day, month, serial, woman, sign):
    parts = ["360123", f"{day + 40 * woman:02d}{month:02d}89", f"{serial:04d}"]
    found = numbers_in(pd.Series([sign.join(parts)]))
    assert found.digits.tolist() == ["".join(parts)]
    assert found.shaped.all()


@given(st.lists(st.floats(-1e14, 1e14, allow_nan=False)))
def test_a_measured_number_is_never_an_identity_number(values):
    assert numbers_in(pd.Series(values, dtype="float64")).rows.empty
    assert numbers_in(pd.Series([repr(value) for value in values], dtype="str")).rows.empty


def test_equal_columns_are_judged_alike_whatever_holds_them():
    texts = ["3601234507890001", None, "S1"]
    for dtype in ("str", "object", "category"):
        assert numbers_in(pd.Series(texts).astype(dtype)).digits.tolist() == ["3601234507890001"]


@pytest.mark.parametrize(
    "cells", [[[1], "x"], [{"a": 1}], [b"x"], [pd.Timestamp(2020, 1, 1), "x"], [True, None], [1e30]]
)
def test_cells_of_any_kind_are_looked_at_without_an_error(cells):
    assert numbers_in(pd.Series(cells, dtype="object")).rows.empty


def test_a_number_in_a_text_column_is_masked_whole():
    seen, cells = mask_runs(pd.Series([3601234507890001.0, np.nan]))
    assert "3601" not in str(seen[0])
    assert (cells, seen.isna().tolist()) == (1, [False, True])


def test_a_header_that_is_a_number_is_masked_in_what_is_told():
    entered = enter(pd.DataFrame({"id": ["S1"], "3601234507890001": ["3601234507890002"]}), table="t", roles=ALONE)
    assert entered.dropped == {"•••": 1}


def test_a_table_wider_than_any_sheet_is_refused_at_once():
    wide = pd.DataFrame(np.zeros((1, 20_000)))
    with pytest.raises(DataError, match="has 20,000 columns, and a sheet can have 16,384"):
        enter(wide, table="assessments", roles=ALONE)


def test_an_empty_table_passes():
    assert enter(pd.DataFrame({"id": []}), table="t", roles=ALONE, key=KEY).frame.empty


def test_line_breaks_at_the_end_of_a_key_do_not_change_it(tmp_path):
    (tmp_path / "unix").write_bytes(SECRET + b"\n")
    (tmp_path / "windows").write_bytes(SECRET + b"\r\n")
    assert read_key(tmp_path / "unix") == read_key(tmp_path / "windows")
    assert read_key(tmp_path / "unix").fingerprint == hashlib.sha256(SECRET).hexdigest()[:8]


def test_a_key_never_shows_itself():
    assert "0123" not in repr(KEY) + str(KEY)


BAD_KEYS = [
    (None, "There is no such key file"),
    (b"short", "has 5 bytes and needs at least 32"),
    (b"a" * 40, "can be guessed"),
    (SECRET * 200, "longer than 4,096 bytes"),
]


@pytest.mark.parametrize(("content", "message"), BAD_KEYS)
def test_a_file_that_is_no_secret_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_key(tmp_path / "key")
    assert "\n" not in str(caught.value)


def test_a_key_that_would_travel_with_the_data_or_the_repository_is_refused(tmp_path):
    (tmp_path / "key").write_bytes(SECRET)
    assert read_key(tmp_path / "key", data=tmp_path / "data").secret == SECRET
    with pytest.raises(DataError, match="whoever gets the data gets the key"):
        read_key(tmp_path / "key", data=tmp_path)
    (tmp_path / ".git").mkdir()
    with pytest.raises(DataError, match="whoever gets the repository gets the key"):
        read_key(tmp_path / "key", data=tmp_path / "data")


def test_linkage_goes_to_the_next_year_that_has_visits():
    visits = pd.DataFrame(
        [("a", "2017-01-01"), ("b", "2017-02-01"), ("a", "2019-01-01"), ("a", "2019-06-01"), ("c", "2019-06-01")],
        columns=["household_id", "assessment_date"],
    ).astype({"assessment_date": "datetime64[s]"})
    assert linkage(visits) == {"families_2017": 2, "of_2017_found_in_2019": 1, "families_2019": 2}
    assert linkage(visits.iloc[:0]) == {}


def test_fifty_thousand_families_are_replaced_in_a_moment():
    ids = pd.Series(range(50_000)).map("360123{:06d}0001".format)
    started = time.perf_counter()
    seen = enter(pd.DataFrame({"id": ids}), table="t", roles=ALONE, key=KEY).frame["id"]
    assert seen.nunique() == 50_000
    assert time.perf_counter() - started < 5  # 0.4 s on a quiet machine
