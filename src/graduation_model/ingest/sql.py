"""A table that stands in a database in; its rows, read only, as any other file's, out.

`assessments.sql.yaml` in the data folder says where. A password never stands there: the address comes from an
environment variable, and neither a message nor a manifest repeats it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import uuid
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd
from pydantic import Field, model_validator

from graduation_model.errors import ConfigError, DataError
from graduation_model.ingest.headers import refuse_twice
from graduation_model.ingest.places import Places, at_places
from graduation_model.params import Params, read_params

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

DIGEST = "sha256"
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_PATIENCE_SECONDS = 15
_READS = re.compile(r"\s*(?:select|with|table|values)\b", re.IGNORECASE)


class SqlSource(Params):
    """Where one table stands.

    Parameters
    ----------
    url_from
        The environment variable that holds the address, with its password.
    url
        The address itself, where it needs no password: `sqlite:///name.db`, beside this file.
    table, schema_name
        A table or view that is read whole.
    query
        Or one SELECT.
    """

    url_from: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    url: str | None = None
    table: str | None = Field(default=None, min_length=1, max_length=200)
    schema_name: str | None = Field(default=None, alias="schema", min_length=1, max_length=200)
    query: str | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> SqlSource:
        if (self.url_from is None) == (self.url is None):
            raise ValueError("needs either url_from (an environment variable) or url (an address without a password)")
        if (self.table is None) == (self.query is None):
            raise ValueError("needs either table or query")
        if self.query is not None and (not _READS.match(self.query) or ";" in self.query.strip().rstrip(";")):
            raise ValueError("query must be one SELECT, without a semicolon inside")
        return self


def read_sql(path: Path) -> pd.DataFrame:
    """Return the rows that a `.sql.yaml` names; `attrs["sha256"]` is a hash of what was read, whatever its order.

    Raises
    ------
    ConfigError
        Where the file does not say where the table stands, or says a password.
    DataError
        Where the database does not answer, or refuses.
    """
    source = read_params(path, SqlSource)
    engine = _engine(_address(source, path), path)
    try:
        with _opened(engine, path) as connection:
            names, rows = _rows(connection, source, path)
    finally:
        engine.dispose()
    refuse_twice(names, path)
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    frame = pd.DataFrame(
        {
            name: pd.Series([_plain(cell) for cell in column], dtype="object")
            for name, column in zip(names, columns, strict=True)
        }
    )
    frame.attrs[DIGEST] = _digest(names, frame)
    return at_places(frame, Places(rows=pd.RangeIndex(1, len(frame) + 1).to_numpy()))


def _address(source: SqlSource, path: Path) -> URL:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    text = source.url if source.url_from is None else os.environ.get(source.url_from)
    if not text:
        raise DataError(
            f"The environment variable {source.url_from}, which should hold the database's address, is not set",
            where=path,
            mend=f"Set it, such as {source.url_from}=postgresql://name:password@host/database",
        )
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Without its cause: that repeats the address, and so the password.
        raise DataError(
            "This is no address of a database",
            where=source.url_from or path,
            mend="Write it as postgresql://name:password@host/database or sqlite:///file.db",
        ) from None
    if source.url is not None and (url.password or any("password" in name for name in url.query)):
        raise ConfigError(
            "A password stands in this file, and goes wherever the data go",
            where=path,
            mend="Put the address into an environment variable and name it under url_from; change the password",
        )
    driver = DRIVERS.get(url.drivername.split("+")[0])
    if driver is None:
        raise DataError(
            f"Databases of kind {url.drivername.split('+')[0]} are not read",
            where=path,
            mend="Use PostgreSQL or SQLite, or export the table as csv",
        )
    return url.set(drivername=driver)


def _engine(url: URL, path: Path) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    try:
        if url.drivername == "sqlite":
            file = (path.parent / (url.database or "")).resolve()
            if not file.is_file():
                raise DataError("There is no such SQLite file", where=file, mend=f"Mend its name in {path.name}")
            read_only = f"sqlite:///file:{quote(str(file))}?mode=ro&uri=true"
            return create_engine(read_only, poolclass=NullPool)
        options = {"options": "-c default_transaction_read_only=on", "connect_timeout": _PATIENCE_SECONDS}
        return create_engine(url, poolclass=NullPool, connect_args=options, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise DataError(
            "PostgreSQL needs a driver that is not installed",
            where=path,
            mend="pip install 'graduation-model[postgres]'",
        ) from error


def _opened(engine: Engine, path: Path) -> Connection:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        connection = engine.connect()
        return connection.execution_options(no_parameters=True, postgresql_readonly=True)
    except (SQLAlchemyError, OSError, UnicodeError) as error:
        raise DataError(
            f"The database cannot be reached ({_kind(error)})",
            where=path,
            mend="Check its address, name and password, and that it can be reached from here",
        ) from None


def _rows(connection: Connection, source: SqlSource, path: Path) -> tuple[list[str], Sequence[Any]]:
    from sqlalchemy import literal_column, select, table
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.sql import quoted_name

    try:
        if source.query is not None:
            result = connection.exec_driver_sql(source.query.strip().rstrip(";"))
        else:
            schema = quoted_name(source.schema_name, True) if source.schema_name else None
            whole = table(quoted_name(str(source.table), True), schema=schema)
            result = connection.execute(select(literal_column("*")).select_from(whole))
        return [" ".join(str(name).split()) for name in result.keys()], result.fetchall()  # noqa: SIM118
    except (SQLAlchemyError, UnicodeError, ValueError, OverflowError) as error:
        raise DataError(
            f"The database refused the {'query' if source.query else 'table'} ({_kind(error)})",
            where=path,
            mend="Check the names in it, and your right to read them",
        ) from None


def _kind(error: Exception) -> str:
    """The kind of the driver's own error: its text may repeat an address, or a row."""
    return type(getattr(error, "orig", None) or error).__name__


def _plain(cell: object) -> object:
    if isinstance(cell, Decimal):
        whole = cell.is_finite() and cell == cell.to_integral_value()
        return int(cell) if whole else float(cell) if cell.is_finite() else str(cell)
    if isinstance(cell, dt.datetime):
        return cell.replace(tzinfo=None)  # the day that the database's own clock shows
    if cell is None or isinstance(cell, str | int | float | dt.date):
        return None if cell == "" else cell
    return str(cell) if isinstance(cell, uuid.UUID | dt.time | dt.timedelta | list | dict) else "#ERROR"


def _digest(names: Sequence[str], frame: pd.DataFrame) -> str:
    lines = sorted(repr(row) for row in zip(*(frame[name] for name in names), strict=True))
    return hashlib.sha256("\n".join([repr(list(names)), *lines]).encode()).hexdigest()
