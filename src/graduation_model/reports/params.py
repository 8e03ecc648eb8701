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
    aid
        Yes/no questions about other aid, told in a family's history.
    ask
        What a visit should ask that the instrument does not.
    documents
        Papers that a decision needs; a sheet lists them to be ticked.
    area_names
        Area code -> name; districts, subdistricts and villages alike.
    tiles
        District code -> its place (column, row) on a map of equal tiles; empty: no map.
    subdistrict
        The carried column that minutes and PDF files are made by; where the scores do not carry it, the district.
    appeal
        How and where a family objects.
    appeal_days
        Within how many days of the letter.
    reentry
        What happens where a family falls back after it has left.
    office
        Who sends the letter to a family.
    min_cell
        Counts below this are suppressed in breakdowns.
    retention_years
        Years that a family's answers are kept after it has left; told in the data dictionary, deleted by people.
    """

    facts: tuple[str, ...] = ()
    aid: tuple[str, ...] = ()
    ask: tuple[Label, ...] = ()
    documents: tuple[Label, ...] = ()
    area_names: dict[str, str] = {}
    tiles: dict[str, tuple[int, int]] = {}
    subdistrict: str = "subdistrict_code"
    appeal: Label
    appeal_days: int = Field(default=30, ge=1)
    reentry: Label | None = None
    office: Label | None = None
    min_cell: int = Field(default=10, ge=1)
    retention_years: int = Field(default=5, ge=0)
