"""A Dinas workbook becomes a plain table; each row keeps its own place, and no cell is lost in silence."""

import zipfile

import pandas as pd
import pytest
import xlsxwriter

from graduation_model.errors import DataError
from graduation_model.ingest.beside import beside_of
from graduation_model.ingest.formats import read_part
from graduation_model.ingest.places import places_of

HEADER = ["NO", "ID", "LANTAI", "DAYA"]
ROWS = [[1, "a", "tanah", 450], [2, "b", "semen", 900]]


def _book(path, sheets):
    """Write sheets: name -> rows of cells; what begins with = is a formula, None is nothing."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if cell is not None:
                        sheet.write(row, column, cell)
    return path


def _edit(path, change, member="xl/worksheets/sheet1.xml"):
    """Change the text of one member of the workbook."""
    with zipfile.ZipFile(path) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    texts[member] = change(texts[member].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)


def _calculated(path):
    """As if a spreadsheet program had saved it: the stored results of its formulas are to be believed."""
    _edit(path, lambda text: text.replace(' fullCalcOnLoad="1"', ""), "xl/workbook.xml")


def _places(path):
    places = places_of(read_part(path), path)
    return list(zip(places.files(path.name), places.rows.tolist(), strict=True))


def test_titles_blank_rows_and_blank_columns_are_passed_over(tmp_path):
    title = [["DATA KPM JAMSOSRATU"], ["Kecamatan", "Cikande", "Tahun 2020"], []]
    rows = [*title, [None, *HEADER], [None, *ROWS[0]], [], [None, *ROWS[1]]]
    path = _book(tmp_path / "a.xlsx", {"Kec. Cikande": rows})
    frame = read_part(path)
    assert list(frame.columns) == HEADER
    assert frame["ID"].tolist() == ["a", "b"]
    assert _places(path) == [("a.xlsx#Kec. Cikande", 5), ("a.xlsx#Kec. Cikande", 7)]


def test_a_title_merged_over_the_whole_width_is_no_header(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.merge_range(0, 0, 1, 3, "DATA KPM")
        for row, cells in enumerate([HEADER, *ROWS], start=2):
            sheet.write_row(row, 0, cells)
    assert list(read_part(path).columns) == HEADER
    assert _places(path) == [("a.xlsx#S", 4), ("a.xlsx#S", 5)]


def test_headings_in_two_merged_rows_and_a_row_that_numbers_the_columns(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.merge_range(0, 0, 1, 0, "NO")
        sheet.merge_range(0, 1, 1, 1, "ID")
        sheet.merge_range(0, 2, 0, 3, "RUMAH")
        sheet.merge_range(0, 4, 0, 5, "ASET")
        sheet.write_row(1, 2, ["LANTAI", "JUMLAH", "MOTOR", "JUMLAH"])
        sheet.write_row(2, 0, ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"])
        sheet.write_row(3, 0, [1, "a", "tanah", 2, "Ya", 1])
    frame = read_part(path)
    assert list(frame.columns) == ["NO", "ID", "LANTAI", "RUMAH/JUMLAH", "MOTOR", "ASET/JUMLAH"]
    assert frame.to_numpy().tolist() == [[1, "a", "tanah", 2, "Ya", 1]]
    assert _places(path) == [("a.xlsx#S", 4)]


def test_every_sheet_with_the_tables_columns_is_a_part_and_others_are_left_out_with_a_reason(tmp_path, caplog):
    turned = [[HEADER[place] for place in (3, 2, 1, 0)], [1300, "keramik", "c", 1]]
    sheets = {
        "Petunjuk": [["Isi semua kolom"], ["Kode", "Arti", "Catatan"], ["1", "Ya", "-"]],
        "Kec. A": [HEADER, *ROWS],
        "Kec. B": [["KEC. B"], *turned],
        "Kosong": [],
    }
    path = _book(tmp_path / "a.xlsx", sheets)
    frame = read_part(path)
    assert frame[["ID", "DAYA"]].to_numpy().tolist() == [["a", 450], ["b", 900], ["c", 1300]]
    assert _places(path) == [("a.xlsx#Kec. A", 2), ("a.xlsx#Kec. A", 3), ("a.xlsx#Kec. B", 3)]
    assert beside_of(frame).ignored == {
        "Petunjuk": "its columns are those of another table",
        "Kosong": "there is no table on it",
    }
    assert "sheet 'Petunjuk' was left out" in caplog.text


def test_a_sheet_that_nearly_has_the_tables_columns_is_refused_not_left_out(tmp_path):
    sheets = {"Kec. A": [HEADER, *ROWS], "Kec. B": [[*HEADER[:3], "LISTRIK"], ROWS[0]]}
    with pytest.raises(DataError, match=r"Sheet 'Kec\. B' has other columns \(lacks DAYA; has also LISTRIK\)"):
        read_part(_book(tmp_path / "a.xlsx", sheets))


def test_a_hidden_sheet_with_the_tables_columns_is_refused(tmp_path):
    path = _book(tmp_path / "a.xlsx", {"Kec. A": [HEADER, *ROWS], "Lama": [HEADER, *ROWS]})
    _edit(path, lambda text: text.replace('name="Lama"', 'name="Lama" state="hidden"'), "xl/workbook.xml")
    with pytest.raises(DataError, match="Sheet 'Lama' is hidden but has the table's columns"):
        read_part(path)


def test_an_error_cell_is_shown_where_calamine_shows_nothing(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for row, cells in enumerate([HEADER, *ROWS]):
            sheet.write_row(row, 0, cells)
        sheet.write_formula(2, 3, "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, 1, "=NA()", None, "#N/A")
    _calculated(path)
    frame = read_part(path)
    assert frame["DAYA"].tolist()[:2] == [450, "#DIV/0!"]
    assert frame["ID"].tolist() == ["a", "b", "#N/A"]  # a last row that holds nothing else


def test_a_formula_is_read_as_its_result_once_a_program_calculated_it(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for row, cells in enumerate([HEADER, *ROWS]):
            sheet.write_row(row, 0, cells)
        sheet.write_formula(1, 3, "=400+50", None, 451)
    assert read_part(path)["DAYA"].tolist() == ["#NOT_CALCULATED", 900]
    _calculated(path)
    assert read_part(path)["DAYA"].tolist() == [451, 900]


@pytest.mark.parametrize("empty", ["", "<v></v>", "<v/>", "<v />"])
def test_a_formula_without_a_stored_result_is_no_blank(tmp_path, empty):
    path = _book(tmp_path / "a.xlsx", {"S": [HEADER, *ROWS]})
    _calculated(path)
    _edit(path, lambda text: text.replace("<v>450</v>", f"<f>400+50</f>{empty}"))
    assert read_part(path)["DAYA"].tolist() == ["#NOT_CALCULATED", 900]
    _edit(path, lambda text: text.replace('<c r="D2">', '<c r="D2" t="str">'))
    assert read_part(path)["DAYA"].isna().tolist() == [True, False]  # calculated, to a blank text


def test_a_formula_that_does_not_say_where_it_stands_is_refused(tmp_path):
    path = _book(tmp_path / "a.xlsx", {"S": [HEADER, *ROWS]})
    _edit(path, lambda text: text.replace('<c r="D2"><v>450</v>', "<c ><f>1+1</f>"))
    with pytest.raises(DataError, match="does not say where they stand"):
        read_part(path)


def test_a_stray_cell_far_out_is_refused_before_memory_is_filled(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, HEADER)
        sheet.write(1048575, 16383, "x")
    with pytest.raises(DataError, match="A cell stands as far out as row 1048576, column 16384"):
        read_part(path)


def test_a_workbook_that_unpacks_out_of_proportion_is_refused(tmp_path):
    path = _book(tmp_path / "a.xlsx", {"S": [HEADER, *ROWS]})
    _edit(path, lambda text: text + " " * 60_000_000)
    with pytest.raises(DataError, match="would unpack to 60 MB"):
        read_part(path)


def test_a_column_that_stands_there_twice_is_refused_with_its_sheet(tmp_path):
    with pytest.raises(DataError, match=r"a\.xlsx#S: Column DAYA stands there twice"):
        read_part(_book(tmp_path / "a.xlsx", {"S": [[*HEADER, "DAYA"], [*ROWS[0], 1]]}))


def test_a_column_without_a_name_is_kept_only_if_it_holds_something(tmp_path):
    path = _book(tmp_path / "a.xlsx", {"S": [[*HEADER, None, None], [*ROWS[0], None, "catatan"]]})
    assert list(read_part(path).columns) == [*HEADER, "(column 6)"]


def test_a_header_alone_holds_no_rows(tmp_path):
    with pytest.raises(DataError, match="holds no rows"):
        read_part(_book(tmp_path / "a.xlsx", {"S": [HEADER]}))


def test_a_workbook_cut_short_is_refused(tmp_path):
    path = _book(tmp_path / "a.xlsx", {"S": [HEADER, *ROWS]})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="cannot be read as xlsx"):
        read_part(path)


def test_parts_with_places_can_be_joined(tmp_path):
    path = _book(tmp_path / "a.xlsx", {"S": [HEADER, *ROWS]})
    both = pd.concat([read_part(path), read_part(path)], ignore_index=True)
    assert len(both) == 4
