"""One parquet file in, its table out.

`pyarrow.parquet.read_table`, and pandas through it, read by way of Arrow's reader of many files, which waits for ever
where the system refuses it memory (decision 108).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def read_table(source: Path | bytes) -> pa.Table:
    """Return a file, or the bytes of one, as Arrow holds it.

    Raises
    ------
    OSError, ValueError
        Where it cannot be read, or is no parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.BufferReader(source) if isinstance(source, bytes) else source) as file:
        return file.read()


def read_frame(source: Path | bytes) -> pd.DataFrame:
    """Return a file, or the bytes of one, as pandas holds it.

    Raises
    ------
    OSError, ValueError
        Where it cannot be read, or is no parquet.
    """
    frame: pd.DataFrame = read_table(source).to_pandas()
    return frame
