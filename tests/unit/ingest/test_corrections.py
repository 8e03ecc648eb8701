"""A corrected answer stands in the place of the one that was read, and nothing else moves."""

import pandas as pd
import pytest

from graduation_model.errors import DataError
from graduation_model.ingest.corrections import COLUMNS, FILE, read_corrections
from graduation_model.ingest.load import load_tables
from lib.small import codebooks, ingest_params, raw_assessments, small_instrument

VISIT = "2017-12-31"


def _correct(folder, *rows):
    kept = [("b", "assessments", VISIT, question, answer, "asked", "2018-02-01", "staff") for question, answer in rows]
    table = pd.DataFrame(kept, columns=list(COLUMNS))
    table.astype({"visit_date": "datetime64[s]", "corrected_on": "datetime64[s]"}).to_parquet(folder / FILE)


def _load(folder, **columns):
    raw_assessments(**columns).to_parquet(folder / "assessments.parquet")
    return load_tables(
        folder,
        instrument=small_instrument(),
        params=ingest_params(),
        codebooks=codebooks(),
        need_followups=False,
    )


def test_only_the_corrected_answer_of_the_corrected_visit_changes(tmp_path):
    before = _load(tmp_path).assessments
    _correct(tmp_path, ("income", "120.5"), ("floor", "earth"))
    after = _load(tmp_path).assessments
    assert after["income"].tolist() == [100.0, 150.0, 120.5]
    assert after["floor"].tolist() == ["earth", "cement", "earth"]
    rest = [name for name in before if name not in ("income", "floor")]
    pd.testing.assert_frame_equal(after[rest], before[rest])


def test_the_later_of_two_corrections_holds_and_an_empty_one_takes_the_answer_back(tmp_path):
    _correct(tmp_path, ("rooms", "4.0"), ("rooms", "2.0"), ("income", ""))
    after = _load(tmp_path).assessments.iloc[2]
    assert after["rooms"] == 2
    assert pd.isna(after["income"])


def test_a_correction_brings_back_a_visit_that_was_set_aside(tmp_path):
    bad = {"status": [2, 3, 9]}
    assert _load(tmp_path, **bad).assessments["household_id"].tolist() == ["a", "a"]
    _correct(tmp_path, ("status", "poor"))
    tables = _load(tmp_path, **bad)
    assert tables.assessments["household_id"].tolist() == ["a", "a", "b"]
    assert tables.quarantine.empty


def test_corrections_are_counted_and_those_without_a_visit_apart(tmp_path):
    _correct(tmp_path, ("income", "120.0"))
    counts = _load(tmp_path, household_id=["a", "a", "c"]).counts["assessments"]
    assert (counts["corrected_answers"], counts["corrections_unused"]) == (0, 1)
    assert _load(tmp_path).counts["assessments"]["corrected_answers"] == 1
    assert FILE in _load(tmp_path).sources


def test_without_corrections_nothing_is_said_of_them(tmp_path):
    tables = _load(tmp_path)
    assert "corrected_answers" not in tables.counts["assessments"]
    assert list(tables.sources) == ["assessments.parquet"]


def test_a_correction_that_the_instrument_no_longer_allows_stops_the_reading(tmp_path):
    _correct(tmp_path, ("floor", "marble"))
    with pytest.raises(DataError, match="1 corrections are no answer that the instrument has now"):
        _load(tmp_path)


def test_a_correction_is_held_to_the_same_rules_as_what_it_replaces(tmp_path):
    _correct(tmp_path, ("rooms", "99.0"))
    assert _load(tmp_path).quarantine[["column", "rule"]].values.tolist() == [["rooms", "maximum"]]


def test_corrections_written_by_hand_are_refused_rather_than_passed_over(tmp_path):
    (tmp_path / "corrections.csv").write_text("question,answer\nrooms,3\n")
    with pytest.raises(DataError, match=r"read from corrections\.parquet alone"):
        read_corrections(tmp_path)


def test_another_table_of_that_name_is_refused(tmp_path):
    pd.DataFrame({"household_id": ["a"]}).to_parquet(tmp_path / FILE)
    with pytest.raises(DataError, match="no corrections that 'record correct' wrote"):
        read_corrections(tmp_path)
