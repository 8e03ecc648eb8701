"""A Kobo export, csv or xlsx, becomes the table of its form: groups gone, options and Kobo's own columns left alone."""

import pandas as pd
import pytest
import xlsxwriter

from graduation_model.ingest.beside import beside_of
from graduation_model.ingest.formats import read_part
from graduation_model.ingest.kobo import without_groups

OWN = {"_id": "7", "_uuid": "u-7", "_submission_time": "2020-12-31T09:00:00", "__version__": "v1", "_index": "1"}


def _columns(**columns):
    return list(without_groups(pd.DataFrame({name: [value] for name, value in {**columns, **OWN}.items()})))


def test_a_semicolon_csv_is_read_without_its_group_prefixes(tmp_path):
    path = tmp_path / "assessments.csv"
    path.write_text('"house/floor";"house/roof/kind";"income";"_uuid"\n"tanah; basah";"seng";"1.000";"u"\n')
    frame = read_part(path)
    assert list(frame.columns) == ["floor", "kind", "income", "_uuid"]
    assert frame.iloc[0].tolist() == ["tanah; basah", "seng", "1.000", "u"]


def test_a_prefix_stays_where_the_question_alone_would_stand_there_twice():
    seen = _columns(**{"head/age": "40", "spouse/age": "38", "size": "4", "people/size": "4"})
    assert seen == ["head/age", "spouse/age", "size", "people/size", *OWN]


ENCODINGS = [
    # select_multiple: its answers in one column, in a column each, and both
    ({"house/aid": "pkh bpnt"}, ["aid"]),
    ({"house/aid/pkh": "1", "house/aid/bpnt": "0"}, ["house/aid/pkh", "house/aid/bpnt"]),
    ({"aid": "pkh", "aid/pkh": "1", "aid/bpnt": "0"}, ["aid", "aid/pkh", "aid/bpnt"]),
    ({"aid": None, "aid/pkh": None, "aid/bpnt": None}, ["aid", "aid/pkh", "aid/bpnt"]),
]


@pytest.mark.parametrize(("columns", "expected"), ENCODINGS)
def test_select_multiple_is_left_as_it_is_in_each_encoding(columns, expected):
    assert _columns(**columns) == [*expected, *OWN]


def test_a_slash_in_a_table_that_is_not_kobos_is_part_of_the_name():
    frame = pd.DataFrame({"Desa/Kelurahan": ["x"], "RT/RW": ["1"]})
    assert list(without_groups(frame)) == ["Desa/Kelurahan", "RT/RW"]


def test_the_sheets_of_repeats_stand_beside_the_table_of_an_xlsx_export(tmp_path):
    path = tmp_path / "assessments.xlsx"
    members = ["name", "age", "_index", "_parent_table_name", "_parent_index", "_submission__uuid"]
    with xlsxwriter.Workbook(path) as book:
        form, repeat = book.add_worksheet("asesmen"), book.add_worksheet("anggota")
        form.write_row(0, 0, ["house/floor", *OWN])
        form.write_row(1, 0, ["tanah", *OWN.values()])
        for row, cells in enumerate([members, ["x", 5, 1, "asesmen", 1, "u-7"], ["y", 9, 2, "asesmen", 1, "u-7"]]):
            repeat.write_row(row, 0, cells)
    frame = read_part(path)
    assert list(frame.columns) == ["floor", *OWN]
    assert len(frame) == 1
    assert beside_of(frame).repeats["anggota"]["age"].tolist() == [5, 9]
