"""Settings of the follow-up room: further visits, who makes them, and from where on agreement is too good."""

from __future__ import annotations

from pydantic import Field

from graduation_model.cohort.params import LabelParams, Visit
from graduation_model.params import Params


class FollowUpParams(Params):
    """What is visited beside the label's own visits, by whom, and what is told of it.

    Parameters
    ----------
    further
        Visits after those of the label. They carry the curves further and change no label.
    comparison
        The share of the families that stayed in the programme who are visited, too: without them nobody knows what
        leaving did. Drawn by a hash of the id, so that everybody draws the same.
    within
        Columns of the assessments, the nearest area first: a visitor comes from the family's own where there is one.
    list_by, village
        Columns of the assessments: the area that the workbooks are made by, and where in it a visitor goes.
    ahead_days
        A visit whose window opens within so many days stands on the list already.
    rubber_stamp
        Agreement above this is told: whoever agrees with everything has decided nothing.
    fewest
        Of fewer families no agreement and no curve is told.
    bootstrap
        Resamples of clusters behind every interval.
    interval
        What an interval holds.
    """

    further: tuple[Visit, ...] = ()
    comparison: float = Field(default=0.05, ge=0, le=1)
    within: tuple[str, ...] = ("subdistrict_code", "district_code")
    list_by: str = "subdistrict_code"
    village: str = "village_code"
    ahead_days: int = Field(default=60, ge=0)
    rubber_stamp: float = Field(default=0.97, gt=0, le=1)
    fewest: int = Field(default=30, ge=10)
    bootstrap: int = Field(default=200, ge=20)
    interval: float = Field(default=0.95, gt=0.5, lt=1)

    def visits(self, label: LabelParams) -> tuple[Visit, ...]:
        """Return every visit that is made, the label's own first, in order of months."""
        return tuple(sorted((*label.visits, *self.further), key=lambda visit: visit.months))
