"""Failing and doubtful cells in, a workbook out that can be sent back: a list, and a sheet for each facilitator."""

from __future__ import annotations

import re

import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.params import Language
from graduation_model.reports.check_words import CheckWords
from graduation_model.reports.workbook import new_workbook, write_about, write_list
from graduation_model.wording import text

_HEADINGS = {
    "facilitator_id": "check_page.facilitator",
    "file": "check.file",
    "sheet": "check_page.sheet",
    "source_row": "check.row",
    "question": "check.column",
    "column": "check_page.source_column",
    "rule": "check.rule",
    "found": "check.found",
    "expected": "check.expected",
    "mend": "check.mend",
    "effect": "check.effect",
}
# A workbook with hundreds of sheets opens, but nobody finds a sheet in it: then the filter has to do.
MOST_SHEETS = 60
_LONGEST_NAME = 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")


def quarantine_workbook(quarantine: pd.DataFrame, language: Language, instrument: Instrument) -> bytes:
    """Return the cells that were set aside or flagged as an .xlsx file for whoever can mend them.

    The first sheet lists all of them, by facilitator, file and row; a sheet for each facilitator follows where there
    are no more than `MOST_SHEETS`.

    Parameters
    ----------
    quarantine : frame
        As docs/reference/tables.md says, with `QUARANTINE_CONTEXT`; one row a cell, with what was found there.
    language : Language
    instrument : Instrument
        Puts questions, answers and the rules that the programme declares into words.
    """
    table = quarantine_table(quarantine, language, instrument)
    headings = [text(key, language) for key in _HEADINGS.values()]
    facilitators = [name for name in table["facilitator_id"].dropna().unique() if name]
    apart = 0 < len(facilitators) <= MOST_SHEETS
    about = ["check.about_mend", "check.about_kept", "check_page.about_private", "check_page.about_filter"]
    about += ["check_page.about_facilitator"] if apart else []
    with new_workbook(text("check.title", language)) as (book, buffer):
        first, last = text("check_page.all", language), text("workbook.about", language)
        write_list(book, first, table, headings, freeze=4)
        taken = {first.casefold(), last.casefold()}
        for facilitator in facilitators if apart else []:
            name = _sheet_name(facilitator, taken)
            taken.add(name.casefold())
            write_list(book, name, table[table["facilitator_id"] == facilitator], headings, freeze=4)
        write_about(book, [text(key, language) for key in about], language)
    return buffer.getvalue()


def quarantine_table(quarantine: pd.DataFrame, language: Language, instrument: Instrument) -> pd.DataFrame:
    """Return what that workbook's list holds: questions, rules, expectations, mends and effects in words."""
    words = CheckWords(instrument, language)
    cells = quarantine.sort_values(
        ["facilitator_id", "source_file", "source_row", "column"], na_position="last", ignore_index=True
    )
    place = cells["source_file"].str.extract(r"^(?P<file>[^#]*)#?(?P<sheet>.*)$")
    return pd.DataFrame(
        {
            "facilitator_id": cells["facilitator_id"],
            "file": place["file"],
            "sheet": place["sheet"],
            "source_row": cells["source_row"],
            "question": cells["question"].map({name: words.question(name) for name in cells["question"].unique()}),
            "column": cells["column"],
            "rule": cells["rule"].map({rule: words.fault(rule) for rule in cells["rule"].unique()}),
            "found": cells["found"],
            "expected": _each(cells, ["expected", "question"], words.expected),
            "mend": _each(cells, ["rule", "mend"], words.mend),
            "effect": _each(cells, ["effect", "rule"], words.effect),
        },
        columns=list(_HEADINGS),
    )


def _each(cells: pd.DataFrame, columns: list[str], say) -> pd.Series:  # type: ignore[no-untyped-def, type-arg]
    """Say each distinct combination once: there are thousands of cells and few of these."""
    pairs = pd.MultiIndex.from_frame(cells[columns].astype("str"))
    said = {pair: say(*pair) for pair in pairs.unique()}
    return pd.Series(pairs.map(said), index=cells.index, dtype="str")


def _sheet_name(facilitator: str, taken: set[str]) -> str:
    """A name that a sheet may have and none has yet: a pseudonym of 64 characters keeps its beginning.

    Examples
    --------
    >>> _sheet_name("F/01", set()), _sheet_name("f 01", {"f 01"})
    ('F 01', 'f 01 (2)')
    """
    name = _NOT_IN_A_NAME.sub(" ", facilitator).strip()[:_LONGEST_NAME] or "-"
    number = 1
    unique = name
    while unique.casefold() in taken:
        number += 1
        end = f" ({number})"
        unique = name[: _LONGEST_NAME - len(end)] + end
    return unique
