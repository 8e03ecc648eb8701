"""A table too large to be read at once: its parquet row groups, or runs of a csv's records, as blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.errors import DataError, pass_on_want_of_memory
from graduation_model.ingest.formats import find_parts, frame_of, partition_of, sha256_of, with_partition
from graduation_model.ingest.headers import refuse_twice
from graduation_model.ingest.lines import Run, read_run, runs_of
from graduation_model.ingest.parts import Raw, read_table
from graduation_model.ingest.reader import TableReader


@dataclass(frozen=True)
class Piece:
    """One row group of one parquet file.

    Attributes
    ----------
    path : Path
    shown : str
        The file as people see it in the data folder.
    group : int
    first : int
        The number of its first row in the file, counted from 1.
    rows : int
    texts : set of str
        Answers in text, which repeat: they are read as categories.
    """

    path: Path
    shown: str
    group: int
    first: int
    rows: int
    texts: set[str]

    def read(self, batch: int) -> Iterator[Raw]:
        """Read so many rows at a time."""
        import pyarrow.parquet as pq

        start = self.first
        try:
            with pq.ParquetFile(self.path, read_dictionary=self.texts) as file:
                for part in file.iter_batches(batch_size=batch, row_groups=[self.group], use_threads=False):
                    yield self._raw(part, start)
                    start += part.num_rows
        except (OSError, ValueError) as error:  # pyarrow's errors are either
            raise _damaged(self.path, error) from error

    def _raw(self, part, start: int) -> Raw:  # type: ignore[no-untyped-def]  # a pyarrow.RecordBatch
        import pyarrow as pa

        frame = frame_of(pa.Table.from_batches([part]), split_blocks=True)
        frame = frame.reset_index(drop=True)  # a file may bring an index
        return _raw(with_partition(frame, self.shown), self.shown, np.arange(start, start + len(frame)))


@dataclass(frozen=True)
class Records:
    """Neighbouring records of one csv file.

    Attributes
    ----------
    path, shown
        As of a piece.
    header : bytes
    run : Run
    rows : int
    """

    path: Path
    shown: str
    header: bytes
    run: Run
    rows: int

    def read(self, batch: int) -> Iterator[Raw]:
        """Read them all; they are no more than a batch."""
        frame, numbers = read_run(self.path, self.header, self.run)
        yield _raw(frame, self.shown, numbers)


@dataclass(frozen=True)
class Block:
    """Row groups that are read together: one large one, or as many small ones in a row as are no larger."""

    pieces: tuple[Piece | Records, ...]

    @property
    def rows(self) -> int:
        return sum(piece.rows for piece in self.pieces)


@dataclass(frozen=True)
class Source:
    """One table of a data folder, to be read in blocks or at once.

    Attributes
    ----------
    blocks : tuple of Block
        Of parquet files, or of one large csv file, without a mapping.
    whole : Raw, optional
        Any other table, as read.
    sources : dict
        Path -> sha256 of what is read.
    texts : dict, optional
        Column -> its distinct texts, where finding the blocks showed them.
    """

    blocks: tuple[Block, ...]
    whole: Raw | None
    sources: dict[str, str]
    texts: dict[str, pd.Series] | None = None

    @property
    def rows(self) -> int:
        return sum(block.rows for block in self.blocks) if self.whole is None else len(self.whole.frame)


def open_source(folder: Path, reader: TableReader, rows: int) -> Source:
    """Find a table's blocks. Sheets, small csv and databases, and what a mapping translates, are read at once.

    Parameters
    ----------
    rows : int
        About so many a block.

    Raises
    ------
    DataError
        Where a part is no parquet, is empty, or has other columns than the first one.
    """
    parts = find_parts(folder, reader.name)
    if not parts or reader.mapping is not None or any(part.suffix != ".parquet" for part in parts):
        return _runs(parts, folder, reader, rows) or _at_once(folder, reader)
    first: set[str] | None = None
    told = _told(reader)
    pieces: list[Piece] = []
    for part in parts:
        shown, start = part.relative_to(folder).as_posix(), 1
        columns, texts, groups = _contents(part)
        columns |= set(partition_of(shown))
        first = first or columns
        if columns != first:
            raise DataError(
                f"This part has other columns than the first one{_some_of((first ^ columns) & told)}",
                where=part,
                mend="Give all parts the same columns",
            )
        for group, size in enumerate(groups):
            pieces.append(Piece(part, shown, group, start, size, texts & told))
            start += size
    return Source(
        _gathered(pieces, rows), None, {part.relative_to(folder).as_posix(): sha256_of(part) for part in parts}
    )


def _some_of(columns: set[str], most: int = 5) -> str:
    """Columns that the programme names; how a part calls others may be anything."""
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return f": they differ in {', '.join(sorted(columns)[:most])}{more}" if columns else ""


def _gathered(pieces: Sequence[Piece], rows: int) -> tuple[Block, ...]:
    gathered: list[list[Piece]] = []
    size = rows
    for piece in pieces:
        if size + piece.rows > rows:
            gathered.append([])
            size = 0
        gathered[-1].append(piece)
        size += piece.rows
    return tuple(Block(tuple(some)) for some in gathered)


def read_block(block: Block, batch: int) -> Iterator[Raw]:
    """Read a block: small row groups together, a large one so many rows at a time.

    Raises
    ------
    DataError
        Where a file is damaged.
    """
    if len(block.pieces) == 1:
        yield from block.pieces[0].read(batch)
    else:
        parts = [part for piece in block.pieces for part in piece.read(batch)]
        yield Raw(
            frame=pd.concat([part.frame for part in parts], ignore_index=True),
            files=pd.concat([part.files for part in parts], ignore_index=True),
            rows=pd.concat([part.rows for part in parts], ignore_index=True),
            sources={},
        )


def _raw(frame: pd.DataFrame, shown: str, numbers: np.ndarray) -> Raw:
    return Raw(frame, pd.Series(shown, index=frame.index, dtype="object"), pd.Series(numbers), {})


def _at_once(folder: Path, reader: TableReader) -> Source:
    raw = read_table(folder, reader.name)
    return Source((), raw, raw.sources)


def _runs(parts: Sequence[Path], folder: Path, reader: TableReader, rows: int) -> Source | None:
    """A large csv's runs of records, once looked through; None where it is to be read at once, if only to say why not.

    Each run is read twice, but only one of them is in memory. Several csv files are several hands, whose habits are
    not one another's.
    """
    only_csv = len(parts) == 1 and parts[0].suffix == ".csv" and reader.mapping is None
    cut = runs_of(parts[0], rows) if only_csv else None
    if cut is None:
        return None
    path, (header, runs), told = parts[0], cut, _told(reader)
    shown = path.relative_to(folder).as_posix()
    found: dict[str, set[str]] = {}
    blocks = []
    try:
        for run in runs:
            frame, _ = read_run(path, header, run)
            if len(frame):  # a run may be blank
                blocks.append(Block((Records(path, shown, header, run, len(frame)),)))
            for name in told & set(frame.columns):
                found.setdefault(name, set()).update(frame[name].dropna().unique())
    except DataError:
        return None
    return Source(tuple(blocks), None, {shown: sha256_of(path)}, _sorted(found))


def habits_of(source: Source) -> dict[str, pd.Series]:
    """Return the distinct texts of the columns whose reading is settled by the whole column.

    Numbers, dates and yes that a program stored as such need nobody's habits: only columns of text are read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if source.texts is not None:
        return source.texts
    found: dict[str, set[str]] = {}
    for piece in (piece for block in source.blocks for piece in block.pieces if isinstance(piece, Piece)):
        try:
            with pq.ParquetFile(piece.path, read_dictionary=piece.texts) as file:
                columns = sorted(piece.texts)
                for part in file.iter_batches(1 << 17, row_groups=[piece.group], columns=columns, use_threads=False):
                    for name, column in zip(part.schema.names, part.columns, strict=True):
                        if pa.types.is_dictionary(column.type):
                            column = column.dictionary.take(column.indices.unique())
                        found.setdefault(name, set()).update(column.unique().drop_null().to_pylist())
        except (OSError, ValueError) as error:
            raise _damaged(piece.path, error) from error
    return _sorted(found)


def _told(reader: TableReader) -> set[str]:
    told = {reader.source.columns.get(one.name, one.name) for one in reader.questions if one.kind != "text"}
    return told | {rule.column for rule in reader.source.dates.values()}


def _sorted(found: dict[str, set[str]]) -> dict[str, pd.Series]:
    return {name: pd.Series(sorted(cells), dtype="object") for name, cells in found.items()}


def _contents(path: Path) -> tuple[set[str], set[str], list[int]]:
    """The columns, those of text among them, and the rows of each row group."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = [name for name, _ in _types(file)]
            texts = {name for name, kind in _types(file) if _is_text(kind)}
            groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    refuse_twice(names, path)
    if not sum(groups):
        raise DataError("The file holds no rows", where=path, mend="Put the data there, or take the file away")
    return set(names), texts, groups


def _types(file):  # type: ignore[no-untyped-def]  # a pyarrow.parquet.ParquetFile
    return [(field.name, field.type) for field in file.schema_arrow]


def _is_text(kind) -> bool:  # type: ignore[no-untyped-def]  # a pyarrow.DataType
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _damaged(path: Path, error: Exception) -> DataError:
    pass_on_want_of_memory(error)
    return DataError(
        f"The file cannot be read as parquet ({type(error).__name__})",
        where=path,
        mend="It may be empty, cut short or of another format: save it again and retry",
    )
