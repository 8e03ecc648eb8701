"""Due visits in, a workbook for whoever sends the visitors out: a row a visit, headings that stay, text stays text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from graduation_model.params import Language
from graduation_model.reports.file_names import safe_names
from graduation_model.reports.workbook import new_workbook, write_about, write_list
from graduation_model.wording import day, has_text, number, text

ABOUT = ("dates", "visitor", "comparison", "vain", "form")


def due_workbooks(
    due: pd.DataFrame,
    language: Language,
    *,
    list_by: str,
    village: str,
    area_names: Mapping[str, str],
    as_of: pd.Timestamp,
    simulated: bool = False,
) -> Iterator[tuple[str, bytes]]:
    """Yield file name and workbook of each area that has visits to be made, in order of the areas.

    Parameters
    ----------
    due : frame
        As `followup.due_visits` gives it; rows that are not `listed` are left out.
    list_by, village : str
        Columns of area codes: one workbook an area; the village where the visitor goes.
    area_names : mapping
        Area code -> name.
    as_of : Timestamp
        The day of the list, which stands in it.
    """
    listed = due[due["listed"]]
    codes = listed[list_by].astype("object").fillna("").astype(str)
    names = sorted(codes.unique())
    for code, file in zip(names, safe_names(names), strict=True):
        head = text("due.about_list", language, area=area_names.get(code, code), day=day(as_of, language))
        first = [text("common.simulated", language), head] if simulated else [head]
        yield file, _workbook(listed[(codes == code).to_numpy()], language, village, area_names, first)


def _workbook(
    rows: pd.DataFrame, language: Language, village: str, area_names: Mapping[str, str], first: list[str]
) -> bytes:
    table = due_table(rows, language, village=village, area_names=area_names)
    headings = [text("workbook.household_id" if name == "household_id" else f"due.{name}", language) for name in table]
    about = [*first, *(text(f"due.about_{name}", language) for name in ABOUT)]
    with new_workbook(text("due.title", language)) as (book, buffer):
        write_list(book, text("workbook.list", language), table, headings)
        write_about(book, about, language)
    return buffer.getvalue()


def due_table(rows: pd.DataFrame, language: Language, *, village: str, area_names: Mapping[str, str]) -> pd.DataFrame:
    """Return what the list holds: our column names, words in one language."""

    def words(codes: pd.Series, family: str) -> pd.Series:
        known = {
            code: text(f"{family}.{code}", language) if has_text(f"{family}.{code}") else code
            for code in codes.dropna().astype(str).unique()
        }
        return codes.astype("object").map(known).astype("str")

    months = {count: text("units.month", language, count=number(count, language)) for count in rows["months"].unique()}
    table = pd.DataFrame({"household_id": rows["household_id"].astype("str")})
    if village in rows:
        table["village"] = rows[village].astype("object").map(lambda code: area_names.get(code, code)).astype("str")
    return table.assign(
        visit=rows["months"].map(months).astype("str"),
        status=words(rows["status"], "due.statuses"),
        due_date=rows["due_date"],
        opens=rows["opens"],
        closes=rows["closes"],
        visitor=rows["visitor"],
        visitor_from=words(rows["visitor_from"], "due.from"),
        proposer=rows["proposer"],
        decision=words(rows["decision"], "history.decisions"),
        last_tried=rows["followup_date"],
    )
