"""The page of a check: what to mend and how, and no household's value."""

import pandas as pd
import pytest

from graduation_model.contract.tables import QUARANTINE_COLUMNS, empty_quarantine
from graduation_model.reports.check_page import check_dict, check_page, expected_words
from lib.small import label

TITLE = label("Programme")
COUNTS = {"assessments": {"read": 1200, "kept": 1190}}


@pytest.fixture
def quarantine():
    code = ("a code of that version's codebook", "Correct it", "answer_set_aside", "SECRET-ID")
    rows = [("a.csv", row, "LANTAI", "not_in_codebook", "SECRET-77", *code) for row in range(2, 14)]
    rows.append(("a.csv", 5, "hh_size", "minimum", "SECRET-0", "at least 1", "Check", "row_set_aside", "SECRET-ID"))
    return pd.DataFrame(rows, columns=list(QUARANTINE_COLUMNS))


def test_findings_are_counted_by_file_column_and_rule(quarantine):
    findings = check_dict(quarantine, COUNTS, title=TITLE, language="id")["findings"]
    assert [(row["column"], row["rule"], row["count"]) for row in findings] == [
        ("LANTAI", "kode yang tidak ada di buku kode", "12"),
        ("hh_size", "terlalu kecil", "1"),
    ]
    assert findings[0]["rows"] == "2, 3, 4, 5, 6, 7, 8, 9 …"
    assert findings[1]["mend"] == "Periksa kembali pada keluarga atau pendamping sosial."


def test_counts_stand_in_words(quarantine):
    (table,) = check_dict(quarantine, COUNTS, title=TITLE, language="id")["tables"]
    assert table == {
        "name": "Asesmen",
        "counts": [{"words": "dibaca", "count": "1.200"}, {"words": "dipakai", "count": "1.190"}],
    }


def test_a_rule_without_words_keeps_its_own(quarantine):
    (row, *_) = check_dict(quarantine.assign(rule="brand_new"), COUNTS, title=TITLE, language="en")["findings"]
    assert (row["rule"], row["mend"]) == ("brand_new", "Correct it")


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_value_that_was_found_stands_on_the_page(quarantine, language):
    page = check_page(quarantine, COUNTS, title=TITLE, language=language)
    assert "SECRET" not in page
    assert "LANTAI" in page


def test_clean_data_are_said_to_be_clean():
    page = check_dict(empty_quarantine(), COUNTS, title=TITLE, language="id")
    assert page["lead"] == "Tidak ada yang perlu diperbaiki."
    assert page["findings"] == []


@pytest.mark.parametrize(("expected", "indonesian"), [
    ("a number", "angka"), ("at most 25", "paling besar 25"), ("one of yes, no", "salah satu dari yes, no"),
    ("a date as YYYY-MM-DD", "tanggal dengan bentuk YYYY-MM-DD"), ("something new", "something new"),
])  # fmt: skip
def test_expectations_are_told_in_the_readers_language(expected, indonesian):
    assert expected_words(expected, "id") == indonesian


def test_a_simulated_check_says_so_in_both_languages():
    empty = empty_quarantine()
    for language, stamp in (("id", "SIMULASI"), ("en", "SIMULATED")):
        page = check_page(empty, {}, title=TITLE, language=language, simulated=True)
        assert stamp in page.upper()
        assert stamp not in check_page(empty, {}, title=TITLE, language=language).upper()
