"""What `new --from-data` takes a column for: one row a column, as a person would fill a file."""

from __future__ import annotations

import pandas as pd
import pytest

from graduation_model.ingest.guess import guess_questions

# header, cells (repeated until there are thirty rows), kind, lowest, highest, answers
COLUMNS = [
    ("Memiliki kulkas", ["Ya", "Tidak"], "yes_no", None, None, None),
    ("water_piped", [1, 0], "yes_no", None, None, None),
    ("Jenis lantai", ["Tanah", "Ubin"], "choice", None, None, {"tanah": "Tanah", "ubin": "Ubin"}),
    ("floor_code", [1, 2, 3, 9], "choice", None, None, {"1": "1", "2": "2", "3": "3", "9": "9"}),
    ("Jumlah anggota", ["3", "4", "7"], "count", 0, 20, None),
    ("n_income_earners", [0, 1, 2], "count", 0, 5, None),
    ("Penghasilan", ["Rp 1.250.000", "Rp 900.000"], "money", 0, 2_000_000, None),
    ("distance_km", [0.4, 12.5, 3.1], "number", 0, 20, None),
    ("balance", [-40.5, 12.5, 3.1], "number", -100, 20, None),
    ("tanggal kunjungan", ["31/12/2020", "15/11/2020"], "date", None, None, None),
    ("Catatan", [f"catatan nomor {n}" for n in range(30)], "text", None, None, None),
]  # fmt: skip
LEFT = [
    ("Nama KRT", ["Siti", "Ani"], "personal"),
    ("kosong", [None], "empty"),
    ("provinsi_asal", ["Banten"], "one_answer"),
    ("versi_angka", [7], "one_answer"),
]


def column(header: str, cells: list[object]) -> pd.DataFrame:
    return pd.DataFrame({header: (cells * 30)[:30]}, dtype=object)


@pytest.mark.parametrize(("header", "cells", "kind", "lowest", "highest", "answers"), COLUMNS)
def test_a_column_is_taken_for(header, cells, kind, lowest, highest, answers) -> None:
    (guess,) = guess_questions(column(header, cells))
    assert (guess.kind, guess.minimum, guess.maximum, guess.answers) == (kind, lowest, highest, answers)


@pytest.mark.parametrize(("header", "cells", "reason"), LEFT)
def test_a_column_is_left_out_since(header, cells, reason) -> None:
    (guess,) = guess_questions(column(header, cells))
    assert (guess.kind, guess.left) == (None, reason)


def test_two_headers_that_would_have_one_name_have_two() -> None:
    both = pd.concat([column("Luas (m2)", [20, 35]), column("luas m2", [21, 40])], axis=1)
    assert [guess.name for guess in guess_questions(both)] == ["luas_m2", "luas_m2_2"]
