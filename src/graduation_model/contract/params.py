"""Settings of the checks that look at more than one visit: what counts as too many, too alike, or too late."""

from __future__ import annotations

import datetime as dt

from pydantic import Field, model_validator

from graduation_model.params import Params


class Round(Params):
    """The months and days of the year between which a wave is assessed, as MM-DD.

    Examples
    --------
    >>> Round(first="09-01", last="11-30").last
    '11-30'
    """

    first: str = Field(pattern=r"^\d\d-\d\d$")
    last: str = Field(pattern=r"^\d\d-\d\d$")

    @model_validator(mode="after")
    def _are_days(self) -> Round:
        for name in (self.first, self.last):
            try:
                dt.date.fromisoformat(f"2020-{name}")
            except ValueError as error:
                raise ValueError(f"'{name}' is no day of the year") from error
        if self.first > self.last:
            raise ValueError("a round of visits ends after it begins, within one year")
        return self


class CheckParams(Params):
    """What the checks of columns, facilitators and waves look for.

    Parameters
    ----------
    facilitator
        The column that says who visited; where a table has none, nothing is said of facilitators.
    round
        When a wave is assessed; a visit outside of it is flagged. None: at any time.
    fewest
        Of fewer visits nothing is said about a facilitator's habits.
    missing_share, missing_share_facilitator
        Share of an expected question's answers that may be missing in a wave, over all and for one facilitator.
    identical_families
        From so many families of one facilitator and wave with the same answers to everything on, they are reported.
    identical_without
        Questions that do not count for that, such as those filled in from the register.
    fewest_coded
        Of fewer answers in a file nothing is said about its codebook: a rare answer may be missing by chance.
    unreadable_share
        Share of a column's answers in one file that its codebook may fail to know before the codebook is suspected.
    """

    facilitator: str = "facilitator_id"
    round: Round | None = None
    fewest: int = Field(default=10, ge=1)
    missing_share: float = Field(default=0.2, ge=0, le=1)
    missing_share_facilitator: float = Field(default=0.4, ge=0, le=1)
    identical_families: int = Field(default=4, ge=2)
    identical_without: tuple[str, ...] = ()
    fewest_coded: int = Field(default=30, ge=1)
    unreadable_share: float = Field(default=0.25, ge=0, le=1)
