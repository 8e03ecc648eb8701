"""How a programme's source files become its tables: column names, dates, codebooks, what the source does not have."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from graduation_model.contract.params import CheckParams
from graduation_model.params import Label, Params


def text_keys(value: object) -> object:
    """Return a mapping with text as keys."""
    # YAML reads the code 1 as a number; a code is a name, and a csv holds it as text.
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value


def _texts(value: object) -> object:
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else value


class CodeMap(Params):
    """One question's codes in some versions of the questionnaire: raw code -> the instrument's value."""

    versions: Annotated[tuple[str, ...], BeforeValidator(_texts)] = Field(min_length=1)
    codes: Annotated[dict[str, str], BeforeValidator(text_keys)] = Field(min_length=1)

    def __hash__(self) -> int:
        return hash((self.versions, tuple(self.codes.items())))


class Codebook(Params):
    """One codebook file: what the codes of each question meant, version by version."""

    source: str
    questions: dict[str, tuple[CodeMap, ...]]


class DateRule(Params):
    """Where a date stands in the source: a date's text or a year whose last day is meant."""

    column: str
    how: Literal["date", "year_end"] = "date"
    format: str | None = None


class TableSource(Params):
    """One source table.

    Parameters
    ----------
    columns
        Our name -> the source's, where they differ.
    dates
        Our date column -> where it stands.
    codebook
        The source column that says which version of the codebook a row was coded with; None where answers already
        are the instrument's values.
    keep
        Columns beside the questions that are carried along as text: areas, clusters, facilitators.
    absent
        Columns of docs/reference/tables.md or the instrument that this source does not have, said out loud.
    same
        Columns that say in what the amounts are told, such as a currency, with what they may say: a row that says
        anything else is set aside; one that says nothing is taken at its word, and so is a source without the column.
        A form writes the first.
    """

    columns: dict[str, str] = {}
    dates: dict[str, DateRule]
    codebook: str | None = None
    keep: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    same: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}


class FollowUpRules(Params):
    """What a follow-up must be, beside its own answers, for its outcome to count.

    Parameters
    ----------
    visitor, proposer
        The follow-ups' column of who visited, and the assessments' of who assessed, and so proposed if anybody did.
    independent
        The question whether somebody else visited: a yes is emptied where the visitor is the proposer all the same.
    independent_only
        Whether a follow-up by the proposer is set aside whole.
    """

    visitor: str = "visitor_id"
    proposer: str = "facilitator_id"
    independent: str = "observer_independent"
    independent_only: bool = False


class PovertyLineParams(Params):
    """Which poverty line a visit is set against.

    Parameters
    ----------
    area
        The column of the assessments that holds the area's code; a follow-up takes its family's last one.
    basis
        Rows of the table with another basis are left aside.
    province_digits
        So many digits of an area's code are its province's.
    province_may_stand_in
        Whether the province's line is used, and flagged, where the area has none by the visit's date.
    max_age_months
        A line older than this at the visit is refused, never extrapolated.
    """

    area: str
    basis: str = "gk"
    province_digits: int = Field(default=2, gt=0)
    province_may_stand_in: bool = True
    max_age_months: int = Field(default=18, gt=0)


class IngestParams(Params):
    """The programme's source tables, and the lines that its derived questions are set against.

    `follow_up_rules` holds follow-ups and decisions against the other tables; `reason_codes` are those that a decision
    may give, and what they mean (empty: any).
    """

    assessments: TableSource
    followups: TableSource
    decisions: TableSource = TableSource(dates={"decision_date": DateRule(column="decision_date")})
    uep: TableSource = TableSource(dates={"grant_date": DateRule(column="grant_date")})
    poverty_lines: PovertyLineParams | None = None
    checks: CheckParams = CheckParams()
    follow_up_rules: FollowUpRules | None = None
    reason_codes: dict[str, Label] = {}
