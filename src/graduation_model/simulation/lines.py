"""The simulated poverty lines: each district's of the base year, moved with prices, a line every March."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graduation_model.simulation.params import SimulationParams


def line_table(params: SimulationParams, *, first_year: int, last_year: int) -> pd.DataFrame:
    """Return the lines of every district and year as a table of poverty lines."""
    years = range(first_year, last_year + 1)
    rows = [
        (district.code, f"{year}-03", float(line_in(np.array([district.line]), np.array([year]), params)[0]))
        for district in params.districts
        for year in years
    ]
    table = pd.DataFrame(rows, columns=["area_code", "period", "line_idr"])
    return table.assign(basis="gk", source="simulated").astype({"area_code": "str", "period": "str"})


def line_in(base: np.ndarray, year: np.ndarray, params: SimulationParams) -> np.ndarray:
    """Return lines of the base year as they are in other years."""
    return (base * (1 + params.price_growth) ** (year - params.base_year)).round()


def line_at(base: np.ndarray, dates: np.ndarray, params: SimulationParams) -> np.ndarray:
    """Return the line that holds on a day: that of the last March."""
    months = dates.astype("datetime64[M]").astype(int)
    year, month = 1970 + months // 12, months % 12
    return line_in(base, np.where(month >= 2, year, year - 1), params)
