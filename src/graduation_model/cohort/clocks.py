"""Clocks that started on a day, and dated events; which events stand beside which clock, and the first of each."""

from __future__ import annotations

import numpy as np
import pandas as pd

NEVER = np.datetime64("NaT", "s")


def beside_clocks(families: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return every row beside every clock of its family that started before it, in order of dates.

    Parameters
    ----------
    families : frame (n, household_id, start)
        A row a clock; one that never started has none.
    rows : frame (m, household_id, date, ...)

    Returns
    -------
    frame
        The columns of both, and `place`: the clock's position.
    """
    clocks = families.assign(place=np.arange(len(families))).dropna(subset="start")
    pairs = clocks.merge(rows, on="household_id")
    return pairs[pairs["date"] > pairs["start"]].sort_values("date", kind="stable", ignore_index=True)


def first_events(n: int, *events: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the first of some events (place, date, what) for each of n clocks; of one day the earlier table's."""
    together = pd.concat([part[["place", "date", "what"]] for part in events], ignore_index=True)
    first = together.sort_values("date", kind="stable").drop_duplicates("place")
    date, what = np.full(n, NEVER), np.full(n, "", dtype=object)
    date[first["place"]] = first["date"].to_numpy(dtype="datetime64[s]")
    what[first["place"]] = first["what"]
    return date, what
