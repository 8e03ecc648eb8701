"""The instrument: every question of the assessment and of the follow-up, said once.

From it follow the checks, the feature catalogue, the monotone constraints, the words of the reasons and the simulated
answers. It comes in as `instrument.yaml` and goes out as frozen objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal

import pandas as pd
from pydantic import Field, model_validator

from graduation_model.params import Label, Params

Kind = Literal["number", "count", "money", "yes_no", "choice", "ordered_choice", "date", "text"]
Sensitive = Literal["health", "child", "finance", "disability"]
Direction = Literal["never_lowers", "never_raises", "free"]

NUMERIC_KINDS: tuple[Kind, ...] = ("number", "count", "money")
CHOICE_KINDS: tuple[Kind, ...] = ("choice", "ordered_choice")
# A direction needs an order: "a higher value never lowers readiness" means nothing for an unordered choice.
ORDERED_KINDS: tuple[Kind, ...] = (*NUMERIC_KINDS, "yes_no", "ordered_choice")
YES_NO = ("no", "yes")
SIGN: dict[Direction, int] = {"never_lowers": 1, "never_raises": -1, "free": 0}


class Value(Params):
    """One answer of a choice: the canonical name that every codebook is mapped to, and its words."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    label: Label


class Applies(Params):
    """When a question is asked at all: only where another question has this answer."""

    question: str
    equals: str


class Plausible(Params):
    """How common an answer is wherever a form is read by its own codebook; outside of it the codebook is suspected."""

    value: str
    least: float = Field(default=0.0, ge=0, le=1)
    most: float = Field(default=1.0, ge=0, le=1)


class Derived(Params):
    """How a number follows from other answers of its visit: an amount, a head or whole, over the poverty line.

    Parameters
    ----------
    amount
        A question about money a month.
    heads
        A count to divide it by; None where the amount is a head's already.
    over
        What it is set against: the line of the visit's area, as of the visit's date.
    """

    amount: str
    heads: str | None = None
    over: Literal["poverty_line"] = "poverty_line"

    @property
    def parts(self) -> tuple[str, ...]:
        """The questions that it is computed from."""
        return (self.amount, self.heads) if self.heads else (self.amount,)


class Question(Params):
    """One question of the assessment.

    Parameters
    ----------
    direction
        What a higher value does to readiness: `never_lowers`, `never_raises`, or `free`. For an ordered choice the
        order is that of `values`; for yes/no, yes is the higher.
    protected
        Audited for fairness, and not a feature unless the programme names it in `features.protected`.
    blocked
        Never a feature, whatever a programme says: ids, decisions, free text, the facilitator's own recommendation.
    subjective
        A facilitator's judgement rather than a fact that can be checked.
    need
        `required`: a visit without it is set aside; `expected`: counted in completeness; `optional`: neither.
    plausible
        Shares of its answers in a file that are believed without asking whether the codebook was the right one.
    sensitive
        Which kinds of specific personal data (UU PDP, article 4(2)) the answer is; told in the data dictionary.
    derived
        Computed when the data come in, and never asked: a source column of its name is not believed.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    section: str
    label: Label
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[Value, ...] = ()
    direction: Direction = "free"
    actionable: Literal["no", "slowly", "soon"] = "no"
    protected: bool = False
    blocked: bool = False
    subjective: bool = False
    need: Literal["required", "expected", "optional"] = "expected"
    sensitive: tuple[Sensitive, ...] = ()
    asked_if: Applies | None = None
    plausible: tuple[Plausible, ...] = ()
    derived: Derived | None = None

    @model_validator(mode="after")
    def _is_meant(self) -> Question:
        if self.kind in CHOICE_KINDS and len(self.values) < 2:
            raise ValueError(f"question '{self.name}' is a choice and needs at least two values")
        if self.kind not in CHOICE_KINDS and self.values:
            raise ValueError(f"question '{self.name}' is of kind {self.kind} and cannot have values")
        if self.direction != "free" and self.kind not in ORDERED_KINDS:
            raise ValueError(
                f"question '{self.name}' has a direction but its answers have no order: make it an ordered_choice, "
                "or its direction free"
            )
        if self.kind in ("number", "money") and not self.unit:
            raise ValueError(f"question '{self.name}' is of kind {self.kind} and needs a unit")
        names = [value.name for value in self.values]
        if len(set(names)) < len(names):
            raise ValueError(f"question '{self.name}' names the same value twice")
        unknown = sorted({share.value for share in self.plausible} - set(self.levels))
        if unknown:
            raise ValueError(f"question '{self.name}' finds {unknown[0]} plausible, which it does not allow")
        if self.derived and (self.kind != "number" or self.asked_if):
            raise ValueError(f"question '{self.name}' is derived: it is of kind number and has no asked_if")
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        """The canonical answers in order; empty for numbers, dates and text."""
        if self.kind == "yes_no":
            return YES_NO
        return tuple(value.name for value in self.values)

    @property
    def sign(self) -> int:
        """The direction as a monotone constraint: 1, -1 or 0."""
        return SIGN[self.direction]

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC_KINDS

    def dtype(self) -> object:
        """The pandas type of a column of typed answers.

        Numbers are float64, so that missing is NaN everywhere; yes/no and choices are categories in the instrument's
        order; dates are datetime64[s].
        """
        if self.is_numeric:
            return "float64"
        if self.levels:
            return pd.CategoricalDtype(list(self.levels), ordered=self.kind != "choice")
        return "datetime64[s]" if self.kind == "date" else "str"


class Reference(Params):
    """An amount of each area and year, from a csv beside the instrument: `table`.csv.

    Parameters
    ----------
    area
        The column of the assessments that holds the area's code.
    """

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    area: str


class CrossCheck(Params):
    """What answers of one visit cannot both be, or can hardly be. Nothing is taken away: people say what is right.

    Two answers that contradict each other (`at_most`, `needs`) cannot both be right. An answer beyond `lowest`,
    `highest` or `at_most_in` may be true, and is only doubted.

    Parameters
    ----------
    question
        The number, count or amount that is looked at.
    per
        A question that it is divided by first: income an earner, floor a head. Where that is 0, nothing is said.
    at_most
        A question whose answer it may not exceed, `times` over.
    needs
        An answer without which there can be none.
    at_most_in
        A table whose amount of the visit's area and year it should not exceed, `times` over. Where the table has none,
        the check is left out, and says so.
    lowest, highest
        What it should lie between.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Label
    question: str
    per: str | None = None
    at_most: str | None = None
    times: float = Field(default=1.0, gt=0)
    needs: Applies | None = None
    at_most_in: Reference | None = None
    lowest: float | None = None
    highest: float | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> CrossCheck:
        bounds = None if self.lowest is None and self.highest is None else True
        if sum(rule is not None for rule in (self.at_most, self.needs, self.at_most_in, bounds)) != 1:
            raise ValueError(
                f"cross-check '{self.name}' needs exactly one of at_most, needs, at_most_in, or lowest and highest"
            )
        return self

    @property
    def is_doubt(self) -> bool:
        """Whether what it finds may be true."""
        return self.at_most is None and self.needs is None


class AssetsLost(Params):
    """Goods that a family had at its last visit and has no more: one may be sold, several at once want a look.

    Families learn which goods count against them and stop naming them (Banerjee, Hanna, Olken and Sumarto, 2020).

    Parameters
    ----------
    questions
        Yes/no questions.
    at_least
        From so many on the visit is flagged.
    """

    questions: tuple[str, ...] = Field(min_length=1)
    at_least: int = Field(default=3, ge=1)


class Section(Params):
    """A heading under which questions stand on a sheet."""

    name: str
    label: Label


class Instrument(Params):
    """Every question of a programme's assessment (`questions`) and of its follow-up visit (`followup`).

    Parameters
    ----------
    confirmed
        `no` while it is a draft that nobody has read: data can be checked against it, and nothing is learnt or scored.
    """

    version: str
    confirmed: Literal["yes", "no"] = "yes"
    sections: tuple[Section, ...]
    questions: tuple[Question, ...]
    followup: tuple[Question, ...]
    cross_checks: tuple[CrossCheck, ...] = ()
    assets_lost: AssetsLost | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Instrument:
        sections = {section.name for section in self.sections}
        for part, questions in (("questions", self.questions), ("followup", self.followup)):
            names = [question.name for question in questions]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{part} names {', '.join(twice)} twice")
            for question in questions:
                if question.section not in sections:
                    raise ValueError(
                        f"question '{question.name}' stands in section '{question.section}', "
                        "which sections does not list"
                    )
                _check_asked_if(question, questions)
                _check_derived(question, questions)
        for check in self.cross_checks:
            self._check_cross_check(check)
        for name in self.assets_lost.questions if self.assets_lost else ():
            if name not in self.by_name or self.by_name[name].kind != "yes_no":
                raise ValueError(f"assets_lost names '{name}', which is no yes/no question that is asked")
        return self

    def _check_cross_check(self, check: CrossCheck) -> None:
        compared = check.at_most or check.per or check.is_doubt
        for name in filter(None, (check.question, check.at_most, check.per)):
            if name not in self.by_name or (compared and not self.by_name[name].is_numeric):
                raise ValueError(f"cross-check '{check.name}' compares '{name}', which is no number that is asked")
        if check.needs and check.needs.equals not in getattr(self.by_name.get(check.needs.question), "levels", ()):
            raise ValueError(
                f"cross-check '{check.name}' needs an answer that no question has: "
                f"{check.needs.question} = {check.needs.equals}"
            )

    @cached_property
    def by_name(self) -> dict[str, Question]:
        """The assessment's questions by name."""
        return {question.name: question for question in self.questions}

    @cached_property
    def followup_by_name(self) -> dict[str, Question]:
        """The follow-up's questions by name."""
        return {question.name: question for question in self.followup}

    def named(self, name: str) -> Question:
        """Return the assessment's question of that name; a KeyError lists nothing of a household."""
        return self.by_name[name]


def asked(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Return the questions that somebody is asked: what is derived is computed when the data come in."""
    return tuple(question for question in questions if question.derived is None)


def _check_asked_if(question: Question, visit: tuple[Question, ...]) -> None:
    if question.asked_if is None:
        return
    other = {one.name: one for one in visit}.get(question.asked_if.question)
    if other is None or question.asked_if.equals not in other.levels:
        raise ValueError(
            f"question '{question.name}' is asked_if an answer that no question has: "
            f"{question.asked_if.question} = {question.asked_if.equals}"
        )


def _check_derived(question: Question, visit: tuple[Question, ...]) -> None:
    if question.derived is None:
        return
    numbers = {one.name for one in visit if one.is_numeric and one.derived is None}
    unknown = sorted(set(question.derived.parts) - numbers)
    if unknown:
        raise ValueError(
            f"question '{question.name}' is derived from {', '.join(unknown)}, which the same visit asks no number for"
        )
