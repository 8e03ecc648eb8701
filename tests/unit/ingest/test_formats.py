"""A csv is read as text with each row's own number; one that is damaged says in one line how to mend it."""

import pytest

from graduation_model.errors import DataError
from graduation_model.ingest.formats import read_part
from graduation_model.ingest.headers import strip_groups
from graduation_model.ingest.places import places_of


def _csv(tmp_path, content):
    path = tmp_path / "assessments.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_cell_is_the_text_that_was_written(tmp_path, separator):
    path = _csv(tmp_path, "\ufeffid;n;t\r\n007;1.000;NA\r\n08;;\r\n".replace(";", separator))
    frame = read_part(path)
    assert list(frame.columns) == ["id", "n", "t"]
    assert frame.iloc[0].tolist() == ["007", "1.000", "NA"]
    assert frame.iloc[1].isna().tolist() == [False, True, True]


ROWS = [
    ("id,n\na,1\nb,2\n", [2, 3]),
    ("\n\nid,n\na,1\n\nb,2\n", [4, 6]),  # blank lines are rows of the sheet
    ('id,n\n"a\nx",1\nb,2\n', [2, 3]),  # a line break inside a cell is none
    ("id,n\na,1\n,\nb,2\n", [2, 4]),  # a row without any answer is passed over
    ('id,n\r\na,1\r\n\r\nb,"2"', [2, 4]),
]


@pytest.mark.parametrize(("text", "rows"), ROWS)
def test_rows_are_numbered_as_a_sheet_shows_them(tmp_path, text, rows):
    path = _csv(tmp_path, text)
    assert places_of(read_part(path), path).rows.tolist() == rows


def test_columns_without_name_and_answers_are_passed_over(tmp_path):
    assert list(read_part(_csv(tmp_path, "id;n;;;\na;1;;x;\n"))) == ["id", "n", "(column 4)"]


REFUSED = [
    ("id,n\na,1\nb,12", "The last line has no end"),
    (b"id,n\na,1\xe9\n", r"not encoded in UTF-8 \(first seen in line 2\)"),
    ("id,n\na,1\n".encode("utf-16"), "NUL bytes"),
    (b"id,n\na,1\x000\n", "NUL bytes"),
    ("id,n\na,1\nb,1,2\n", "Row 3 has 3 cells and the header 2"),
    ("DATA KPM\nid,n\na,1\n", "Row 2 has 2 cells and the header 1"),
    ("id,n,n\na,1,1\n", "Column n stands there twice"),
    ("\n\n", "cannot be read as csv"),
    ("id,n\n", "holds no rows"),
    (",".join(f"c{n}" for n in range(100_000)) + "\n" + "1," * 99_999 + "1\n", "There are 100000 columns"),
    (",".join(["twice"] * 5_000) + "\n" + "1," * 4_999 + "1\n", "Column twice stands there twice"),
]


@pytest.mark.parametrize(("content", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_damaged_csv_is_refused_in_one_line(tmp_path, content, message):
    with pytest.raises(DataError, match=message) as error:
        read_part(_csv(tmp_path, content))
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 600


def test_a_name_that_is_only_a_prefix_stays():
    assert strip_groups(["a/", "b/c"], "/") == ["a/", "c"]
