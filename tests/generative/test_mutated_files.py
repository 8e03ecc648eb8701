"""A damaged file is read as it was meant, or its bad cells are set aside, or it is refused in one line."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from graduation_model.contract.tables import Tables
from graduation_model.errors import UserError
from graduation_model.ingest.load import load_tables
from graduation_model.ingest.mapping import find_mapping, read_mapping
from lib.small import MAPPING, codebooks, field_visits, ingest_params, small_instrument

FAMILIES = 6
KEYS = ["household_id", "assessment_date"]
Mutation = Callable[[bytes, st.DataObject], bytes]


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def _xlsx(frame: pd.DataFrame, above: list[list[str]] | None = None) -> bytes:
    file = io.BytesIO()
    rows = [*(above or []), list(frame.columns), *frame.to_numpy().tolist()]
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Kec. A")
        for row, cells in enumerate(rows):
            sheet.write_row(row, 0, cells)
    return file.getvalue()


# --- what happens to files on their way


def _cut(whole: bytes, data: st.DataObject) -> bytes:
    return whole[: data.draw(st.integers(0, len(whole)))]


def _overwrite(whole: bytes, data: st.DataObject) -> bytes:
    place = data.draw(st.integers(0, len(whole) - 1))
    return whole[:place] + data.draw(st.sampled_from([b"\0", b"\0\0\0\0", b"\xff", b"\xe9"])) + whole[place + 1 :]


def _lines_above(whole: bytes, data: st.DataObject) -> bytes:
    lines = st.sampled_from(["DATA KPM", "", "Kecamatan,Cikande", whole.splitlines()[0].decode(), ",,,", '"', "\ufeff"])
    return "".join(f"{line}\n" for line in data.draw(st.lists(lines, max_size=3))).encode() + whole


def _line_between(whole: bytes, data: st.DataObject) -> bytes:
    lines = whole.splitlines(keepends=True)
    place = data.draw(st.integers(1, len(lines)))
    extra = data.draw(
        st.sampled_from([lines[0], lines[-1], b"\n", b"\r\n", b"\n\n", b",,,,,,,,,\n", b"JUMLAH\n", b'"\n'])
    )
    return b"".join([*lines[:place], extra, *lines[place:]])


def _other_encoding(whole: bytes, data: st.DataObject) -> bytes:
    return whole.decode().encode(data.draw(st.sampled_from(["cp1252", "utf-16", "utf-16-be", "utf-32", "utf-8-sig"])))


def _other_line_ends(whole: bytes, data: st.DataObject) -> bytes:
    return whole.replace(b"\n", data.draw(st.sampled_from([b"\r\n", b"\r", b"\n\n", b"\n\r", b" \n"])))


def _wide(data: st.DataObject) -> pd.DataFrame:
    count = data.draw(st.sampled_from([1, 2_000, 10_000]))
    name = data.draw(st.sampled_from(["extra{}", "extra", ""]))
    frame = field_visits()
    more = pd.DataFrame([["x"] * count] * len(frame), columns=[name.format(n) for n in range(count)])
    return pd.concat([frame, more], axis=1)


def _titles_above(whole: bytes, data: st.DataObject) -> bytes:
    rows = st.lists(st.sampled_from(["DATA KPM", "", "Kecamatan", "Cikande", "2020", "status"]), max_size=10)
    return _xlsx(field_visits(), data.draw(st.lists(rows, max_size=4)))


def _rows_of_headings(whole: bytes, data: st.DataObject) -> bytes:
    """The header under one or two rows of merged groups, perhaps with a row that numbers the columns."""
    frame, file = field_visits(), io.BytesIO()
    width, levels = len(frame.columns), data.draw(st.integers(1, 2))
    cuts = data.draw(st.lists(st.integers(1, width - 1), unique=True, max_size=4))
    numbers = [[f"({place + 1})" for place in range(width)]] if data.draw(st.booleans()) else []
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Kec. A")
        for level in range(levels):
            edges = [0, *sorted(cuts), width]
            for start, stop in pairwise(edges):
                name = f"GROUP {level} {start}"
                sheet.write(level, start, name)
                if stop - start > 1:
                    sheet.merge_range(level, start, level, stop - 1, name)
        for row, cells in enumerate([list(frame.columns), *numbers, *frame.to_numpy().tolist()], start=levels):
            sheet.write_row(row, 0, cells)
    return file.getvalue()


def _bomb(whole: bytes, data: st.DataObject) -> bytes:
    """A member that unpacks to thousands of times its size."""
    file = io.BytesIO(whole)
    name = data.draw(st.sampled_from(["xl/worksheets/sheet2.xml", "xl/media/image1.png", "padding"]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, bytes(1 << data.draw(st.sampled_from([24, 26]))))
    return file.getvalue()


def _in_the_sheet(whole: bytes, data: st.DataObject) -> bytes:
    """Change the XML of one cell or tag of the sheet, so that the zip itself is whole."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    # Not the id's column: an id may be any text, so that a changed one is another family and nothing to refuse.
    tags = list(re.finditer(r'<c r="[B-Z][^>]*>.*?</c>', texts[sheet]))[9:]
    tag = data.draw(st.sampled_from(tags))
    place = re.search(r'r="(\w+)"', tag.group(0)).group(1)  # type: ignore[union-attr]
    cells = ['<c r="{}" t="e"><v>#DIV/0!</v></c>', '<c r="{}"><f>1/0</f></c>', '<c r="{}"><f>1+1</f><v>0</v></c>']
    broken = [
        '<c r="{}" t="s"><v>999999</v></c>',
        '<c r="{}"><v>x</v></c>',
        '<c r="{}">',
        '<c r="XFD1048576"><v>1</v></c>',
    ]
    cell = data.draw(st.sampled_from([*cells, *broken, '<c r="{}" t="str"><v>\x00</v></c>'])).format(place)
    texts[sheet] = texts[sheet][: tag.start()] + cell + texts[sheet][tag.end() :]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return file.getvalue()


CSV: list[Mutation] = [
    _cut,
    _overwrite,
    _lines_above,
    _line_between,
    _other_encoding,
    _other_line_ends,
    lambda _, data: _csv(_wide(data)),
]
XLSX: list[Mutation] = [
    _cut,
    _overwrite,
    _titles_above,
    _rows_of_headings,
    _bomb,
    _in_the_sheet,
    lambda _, data: _xlsx(_wide(data)),
    lambda _, data: _csv(field_visits()),
]


# --- what may come of it


def _load(folder: Path) -> Tables:
    parts: dict[str, Any] = {"instrument": small_instrument(), "params": ingest_params(), "codebooks": codebooks()}
    path = find_mapping(folder)
    mapping = read_mapping(path, programme="small", **parts) if path else None
    return load_tables(folder, **parts, need_followups=False, mapping=mapping)


def _read_or_refused(folder: Path) -> tuple[Tables | None, str]:
    try:
        return _load(folder), ""
    except UserError as error:
        return None, str(error)


def _is_accounted_for(read: Tables, meant: Tables) -> None:
    """Every answer is the one that was meant, or stands in quarantine; what is not there was never in the file."""
    answers = [question.name for question in small_instrument().questions if question.name != "opinion"]
    truth = meant.assessments.set_index(KEYS)[answers].astype("object")
    found = read.assessments.set_index(KEYS)[answers].astype("object")
    assert found.index.isin(truth.index).all()
    truth = truth.loc[found.index]
    same = (found == truth) | (found.isna() & truth.isna())
    assert (same | found.isna()).all(axis=None)  # never another value
    set_aside = read.quarantine.loc[read.quarantine["effect"] == "answer_set_aside", "column"].value_counts()
    for column, lost in (~same).sum().items():
        source = {"size": "n_people"}.get(str(column), str(column))
        assert lost <= set_aside.get(source, 0)


def _is_complete(read: Tables) -> None:
    """Only families at the end may be missing, where a file was cut at the very end of a line."""
    known = {*read.assessments["household_id"], *read.set_aside["household_id"].dropna()}
    lost = [family for family in field_visits()["household_id"] if family not in known]
    if not read.set_aside["household_id"].isna().any():
        assert lost == field_visits()["household_id"].tolist()[FAMILIES - len(lost) :]


@pytest.mark.parametrize(
    ("name", "whole", "mutations"),
    [("assessments.csv", _csv(field_visits()), CSV), ("assessments.xlsx", _xlsx(field_visits()), XLSX)],
    ids=["csv", "xlsx"],
)
def test_a_mutated_file_is_read_as_meant_or_set_aside_or_refused(
    tmp_path: Path, name: str, whole: bytes, mutations: list[Mutation]
) -> None:
    (tmp_path / name).write_bytes(whole)
    meant = _load(tmp_path)
    assert len(meant.assessments) == FAMILIES
    assert meant.quarantine.empty

    @given(data=st.data())
    @settings(max_examples=60)
    def holds(data: st.DataObject) -> None:
        (tmp_path / name).write_bytes(data.draw(st.sampled_from(mutations))(whole, data))
        read, refused = _read_or_refused(tmp_path)
        assert len(refused.splitlines()) <= 1
        if read is not None:
            _is_accounted_for(read, meant)
            _is_complete(read)

    holds()


# --- what says how files are read


SOURCE = "url: sqlite:///visits.db\nquery: SELECT * FROM visits WHERE 1 = 1 ORDER BY household_id\n"


def _lines_changed(whole: bytes, data: st.DataObject) -> bytes:
    lines = whole.splitlines(keepends=True)
    place, other = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(lines) - 1))
    odd = [
        b"",
        lines[other],
        b"  - [\n",
        b"? {\n",
        b"&a [*a]\n",
        b"!!python/name:os.system x\n",
        b"\t\n",
        b"'\n",
        b"x: 1\n",
    ]
    return b"".join([*lines[:place], data.draw(st.sampled_from(odd)), *lines[place + data.draw(st.booleans()) :]])


def _words_changed(whole: bytes, data: st.DataObject) -> bytes:
    words = sorted(set(re.findall(rb"[A-Za-z_][\w:./]*", whole)))  # another number is another rule, and meant
    odd = [
        b"",
        b"no",
        b"?",
        b"null",
        b"[]",
        b"{}",
        b"''",
        b"a; DROP TABLE visits",
        b"*",
        b"%s",
        b"../..",
        b"~",
    ]
    word = data.draw(st.sampled_from(words))
    return whole.replace(word, data.draw(st.sampled_from(odd)), data.draw(st.integers(1, 3)))


TEXT: list[Mutation] = [_cut, _overwrite, _lines_changed, _words_changed]


def _export(folder: Path) -> bytes:
    """An ODK zip of the visits, with rooms in a repeat, that needs MAPPING; also as a table of a database."""
    frame = (
        field_visits().rename(columns={"n_people": "People (id)", "floor": "Lantai"}).drop(columns=["rooms", "member"])
    )
    frame = frame.assign(
        SubmissionDate="x", KEY=[f"k{n}" for n in range(FAMILIES)], ikut=["program", "lain program"] * 3
    )
    frame["Lantai"] = ["Tanah", "Semen", "Semen"] * 2
    frame["year"] = "2016"
    rooms = pd.DataFrame(
        {"PARENT_KEY": [f"k{n % FAMILIES}" for n in range(15)], "luas": [9] * 14 + [2], "KEY": range(15)}
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("asesmen.csv", frame.to_csv(index=False))
        archive.writestr("kamar.csv", rooms.to_csv(index=False))
    with sqlite3.connect(folder / "visits.db") as connection:
        field_visits().to_sql("visits", connection, index=False)
    connection.close()
    return file.getvalue()


@pytest.mark.parametrize("changed", ["mapping.yaml", "assessments.zip", "assessments.sql.yaml"])
def test_a_mutated_mapping_export_or_source_never_gives_another_answer(tmp_path: Path, changed: str) -> None:
    export = _export(tmp_path)
    files = {"mapping.yaml": MAPPING.encode(), "assessments.zip": export}
    files = {changed: SOURCE.encode()} if changed not in files else files
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    meant = _load(tmp_path)
    assert len(meant.assessments) == FAMILIES
    assert meant.quarantine.empty
    mutations = [_cut, _overwrite] if changed.endswith(".zip") else TEXT

    @given(data=st.data())
    @settings(max_examples=60)
    def holds(data: st.DataObject) -> None:
        (tmp_path / changed).write_bytes(data.draw(st.sampled_from(mutations))(files[changed], data))
        read, refused = _read_or_refused(tmp_path)
        assert len(refused.splitlines()) <= 1
        if read is not None:
            answers = [question.name for question in small_instrument().questions if question.name != "opinion"]
            found = read.assessments.set_index(KEYS)[answers].astype("object")
            truth = meant.assessments.set_index(KEYS)[answers].astype("object").reindex(found.index)
            assert ((found == truth) | found.isna()).all(axis=None)

    holds()
    with sqlite3.connect(tmp_path / "visits.db") as connection:
        assert connection.execute("SELECT count(*) FROM visits").fetchone() == (FAMILIES,)
    connection.close()
