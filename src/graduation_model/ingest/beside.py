"""What a file holds beside its table: sheets that were left out, with the reason, and the rows of repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

BESIDE = "beside"


@dataclass(frozen=True, eq=False)
class Beside:
    """What stands in a file and is no row of its table.

    Attributes
    ----------
    ignored : mapping
        Sheet -> why it was left out.
    rows : mapping
        Sheet -> how many rows it has, where it has a table.
    repeats : mapping
        Sheet (or csv in a zip) -> the rows of a repeat: members or loans of a visit.
    """

    ignored: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    repeats: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __deepcopy__(self, memo: object) -> Beside:
        # pandas copies a frame's attrs deeply at nearly every step; nothing here is ever written to.
        return self


def put_beside(frame: pd.DataFrame, beside: Beside) -> pd.DataFrame:
    """Return the frame with what stood beside it attached."""
    frame.attrs[BESIDE] = beside
    return frame


def beside_of(frame: pd.DataFrame) -> Beside:
    """Return what stood beside the table in its file."""
    found = frame.attrs.get(BESIDE)
    return found if isinstance(found, Beside) else Beside()
