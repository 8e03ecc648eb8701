"""What every part of a scoring run is told: one object that a process elsewhere can be sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.cohort.params import CohortParams
from graduation_model.contract.instrument import Instrument
from graduation_model.errors import ModelError
from graduation_model.estimators.bundle import Bundle, load_bundle
from graduation_model.ingest.blocks import Block
from graduation_model.ingest.reader import TableReader
from graduation_model.scoring.work import Work

# Visits a part: some hundred megabytes while it is worked on. Fixed, so that parts depend on the rows alone.
PART_ROWS = 100_000
# Visits read at a time.
BATCH_ROWS = 100_000
# Of more parts each block of the input is divided among groups of them first: slices of every block for every part
# would grow with the square of the rows.
MOST_SLICES = 64


@dataclass(frozen=True)
class Job:
    """A scoring run.

    Attributes
    ----------
    work : Work
    reader : TableReader
        Of the assessments.
    blocks : tuple of Block
        What is read, where the table is read in blocks.
    parts : int
        Into how many parts the families are divided, by a hash of their id.
    as_of : Timestamp
    cohort : CohortParams
    instrument : Instrument
    bundle_folder : Path
    bundle_sha256 : str
        Of the bundle that the run began with: a folder may have been written anew since.
    carry : tuple of str
        Columns that scores take along.
    model_version : str
    wave_ends : tuple of Timestamp
        The as-of dates back to the first assessment; known once all parts are settled.
    household : str
        The only family to write; empty for all.
    """

    work: Work
    reader: TableReader
    blocks: tuple[Block, ...]
    parts: int
    as_of: pd.Timestamp
    cohort: CohortParams
    instrument: Instrument
    bundle_folder: Path
    bundle_sha256: str
    carry: tuple[str, ...]
    model_version: str
    wave_ends: tuple[pd.Timestamp, ...] = ()
    household: str = ""

    @property
    def bundle(self) -> Bundle:
        """The run's model, read once a process.

        Raises
        ------
        ModelError
            If the folder holds another one by now.
        """
        kept = _KEPT.get(self.bundle_sha256)
        if kept is None:
            kept = load_bundle(self.bundle_folder)
            if kept.sha256 != self.bundle_sha256:
                raise ModelError(
                    "The bundle is not the one that the run began with",
                    where=self.bundle_folder,
                    mend="Score again with --restart, and write models into folders of their own",
                )
            keep(kept)
        return kept

    @property
    def parts_a_group(self) -> int:
        """How many parts are gathered together; 1 where each part is gathered from the blocks themselves."""
        return 1 if self.parts <= MOST_SLICES else ceil(sqrt(self.parts))

    @property
    def groups(self) -> int:
        return -(-self.parts // self.parts_a_group)

    def reader_of(self, part: int) -> TableReader:
        """The reader with the corrections of one part's families alone, so that those unused are counted once."""
        table = self.reader.corrections.table
        mine = table[part_of(table["household_id"], self.parts) == part]
        return replace(self.reader, corrections=replace(self.reader.corrections, table=mine))


_KEPT: dict[str, Bundle] = {}


def keep(bundle: Bundle) -> None:
    """Have this process's parts use a bundle that is read already; only the last one is kept."""
    _KEPT.clear()
    _KEPT[bundle.sha256] = bundle


def parts_for(rows: int, part_rows: int) -> int:
    """Return into how many parts so many visits are divided.

    Examples
    --------
    >>> parts_for(1, 100), parts_for(100, 100), parts_for(101, 100)
    (1, 1, 2)
    """
    return max(1, -(-rows // part_rows))


def part_of(households: pd.Series, parts: int) -> np.ndarray:
    """Return the part of each family: of its id alone, however the input is cut and ordered.

    Examples
    --------
    >>> part_of(pd.Series(["a", "b", "a", None]), 8).tolist()[0] == part_of(pd.Series(["a"]), 8).tolist()[0]
    True
    """
    ids = households.astype("object").where(households.notna(), "")
    return (pd.util.hash_array(ids.to_numpy(), categorize=False) % np.uint64(parts)).astype(np.int64)
