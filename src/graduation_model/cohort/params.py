"""Settings of the cohort room: who is eligible, and which outcome is learnt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from graduation_model.params import Label, Params

# What a model can learn, the best first: what became of families by the horizon; what was seen of them a wave later;
# what people decided about them, which is never called readiness.
LabelKind = Literal["sustained_exit", "next_wave", "imitation"]


class Condition(Params):
    """Rows whose answer to one question is one of these."""

    question: str
    is_one_of: tuple[str, ...] = Field(min_length=1)


class Outcome(Params):
    """What counts as a good outcome: one of some answers, or a number at least so high."""

    question: str
    is_one_of: tuple[str, ...] = ()
    at_least: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Outcome:
        if bool(self.is_one_of) == (self.at_least is not None):
            raise ValueError(f"outcome on '{self.question}' needs either is_one_of or at_least")
        return self


class Visit(Params):
    """A follow-up that is due some months after the assessment, give or take some days."""

    months: int = Field(gt=0)
    tolerance_days: int = Field(default=0, ge=0)
    required: bool = True


class LabelParams(Params):
    """The label: a declaration, not code.

    Parameters
    ----------
    visits
        The follow-ups up to the horizon. The label is 1 where the outcome is good at every visit that took place, and
        every `required` one did.
    outcome
        Good outcome at a follow-up.
    status_now
        The same, read from the assessment itself: the baseline that every table prints.
    early_failure_counts
        Whether a bad outcome settles the label (0) although a later required visit is missing.
    not_a_label
        Follow-up rows that are no observation (moved, refused, not found).
    order
        The labels that `train` may learn from, the best first: the first that is there is taken, and stamped on the
        model's name and on every page.
    min_rows
        A label is there where so many rows have it, and a tenth of them of each kind.
    next_wave_followups
        Whether a follow-up in the next wave counts as having been seen there (same measure as the assessment's).
    graduated
        Decisions by which a family leaves the programme: no next-wave label reaches across one.
    """

    name: str
    title: Label
    caveat: Label
    visits: tuple[Visit, ...] = Field(min_length=1)
    outcome: Outcome
    status_now: Outcome
    early_failure_counts: bool = False
    interviewed: Condition | None = None
    order: tuple[LabelKind, ...] = Field(default=("sustained_exit",), min_length=1)
    min_rows: int = Field(default=200, gt=0)
    next_wave_followups: bool = False
    graduated: Condition | None = None

    @property
    def horizon_months(self) -> int:
        return max(visit.months for visit in self.visits)


class CohortParams(Params):
    """Who stands in a cohort.

    Parameters
    ----------
    population
        The programme's families among everybody assessed; None where every row is one.
    cluster
        Column of the cluster (village, facilitator's caseload) that splits and intervals keep together.
    area
        Column of the area unit that reports are broken down by.
    assessment_max_age_months
        A family stands in the cohort of an as-of date with its last assessment in the half-open window
        (as-of date - this, as-of date].
    every_months
        Distance between the as-of dates of past cohorts.
    """

    population: Condition | None = None
    cluster: str
    area: str
    assessment_max_age_months: int = Field(default=12, gt=0)
    every_months: int = Field(default=12, gt=0)
