"""Settings of the pages."""

from __future__ import annotations

from pydantic import Field

from graduation_model.params import Label, Params


class ReportParams(Params):
    """What a programme's pages show.

    Parameters
    ----------
    facts
        Questions shown on a sheet before the score, in this order.
    area_names
        Area code -> name.
    appeal
        How and where a family objects.
    simulated
        Stamped on every page: these are no real families.
    min_cell
        Counts below this are suppressed in breakdowns.
    retention_years
        Years that a family's answers are kept after it has left; told in the data dictionary, deleted by people.
    """

    facts: tuple[str, ...] = ()
    area_names: dict[str, str] = {}
    appeal: Label
    simulated: bool = False
    min_cell: int = Field(default=10, ge=1)
    retention_years: int = Field(default=5, ge=0)
