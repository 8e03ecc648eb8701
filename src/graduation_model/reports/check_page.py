"""What the check set aside in, a page that says how to mend it out; no household's value stands on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from graduation_model.params import LANGUAGES, Label, Language
from graduation_model.reports.render import render
from graduation_model.wording import has_text, number, text

_SAME = ["source_file", "column", "rule", "expected", "mend", "effect"]
MOST_ROWS = 8
_EXPECTED = {
    "a number": "number",
    "a whole number": "whole_number",
    "an answer": "answer",
    "an id": "id",
    "a year": "year",
    "a code of that version's codebook": "code",
}
_EXPECTED_WITH = (
    (re.compile(r"at least (?P<bound>.+)"), "at_least"),
    (re.compile(r"at most (?P<bound>.+)"), "at_most"),
    (re.compile(r"one of (?P<values>.+)"), "one_of"),
    (re.compile(r"a date as (?P<form>.+)"), "date"),
    (re.compile(r"only with (?P<answer>.+)"), "only_with"),
)


def check_page(
    quarantine: pd.DataFrame,
    counts: Mapping[str, Mapping[str, int]],
    *,
    title: Label,
    language: Language,
    rules: Mapping[str, Label] | None = None,
    simulated: bool = False,
) -> str:
    """Return the page of one check.

    Parameters
    ----------
    quarantine : frame
        As TABLES says; one row a cell that was set aside.
    counts : mapping
        Table -> what was counted -> rows.
    title : Label
        The programme's.
    language : Language
        Indonesian is expected at `check.html`, English at `en/check.html`; the two are linked.
    rules : mapping, optional
        Rule -> its words, for the rules that a programme declares itself (cross-checks).
    simulated : bool
        Stamped on the page.
    """
    page = check_dict(quarantine, counts, title=title, language=language, rules=rules, simulated=simulated)
    return render("check.html.j2", page, language)


def check_dict(
    quarantine: pd.DataFrame,
    counts: Mapping[str, Mapping[str, int]],
    *,
    title: Label,
    language: Language,
    rules: Mapping[str, Label] | None = None,
    simulated: bool = False,
) -> dict[str, Any]:
    """Return what the page of a check says.

    Returns
    -------
    dict
        lead, tables (counts by table), findings (one a file, column and rule: words, count, example rows).
    """
    cells = len(quarantine)
    other: Language = LANGUAGES[1] if language == LANGUAGES[0] else LANGUAGES[0]
    return {
        "programme": title.in_(language),
        "simulated": simulated,
        "links": [
            {
                "to": "en/check.html" if language == "id" else "../check.html",
                "words": text("common.language", other),
                "language": other,
            }
        ],
        "clean": cells == 0,
        "lead": text("check.lead_found", language, cells=number(cells, language))
        if cells
        else text("check.lead_clean", language),
        "tables": [
            {
                "name": _words("table", table, language),
                "counts": [
                    {"words": _words("counts", what, language), "count": number(count, language)}
                    for what, count in counted.items()
                ],
            }
            for table, counted in counts.items()
        ],
        "findings": _findings(quarantine, language, rules or {}),
    }


def _findings(quarantine: pd.DataFrame, language: Language, rules: Mapping[str, Label]) -> list[dict[str, Any]]:
    if quarantine.empty:
        return []
    grouped = quarantine.groupby(_SAME, sort=False, dropna=False)["source_row"]
    table = grouped.agg(count="size", rows=lambda rows: sorted(rows)[:MOST_ROWS]).reset_index()
    table = table.sort_values(["count", "source_file", "column"], ascending=[False, True, True], kind="stable")
    return [
        {
            "file": str(row["source_file"]),
            "column": str(row["column"]),
            "rule": fault_words(str(row["rule"]), language, rules),
            "expected": expected_words(str(row["expected"]), language),
            "mend": mend_words(str(row["rule"]), str(row["mend"]), language, rules),
            "effect": _words("effect", str(row["effect"]), language),
            "count": number(row["count"], language),
            # A row's number is a place in a file, to be found again there: no thousands apart.
            "rows": ", ".join(str(place) for place in row["rows"]) + (" …" if row["count"] > MOST_ROWS else ""),
        }
        for row in table.to_dict(orient="records")
    ]


def fault_words(rule: str, language: Language, rules: Mapping[str, Label]) -> str:
    """Return a rule in words: the programme's own for what it declares, else the house's."""
    return rules[rule].in_(language) if rule in rules else _words("fault", rule, language)


def mend_words(rule: str, mend: str, language: Language, rules: Mapping[str, Label]) -> str:
    """Return how to mend what breaks a rule."""
    return _words("mend", "contradiction" if rule in rules else rule, language, otherwise=mend)


def expected_words(expected: str, language: Language) -> str:
    """Return what a cell should have held, in the reader's language where its form is known.

    Examples
    --------
    >>> expected_words("at least 1", "id"), expected_words("something new", "id")
    ('paling kecil 1', 'something new')
    """
    if expected in _EXPECTED:
        return text(f"expected.{_EXPECTED[expected]}", language)
    for form, key in _EXPECTED_WITH:
        found = form.fullmatch(expected)
        if found:
            return text(f"expected.{key}", language, **found.groupdict())
    return expected


def _words(family: str, code: str, language: Language, otherwise: str = "") -> str:
    key = f"{family}.{code}"
    return text(key, language) if has_text(key) else otherwise or code
