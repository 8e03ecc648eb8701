"""Amounts of an area and year that answers are held against, such as the minimum wage: rows in, amounts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from pydantic import Field

from graduation_model.params import Params


class AreaYear(Params):
    """One row of such a table: an amount in the programme's currency, and where it is from."""

    area_code: str
    year: int = Field(ge=1900, le=2200)
    idr: float = Field(gt=0)
    source: str


References = Mapping[str, Sequence[AreaYear]]


def amounts(rows: Sequence[AreaYear], *, area: pd.Series, year: pd.Series) -> pd.Series:
    """Return the amount of each area and year, missing where the table has none; no year stands for another.

    Examples
    --------
    >>> wage = AreaYear(area_code="3601", year=2023, idr=2_980_000, source="press")
    >>> amounts([wage], area=pd.Series(["3601", "3601"]), year=pd.Series([2023, 2022])).tolist()
    [2980000.0, nan]
    """
    known = pd.DataFrame([row.model_dump() for row in rows], columns=list(AreaYear.model_fields))
    asked = pd.DataFrame({"area_code": area.astype("object").to_numpy(), "year": year.to_numpy()})
    found = asked.merge(known.astype({"area_code": "object"}), on=["area_code", "year"], how="left", validate="m:1")
    return pd.Series(found["idr"].to_numpy(dtype="float64", na_value=float("nan")), index=area.index)
