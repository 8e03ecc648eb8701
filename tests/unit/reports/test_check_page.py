"""The page of a check: what to mend and how, where it comes from, and no household's value."""

import pandas as pd
import pytest

from graduation_model.contract.findings import findings
from graduation_model.contract.instrument import CrossCheck
from graduation_model.contract.tables import QUARANTINE_COLUMNS, QUARANTINE_CONTEXT, Tables, empty_quarantine
from graduation_model.reports.check_page import check_dict, check_page
from graduation_model.reports.check_words import CheckWords
from lib.small import label, small_instrument

TITLE = label("Programme")
LOW = CrossCheck(name="few_rooms", label=label("Few rooms"), question="rooms", lowest=2)
INSTRUMENT = small_instrument().model_copy(update={"cross_checks": (LOW,)})
COUNTS = {
    "assessments": {"read": 1200, "kept": 1190},
    "privacy": {"NAMA KRT": 1200},
    "masked": {"catatan": 3},
    "linkage": {"families_2019": 200, "of_2019_found_in_2020": 190, "families_2020": 230},
    "findings": {"missing_answers": 1},
}


def quarantine():
    code = ("a code of that version's codebook", "Correct it", "answer_set_aside", "floor", "F1", 2020)
    rows = [("a.csv", row, "LANTAI", "not_in_codebook", "SECRET-77", *code) for row in range(2, 14)]
    rows.append(
        (
            "a.csv",
            5,
            "n_people",
            "minimum",
            "SECRET-0",
            "at least 1",
            "Check",
            "row_set_aside",
            "size",
            "F2",
            None,
        )
    )
    rows.append(("a.csv", 6, "rooms", "few_rooms", "1", "at least 2", "Ask again", "kept", "rooms", "F1", 2019))
    table = pd.DataFrame([(*row, "SECRET-ID") for row in rows], columns=[*QUARANTINE_COLUMNS, *QUARANTINE_CONTEXT])
    return table.astype({"wave": "Int64"})


def tables(cells=None, found=None, counts=COUNTS):
    empty = pd.DataFrame()
    more = {} if found is None else {"findings": found}
    quarantined = quarantine() if cells is None else cells
    return Tables(assessments=empty, followups=empty, decisions=empty, quarantine=quarantined, counts=counts, **more)


def page(language="id", **changes):
    return check_dict(tables(**changes), title=TITLE, instrument=INSTRUMENT, language=language)


def test_findings_are_counted_by_file_column_and_rule_in_the_questions_words():
    first, *_ = page()["findings"]
    assert (first["question"], first["column"], first["count"]) == ("Floor (id)", "LANTAI", "12")
    assert first["rule"] == "kode yang tidak ada di buku kode"
    assert first["rows"] == "2, 3, 4, 5, 6, 7, 8, 9 …"


def test_what_is_doubtful_is_told_apart_from_what_needs_mending():
    said = page()
    assert said["lead"].startswith("13 isian perlu diperbaiki")
    assert said["doubts"].startswith("1 isian lain meragukan")
    doubt = next(row for row in said["findings"] if row["column"] == "rooms")
    assert doubt["rule"] == "Few rooms (id)"
    assert doubt["mend"] == "Tanyakan kembali; bila memang begitu, biarkan."
    assert doubt["effect"] == "tetap dipakai: meragukan"


def test_counts_stand_by_rule_wave_and_facilitator():
    said = page("en")
    assert next((row["rule"], row["count"]) for row in said["by_rule"]) == (
        "a code that the codebook does not hold",
        "12",
    )
    assert [(row["wave"], row["to_mend"], row["doubtful"]) for row in said["by_wave"]] == [
        ("2019", "0", "1"),
        ("2020", "12", "0"),
        ("date not known", "1", "0"),
    ]
    assert [(row["facilitator"], row["to_mend"], row["doubtful"]) for row in said["by_facilitator"]["rows"]] == [
        ("F1", "12", "1"),
        ("F2", "1", "0"),
    ]
    assert said["by_facilitator"]["rows"][0]["most_common"][1] == "Few rooms: 1"


def test_tables_personal_columns_and_families_found_again_stand_each_in_their_place():
    said = page("en")
    assert [table["name"] for table in said["tables"]] == ["Assessments"]
    assert said["tables"][0]["counts"][0] == {"words": "read", "count": "1,200"}
    assert said["privacy"] == [
        {"done": "Dropped at the door", "column": "NAMA KRT", "rows": "1,200"},
        {"done": "Numbers masked in notes", "column": "catatan", "rows": "3"},
    ]
    assert said["linkage"] == ["190 of 200 families of 2019 are there again in 2020 (95.0%)"]


FOUND = [
    # a finding, what the page says of it, where
    (
        {"rule": ["suspected_codebook"], "column": "floor", "source_file": "a.xlsx", "count": 0, "of": 40, "limit": 0.1}
        | {"detail": "earth"},
        '0% answer "earth"; plausible is at least 10%',
        "Floor; a.xlsx",
    ),
    (
        {
            "rule": ["suspected_codebook"],
            "column": "floor",
            "source_file": "a.xlsx",
            "count": 20,
            "of": 40,
            "limit": 0.25,
        },
        "50% of 40 entries are none of the allowed answers; check whether this file uses another form's codes",
        "Floor; a.xlsx",
    ),
    (
        {
            "rule": ["identical_answers"],
            "facilitator_id": "F9",
            "wave": 2020,
            "count": 4,
            "of": 12,
            "detail": "a.csv: 3",
        },
        "4 families with all answers alike, of 12 families visited",
        "Facilitator F9; 2020; a.csv: 3",
    ),
    (
        {"rule": ["not_checked"], "column": "rooms", "wave": 2020, "count": 7, "of": 7, "detail": "few_rooms: 3601"},
        "7 answers were held against nothing, since there is no figure for that area and year: Few rooms (3601)",
        "Rooms; 2020",
    ),
]


@pytest.mark.parametrize(("finding", "said", "where"), FOUND)
def test_a_warning_says_what_was_seen_and_where(finding, said, where):
    (warning,) = page("en", found=findings(**finding))["warnings"]
    assert (warning["said"], warning["where"]) == (said, where)


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_value_that_was_found_stands_on_the_page(language):
    html = check_page(tables(), title=TITLE, instrument=INSTRUMENT, language=language)
    assert "SECRET" not in html
    assert "LANTAI" in html


def test_a_file_name_is_text_whatever_it_holds():
    cells = quarantine().assign(source_file="<b>a/b.xlsx#Kec. 1")
    html = check_page(tables(cells), title=TITLE, instrument=INSTRUMENT, language="en")
    assert "&lt;b&gt;a/<wbr>b.xlsx<wbr>#Kec. 1" in html
    assert "<b>" not in html


def test_questions_that_people_would_not_or_could_not_answer_are_counted():
    counts = {"does_not_know": {"assessments.income": 3}, "refused": {"assessments.income": 1, "assessments.rooms": 2}}
    said = page("en", counts=counts | {"absent_questions": {"assessments.floor": 9}})
    assert said["no_answer"] == [
        {"question": "Income", "does_not_know": "3", "refused": "1"},
        {"question": "Rooms", "does_not_know": "0", "refused": "2"},
    ]
    assert said["left_out"][0]["names"] == ["Floor"]


def test_clean_data_are_said_to_be_clean():
    said = page(cells=empty_quarantine(), counts={})
    assert said["lead"] == "Tidak ada yang perlu diperbaiki."
    assert said["findings"] == said["warnings"] == said["by_rule"] == said["by_facilitator"]["rows"] == []
    html = check_page(tables(empty_quarantine(), counts={}), title=TITLE, instrument=INSTRUMENT, language="en")
    assert "There are no warnings." in html


def test_a_rule_without_words_keeps_its_own():
    (row, *_) = page("en", cells=quarantine().assign(rule="brand_new"))["findings"]
    assert (row["rule"], row["mend"]) == ("brand_new", "Correct it")


EXPECTATIONS = [
    ("a number", "", "angka"),
    ("at most 100000000", "", "paling besar 100.000.000"),
    ("at most 3 times size", "", "paling besar 3 kali People (id)"),
    ("at most 5 times umk for each size", "", "paling besar 5 kali UMK untuk setiap People (id)"),
    ("1 to 200 for each size", "", "1 sampai 200 untuk setiap People (id)"),
    ("09-01 to 11-30", "", "1 September sampai 30 November"),
    ("one of yes, no", "member", "salah satu dari Ya, Tidak"),
    ("one of earth, cement", "floor", "salah satu dari earth (id), cement (id)"),
    ("only with member = yes", "income", "hanya bila Member (id): Ya"),
    ("a date as YYYY-MM-DD", "", "tanggal dengan bentuk YYYY-MM-DD"),
    ("something new", "", "something new"),
]


@pytest.mark.parametrize(("expected", "question", "indonesian"), EXPECTATIONS)
def test_expectations_are_told_in_the_readers_language(expected, question, indonesian):
    assert CheckWords(INSTRUMENT, "id").expected(expected, question) == indonesian


def test_a_simulated_check_says_so_in_both_languages():
    empty = tables(empty_quarantine(), counts={})
    for language, stamp in (("id", "SIMULASI"), ("en", "SIMULATED")):
        made = [
            check_page(empty, title=TITLE, instrument=INSTRUMENT, language=language, simulated=simulated).upper()
            for simulated in (True, False)
        ]
        assert [stamp in html for html in made] == [True, False]
