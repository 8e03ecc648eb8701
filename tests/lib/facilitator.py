"""What a facilitator hands in: invented families in a workbook with Indonesian words, a sheet for each kecamatan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xlsxwriter

from graduation_model.config import Programme

KEY_HEADERS = {
    "household_id": "Nomor keluarga",
    "assessment_date": "Tanggal asesmen",
    "district_code": "Kabupaten atau kota",
    "subdistrict_code": "Kode kecamatan",
    "village_code": "Kode desa atau kelurahan",
    "facilitator_id": "Kode pendamping",
}
TITLES = ["DATA ASESMEN KELUARGA PENERIMA MANFAAT", "Dinas Sosial Provinsi Banten, tahun 2020"]


def in_words(assessments: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """Return assessments as people write them: labels as headers and answers, Rp 1.250.000, dd/mm/yyyy."""
    columns = {}
    for name, header in KEY_HEADERS.items():
        columns[header] = assessments[name]
    columns["Tanggal asesmen"] = assessments["assessment_date"].dt.strftime("%d/%m/%Y")
    for question in programme.instrument.questions:
        if question.derived or question.name not in assessments:
            continue
        answers = assessments[question.name]
        if question.kind == "yes_no":
            words = answers.astype("object").map({"yes": "Ya", "no": "Tidak"})
        elif question.levels:
            words = answers.astype("object").map({value.name: value.label.id for value in question.values})
        elif question.kind == "money":
            words = answers.map(lambda amount: f"Rp {amount:,.0f}".replace(",", "."), na_action="ignore")
        else:
            words = answers
        columns[question.label.id] = words
    return pd.DataFrame(columns)


def write_workbook(path: Path, rows: pd.DataFrame, *, by: str = "Kode kecamatan") -> None:
    """Write a sheet for each kecamatan, with titles above the header, and a sheet that only counts."""
    with xlsxwriter.Workbook(path) as book:
        for code, part in rows.groupby(by):
            sheet = book.add_worksheet(f"Kec. {code}")
            for line, title in enumerate(TITLES):
                sheet.write_string(line, 0, title)
            sheet.write_row(3, 0, list(part.columns))
            for line, cells in enumerate(part.astype("object").where(part.notna(), None).to_numpy(), start=4):
                for place, cell in enumerate(cells):
                    if cell is not None:
                        sheet.write(line, place, cell)
        recap = book.add_worksheet("Rekap")
        recap.write_row(0, 0, ["Kecamatan", "Jumlah KPM", "Keterangan"])
        for line, (code, part) in enumerate(rows.groupby(by), start=1):
            recap.write_row(line, 0, [f"Kecamatan {code}", len(part), "lengkap"])
