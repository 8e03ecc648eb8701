"""Which poverty line a visit is set against, as a programme officer would check it, and when it is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from graduation_model.errors import DataError
from graduation_model.ingest.params import PovertyLineParams
from graduation_model.ingest.poverty_lines import areas_of, lines_as_of, read_poverty_lines

LINES = """area_code,period,line_idr,basis,source
36,2019-03,460000,gk,press
36,2020-03,500000,gk,press
36,2021-03,540000,gk,press
3601,2020-03,380000,gk,press
3601,2021-03,390000,gk,press
3601,2021-03,290000,gk_extreme,press
"""

# area, visited on, the line, whose
USED = [
    ("3601", "2021-03-01", 390_000, "district"),  # from the first day of its month
    ("3601", "2021-02-28", 380_000, "district"),  # the line of its own time, not the newest
    ("3601", "2022-09-30", 390_000, "district"),  # 18 months old
    ("3601", "2019-10-05", 460_000, "province"),  # the district had none yet
    ("3602", "2021-10-05", 540_000, "province"),  # the district has none at all
]
REFUSED = [
    ("3601", "2022-10-01", "3601 in 2022-10 (1 visits, newest line 2021-03)"),  # 19 months old
    ("3602", "2022-10-01", "3602 in 2022-10 (1 visits, newest line 2021-03)"),  # so is the province's
    ("3601", "2019-02-28", "3601 in 2019-02 (1 visits, no line before)"),
    ("3201", "2021-10-05", "3201 in 2021-10 (1 visits, no line before)"),  # of another province
]


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    (folder / "poverty_lines.csv").write_text(LINES, encoding="utf-8")
    return read_poverty_lines(folder, None, PovertyLineParams(area="district_code"))


def as_of(lines, *visits, **settings):
    areas = pd.Series([area for area, _ in visits], dtype="str")
    dates = pd.Series([date for _, date in visits], dtype="datetime64[s]")
    return lines_as_of(areas, dates, lines, PovertyLineParams(area="district_code", **settings), table="followups")


@pytest.mark.parametrize(("area", "date", "line", "basis"), USED)
def test_a_visit_is_set_against_the_latest_line_not_after_it(lines, area, date, line, basis):
    assert as_of(lines, (area, date)).to_numpy().tolist() == [[line, basis]]


@pytest.mark.parametrize(("area", "date", "said"), REFUSED)
def test_an_old_or_missing_line_is_refused_and_never_extrapolated(lines, area, date, said):
    with pytest.raises(DataError) as refused:
        as_of(lines, (area, date))
    assert said in str(refused.value)
    assert "Add rows of these areas and periods to poverty_lines.csv" in str(refused.value)


def test_many_visits_keep_their_order(lines):
    together = as_of(lines, *((area, date) for area, date, _, _ in USED))
    assert together["line"].tolist() == [line for _, _, line, _ in USED]


def test_a_refusal_names_areas_periods_and_how_many_visits(lines):
    visits = [("3601", "2022-10-05"), ("3601", "2023-01-05"), ("3602", "2023-05-01"), ("3601", "2021-05-01")]
    with pytest.raises(DataError) as refused:
        as_of(lines, *visits)
    said = str(refused.value)
    assert said.startswith("followups: 3 visits have no poverty line of the 18 months before them: ")
    assert "3601 in 2022-10 to 2023-01 (2 visits, newest line 2021-03); 3602 in 2023-05 (1 visits" in said


def test_a_programme_may_forbid_the_provinces_line_to_stand_in(lines):
    with pytest.raises(DataError, match="3602 in 2021-10"):
        as_of(lines, ("3602", "2021-10-05"), province_may_stand_in=False)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("3601,2022-03,none,gk,press", "1 rows are no poverty line (row 8)"),
        ("3601,2022-03,0,gk,press", "1 rows are no poverty line (row 8)"),
        ("3601,March 2022,400000,gk,press", "1 rows are no poverty line (row 8)"),
        (",2022-03,400000,gk,press", "1 rows are no poverty line (row 8)"),
        ("3601,2022-03,400000,,press", "1 rows are no poverty line (row 8)"),
        ("3601,2021-03,395000,gk,another paper", "2 rows say a line for an area and period"),
    ],
)
def test_a_table_of_lines_that_cannot_be_meant_is_refused(tmp_path, row, said):
    (tmp_path / "poverty_lines.csv").write_text(f"{LINES}{row}\n", encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_poverty_lines(tmp_path, None, PovertyLineParams(area="district_code"))
    assert said in str(refused.value)


def test_a_table_in_the_data_folder_replaces_the_programmes_own(tmp_path):
    own, data = tmp_path / "poverty_lines.csv", tmp_path / "data"
    data.mkdir()
    own.write_text(LINES, encoding="utf-8")
    params = PovertyLineParams(area="district_code")
    assert list(read_poverty_lines(data, own, params).sources) == ["programme/poverty_lines.csv"]
    pd.DataFrame({"area_code": ["36"], "period": ["2021-03"], "line_idr": [1.0], "basis": ["gk"]}).to_parquet(
        data / "poverty_lines.parquet"
    )
    read = read_poverty_lines(data, own, params)
    assert list(read.sources) == ["poverty_lines.parquet"]
    assert read.table["line"].tolist() == [1.0]


def test_without_any_table_of_lines_it_says_where_to_put_one(tmp_path):
    with pytest.raises(DataError, match="There is no table of poverty lines"):
        read_poverty_lines(tmp_path, tmp_path / "poverty_lines.csv", PovertyLineParams(area="district_code"))


def test_a_follow_up_belongs_to_where_its_family_was_last_assessed():
    assessments = pd.DataFrame(
        {
            "household_id": ["a", "a", "b"],
            "assessment_date": pd.to_datetime(["2019-10-01", "2020-10-01", "2020-10-01"]),
            "district": ["3601", "3602", None],
        }
    )
    days = ["2020-08-01", "2021-08-01", "2019-01-01", "2021-08-01", "2021-08-01"]
    visits = pd.DataFrame({"household_id": ["a", "a", "a", "b", "c"], "date": pd.to_datetime(days)})
    found = areas_of(visits, "date", assessments, "district")
    assert found.fillna("nobody knows").tolist() == ["3601", "3602", *["nobody knows"] * 3]
