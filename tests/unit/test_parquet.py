"""A parquet file reads the same as by pandas, from disk and from bytes; what is no parquet is an error."""

import pandas as pd
import pytest

from graduation_model.parquet import read_frame, read_table


def test_a_file_and_its_bytes_read_as_pandas_reads_them(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b", None], "n": [1.5, None, 3.0], "d": pd.to_datetime(["2020-01-01"] * 3)})
    path = tmp_path / "district=3" / "a.parquet"  # a folder's name is no column
    path.parent.mkdir()
    frame.assign(kind=frame["id"].astype("category")).to_parquet(path)
    expected = pd.read_parquet(path, partitioning=None)
    pd.testing.assert_frame_equal(read_frame(path), expected)
    pd.testing.assert_frame_equal(read_frame(path.read_bytes()), expected)
    assert read_table(path).column_names == ["id", "n", "d", "kind"]


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more"])
def test_what_is_no_parquet_is_an_error_of_the_system_or_of_values(tmp_path, content):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    for source in (path, content, tmp_path / "missing.parquet"):
        with pytest.raises((OSError, ValueError)):
            read_frame(source)
