"""A large csv file in; runs of whole records out, each read as a csv file of its own under the same header."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.ingest import kobo
from graduation_model.ingest.delimited import header_of, read_delimited
from graduation_model.ingest.places import places_of

# A smaller file is read at once: it is in memory in a moment, and is the same table.
LARGE = 64 << 20
_AT_A_TIME = 1 << 24
_NEWLINE, _RETURN, _QUOTE = b'\n\r"'


@dataclass(frozen=True)
class Run:
    """Neighbouring records of a csv file.

    Attributes
    ----------
    start, stop : int
        Its bytes.
    first : int
        The number of its first record in the file, as a sheet shows it; the header is 1.
    """

    start: int
    stop: int
    first: int


def runs_of(path: Path, records: int) -> tuple[bytes, tuple[Run, ...]] | None:
    """Return a file's header, and where it can be cut into runs of so many records; None where it is read at once.

    A line break inside quotation marks ends no record. What is small, has other line ends, or is an export of Kobo or
    ODK, whose columns are settled by the whole table, is read at once.
    """
    if path.stat().st_size < LARGE:
        return None
    with path.open("rb") as file:
        header = file.readline(1 << 20)
    if not header.strip() or not header.endswith(b"\n") or header.count(b'"') % 2:
        return None
    names, _ = header_of(header, path)
    if kobo.is_kobo(names) or kobo.is_repeat(names) or "KEY" in names:
        return None
    ends = _record_ends(path, records)
    if ends is None:
        return None
    edges = [len(header), *ends]
    return header, tuple(
        Run(start, stop, first=2 + records * number) for number, (start, stop) in enumerate(pairwise(edges))
    )


def _record_ends(path: Path, records: int) -> list[int] | None:
    """Where each so-manieth record after the header ends, and the file; None where lines end with a return alone."""
    ends: list[int] = []
    seen, inside, position = -1, 0, 0  # the header is no record
    with path.open("rb") as file:
        while data := file.read(_AT_A_TIME):
            data += file.readline()  # so that a return and its line break are seen together
            letters = np.frombuffer(data, dtype=np.uint8)
            if np.any((letters[:-1] == _RETURN) & (letters[1:] != _NEWLINE)):
                return None
            quoted = (np.cumsum(letters == _QUOTE) + inside) % 2
            breaks = np.flatnonzero((letters == _NEWLINE) & (quoted == 0))
            number = seen + 1 + np.arange(len(breaks))
            ends += (position + 1 + breaks[(number > 0) & (number % records == 0)]).tolist()
            seen, inside, position = seen + len(breaks), int(quoted[-1]), position + len(data)
    return ends if ends and ends[-1] == position else [*ends, position]


def read_run(path: Path, header: bytes, run: Run) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a run's cells as text, and the number of each row in the file.

    Raises
    ------
    DataError
        As `read_delimited` does; rows are counted from the run's first one then.
    """
    with path.open("rb") as file:
        file.seek(run.start)
        frame = read_delimited(header + file.read(run.stop - run.start), path)
    return frame, places_of(frame, path).rows - 2 + run.first
