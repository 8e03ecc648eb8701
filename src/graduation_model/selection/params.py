"""The programme's rules of selection."""

from __future__ import annotations

from pydantic import Field

from graduation_model.params import Params


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
