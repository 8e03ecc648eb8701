"""What becomes of each column of a partner's file before anything else reads it."""

import pandas as pd
import pytest

from graduation_model.errors import DataError
from graduation_model.ingest.identity import Key, Roles, enter

KEY = Key(b"a secret that only the Dinas Sosial has", "00000000")
ROLES = Roles(
    household="id",
    kept=frozenset({"pendamping"}),
    free_text=frozenset({"catatan"}),
    answers=frozenset({"penghasilan", "nama_usaha"}),
)
WOMAN, MAN, CARD = "3601234507890001", "3674011203750002", "3602050101110003"
NIK = [f"36012345078900{n:02d}" for n in range(1, 21)]


def _enter(key=None, **columns):
    return enter(pd.DataFrame(columns), table="assessments", roles=ROLES, key=key)


WRITTEN = [
    # how one and the same number is written
    (WOMAN, "plain"),
    (f"'{WOMAN}", "with Excel's apostrophe"),
    ("3601 2345 0789 0001", "in fours"),
    ("360123.450789.0001", "with dots"),
    ("36.01.23.450789.0001", "by area"),
    (f" {WOMAN}\u00a0", "with blanks around it"),
    (f"NIK {WOMAN}", "with its name"),
]


@pytest.mark.parametrize(("written", "how"), WRITTEN)
def test_a_nik_as_id_is_refused_without_a_key_and_one_pseudonym_with_it(written, how):
    with pytest.raises(DataError, match=r"^assessments, column id: 1 of 1 ids are a NIK or KK\. Give --key FILE"):
        _enter(id=[written])
    assert _enter(KEY, id=[written]).frame["id"].tolist() == _enter(KEY, id=[WOMAN]).frame["id"].tolist()


NOT_AN_IDENTITY_NUMBER = [
    # ids that pass as they are
    "S0012345",
    "H000011",
    "360123450789000",  # 15 digits
    "360123450789000112",  # 18 digits
    "6b1c5b1e-1234-5678-9012-123456789012",
    "9f" * 12 + WOMAN + "a" * 24,  # a hash
]


@pytest.mark.parametrize("written", NOT_AN_IDENTITY_NUMBER)
def test_an_id_of_the_programmes_own_passes_unchanged(written):
    entered = _enter(id=[written])
    assert entered.frame["id"].tolist() == [written]
    assert entered.counts() == {}


DAMAGED = [
    # ids that Excel had as numbers: the sixteenth digit is gone
    ([3601234507890000.0], 1),
    ([3601234507890001], 1),
    (["S1", 3601234507890000.0], 1),
    (["3601234507890000.0"], 1),
    (["3,60123E+15"], 1),
    (["3.601.234.507.890.000"], 1),
    ([*NIK[:15], *[f"36012345078901{n}0" for n in range(5)]], None),  # 6 of 20 end in 0
]


@pytest.mark.parametrize(("ids", "count"), DAMAGED)
@pytest.mark.parametrize("key", [None, KEY])
def test_a_number_that_lost_its_sixteenth_digit_is_refused_even_with_a_key(ids, count, key):
    with pytest.raises(DataError, match=f"{count or len(ids)} of {len(ids)} ids are a NIK or KK damaged by Excel"):
        _enter(key, id=ids)


def test_one_nik_in_five_may_end_in_zero_and_more_may_not():
    rest = [number for number in NIK if not number.endswith("0")]
    zeros = [f"36012345078901{n}0" for n in range(5)]
    assert len(_enter(KEY, id=[*rest, *zeros[:4]]).frame) == 22  # 4 of 22
    assert len(_enter(KEY, id=[*rest, "3601234507890111", "3601234507890112", *zeros]).frame) == 25  # 5 of 25: 20 %
    with pytest.raises(DataError, match="damaged by Excel"):
        _enter(KEY, id=[*rest, "3601234507890111", *zeros])  # 5 of 24


DROPPED = [
    # columns that the programme does not name, and whether they stay out
    ("NIK", ["x"], True),
    ("NO KK", ["x"], True),
    ("Nama KRT", ["…"], True),
    ("data/nama_ibu", ["…"], True),
    ("ALAMAT", ["…"], True),
    ("RT/RW", ["01/02"], True),
    ("No. HP", ["x"], True),
    ("telepon", [None], True),
    ("tanggal_lahir", ["1989-07-05"], True),
    ("kode", [CARD], True),
    ("kode", [3.601234507890001e15], True),
    ("kolom 7", ["0812-3456-7890"], True),
    ("kolom 7", ["+62 812 3456 7890"], True),
    ("keterangan", [f"lihat {MAN}, sudah pindah"], True),
    ("nama_desa", ["…"], False),
    ("jumlah_kk", [3], False),
    ("punya_hp", ["ya"], False),
    ("skor", ["1.036012345678901"], False),
    ("waktu", ["2020-12-31 00:00:00"], False),
    ("lantai", [9], False),
]


@pytest.mark.parametrize(("column", "cells", "stays_out"), DROPPED)
def test_a_column_that_names_a_person_is_dropped_unless_the_programme_asks_for_it(column, cells, stays_out):
    entered = _enter(**{"id": ["S1"], column: cells})
    assert (column not in entered.frame) == stays_out
    filled = [cell for cell in cells if cell is not None]
    assert entered.dropped == ({column: len(filled)} if stays_out and filled else {})


ANSWERS = [
    # a money answer, and whether the file is refused
    ("1250000", False),
    ("1.250.000", False),
    ("3601990199990001", False),  # 16 digits without a date: left to the question's own rule
    (WOMAN, True),
    (MAN, True),
    (CARD, True),
    (3601234507890000.0, True),
]


@pytest.mark.parametrize(("answer", "refused"), ANSWERS)
def test_an_answer_with_the_shape_of_a_nik_is_refused_by_column_and_count(answer, refused):
    if refused:
        with pytest.raises(DataError, match="assessments, column penghasilan: 1 answers are a NIK or KK") as caught:
            _enter(id=["S1"], penghasilan=[answer])
        assert "36" not in str(caught.value)
    else:
        assert _enter(id=["S1"], penghasilan=[answer]).frame["penghasilan"].tolist() == [answer]


def test_a_question_of_the_programme_is_never_dropped_for_its_name():
    assert _enter(id=["S1"], nama_usaha=["warung"]).frame["nama_usaha"].tolist() == ["warung"]


def test_free_text_keeps_its_words_and_loses_the_number():
    entered = _enter(id=["S1", "S2"], catatan=["anak ke-2", f"KK {CARD} pecah"])
    assert entered.frame["catatan"].tolist() == ["anak ke-2", "KK ••• pecah"]
    assert entered.counts() == {"masked": {"catatan": 1}}


def test_a_facilitators_nik_is_refused_or_replaced_and_a_code_beside_it_stays():
    with pytest.raises(DataError, match=r"column pendamping: 1 of 2 values are a NIK or KK\. Give --key"):
        _enter(id=["S1", "S2"], pendamping=[WOMAN, "P07"])
    seen = _enter(KEY, id=["S1", "S2"], pendamping=[WOMAN, "P07"]).frame["pendamping"].tolist()
    assert len(seen[0]) == 64
    assert seen[1] == "P07"


def test_no_family_is_found_under_a_number_that_stands_for_none():
    seen = _enter(KEY, id=["0000000000000000", " ", None, WOMAN]).frame["id"]
    assert seen.isna().tolist() == [True, True, True, False]
