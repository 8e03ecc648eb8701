"""What a file of corrections may say: a row is kept as the instrument names it, or refused by its place alone."""

import pandas as pd
import pytest

from graduation_model.cli import main
from graduation_model.commands.inputs import read_tables
from graduation_model.commands.record_correct import record_correct
from graduation_model.config import load_programme
from graduation_model.errors import DataError

# written by the field -> kept
KEPT = [
    ("income_month_idr", "1.250.000", "1250000.0"),
    ("income_month_idr", "Rp 900.000", "900000.0"),
    ("floor_area_m2", "36", "36.0"),
    ("has_fridge", "Tidak", "no"),
    ("floor", "Keramik, ubin, marmer, atau vinil", "good"),
    ("floor", "poor", "poor"),
    ("n_poultry", "", ""),
    ("facilitator_note", "lihat NIK 3601234507890001", "lihat NIK •••"),
]

# question, answer, reason, date, by -> column and what is expected there
REFUSED = [
    (("no_such_question", "1", "asked", "2021-02-01", "staff"), "question", "a question that is asked"),
    (("percap_to_line", "2", "asked", "2021-02-01", "staff"), "question", "a question that is asked"),
    (("hh_size", "99", "asked", "2021-02-01", "staff"), "answer", "at most 25"),
    (("hh_size", "", "asked", "2021-02-01", "staff"), "answer", "an answer"),
    (("hh_size", "many", "asked", "2021-02-01", "staff"), "answer", "a number"),
    (("hh_size", "2,5", "asked", "2021-02-01", "staff"), "answer", "a whole number"),
    (("floor", "marble", "asked", "2021-02-01", "staff"), "answer", "one of poor, medium, good"),
    (("hh_size", "4", "", "2021-02-01", "staff"), "reason", "something written"),
    (("hh_size", "4", "asked", "2021-02-01", ""), "by", "something written"),
    (("hh_size", "4", "asked", "yesterday", "staff"), "date", "a date as YYYY-MM-DD"),
    (("hh_size", "4", "asked", "2001-01-01", "staff"), "date", "not before the visit"),
]


@pytest.fixture(scope="module")
def programme():
    return load_programme("configs/jamsosratu")


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    data = tmp_path_factory.mktemp("province") / "data"
    words = ["--households", "60", "--waves", "1", "--seed", "2", "--out", str(data)]
    assert main(["simulate", "--programme", "configs/jamsosratu", *words]) == 0
    return data


@pytest.fixture
def data(province, tmp_path):
    frame = pd.read_parquet(province / "assessments.parquet")
    (tmp_path / "data").mkdir()
    frame.to_parquet(tmp_path / "data" / "assessments.parquet")
    return tmp_path / "data"


def _correct(programme, data, *rows, household=None, columns=("question", "answer", "reason", "date", "by")):
    asked = data.parent / "asked.csv"
    pd.DataFrame(rows, columns=list(columns)).to_csv(asked, index=False)
    first = pd.read_parquet(data / "assessments.parquet")["household_id"].iloc[0]
    return record_correct(programme=programme, data=data, household=household or first, file=asked)


@pytest.mark.parametrize(("question", "written", "kept"), KEPT)
def test_an_answer_is_read_as_the_field_writes_it_and_kept_as_the_instrument_names_it(
    programme, data, question, written, kept
):
    _correct(programme, data, (question, written, "asked", "2021-02-01", "staff"))
    table = pd.read_parquet(data / "corrections.parquet")
    assert table[["question", "answer"]].values.tolist() == [[question, kept]]


@pytest.mark.parametrize(("row", "column", "expected"), REFUSED)
def test_a_row_that_cannot_be_meant_is_refused_by_place_and_nothing_is_kept(programme, data, row, column, expected):
    good = ("n_poultry", "3", "asked", "2021-02-01", "staff")
    with pytest.raises(DataError) as refusal:
        _correct(programme, data, good, row)
    assert f"column {column}: Row 3: expected is" in str(refusal.value)
    assert expected in str(refusal.value)
    assert not (data / "corrections.parquet").exists()


def test_what_is_computed_from_a_corrected_answer_follows_it(programme, data, province):
    before = read_tables(programme, data, need_followups=False).assessments
    first = before["household_id"] == pd.read_parquet(data / "assessments.parquet")["household_id"].iloc[0]
    doubled = 2 * before.loc[first, "income_month_idr"].iloc[0]
    _correct(programme, data, ("income_month_idr", f"{doubled:.0f}", "asked", "2021-02-01", "staff"))
    after = read_tables(programme, data, need_followups=False).assessments
    ratio = after["percap_to_line"] / before["percap_to_line"]
    assert ratio[first].tolist() == pytest.approx([2.0])
    assert (ratio[~first].dropna() == 1).all()


def test_a_second_file_adds_to_the_first(programme, data):
    for answer in ("3", "4"):
        _correct(programme, data, ("n_poultry", answer, "asked", "2021-02-01", "staff"))
    assert pd.read_parquet(data / "corrections.parquet")["answer"].tolist() == ["3.0", "4.0"]


def test_a_correction_that_contradicts_another_answer_is_kept_and_said(programme, data):
    done = _correct(programme, data, ("n_earners", "24", "asked", "2021-02-01", "staff"))
    assert done.contradictions == ("earners_within_members",)
    assert "earners_within_members" in done.story()


def test_a_visit_that_the_family_did_not_have_is_refused(programme, data):
    columns = ("question", "answer", "reason", "date", "by", "visit_date")
    with pytest.raises(DataError, match="column visit_date: Row 2: expected is the date of a visit"):
        _correct(programme, data, ("n_poultry", "3", "asked", "2021-02-01", "staff", "2019-05-05"), columns=columns)


def test_an_unknown_family_is_not_echoed(programme, data):
    with pytest.raises(DataError, match="No such family in this data") as refusal:
        _correct(programme, data, ("n_poultry", "3", "asked", "2021-02-01", "staff"), household="S7777777")
    assert "S7777777" not in str(refusal.value)


def test_a_column_without_a_meaning_is_refused(programme, data):
    columns = ("question", "answer", "reason", "date", "by", "nama")
    with pytest.raises(DataError, match="1 columns have no meaning here"):
        _correct(programme, data, ("n_poultry", "3", "asked", "2021-02-01", "staff", "x"), columns=columns)
