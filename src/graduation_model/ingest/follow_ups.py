"""Typed follow-ups, or decisions, and the tables they belong to in; the rows and answers that do not fit them out.

Nothing here stops a run: what does not fit is named, counted and set aside, as far as it must be.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.tables import ANSWER_SET_ASIDE, KEPT, ROW_SET_ASIDE
from graduation_model.ingest.params import FollowUpRules

NEVER_ASSESSED, BEFORE_DECISION, NOT_DECIDED = "never_assessed", "before_decision", "not_decided"
BY_PROPOSER, UNKNOWN_REASON, OTHER_LINE = "by_proposer", "unknown_reason_code", "other_line"
# How far a ready-made ratio may lie from the one that the programme's own lines give.
LINE_TOLERANCE = 0.02
COLUMNS = ("row", "column", "rule", "expected", "effect", "found")


@dataclass(frozen=True)
class Beside:
    """What a table of follow-ups or decisions is held against.

    Attributes
    ----------
    rules : FollowUpRules
    assessments : frame
        Checked assessments.
    set_aside : frame
        household_id of assessments that were set aside: their families were assessed all the same.
    decisions : frame, optional
        Checked decisions, for follow-ups; empty or missing where the folder has none.
    reason_codes : collection of str
        Those that a decision may give; empty: any.
    """

    rules: FollowUpRules
    assessments: pd.DataFrame
    set_aside: pd.DataFrame
    decisions: pd.DataFrame | None = None
    reason_codes: Collection[str] = ()

    @property
    def families(self) -> pd.Index:
        """Everybody who was ever assessed."""
        return pd.Index(pd.concat([self.assessments["household_id"], self.set_aside["household_id"]]).unique())


def follow_up_faults(typed: pd.DataFrame, beside: Beside) -> pd.DataFrame:
    """Return the follow-ups that do not fit.

    Parameters
    ----------
    typed : frame (n, household_id, followup_date, the visitor's column, questions)
        Index 0 to n - 1.

    Returns
    -------
    frame: `COLUMNS`
        Of a family that nobody ever assessed; before the first decision on the family; of a family on which no decision
        is on file, where there are decisions (kept: it has no clock, and so no label); by who assessed the family.
    """
    rules, parts = beside.rules, [_never_assessed(typed, beside)]
    known = ~typed.index.isin(parts[0]["row"])
    if beside.decisions is not None and len(beside.decisions):
        dates = beside.decisions.sort_values("decision_date", kind="stable").drop_duplicates("household_id")
        first = dates.set_index("household_id")["decision_date"].reindex(typed["household_id"]).to_numpy()
        day = typed["followup_date"].to_numpy()
        before = known & (day < first)
        shown = typed["followup_date"].dt.strftime("%Y-%m-%d")
        parts.append(_rows(before, "followup_date", BEFORE_DECISION, "after the decision", ROW_SET_ASIDE, shown))
        nobody = known & np.isnat(first) & ~np.isnat(day)
        parts.append(_rows(nobody, "household_id", NOT_DECIDED, "a decision", KEPT))
    if rules.visitor in typed and rules.proposer in beside.assessments:
        parts.append(_by_proposer(typed, known, beside))
    return pd.concat(parts, ignore_index=True)


def decision_faults(typed: pd.DataFrame, beside: Beside) -> pd.DataFrame:
    """Return the decisions that do not fit: on a family never assessed; for a reason that the programme has not."""
    parts = [_never_assessed(typed, beside)]
    if beside.reason_codes:
        codes = typed["reason_code"]
        odd = (codes.notna() & ~codes.isin(list(beside.reason_codes))).to_numpy()
        expected = f"one of {', '.join(beside.reason_codes)}"
        parts.append(_rows(odd, "reason_code", UNKNOWN_REASON, expected, ANSWER_SET_ASIDE, codes))
    return pd.concat(parts, ignore_index=True)


def other_line_faults(claimed: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Return ready-made ratios that were set against another line than the programme's; ours stands, theirs is told.

    Parameters
    ----------
    claimed, made : frame (n, derived questions)
        Numbers as the file has them, and as they were computed; a column of `claimed` is one of `made`.
    """
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for name in claimed:
        theirs, ours = claimed[name].to_numpy(dtype=float), made[name].to_numpy(dtype=float)
        odd = np.abs(theirs - ours) > LINE_TOLERANCE * np.abs(ours)  # NaN is never odd
        parts.append(_rows(odd, str(name), OTHER_LINE, "set against the programme's line", KEPT, claimed[name]))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _never_assessed(typed: pd.DataFrame, beside: Beside) -> pd.DataFrame:
    # By an index: `isin` of text walks over the families one by one.
    stranger = typed["household_id"].notna().to_numpy() & (beside.families.get_indexer(typed["household_id"]) < 0)
    return _rows(stranger, "household_id", NEVER_ASSESSED, "an assessed family", ROW_SET_ASIDE)


def _by_proposer(typed: pd.DataFrame, known: np.ndarray, beside: Beside) -> pd.DataFrame:
    """Visits by whoever assessed the family before: they say that nobody else came, whatever the form says."""
    rules, visitor = beside.rules, typed[beside.rules.visitor]
    assessed = beside.assessments[["household_id", rules.proposer, "assessment_date"]].dropna()
    first = assessed.sort_values("assessment_date").drop_duplicates(["household_id", rules.proposer])
    dates = first.set_index(["household_id", rules.proposer])["assessment_date"]
    pairs = pd.MultiIndex.from_arrays([typed["household_id"].astype("object"), visitor.astype("object")])
    own = known & (dates.reindex(pairs).to_numpy() <= typed["followup_date"].to_numpy())
    if rules.independent_only:
        return _rows(own, rules.visitor, BY_PROPOSER, "somebody else than the proposer", ROW_SET_ASIDE, visitor)
    said = typed[rules.independent].astype("object")
    claims = own & (said == "yes").to_numpy(dtype=bool)
    return _rows(claims, rules.independent, BY_PROPOSER, "no, since the proposer visited", ANSWER_SET_ASIDE, said)


def _rows(
    odd: np.ndarray, column: str, rule: str, expected: str, effect: str, found: pd.Series | None = None
) -> pd.DataFrame:
    rows = np.flatnonzero(odd)
    shown = "" if found is None else found.iloc[rows].astype("string").fillna("").to_numpy(dtype=object)
    table = pd.DataFrame({"row": rows, "column": column, "rule": rule, "expected": expected, "effect": effect})
    return table.assign(found=shown)[list(COLUMNS)]
