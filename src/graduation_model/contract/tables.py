"""The tables that pass between stages: their keys, and the checked tables as one object."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

KEYS: dict[str, tuple[str, ...]] = {
    "assessments": ("household_id", "assessment_date"),
    "followups": ("household_id", "followup_date"),
    "decisions": ("household_id", "decision_date"),
    "uep": ("household_id", "grant_date"),
    "poverty_lines": ("area_code", "period", "basis"),
    "quarantine": ("source_file", "source_row", "column"),
    "cohort": ("household_id", "as_of_date"),
    "scores": ("household_id",),
    "contributions": ("household_id",),
    "selection": ("household_id",),
    "evaluation": ("model", "population", "group", "level", "test_year", "metric", "baseline"),
}

# `effect` is ours: `row_set_aside` (the visit left the table), `answer_set_aside` (the answer became missing, the visit
# stays) or `kept` (two answers contradict each other; people say which is right). Without it a reader could not tell
# whether a family was lost.
QUARANTINE_COLUMNS = ("source_file", "source_row", "column", "rule", "found", "expected", "mend", "effect")
# Who visited, in which wave, and what was asked, where they are known: for whoever sends the cells back. Whose cell it
# was (`household_id`, empty where that is not known) lets one family's cells be shown to it, or deleted, on request.
QUARANTINE_CONTEXT = ("question", "facilitator_id", "wave", "household_id")
ROW_SET_ASIDE, ANSWER_SET_ASIDE, KEPT = "row_set_aside", "answer_set_aside", "kept"

# One row a finding about a column, a file or a facilitator: how many (`count`) of how many (`of`), and what is allowed.
FINDINGS_COLUMNS = ("rule", "column", "facilitator_id", "wave", "source_file", "count", "of", "limit", "detail")

CONTRIBUTION_KEYS = ("household_id", "base_log_odds")


def empty_quarantine() -> pd.DataFrame:
    """Return a quarantine table without rows."""
    return _empty((*QUARANTINE_COLUMNS, *QUARANTINE_CONTEXT), {"source_row": "int64", "wave": "Int64"})


def empty_findings() -> pd.DataFrame:
    """Return a table of findings without rows."""
    return _empty(FINDINGS_COLUMNS, {"wave": "Int64", "count": "int64", "of": "int64", "limit": "float64"})


def _empty(columns: tuple[str, ...], dtypes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtypes.get(name, "str")) for name in columns})


@dataclass(frozen=True)
class Tables:
    """A programme's checked tables, and what was set aside on the way.

    Attributes
    ----------
    assessments : frame (n_visits, keys + questions)
        Typed as the instrument says; one row a `household_id, assessment_date`.
    followups : frame (n_followups, keys + follow-up questions)
    decisions, uep : frame
        Typed as `contract.schemas` says; empty where the folder has none.
    quarantine : frame
        One row a failing cell; see `QUARANTINE_COLUMNS` and `QUARANTINE_CONTEXT`.
    findings : frame
        What is odd about a column, a file or a facilitator; see `FINDINGS_COLUMNS`.
    set_aside : frame (n, 2)
        household_id and assessment_date of the assessments that were set aside whole, so that no family is lost.
    counts : dict
        Rows read, collapsed, set aside, by table: what a manifest and a report say.
    sources : dict
        Path -> sha256 of every file read.
    """

    assessments: pd.DataFrame
    followups: pd.DataFrame
    decisions: pd.DataFrame
    uep: pd.DataFrame = field(default_factory=pd.DataFrame)
    quarantine: pd.DataFrame = field(default_factory=empty_quarantine)
    findings: pd.DataFrame = field(default_factory=empty_findings)
    set_aside: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(KEYS["assessments"])))
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
