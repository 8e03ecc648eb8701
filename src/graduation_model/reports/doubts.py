"""Report inputs in; what is missing, contradictory or doubtful about each listed family, in words, out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.contract.tables import ANSWER_SET_ASIDE
from graduation_model.params import Language
from graduation_model.reports.answers import AnswerColumns
from graduation_model.reports.check_words import CheckWords
from graduation_model.reports.inputs import ReportInputs
from graduation_model.wording import number, text

MOST_MISSING = 10
Flags = dict[str, list[tuple[str, str, str]]]  # household -> question, rule, effect


def flags_by_family(inputs: ReportInputs) -> Flags:
    """Return what the check found about each listed family's visit."""
    found: Flags = {}
    flags = inputs.flags
    if flags.empty:
        return found
    for household, question, rule, effect in flags[["household_id", "question", "rule", "effect"]].itertuples(
        index=False, name=None
    ):
        found.setdefault(household, []).append((question, rule, effect))
    return found


def rests_on(instrument: Instrument) -> dict[str, frozenset[str]]:
    """Return the answers that a reason of each question rests on: its own, and those that it is computed from.

    What two answers of a cross-check say against each other stands in doubt for both of them.

    Examples
    --------
    >>> from graduation_model.contract.instrument import CrossCheck, Question, Section
    >>> from graduation_model.params import Label
    >>> said = Label(id="x", en="x")
    >>> ask = [Question(name=name, kind="count", section="s", label=said) for name in ("members", "earners")]
    >>> check = CrossCheck(name="few", label=said, question="earners", at_most="members")
    >>> instrument = Instrument(version="1", sections=(Section(name="s", label=said),), questions=tuple(ask),
    ...                         followup=(), cross_checks=(check,))
    >>> sorted(rests_on(instrument)["members"])
    ['earners', 'members']
    """
    parts = {
        question.name: {question.name, *(question.derived.parts if question.derived else ())}
        for question in instrument.questions
    }
    flagged = {check.question: set[str]() for check in instrument.cross_checks}
    for check in instrument.cross_checks:
        flagged[check.question] |= {check.at_most or "", check.per or "", check.needs.question if check.needs else ""}
    # A finding stands at the first question of its check: whoever rests on the second has to look there, too.
    return {
        name: frozenset(own | {first for first, others in flagged.items() if own & others})
        for name, own in parts.items()
    }


def missing_of_all(inputs: ReportInputs, columns: AnswerColumns, language: Language) -> list[dict[str, Any]]:
    """Return what each listed family was asked and did not answer: count, labels, more."""
    ids = inputs.listed["household_id"]
    answers = inputs.answers.reindex(ids)
    expected = [
        question
        for question in inputs.instrument.questions
        if question.need != "optional" and not question.blocked and question.name in answers
    ]
    labels = [question.label.in_(language) for question in expected]
    empty = np.zeros((len(ids), len(expected)), dtype=bool)
    for column, question in enumerate(expected):
        empty[:, column] = answers[question.name].isna().to_numpy() & columns.asked[question.name]
    return [_missing([labels[column] for column in np.flatnonzero(row)], language) for row in empty]


def _missing(labels: list[str], language: Language) -> dict[str, Any]:
    more = len(labels) - MOST_MISSING
    rest = text("sheet.missing_more", language, count=number(more, language)) if more > 0 else ""
    return {"count": len(labels), "labels": labels[:MOST_MISSING], "more": rest}


def doubts_of(
    row: Mapping[str, Any], flags: list[tuple[str, str, str]], words: CheckWords, language: Language
) -> list[str]:
    """Return what speaks against taking one family's record as it stands, each in a sentence.

    Parameters
    ----------
    row : mapping
        Of the scores: support, and never_graduated where it is known.
    flags : list of (question, rule, effect)
    """
    said = [
        text(
            "doubt.set_aside" if effect == ANSWER_SET_ASIDE else "doubt.kept",
            language,
            questions="; ".join(words.question(question) for question in questions),
            fault=words.fault(rule),
        )
        for (rule, effect), questions in _by_rule(flags).items()
    ]
    if row.get("support") == "outside":
        said.append(text("doubt.outside", language))
    if row.get("never_graduated") is True:
        said.append(text("doubt.never_graduated", language))
    return said


def _by_rule(flags: list[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
    by_rule: dict[tuple[str, str], list[str]] = {}
    for question, rule, effect in flags:
        by_rule.setdefault((rule, effect), []).append(question)
    return by_rule


def visit_flags(quarantine: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the quarantine that are about the visits which were scored, and still in the data.

    Parameters
    ----------
    quarantine : frame
        As `score` wrote it.
    listed : frame (n_listed, household_id and assessment_date)
    """
    visits = pd.DataFrame(
        {
            "household_id": listed["household_id"].to_numpy(),
            "wave": pd.to_datetime(listed["assessment_date"]).dt.year.astype("Int64").to_numpy(),
        }
    )
    cells = quarantine[quarantine["effect"] != "row_set_aside"]
    found = cells.merge(visits, on=["household_id", "wave"], validate="m:1")
    return found[["household_id", "question", "rule", "effect"]]
