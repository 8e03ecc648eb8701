"""The programme's rules of selection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from graduation_model.params import Label, Params

# Probabilities are compared to this many decimals, which also keeps the last bit of another machine's arithmetic from
# deciding between families.
DECIMALS = 12
# What scores say of every family, besides the columns that a programme has them carry.
IN_EVERY_SCORE = frozenset({"probability", "probability_low", "probability_high", "completeness"})


class Condition(Params):
    """What one column of the scores says of a family.

    Parameters
    ----------
    column
        A carried column, or `probability_low` and its like.
    is_one_of
        Answers as the instrument names them.
    at_least, at_most
        A number, or another column: `{column: n_65plus, at_least: hh_size}`.
    """

    column: str
    is_one_of: tuple[str, ...] = ()
    at_least: float | str | None = None
    at_most: float | str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.is_one_of and self.at_least is None and self.at_most is None:
            raise ValueError(f"the condition on '{self.column}' needs is_one_of, at_least or at_most")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it reads."""
        return (self.column, *(limit for limit in (self.at_least, self.at_most) if isinstance(limit, str)))


class Group(Params):
    """Families of whom all conditions hold, under a name and in words."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Label
    all_of: tuple[Condition, ...] = Field(min_length=1)


class Guard(Group):
    """Families that people look at, however high their chance. What is not recorded cannot rule a guard out."""


class Floor(Group):
    """How many of the list are of a group, at least. It never makes anybody ready.

    Parameters
    ----------
    count, share
        So many families, or such a share of the list: one of the two.
    """

    count: int | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.count is None) == (self.share is None):
            raise ValueError(f"the floor '{self.name}' needs either count or share")
        return self


class Budget(Params):
    """What the list may cost, such as the business capital (UEP) that goes with a graduation.

    Parameters
    ----------
    at_most
        For the whole list.
    cost
        Of a family: an amount, or a carried column that holds it.
    amounts
        Answer in that column -> amount, where the column holds answers.
    """

    at_most: float = Field(ge=0)
    cost: float | str
    amounts: dict[str, float] = {}

    @model_validator(mode="after")
    def _amounts_of_a_column(self) -> Self:
        if self.amounts and not isinstance(self.cost, str):
            raise ValueError("the budget's amounts need the column that they hang on: cost: column")
        costs = [*self.amounts.values(), *([] if isinstance(self.cost, str) else [self.cost])]
        if min(costs, default=0) < 0:
            raise ValueError("the budget has a negative cost")
        return self


class Areas(Params):
    """How many of the list come from a district, at least and at most.

    Parameters
    ----------
    column
        A carried column of areas.
    min, max
        Area -> families.
    """

    column: str
    min: dict[str, int] = {}
    max: dict[str, int] = {}


class Spread(Params):
    """How many of the list one village, or one facilitator, may have.

    Parameters
    ----------
    column
        A carried column.
    most, share
        So many families, or such a share of the quota: one of the two. At least one family is always allowed.
    """

    column: str
    most: int | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.most is None) == (self.share is None):
            raise ValueError(f"the spread over '{self.column}' needs either most or share")
        return self


class SelectionParams(Params):
    """Who may be proposed.

    Parameters
    ----------
    quota
        At most so many families: a ceiling, never a target to fill.
    cost_ratio
        How many wrongly kept families weigh as much as one false graduation. The threshold that follows is
        cost_ratio / (1 + cost_ratio): 5 gives 0.83.
    band
        Families within this distance of the threshold are reviewed by people rather than proposed.
    min_completeness
        Below this share of answered questions nothing is said.
    conformal_level
        The expected share of false graduations that the list may have by the scores' `conformal_p`; families beyond it
        are reviewed by people. None: no such cap. What it can and cannot promise: docs/statistics.md.
    guards
        Families that are reviewed by people, whatever their chance.
    never_on_alone
        Questions about goods: a family that is over the line by the answer to one of them alone is reviewed.
    budget, areas, floors, spread
        What the list as a whole must keep.
    quota_unit
        A carried column by which the list is counted; None: one list.
    carry
        Columns that scores take along for people and rules.
    """

    quota: int | None = Field(default=None, ge=0)
    cost_ratio: float = Field(default=5.0, gt=0)
    band: float = Field(default=0.05, ge=0, lt=0.5)
    min_completeness: float = Field(default=0.7, ge=0, le=1)
    conformal_level: float | None = Field(default=None, gt=0, lt=1)
    guards: tuple[Guard, ...] = ()
    never_on_alone: tuple[str, ...] = ()
    budget: Budget | None = None
    areas: tuple[Areas, ...] = ()
    floors: tuple[Floor, ...] = ()
    spread: tuple[Spread, ...] = ()
    quota_unit: str | None = None
    carry: tuple[str, ...] = ()

    @property
    def threshold(self) -> float:
        """The probability above which proposing costs less than keeping.

        Examples
        --------
        >>> round(SelectionParams().threshold, 3)
        0.833
        """
        return self.cost_ratio / (1 + self.cost_ratio)

    @property
    def line(self) -> float:
        """The probability from which a family is ready.

        Examples
        --------
        >>> SelectionParams(cost_ratio=4, band=0.05).line
        0.85
        """
        # 0.80 + 0.05 is a hair above 0.85 in binary, and a committee that wrote 0.85 means 0.85.
        return round(self.threshold + self.band, DECIMALS)

    def columns(self) -> Iterator[tuple[str, str]]:
        """Yield (place in the file, column) for every column that a rule reads."""
        for kind, groups in (("guards", self.guards), ("floors", self.floors)):
            for group in groups:  # type: ignore[attr-defined]
                for condition in group.all_of:
                    yield from ((f"{kind}.{group.name}", column) for column in condition.columns)
        if self.budget and isinstance(self.budget.cost, str):
            yield "budget.cost", self.budget.cost
        yield from ((f"areas.{place}.column", area.column) for place, area in enumerate(self.areas))
        yield from ((f"spread.{place}.column", spread.column) for place, spread in enumerate(self.spread))

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for place, column in self.columns():
            if column not in IN_EVERY_SCORE and column not in self.carry and column != self.quota_unit:
                raise ValueError(
                    f"{place} names column {column}, which selection.carry does not list; mend its spelling, or list it"
                )
        names = [group.name for group in (*self.guards, *self.floors)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"guards and floors have the name {', '.join(twice)} twice")
        if self.quota is None and any(spread.share for spread in self.spread):
            raise ValueError("a spread by share needs a quota to take the share of")
        return self
