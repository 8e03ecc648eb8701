"""What is computed when the data come in; and decisions and grants, which are typed like everything else."""

from __future__ import annotations

import pandas as pd
import pytest

from graduation_model.contract.instrument import Derived, Instrument, Question
from graduation_model.errors import DataError
from graduation_model.ingest.load import load_tables
from graduation_model.ingest.params import PovertyLineParams
from lib.small import codebooks, ingest_params, label, raw_assessments, small_instrument

RATIO = Question(
    name="to_line",
    kind="number",
    unit="ratio",
    section="home",
    label=label("Income to the line"),
    minimum=0,
    maximum=2,
    derived=Derived(amount="income", heads="size"),
)
LINES = "area_code,period,line_idr,basis\n36,2016-07,20,gk\n3601,2017-01,10,gk\n"
# Income is a household's: a had 100 for 4 heads in 2016 and 150 for 5 in 2017, b 80 for 2.


def _load(folder, assessments, **tables):
    for name, table in {"assessments": assessments, **tables}.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    if not (folder / "poverty_lines.csv").exists():
        (folder / "poverty_lines.csv").write_text(LINES, encoding="utf-8")
    fields = dict(small_instrument())
    return load_tables(
        folder,
        instrument=Instrument(**{**fields, "questions": (*fields["questions"], RATIO)}),
        params=ingest_params().model_copy(update={"poverty_lines": PovertyLineParams(area="district")}),
        codebooks=codebooks(),
        need_followups=False,
    )


def raw(**changes):
    return raw_assessments(district=["3601", "3601", "3602"], **changes)


def test_an_amount_a_head_is_set_against_the_line_of_its_time_and_place(tmp_path):
    found = _load(tmp_path, raw(income=[100.0, 75.0, 20.0]))
    table = found.assessments.set_index(["household_id", found.assessments["assessment_date"].dt.year])
    assert table["to_line"].to_dict() == {("a", 2016): 1.25, ("a", 2017): 1.5, ("b", 2017): 0.5}
    assert table["line_basis"].tolist() == ["province", "district", "province"]
    assert found.counts["assessments"]["on_province_line"] == 2
    assert "poverty_lines.csv" in found.sources


def test_a_missing_part_makes_the_whole_missing_and_needs_no_line(tmp_path):
    (tmp_path / "poverty_lines.csv").write_text("area_code,period,line_idr,basis\n36,2017-01,20,gk\n", encoding="utf-8")
    found = _load(tmp_path, raw(income=[None, 75.0, 20.0])).assessments
    assert found["to_line"].isna().tolist() == [True, False, False]


def test_a_source_column_of_that_name_is_not_believed_and_it_is_said(tmp_path):
    found = _load(tmp_path, raw(income=[100.0, 75.0, 20.0], to_line=[9.0, None, 9.0]))
    assert found.assessments["to_line"].tolist() == [1.25, 1.5, 0.5]
    assert found.counts["not_believed"] == {"to_line": 2}


def test_a_computed_answer_outside_its_bounds_is_set_aside_like_any_other(tmp_path):
    found = _load(tmp_path, raw(income=[100.0, 150.0, 20.0]))
    assert found.assessments["to_line"].isna().tolist() == [False, True, False]
    assert found.quarantine[["source_row", "column", "rule", "found", "effect"]].to_numpy().tolist() == [
        [3, "to_line", "maximum", "", "answer_set_aside"]
    ]


def test_an_answer_that_was_set_aside_is_no_part_of_a_computation(tmp_path):
    found = _load(tmp_path, raw(income=["much", 75.0, 20.0]))
    assert found.assessments["to_line"].isna().tolist() == [True, False, False]
    assert found.quarantine["rule"].tolist() == ["not_a_number"]


def test_a_visit_without_a_line_stops_the_reading_and_says_which(tmp_path):
    (tmp_path / "poverty_lines.csv").write_text("area_code,period,line_idr,basis\n3601,2016-06,20,gk\n")
    with pytest.raises(DataError, match=r"assessments: 1 visits .* 3602 in 2017-12 \(1 visits, no line before\)"):
        _load(tmp_path, raw())


def test_a_visit_of_no_known_area_has_no_line_and_is_counted(tmp_path):
    found = _load(tmp_path, raw(income=[100.0, 75.0, 20.0]).assign(district=["3601", None, "3602"]))
    assert found.assessments["to_line"].isna().tolist() == [False, True, False]
    assert found.counts["assessments"]["no_area"] == 1


DECIDED = pd.DataFrame(
    {
        "household_id": ["a", "b", "c"],
        "decision_date": ["2018-01-20", "20/01/2018", "2018-01-20"],
        "effective_date": ["2018-02-01", "2018-02-31", "2018-02-01"],
        "decision": ["graduated", "retained", "gone"],
        "graduation_kind": ["Mandiri", None, None],
        "nama": ["…", "…", "…"],
    }
)


def test_decisions_are_typed_and_what_does_not_parse_is_quarantined(tmp_path):
    found = _load(tmp_path, raw(income=[100.0, 75.0, 20.0]), decisions=DECIDED)
    assert found.decisions["household_id"].tolist() == ["a"]
    assert found.decisions["effective_date"].tolist() == [pd.Timestamp("2018-02-01")]
    assert found.decisions[["decision", "graduation_kind"]].to_numpy().tolist() == [["graduated", "mandiri"]]
    assert found.decisions["reason_code"].isna().all()  # a column that the source does not have
    assert found.quarantine[["source_row", "column", "rule"]].to_numpy().tolist() == [
        [3, "effective_date", "not_a_date"],
        [4, "decision", "not_an_allowed_answer"],
    ]
    assert found.counts["decisions"]["rows_set_aside"] == 2
    assert found.counts["privacy"] == {"nama": 3}


def test_grants_are_typed_and_a_bad_value_costs_the_value_alone(tmp_path):
    grants = pd.DataFrame(
        {"household_id": ["a", "b"], "grant_date": ["2018-03-01"] * 2, "value_idr": ["2.500.000", "goods"]}
    )
    found = _load(tmp_path, raw(income=[100.0, 75.0, 20.0]), uep=grants)
    assert found.uep["value_idr"].tolist()[0] == 2_500_000
    assert found.uep["value_idr"].isna().tolist() == [False, True]
    assert found.quarantine[["column", "rule", "effect"]].to_numpy().tolist() == [
        ["value_idr", "not_a_number", "answer_set_aside"]
    ]


def test_tables_that_are_not_there_are_empty_and_typed(tmp_path):
    found = _load(tmp_path, raw(income=[100.0, 75.0, 20.0]))
    assert found.decisions.empty
    assert found.uep.empty
    assert found.decisions["decision_date"].dtype == "datetime64[s]"
    assert {"decisions", "uep"} & set(found.counts) == set()


def test_a_decision_without_what_it_means_nothing_without_is_refused(tmp_path):
    with pytest.raises(DataError, match="1 of 4 columns are missing: effective_date"):
        _load(
            tmp_path, raw(income=[100.0, 75.0, 20.0]), decisions=DECIDED[["household_id", "decision_date", "decision"]]
        )
