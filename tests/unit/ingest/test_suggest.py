"""A draft pairs columns with questions by header and cells, offers nothing personal, and is YAML whatever they hold."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from graduation_model.contract.instrument import Question
from graduation_model.ingest.draft import DraftedTable, mapping_text
from graduation_model.ingest.mapping import Column, Mapping, SameWords, TableMapping
from graduation_model.ingest.params import DateRule, TableSource
from graduation_model.ingest.suggest import Draft, suggest_table
from graduation_model.params import Label, read_params
from lib.small import small_instrument

TV = Question(name="has_tv", kind="yes_no", section="home", label=Label(id="Memiliki televisi", en="Owns a television"))
CAR = Question(name="has_car", kind="yes_no", section="home", label=Label(id="Memiliki mobil", en="Owns a car"))
ROOMS = Question(
    name="rooms", kind="count", section="home", label=Label(id="Jumlah kamar", en="Rooms"), minimum=1, maximum=20,
    need="required",
)  # fmt: skip
SOURCE = TableSource(dates={"assessment_date": DateRule(column="assessment_date")})
LABELS = {"household_id": Label(id="Nomor keluarga", en="Family number")}


def draft(questions=(TV, CAR, ROOMS), has_codebooks=False, **columns: list[object]) -> Draft:
    keys = {"household_id": ["a", "b"], "assessment_date": ["2020-12-31"] * 2}
    return suggest_table(
        pd.DataFrame({**keys, **columns}), name="assessments", questions=questions, source=SOURCE, key_labels=LABELS,
        has_codebooks=has_codebooks,
    )  # fmt: skip


def test_a_label_word_for_word_needs_one_confirmation_and_a_likeness_one_of_its_own():
    found = draft(**{"MEMILIKI  TELEVISI": ["Ya", "Tidak"], "Jml kamar tidur": [2, 3]})
    assert found.mapping.same_words.columns == {"MEMILIKI  TELEVISI": "has_tv"}
    assert [(line.column, line.question, line.confirmed) for line in found.mapping.columns] == [
        ("Jml kamar tidur", "rooms", "no")
    ]
    assert found.mapping.absent.questions == ("has_car",)
    assert found.ready == 2


def test_a_header_that_stands_there_twice_in_other_capitals_is_no_question_word_for_word():
    found = draft((CAR, ROOMS), **{"Memiliki mobil": ["Ya", "Tidak"], "memiliki mobil": ["Ya", "Ya"]})
    assert found.mapping.same_words is None
    assert [line.question for line in found.mapping.columns] == ["has_car"]
    assert len(found.unmatched) == 1


def test_cells_that_cannot_be_its_answers_speak_against_a_question():
    scores = [draft(**{"Jml kamar": cells}).mapping.columns[0].score for cells in ([2, 3], [2, 99], ["besar", "kecil"])]
    assert scores == [100, 85, 70]


def test_a_needed_question_without_a_column_is_left_open_and_never_absent():
    found = draft()
    assert found.missing == ("rooms",)
    assert "rooms" not in found.mapping.absent.questions


def test_nothing_personal_is_offered_not_even_as_a_column_that_is_not_read():
    found = draft(**{"NIK": ["3601014107800001"] * 2, "Memiliki mobil": ["081234567890", "081234567891"]})
    assert found.unmatched == ()
    assert found.mapping.columns == ()


def test_figures_in_a_choice_ask_for_the_codebook_instead_of_a_guess():
    found = draft(has_codebooks=True, **{"Memiliki televisi": ["3", "4"]})
    assert found.mapping.codebook == "?"
    assert found.mapping.same_words.columns == {"Memiliki televisi": "has_tv"}
    without = draft(**{"Memiliki televisi": ["3", "4"]})
    assert without.mapping.columns[0].values == {"3": "?", "4": "?"}


def test_several_answers_at_once_are_found_in_columns_of_their_own_and_in_one_cell():
    own = draft(**{"barang/tv": ["1", "0"], "barang/car": ["0", "0"], "barang/lain": ["0", "1"]}).mapping.multiple[0]
    assert (own.column, own.options, own.others) == ("barang", {"tv": "has_tv", "car": "has_car"}, ("lain",))
    one = draft(barang=["tv car", "lain"]).mapping.multiple[0]
    assert (one.column, one.options, one.others) == ("barang", {"car": "has_car", "tv": "has_tv"}, ("lain",))


@given(header=st.text(min_size=1, max_size=30), cell=st.text(max_size=10), other=st.text(min_size=1, max_size=10))
@settings(max_examples=60)
def test_a_draft_is_yaml_that_says_the_same_whatever_headers_and_cells_hold(tmp_path_factory, header, cell, other):
    mapping = TableMapping(
        same_words=SameWords(columns={header: "size"}),
        columns=(Column(column=header + "x", question="floor", score=70, values={cell: "earth"}),),
    )
    drafted = Draft(mapping, unmatched=(other, header), missing=("status",), ready=0)
    text = mapping_text(
        {"assessments": DraftedTable(drafted, (other,))}, programme="small", instrument=small_instrument()
    )
    path = tmp_path_factory.mktemp("draft") / "mapping.yaml"
    path.write_bytes(text.encode())
    read = read_params(path, Mapping).assessments
    assert read.same_words == mapping.same_words
    assert read.columns[0] == mapping.columns[0]
    assert (read.columns[1].column, read.columns[1].question) == ("?", "status")
