"""Where the rows of a part stood: the sheet or member of the file, and the row number that a person sees there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

PLACES = "places"


@dataclass(frozen=True, eq=False)
class Places:
    """The place of every row of a part.

    Attributes
    ----------
    rows : array (n,) of int
        The row's own number in its sheet, counted from 1, the header and blank rows included.
    sheets : array (n,) of str, or None
        The row's sheet, or the file inside an archive; None where the file has only one of them.
    """

    rows: np.ndarray
    sheets: np.ndarray | None = None

    def __deepcopy__(self, memo: object) -> Places:
        # pandas copies a frame's attrs deeply at nearly every step; these arrays are never written to.
        return self

    def files(self, name: str) -> np.ndarray:
        """Return the source of each row as it is shown: the file's name, and the sheet after `#`."""
        if self.sheets is None:
            return np.full(len(self.rows), name, dtype=object)
        return np.array([f"{name}#{sheet}" for sheet in self.sheets], dtype=object)


def at_places(frame: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Return the frame with its rows' places attached."""
    frame.attrs[PLACES] = places
    return frame


def places_of(frame: pd.DataFrame, path: Path) -> Places:
    """Return where the rows of a part that `read_part` gave stood; a parquet file's rows count from 1."""
    found = frame.attrs.get(PLACES)
    if isinstance(found, Places):
        return found
    first = 1 if path.suffix == ".parquet" else 2
    return Places(rows=np.arange(first, first + len(frame)))
