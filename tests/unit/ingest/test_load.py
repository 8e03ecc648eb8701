"""A partner's files become checked tables; what cannot be read is set aside with its reason, never lost in silence."""

import pandas as pd
import pytest

from graduation_model.contract.instrument import CrossCheck
from graduation_model.errors import DataError
from graduation_model.ingest.load import load_tables
from lib.small import codebooks, ingest_params, label, raw_assessments, small_instrument


def _write(folder, table, name="assessments.parquet"):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_excel(path, index=False, engine="xlsxwriter")


def _load(folder, **changes):
    return load_tables(
        folder,
        instrument=small_instrument(),
        params=ingest_params(),
        codebooks=codebooks(),
        need_followups=changes.pop("need_followups", False),
    )


def test_a_code_means_what_it_meant_in_its_own_year(tmp_path):
    _write(tmp_path, raw_assessments())
    assert _load(tmp_path).assessments["floor"].tolist() == ["earth", "cement", "cement"]


@pytest.mark.parametrize("name", ["assessments.csv", "assessments.xlsx", "assessments/part-1.parquet"])
def test_every_format_gives_the_same_tables(tmp_path, name):
    _write(tmp_path / "one", raw_assessments())
    _write(tmp_path / "other", raw_assessments(), name)
    pd.testing.assert_frame_equal(_load(tmp_path / "one").assessments, _load(tmp_path / "other").assessments)


@pytest.mark.parametrize("name", ["followups.parquet", "followups.csv", "followups.xlsx"])
@pytest.mark.parametrize("dates", [["2017-12-31", "2018-12-31"], pd.to_datetime(["2017-12-31", "2018-12-31"])])
def test_a_date_is_read_as_text_and_as_a_date_cell(tmp_path, name, dates):
    _write(tmp_path, raw_assessments())
    _write(tmp_path, pd.DataFrame({"household_id": ["a", "b"], "date": dates, "status": ["poor", "not_poor"]}), name)
    seen = _load(tmp_path, need_followups=True).followups
    assert seen["followup_date"].dt.strftime("%Y-%m-%d").tolist() == ["2017-12-31", "2018-12-31"]


def test_the_order_of_the_rows_does_not_matter(tmp_path):
    _write(tmp_path / "one", raw_assessments())
    _write(tmp_path / "other", raw_assessments().iloc[::-1])
    pd.testing.assert_frame_equal(_load(tmp_path / "one").assessments, _load(tmp_path / "other").assessments)


FAULTS = [
    # column, answers of the three visits, rule, what happens to it
    ("floor", [1, 1, 7], "not_in_codebook", "answer_set_aside"),
    ("income", ["100", "150", "eighty"], "not_a_number", "answer_set_aside"),
    ("rooms", [2, 2, 99], "maximum", "answer_set_aside"),
    ("rooms", [2, 2, 1.5], "whole_number", "answer_set_aside"),
    ("n_people", [4, 5, 0], "minimum", "row_set_aside"),
    ("n_people", [4, 5, None], "required", "row_set_aside"),
    ("status", [2, 3, 4], "not_in_codebook", "row_set_aside"),
    ("household_id", ["a", "a", None], "required", "row_set_aside"),
]


@pytest.mark.parametrize(("column", "answers", "rule", "effect"), FAULTS)
def test_a_failing_cell_stands_in_quarantine_with_its_place_and_mend(tmp_path, column, answers, rule, effect):
    _write(tmp_path, raw_assessments(**{column: answers}), "assessments.csv")
    tables = _load(tmp_path)
    cell = tables.quarantine.iloc[0]
    assert len(tables.quarantine) == 1
    assert cell[["source_file", "source_row", "column", "rule", "effect"]].tolist() == [
        "assessments.csv",
        4,
        column,
        rule,
        effect,
    ]
    assert cell["mend"]
    assert cell["expected"]
    assert len(tables.assessments) == (2 if effect == "row_set_aside" else 3)


def test_every_failing_cell_is_reported_not_only_the_first(tmp_path):
    _write(tmp_path, raw_assessments(floor=[9, 9, 9], rooms=["x", 99, 2], income=[-1, -1, 5]), "assessments.csv")
    assert len(_load(tmp_path).quarantine) == 7


def test_a_visit_set_aside_is_remembered_so_that_the_family_is_not_lost(tmp_path):
    _write(tmp_path, raw_assessments(status=[2, 3, 8]))
    assert _load(tmp_path).set_aside["household_id"].tolist() == ["b"]


def test_long_digits_are_masked_in_quarantine(tmp_path):
    _write(
        tmp_path,
        raw_assessments(income=["3601234567890001", "x", "1"]).assign(floor=["3601234567890001x", 1, 1]),
        "assessments.csv",
    )
    found = _load(tmp_path).quarantine.set_index("column")["found"]
    assert found["floor"] == "•••x"


def test_identical_repeats_collapse_and_conflicting_ones_are_all_set_aside(tmp_path):
    row = raw_assessments().iloc[[2]]
    _write(tmp_path, pd.concat([raw_assessments(), row]))
    assert _load(tmp_path).counts["assessments"]["identical_repeats"] == 1
    _write(tmp_path, pd.concat([raw_assessments(), row.assign(rooms=5)]))
    tables = _load(tmp_path)
    assert tables.quarantine["rule"].tolist() == ["duplicate_key", "duplicate_key"]
    assert tables.assessments["household_id"].tolist() == ["a", "a"]
    assert tables.set_aside["household_id"].tolist() == ["b", "b"]


def test_ids_are_text_and_keep_their_zeros(tmp_path):
    _write(tmp_path, raw_assessments(household_id=["007", "007", "08"]), "assessments.csv")
    assert _load(tmp_path).assessments["household_id"].tolist() == ["007", "007", "08"]


REFUSED = [
    (lambda f: None, "There is no table 'assessments'"),
    (lambda f: _write(f, raw_assessments().drop(columns="rooms")), r"1 of 11 columns are missing: rooms\. Map them"),
    (lambda f: _write(f, pd.DataFrame({"household_id": ["a"], "x": [1]})), "data of another programme"),
    (lambda f: _write(f, raw_assessments().iloc[:0]), "holds no rows"),
    (lambda f: (f / "assessments.csv").write_text(""), "cannot be read as csv"),
    (lambda f: (f / "assessments.parquet").write_bytes(b"PAR1 cut short"), "cannot be read as parquet"),
    (lambda f: (f / "assessments.xlsx").write_bytes(b"no workbook"), "cannot be read as xlsx"),
    (lambda f: (f / "assessments.csv").write_text("rooms,size,rooms\n1,2,3\n"), "Column rooms stands there twice"),
    (lambda f: _write(f, raw_assessments(year=[2016, 2017, 2019])), r"1 rows are coded by a version .*\(2019\)"),
    (lambda f: (_write(f, raw_assessments()), _write(f, raw_assessments(), "assessments.csv")), "more than once"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_line_with_its_mend(tmp_path, make, message):
    make(tmp_path)
    with pytest.raises(DataError, match=message) as caught:
        _load(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="There is no such folder"):
        _load(tmp_path / "nowhere")


def test_training_needs_followups_and_scoring_does_not(tmp_path):
    _write(tmp_path, raw_assessments())
    assert len(_load(tmp_path).followups) == 0
    with pytest.raises(DataError, match="There is no table 'followups'"):
        _load(tmp_path, need_followups=True)


def test_a_contradiction_stands_in_quarantine_and_both_answers_stay(tmp_path):
    _write(tmp_path, raw_assessments(rooms=[2, 2, 9]))
    check = CrossCheck(name="rooms_within_people", label=label("Rooms"), question="rooms", at_most="size", times=3)
    instrument = small_instrument().model_copy(update={"cross_checks": (check,)})
    tables = load_tables(
        tmp_path, instrument=instrument, params=ingest_params(), codebooks=codebooks(), need_followups=False
    )
    assert tables.quarantine[["column", "rule", "found", "effect"]].values.tolist() == [
        ["rooms", "rooms_within_people", "9", "kept"]
    ]
    assert tables.assessments["rooms"].tolist() == [2, 2, 9]
    assert tables.counts["assessments"]["contradictions"] == 1
