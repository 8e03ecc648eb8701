"""A reason says what the record holds and which way it moved the score."""

import numpy as np
import pandas as pd
import pytest

from graduation_model.contract.instrument import Question
from graduation_model.explanation.sentences import answer_words, column_words, reason_sentence
from graduation_model.params import Label
from lib.small import small_instrument

ASKED = small_instrument().by_name


def question(kind="number", unit=None, label="Tabungan", **more):
    return Question(name="q", kind=kind, unit=unit, section="s", label=Label(id=label, en="Savings"), **more)


@pytest.mark.parametrize(("name", "answer", "indonesian", "english"), [
    ("status", "not_poor", "not_poor (id)", "not_poor"),
    ("member", "no", "Tidak", "No"),
    ("size", 4.0, "4", "4"),
    ("income", 1_250_000.0, "Rp1.250.000", "Rp\u00a01,250,000"),
])  # fmt: skip
def test_answers_in_words(name, answer, indonesian, english):
    assert answer_words(ASKED[name], answer, "id", currency="Rp") == indonesian
    assert answer_words(ASKED[name], answer, "en", currency="Rp") == english


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA, pd.NaT])
def test_a_missing_answer_has_no_words(missing):
    assert answer_words(ASKED["size"], missing, "id") is None


@pytest.mark.parametrize(("unit", "value", "expected"), [
    ("m2", 45.5, "45,5 m²"),
    ("person", 1, "1 orang"),
    ("rooms", 3, "3 ruang"),
    ("share", 0.25, "25%"),
    ("ratio", 1.2, "1,2 kali"),
    ("pohon", 12, "12 pohon"),
])  # fmt: skip
def test_a_unit_stands_behind_its_number(unit, value, expected):
    assert answer_words(question(unit=unit), value, "id") == expected


def test_a_unit_that_the_label_already_says_is_not_said_twice():
    assert answer_words(question(unit="year", label="Umur (tahun)"), 41.0, "id") == "41"


def test_a_date_is_written_in_words():
    answers = pd.Series(["2020-08-17", None], dtype="datetime64[s]")
    assert column_words(question(kind="date"), answers, "id") == ["17 Agustus 2020", None]


def test_a_column_keeps_its_order_and_its_gaps():
    answers = pd.Series(["yes", None, "no", "yes"], dtype=ASKED["member"].dtype())
    assert column_words(ASKED["member"], answers, "id") == ["Ya", None, "Tidak", "Ya"]


def test_an_empty_column_gives_no_words():
    assert column_words(ASKED["size"], pd.Series([], dtype="float64"), "id") == []


@pytest.mark.parametrize(("answer", "contribution", "expected"), [
    ("4", 0.2, "Tabungan: 4; ini menaikkan nilai."),
    ("4", -0.2, "Tabungan: 4; ini menurunkan nilai."),
    ("4", 0.0, "Tabungan: 4; ini tidak mengubah nilai."),
    (None, 0.2, "Tabungan: tidak tercatat; ini menaikkan nilai."),
    (None, -0.2, "Tabungan: tidak tercatat; ini menurunkan nilai."),
    (None, 0.0, "Tabungan: tidak tercatat; ini tidak mengubah nilai."),
])  # fmt: skip
def test_the_sign_decides_the_verb(answer, contribution, expected):
    assert reason_sentence(question(kind="count"), answer, contribution, "id") == expected


def test_only_a_change_is_told_with_its_past():
    asked = question(kind="count")
    assert "(previously 3)" in reason_sentence(asked, "4", 0.1, "en", before="3")
    assert "previously" not in reason_sentence(asked, "4", 0.1, "en", before="4")


def test_no_sentence_claims_a_cause():
    for language, cause in (("id", "karena"), ("en", "because")):
        assert cause not in reason_sentence(question(kind="count"), "4", -0.1, language).casefold()


def test_a_label_with_braces_is_shown_as_it_is():
    assert reason_sentence(question(kind="count", label="{x}"), "{y}", 1, "id") == "{x}: {y}; ini menaikkan nilai."
