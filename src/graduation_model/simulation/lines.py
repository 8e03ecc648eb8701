"""Poverty lines of the simulated years: every March a line a district."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.simulation.params import SimulationParams


def prices(year: int, params: SimulationParams) -> float:
    """Return the prices of a year over those of the base year."""
    return float((1 + params.price_growth) ** (year - params.base_year))


def district_lines(year: int, params: SimulationParams) -> np.ndarray:
    """Return the line of every district, in rupiah a head and month, that holds from March of a year."""
    return np.rint(np.array([one.line for one in params.districts]) * prices(year, params))


def line_table(first_year: int, params: SimulationParams) -> pd.DataFrame:
    """Return every line from the first assessment to the last visit.

    Returns
    -------
    frame
        area_code, period (YYYY-MM), line_idr, basis, source.
    """
    years = range(first_year, params.last_year + 2)
    codes = [one.code for one in params.districts]
    return pd.DataFrame(
        {
            "area_code": pd.Series(codes * len(years), dtype="str"),
            "period": pd.Series(np.repeat([f"{year}-03" for year in years], len(codes)), dtype="str"),
            "line_idr": np.concatenate([district_lines(year, params) for year in years]),
            "basis": pd.Series("gk", index=range(len(codes) * len(years)), dtype="str"),
            "source": pd.Series("simulated", index=range(len(codes) * len(years)), dtype="str"),
        }
    )
