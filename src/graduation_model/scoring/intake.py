"""The first pass: raw rows in blocks in; typed rows, divided among the parts of the families, out.

Many parts are reached in two steps: rows are divided among groups of parts, and each group's among its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.ingest.blocks import read_block
from graduation_model.ingest.parts import Raw
from graduation_model.ingest.reader import TypedRows
from graduation_model.ingest.rows import sum_of, type_rows
from graduation_model.scoring.job import BATCH_ROWS, Job, part_of
from graduation_model.scoring.tables import plain_text, read_slice, to_frame, write_slices
from graduation_model.scoring.work import Facts

TAKEN, GATHERED = "intake", "gathered"
_ROWS, _FAULTS = ".rows", ".faults"
_STOOD, _PLACE = "stood:", "place:"


def take_block(job: Job, number: int) -> Facts:
    """Type one block of the table."""
    return take_in(job, number, read_block(job.blocks[number], BATCH_ROWS))


def take_in(job: Job, number: int, raws: Iterable[Raw]) -> Facts:
    """Type some raw rows and divide them among the groups of parts."""
    files: dict[str, Path] = {}
    rows, counted = 0, []
    for place, typed in enumerate(map(partial(type_rows, reader=job.reader), raws)):  # which lets go of the raw rows
        group = part_of(typed.table["household_id"], job.parts) // job.parts_a_group
        start = f"{TAKEN}/{number:05d}-{place:04d}"
        files |= _write(job, start, _one_frame(typed), typed.faults, group, job.groups)
        rows += len(typed.table)
        counted.append(typed.by_column)
        names, told = typed.names, list(typed.told)
        del typed  # before the next rows are read
    facts = {
        "rows": rows,
        "by_column": sum_of(*counted),
        "names": names,
        "told": told,
        "files": sorted(files),
    }
    return job.work.finish(f"intake-{number:05d}", facts, files)


def gather_group(job: Job, group: int, taken: Sequence[Facts]) -> Facts:
    """Bring one group's rows together, some blocks at a time, and divide them among its parts."""
    files: dict[str, Path] = {}
    paths = _rows_files(job, taken)
    for place, start in enumerate(range(0, len(paths), job.groups)):  # of so many blocks about one block's rows
        frame, faults = _read(paths[start : start + job.groups], group)
        part = part_of(frame["household_id"], job.parts) - group * job.parts_a_group
        files |= _write(job, f"{GATHERED}/{group:05d}-{place:04d}", frame, faults, part, job.parts_a_group)
    facts = {"names": taken[0]["names"], "told": taken[0]["told"], "files": sorted(files)}
    return job.work.finish(f"gather-{group:05d}", facts, files)


def rows_of(job: Job, part: int, sources: Sequence[Facts]) -> TypedRows:
    """Return the typed rows of one part of the families, in the order of the source.

    Parameters
    ----------
    sources : sequence of dict
        What `gather_group` returned for each group; of few parts, what `take_block` returned for each block.
    """
    if job.parts_a_group == 1:
        frame, cells = _read(_rows_files(job, sources), part)
    else:
        group, place = divmod(part, job.parts_a_group)
        frame, cells = _read(_rows_files(job, [sources[group]]), place)
    columns = [str(name) for name in frame.columns]
    stood = [name for name in columns if name.startswith(_STOOD)]
    places = [name for name in columns if name.startswith(_PLACE)]
    return TypedRows(
        table=frame.drop(columns=[*stood, *places]),
        faults=cells,
        stood=frame[stood].rename(columns=lambda name: name.removeprefix(_STOOD)),
        places=frame[places].rename(columns=lambda name: name.removeprefix(_PLACE)),
        names=sources[0]["names"],
        told=tuple(sources[0]["told"]),
        by_column={},
    )


def _rows_files(job: Job, sources: Sequence[Facts]) -> list[Path]:
    return [job.work.folder / name for facts in sources for name in facts["files"] if name.endswith(_ROWS)]


def _read(paths: Sequence[Path], place: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One slice of each file together: rows, and their faults with the row's position among these."""
    slices = [read_slice(path, place) for path in paths]
    starts = np.cumsum([0, *(len(rows) for rows in slices)])
    faults = [read_slice(path.with_suffix(_FAULTS), place) for path in paths]
    first_row = np.repeat(starts[:-1], [len(cells) for cells in faults])
    cells = to_frame(faults)
    return to_frame(slices), cells.assign(row=cells["row"] + first_row)


def _write(
    job: Job, name: str, frame: pd.DataFrame, faults: pd.DataFrame, of: np.ndarray, slices: int
) -> dict[str, Path]:
    """Write rows, and their faults, in slices; `of` is each row's."""
    return {
        name + kind: job.work.write(name + kind, partial(write_slices, table, place, slices))
        for kind, table, place in ((_ROWS, frame, of), (_FAULTS, *_in_slices(faults, of)))
    }


def _one_frame(rows: TypedRows) -> pd.DataFrame:
    """Rows beside what stood there, as text: the categories of ids would be read whole with every slice of a block."""
    stood = rows.stood.apply(plain_text).add_prefix(_STOOD)
    return pd.concat([rows.table, stood, rows.places.add_prefix(_PLACE)], axis=1)


def _in_slices(faults: pd.DataFrame, part: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """The faults, each with its row's position in the slice of its part, and their parts."""
    order = np.argsort(part, kind="stable")
    position = np.empty(len(part), dtype=np.int64)
    position[order] = np.arange(len(part)) - np.searchsorted(part[order], part[order])
    rows = faults["row"].to_numpy(dtype=np.int64)
    text = dict.fromkeys(faults.columns.drop("row"), "str")
    return faults.assign(row=position[rows]).astype(text), part[rows]
