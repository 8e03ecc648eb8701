"""Frames to files and back: Arrow for what the run itself reads again, parquet for what people get."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def write_slices(frame: pd.DataFrame, part: np.ndarray, parts: int, path: Path) -> None:
    """Write a frame as one Arrow file of `parts` batches: the rows of each part of the families, in their order.

    Parameters
    ----------
    part : array of int (n_rows,)
        The part of each row.
    """
    batch = _as_batch(frame)
    order = np.argsort(part, kind="stable")
    ends = np.searchsorted(part[order], np.arange(parts + 1))
    with pa.ipc.new_file(path, batch.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as file:
        for start, stop in pairwise(ends):
            file.write_batch(batch.take(pa.array(order[start:stop])) if parts > 1 else batch)


def _as_batch(frame: pd.DataFrame) -> pa.RecordBatch:
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    arrays = [_as_array(frame[name]) for name in frame]
    return pa.RecordBatch.from_arrays(arrays, names=schema.names).replace_schema_metadata(schema.metadata)


def _as_array(column: pd.Series) -> pa.Array:
    if column.dtype.kind == "f":  # as it lies there: a missing number is NaN here and when it is read
        return pa.array(column.to_numpy())
    array = pa.array(column, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def plain_text(column: pd.Series) -> pd.Series:
    """Return categories of text as that text."""
    return pd.Series(pd.array(pa.array(column).dictionary_decode(), dtype="str"), index=column.index)


def read_slice(path: Path, part: int) -> pa.Table:
    """Return the rows of one part out of a file of slices."""
    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as batches:
        return pa.Table.from_batches([batches.get_batch(part)], batches.schema)


def to_frame(tables: Sequence[pa.Table]) -> pd.DataFrame:
    """Return several slices as one frame."""
    return pa.concat_tables(tables, promote_options="permissive").to_pandas(split_blocks=True)


def write_arrow(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as one Arrow file."""
    write_slices(frame, np.zeros(len(frame), dtype=np.int64), 1, path)


def read_arrow(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read what `write_arrow` wrote, or some of its columns."""
    with pa.OSFile(str(path)) as file:
        options = pa.ipc.IpcReadOptions()
        if columns is not None:
            names = pa.ipc.open_file(file).schema.names
            options = pa.ipc.IpcReadOptions(included_fields=[names.index(name) for name in dict.fromkeys(columns)])
        with pa.ipc.open_file(file, options=options) as batches:
            return batches.read_all().to_pandas(split_blocks=True)


def write_parquet(frames: Iterable[pd.DataFrame], path: Path) -> int:
    """Write frames as one parquet file, a row group each; the same rows give the same bytes. Returns the rows.

    Numbers with decimals repeat seldom: a dictionary of them costs eight times the time and more room.
    """
    writer, rows = None, 0
    try:
        for frame in frames:
            table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
            if writer is None:
                text = [column.name for column in table.schema if not pa.types.is_floating(column.type)]
                writer = pq.ParquetWriter(path, table.schema, use_dictionary=text, compression="zstd")
            writer.write_table(table)
            rows += len(frame)
    finally:
        if writer is not None:
            writer.close()
    return rows
