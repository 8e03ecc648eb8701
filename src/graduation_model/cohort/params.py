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
    """A follow-up that is due some months after the clock starts, give or take some days."""

    months: int = Field(gt=0)
    tolerance_days: int = Field(default=0, ge=0)
    required: bool = True


class Clock(Params):
    """From when the outcome counts, and who is visited.

    Parameters
    ----------
    starts
        `assessment`: on its date, and every family is due its visits. `decision`: on the effective date of the decision
        that followed the assessment; a family without one has no label.
    within_months
        A decision made later than this after an assessment is not that assessment's.
    followed
        Decisions whose families are all due their visits. Of the others only those are whom somebody set out to visit.
    """

    starts: Literal["assessment", "decision"] = "assessment"
    within_months: int = Field(default=12, gt=0)
    followed: tuple[str, ...] = ()


class ReEntry(Params):
    """Coming back to a programme, which a register knows also of families whom nobody met.

    Parameters
    ----------
    question, date, reason
        The follow-up's questions: whether, when (the visit's own date where it is not said), and why.
    counts
        Reasons that make it a failure; another reason is none, and no reason leaves the label unknown.
    """

    question: str
    date: str
    reason: str
    counts: tuple[str, ...] = Field(min_length=1)


class LabelParams(Params):
    """The label: a declaration, not code.

    Parameters
    ----------
    clock
        From when the months of `visits` are counted.
    visits
        The follow-ups up to the horizon. The label is 1 where the outcome is good at every visit that took place, and
        every `required` one did.
    outcome
        Good outcome at a follow-up.
    failures
        Answers at a follow-up that are a bad outcome whatever `outcome` says. Without an answer to each of them a visit
        cannot be called good.
    reentry
        Coming back to a programme for want, counted by its own date up to the horizon.
    status_now
        The outcome as it is read from the assessment itself: the baseline that every table prints.
    early_failure_counts
        Whether failure is absorbing: a bad outcome settles the label (0) although a later required visit is missing.
    interviewed
        Follow-up rows that hold answers at all; the others say why there are none.
    measured_by
        Ways of measuring the outcome that count; one measured otherwise is not known.
    competing
        What ends a family's story otherwise: after it, nobody can fail or hold out.
    excluded_exits
        Kinds of exit (or decisions) that say nothing of welfare: no label, unless the required visits took place.
    independent
        Visits by somebody who did not propose the family: they give a label the quality A.
    sensitivity
        Other values of `outcome.at_least` under which base rate and AUC are shown.
    order
        The labels that `train` may learn from, the best first: the first that is there is taken, and stamped on the
        model's name and on every page.
    min_rows
        A label is there where so many rows have it, and a tenth of them of each kind.
    next_wave_followups
        Whether a follow-up in the next wave counts as having been seen there (same measure as the assessment's).
    """

    name: str
    title: Label
    caveat: Label
    clock: Clock = Clock()
    visits: tuple[Visit, ...] = Field(min_length=1)
    outcome: Outcome
    failures: tuple[Condition, ...] = ()
    reentry: ReEntry | None = None
    status_now: Outcome
    early_failure_counts: bool = False
    interviewed: Condition | None = None
    order: tuple[LabelKind, ...] = Field(default=("sustained_exit",), min_length=1)
    min_rows: int = Field(default=200, gt=0)
    next_wave_followups: bool = False
    measured_by: Condition | None = None
    competing: Condition | None = None
    excluded_exits: tuple[str, ...] = ()
    independent: Condition | None = None
    sensitivity: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> LabelParams:
        if not any(visit.required for visit in self.visits):
            raise ValueError("label.visits needs one that is required: without it nobody can be said to have held out")
        if self.sensitivity and self.outcome.at_least is None:
            raise ValueError("label.sensitivity gives other lines, and label.outcome has no at_least")
        if self.clock.starts == "assessment" and (self.clock.followed or self.excluded_exits):
            raise ValueError("label names decisions, and its clock starts at the assessment: start it at the decision")
        return self

    @property
    def horizon_months(self) -> int:
        return max(visit.months for visit in self.visits)

    def at(self, line: float) -> LabelParams:
        """Return the same label under another line, named so that nobody takes it for this one.

        Examples
        --------
        >>> above = Outcome(question="welfare_to_line", at_least=1.2)
        >>> words = Label(id="x", en="y")
        >>> label = LabelParams(name="stayed_out", title=words, caveat=words, visits=(Visit(months=12),), outcome=above,
        ...                     status_now=above)
        >>> label.at(1.5).name, label.at(1.5).outcome.at_least
        ('stayed_out_at_1.5', 1.5)
        """
        outcome = Outcome(question=self.outcome.question, at_least=line)
        return self.model_copy(update={"name": f"{self.name}_at_{line:g}", "outcome": outcome})


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
