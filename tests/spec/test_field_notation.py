"""How the field writes numbers, dates, yes and choices, as tables: a column left, what is read right.

`failed` is a cell that is set aside with its place and mend; `blank` is an answer that was not given; `does_not_know`
(-98) and `refused` (-99) are missing, too, and counted by their reason. A column is read
as a whole: the same cell can be read beside one neighbour and fail beside another.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from graduation_model.contract.instrument import Question, Value
from graduation_model.ingest.typing import type_question
from graduation_model.params import Label

FLOOR = (
    Value(name="earth", label=Label(id="Tanah", en="Earth floor")),
    Value(name="cement", label=Label(id="Semen / bata merah", en="Cement")),
    Value(name="other", label=Label(id="Lainnya", en="Other")),
    Value(name="unknown", label=Label(id="Lainnya", en="Not known")),
)


def question(kind: str) -> Question:
    values = FLOOR if kind == "choice" else ()
    unit = "idr" if kind in ("money", "number") else None
    return Question(name="q", kind=kind, section="s", label=Label(id="t", en="q"), unit=unit, values=values)  # type: ignore[arg-type]


def read(kind: str, cells: list[object]) -> list[str]:
    typed = type_question(pd.Series(cells, dtype="object"), question(kind), None, ())
    reasons = [next((why for why, said in typed.no_answer.items() if said[row]), "blank") for row in range(len(cells))]
    return [
        "failed" if failed else reason if pd.isna(value) else shown(value)
        for value, failed, reason in zip(typed.values, typed.failed, reasons, strict=True)
    ]


def shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def check(kind: str, table: str) -> None:
    """A table drawn with bars: the cell, and what is read from it."""
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    assert read(kind, [cell for cell, _ in rows]) == [expected for _, expected in rows]


def test_amounts_as_they_are_written_in_indonesia() -> None:
    check("money", """
        Rp 1.000.000     | 1000000
        Rp1.250.000,50   | 1250000.5
        rp. 750.000,-    | 750000
        1000000          | 1000000
        1.500            | 1500
        0                | 0
        -25.000          | -25000
                         | blank
        sejuta           | failed
        1.00.000         | failed
        12.5.2020        | failed
        1jt              | failed
    """)  # fmt: skip


def test_amounts_as_a_program_writes_them() -> None:
    check("money", """
        1250000.5        | 1250000.5
        1,000,000        | 1000000
        1.500            | 1.5
        1e6              | 1000000
    """)  # fmt: skip


NUMBERS = [
    # what the column holds, of which kind, what is read
    (["1.000", "2.000.000"], "number", ["1000", "2000000"]),  # a neighbour shows that the dot parts thousands
    (["1.000", "0.5"], "number", ["1", "0.5"]),  # a neighbour shows that it is decimal
    (["1,500", "2,5"], "number", ["1.5", "2.5"]),
    (["1,500", "2,500,000"], "number", ["1500", "2500000"]),
    (["1.000", "7"], "money", ["1000", "7"]),  # nothing shows it: nobody writes rupiah with three decimals
    (["1.000", "7"], "count", ["1000", "7"]),
    (["1,000", "7"], "money", ["1000", "7"]),
    (["1.000", "7"], "number", ["failed", "7"]),  # nothing shows it, and an area may well have three decimals
    (["1.000", "1,000"], "money", ["failed", "failed"]),
    (["1.000.000", "2500.5", "1.000"], "money", ["1000000", "2500.5", "failed"]),  # two hands in one column
    (["0.500", "1.250"], "number", ["0.5", "1.25"]),  # no thousands begin with a nought
    (["37,5", "40"], "number", ["37.5", "40"]),
    (["1 250 000", "\u22125"], "money", ["1250000", "-5"]),
    (["\u00a01.000.000 ", "+5"], "money", ["1000000", "5"]),
    ([36.0, "1.000", 4], "count", ["36", "1000", "4"]),
    ([True, 1], "count", ["failed", "1"]),
    ([pd.Timestamp("2020-01-02"), 3], "count", ["failed", "3"]),  # a sheet turned 1-2 into a date
    (["#DIV/0!", "#N/A", "nan", "inf", "1\x000"], "money", ["failed"] * 5),
    (["1" * 400], "money", ["failed"]),
    (["-98", "-99", -98, -97], "number", ["does_not_know", "refused", "does_not_know", "-97"]),
]


@pytest.mark.parametrize(("cells", "kind", "expected"), NUMBERS)
def test_a_doubtful_number_is_settled_by_its_column_or_fails(
    cells: list[object], kind: str, expected: list[str]
) -> None:
    assert read(kind, cells) == expected


YES_NO = [
    (["Ya", "TIDAK", " ya ", "tdk", "", None], ["yes", "no", "yes", "no", "blank", "blank"]),
    (["Y", "T", "T"], ["yes", "no", "no"]),
    (["T", "T"], ["no", "no"]),
    (["T", "F"], ["yes", "no"]),  # beside F, T speaks English
    (["T", "F", "Ya"], ["failed", "failed", "yes"]),
    (["yes", "no", "TRUE", "False"], ["yes", "no", "yes", "no"]),
    ([True, False, None], ["yes", "no", "blank"]),
    (["V", "√", "-", "x", None], ["yes", "yes", "no", "no", "blank"]),  # beside ticks, a dash is a no; nothing is not
    (["V", "Tidak", "-"], ["yes", "no", "failed"]),  # the no is said in words, so the dash says something else
    (["Ya", "-"], ["yes", "failed"]),
    (["x", None], ["failed", "blank"]),  # a cross may choose or strike out
    (["1", "0", 1.0, 0], ["yes", "no", "yes", "no"]),
    (["1", "2"], ["failed", "failed"]),  # a code: only its codebook knows
    (["3", "4"], ["failed", "failed"]),
    (["1", "5", "0"], ["failed", "failed", "failed"]),
    (["Ya", "-98", "-99"], ["yes", "does_not_know", "refused"]),
    (["mungkin", "#N/A"], ["failed", "failed"]),
]


@pytest.mark.parametrize(("cells", "expected"), YES_NO)
def test_yes_and_no_in_the_notations_of_the_field(cells: list[object], expected: list[str]) -> None:
    assert read("yes_no", cells) == expected


def test_a_choice_is_read_as_its_name_or_its_label_in_either_language() -> None:
    check("choice", """
        earth                 | earth
        EARTH FLOOR           | earth
        tanah                 | earth
        semen  /  Bata  Merah | cement
        Not known             | unknown
        Lainnya               | failed
        marmer                | failed
        1                     | failed
                              | blank
    """)  # fmt: skip


DATES = [
    (["31/12/2020", "1-2-2021", "5.3.2021"], ["2020-12-31", "2021-02-01", "2021-03-05"]),
    (["2020-12-31", "2020-12-31T09:15:00.000+07:00", "31/12/2020 08:00"], ["2020-12-31"] * 3),
    (["31 Desember 2020", "1 mei 2020", "5 Agt 2020", "7-Nop-2020"],
     ["2020-12-31", "2020-05-01", "2020-08-05", "2020-11-07"]),
    (["05/03/2020"], ["2020-03-05"]),  # with nothing against it, the day comes first
    (["12/31/2020", "05/03/2020"], ["2020-12-31", "2020-05-03"]),  # the column puts the month first
    (["12/31/2020", "31/12/2020", "05/03/2020", "04/04/2020"],
     ["2020-12-31", "2020-12-31", "failed", "2020-04-04"]),  # both: what can be turned round fails
    ([pd.Timestamp("2020-12-31"), "30/12/2020"], ["2020-12-31", "2020-12-30"]),
    ([pd.Timestamp("2020-03-05"), pd.Timestamp("2020-04-04"), "31/03/2020"],
     ["failed", "2020-04-04", "2020-03-31"]),  # American settings turned the date cells round, and left the texts
    ([pd.Timestamp("2020-03-05"), "05/03/2020", "31/03/2020"], ["2020-03-05", "2020-03-05", "2020-03-31"]),
    (["31/02/2020", "2019-02-29", "13/13/2020", "31/12/20", "31 Bulan 2020"], ["failed"] * 5),
    ([44196, "44196", "besok", "#REF!"], ["failed"] * 4),
    (["1/1/0001", "1/1/9999"], ["failed", "failed"]),
    ([None, ""], ["blank", "blank"]),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "expected"), DATES)
def test_dates_in_the_notations_of_the_field(cells: list[object], expected: list[str]) -> None:
    assert read("date", cells) == expected


@pytest.mark.parametrize("kind", ["number", "money", "count", "yes_no", "choice", "date"])
def test_an_empty_column_fails_nowhere(kind: str) -> None:
    assert read(kind, [None, np.nan, pd.NaT, " "]) == ["blank"] * 4
