"""Named arrays in, one parquet file's bytes out, and back: numbers of a model that are no text."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pandas as pd

from graduation_model.parquet import read_frame


def arrays_to_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Write arrays in the order of their names; integers and floats become 32 bits."""
    rows = [
        {"name": name, "shape": list(np.shape(array)), "values": np.ravel(array).astype("float32")}
        for name, array in sorted(arrays.items())
    ]
    buffer = io.BytesIO()
    pd.DataFrame(rows, columns=["name", "shape", "values"]).to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def arrays_from_bytes(content: bytes) -> dict[str, np.ndarray]:
    """Return the arrays that `arrays_to_bytes` wrote, as float64.

    Raises
    ------
    ValueError
        If a shape does not fit its values.
    """
    table = read_frame(content)
    return {
        name: np.asarray(values, dtype="float64").reshape([int(size) for size in shape])
        for name, shape, values in zip(table["name"], table["shape"], table["values"], strict=True)
    }
