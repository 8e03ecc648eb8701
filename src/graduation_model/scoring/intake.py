"""The first pass: raw rows in blocks in; typed rows, divided among the parts of the families, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.ingest.blocks import read_block
from graduation_model.ingest.parts import Raw
from graduation_model.ingest.rows import TypedRows, sum_of, type_rows
from graduation_model.scoring.job import BATCH_ROWS, Job, part_of
from graduation_model.scoring.tables import read_slice, to_frame, write_slices
from graduation_model.scoring.work import Facts

FOLDER = "intake"
_ROWS, _FAULTS = ".rows", ".faults"
_STOOD, _PLACE = "stood:", "place:"


def take_block(job: Job, number: int) -> Facts:
    """Type one block of the table."""
    return take_in(job, number, read_block(job.blocks[number], BATCH_ROWS))


def take_in(job: Job, number: int, raws: Iterable[Raw]) -> Facts:
    """Type some raw rows and divide them among the parts."""
    files: dict[str, Path] = {}
    rows, counted = 0, []
    for place, raw in enumerate(raws):
        typed = type_rows(raw, job.reader)
        part = part_of(typed.table["household_id"], job.parts)
        start = f"{FOLDER}/{number:05d}-{place:04d}"
        for name, frame, of in (
            (start + _ROWS, _one_frame(typed), part),
            (start + _FAULTS, *_in_slices(typed.faults, part)),
        ):
            files[name] = job.work.write(name, partial(write_slices, frame, of, job.parts))
        rows += len(typed.table)
        counted.append(typed.by_column)
    facts = {
        "rows": rows,
        "by_column": sum_of(*counted),
        "names": typed.names,
        "told": list(typed.told),
        "files": sorted(files),
    }
    return job.work.finish(f"intake-{number:05d}", facts, files)


def rows_of(job: Job, part: int, taken: Sequence[Facts]) -> TypedRows:
    """Return the typed rows of one part of the families, in the order of the source."""
    paths = [job.work.folder / name for facts in taken for name in facts["files"] if name.endswith(_ROWS)]
    slices = [read_slice(path, part) for path in paths]
    frame = to_frame(slices)
    starts = np.cumsum([0, *(len(part_rows) for part_rows in slices)])
    faults = [read_slice(path.with_suffix(_FAULTS), part) for path in paths]
    first_row = np.repeat(starts[:-1], [len(cells) for cells in faults])
    cells = to_frame(faults)
    columns = [str(name) for name in frame.columns]
    stood = [name for name in columns if name.startswith(_STOOD)]
    places = [name for name in columns if name.startswith(_PLACE)]
    return TypedRows(
        table=frame.drop(columns=[*stood, *places]),
        faults=cells.assign(row=cells["row"] + first_row),
        stood=frame[stood].rename(columns=lambda name: name.removeprefix(_STOOD)),
        places=frame[places].rename(columns=lambda name: name.removeprefix(_PLACE)),
        names=taken[0]["names"],
        told=tuple(taken[0]["told"]),
        by_column={},
    )


def _one_frame(rows: TypedRows) -> pd.DataFrame:
    return pd.concat([rows.table, rows.stood.add_prefix(_STOOD), rows.places.add_prefix(_PLACE)], axis=1)


def _in_slices(faults: pd.DataFrame, part: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """The faults, each with its row's position in the slice of its part, and their parts."""
    order = np.argsort(part, kind="stable")
    position = np.empty(len(part), dtype=np.int64)
    position[order] = np.arange(len(part)) - np.searchsorted(part[order], part[order])
    rows = faults["row"].to_numpy(dtype=np.int64)
    text = dict.fromkeys(faults.columns.drop("row"), "str")
    return faults.assign(row=position[rows]).astype(text), part[rows]
