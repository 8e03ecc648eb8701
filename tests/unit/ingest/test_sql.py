"""A table in a database comes in as a file would, read only; no message, log or result repeats an address."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from decimal import Decimal

import pandas as pd
import pytest

from graduation_model.errors import UserError
from graduation_model.ingest.formats import digest_of, read_part
from graduation_model.ingest.load import load_tables
from lib import postgres
from lib.small import codebooks, ingest_params, raw_assessments, small_instrument


@pytest.fixture(scope="module")
def server():
    """A server with the small assessments; CI fails without PostgreSQL, a laptop skips."""
    folder = postgres.programs()
    if folder is None and os.environ.get("CI") != "true":
        pytest.skip("PostgreSQL is not installed here: `apt-get install postgresql` to run these tests")
    assert folder is not None, "CI needs PostgreSQL: .ci/run installs it"
    with postgres.running(folder) as running:
        yield running


@pytest.fixture(scope="module")
def filled(server):
    import psycopg

    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA "data dinas"')
        connection.execute(
            'CREATE TABLE "data dinas"."Asesmen; 2020" (household_id text, year int, village text, district varchar(4),'
            " status smallint, n_people bigint, rooms numeric, income numeric(12, 2), floor int, member bool)"
        )
        with connection.cursor() as cursor:
            rows = raw_assessments(member=[True, True, False]).astype(object).to_numpy().tolist()
            connection.execute('CREATE VIEW "data dinas".asesmen AS SELECT * FROM "data dinas"."Asesmen; 2020"')
            cursor.executemany(f'INSERT INTO "data dinas"."Asesmen; 2020" VALUES ({", ".join(["%s"] * 10)})', rows)
    return server


def _yaml(folder, text, name="assessments.sql.yaml"):
    (folder / name).write_text(text)
    return folder / name


def _sqlite(folder, frame, table="asesmen"):
    connection = sqlite3.connect(folder / "dinas.db")
    with connection:
        frame.to_sql(table, connection, index=False)
    connection.close()


def _load(folder):
    return load_tables(
        folder, instrument=small_instrument(), params=ingest_params(), codebooks=codebooks(), need_followups=False
    )


def _from_a_file(folder):
    folder.mkdir()
    raw_assessments().to_csv(folder / "assessments.csv", index=False)
    return _load(folder).assessments


def test_sqlite_gives_the_tables_that_a_csv_gives(tmp_path):
    _sqlite(tmp_path, raw_assessments())
    _yaml(tmp_path, "url: sqlite:///dinas.db\ntable: asesmen\n")
    pd.testing.assert_frame_equal(_load(tmp_path).assessments, _from_a_file(tmp_path / "csv"))


WHERE = [
    'table: "Asesmen; 2020"\nschema: data dinas\n',
    """query: SELECT * FROM "data dinas".asesmen WHERE village LIKE '%' AND ':x' <> '%s'\n""",
]


@pytest.mark.parametrize("where", WHERE, ids=["table", "query"])
def test_postgresql_gives_the_tables_that_a_csv_gives(filled, tmp_path, monkeypatch, where):
    monkeypatch.setenv("DINAS_DB", filled.url)
    _yaml(tmp_path, f"url_from: DINAS_DB\n{where}")
    found = _load(tmp_path)
    pd.testing.assert_frame_equal(found.assessments, _from_a_file(tmp_path / "csv"))
    assert found.quarantine.empty


def test_postgresql_is_read_only(filled, tmp_path, monkeypatch):
    monkeypatch.setenv("DINAS_DB", filled.url)
    writes = 'WITH gone AS (DELETE FROM "data dinas".asesmen RETURNING *) SELECT * FROM gone'
    path = _yaml(tmp_path, f"url_from: DINAS_DB\nquery: {writes}\n")
    with pytest.raises(UserError, match=r"refused the query \(ReadOnlySqlTransaction\)"):
        read_part(path)


def test_sqlite_is_read_only(tmp_path):
    _sqlite(tmp_path, raw_assessments())
    path = _yaml(
        tmp_path, "url: sqlite:///dinas.db\nquery: WITH x AS (SELECT 1) INSERT INTO asesmen SELECT * FROM asesmen\n"
    )
    with pytest.raises(UserError, match=r"refused the query \(OperationalError\)"):
        read_part(path)


def test_the_hash_is_of_the_rows_whatever_their_order(tmp_path):
    _sqlite(tmp_path, raw_assessments())
    digests = set()
    for order in ("household_id", "household_id DESC", "year DESC"):
        path = _yaml(tmp_path, f"url: sqlite:///dinas.db\nquery: SELECT * FROM asesmen ORDER BY {order}\n")
        digests.add(digest_of(path, read_part(path)))
    path = _yaml(tmp_path, "url: sqlite:///dinas.db\nquery: SELECT * FROM asesmen WHERE rooms > 1\n")
    assert len(digests) == 1
    assert digest_of(path, read_part(path)) not in digests
    assert _load(tmp_path).sources == {"assessments.sql.yaml": digest_of(path, read_part(path))}


def test_whole_decimals_are_whole_numbers_and_what_is_no_cell_is_shown_as_an_error(filled, tmp_path, monkeypatch):
    monkeypatch.setenv("DINAS_DB", filled.url)
    query = "SELECT 1250000.00::numeric a, 0.5::numeric b, 'NaN'::numeric c, now() d, decode('00', 'hex') e, '' f"
    frame = read_part(_yaml(tmp_path, f'url_from: DINAS_DB\nquery: "{query}"\n'))
    row = frame.iloc[0]
    assert [row["a"], row["b"], row["c"], row["e"], row["f"]] == [1250000, 0.5, "NaN", "#ERROR", None]
    assert not isinstance(row["a"], Decimal)
    assert row["d"].tzinfo is None


REFUSED = [
    ("url: postgresql://dinas:geheim-77@host/db\ntable: t\n", "A password stands in this file"),
    ("url: postgresql://dinas@host/db?password=geheim-77\ntable: t\n", "A password stands in this file"),
    ("url_from: NOT_SET_ANYWHERE\ntable: t\n", "environment variable NOT_SET_ANYWHERE, .* is not set"),
    ("url: 'geheim-77'\ntable: t\n", "no address of a database"),
    ("url: 'postgresql://host:geheim-77/db'\ntable: t\n", "no address of a database"),
    ("url: oracle://host/db\ntable: t\n", "Databases of kind oracle are not read"),
    ("url: sqlite:///nowhere.db\ntable: t\n", "no such SQLite file"),
    ("url: sqlite:///dinas.db\ntable: nowhere\n", r"refused the table \(OperationalError\)"),
    ("url: sqlite:///dinas.db\ntable: 'asesmen\"; DROP TABLE asesmen; --'\n", r"refused the table"),
    ("url: sqlite:///dinas.db\nquery: SELECT 1; DROP TABLE asesmen\n", "must be one SELECT"),
    ("url: sqlite:///dinas.db\nquery: DROP TABLE asesmen\n", "must be one SELECT"),
    ("url: sqlite:///dinas.db\nquery: SELECT 1 AS a, 2 AS a\n", "Column a stands there twice"),
    ("url: sqlite:///dinas.db\nquery: SELECT * FROM asesmen WHERE 0\n", "holds no rows"),
    ("url: sqlite:///dinas.db\n", "needs either table or query"),
    ("table: t\n", "needs either url_from"),
    ("url: sqlite:///dinas.db\ntabel: t\n", "'tabel' is not a setting"),
    ("- [\n", "does not parse"),
    ("", "the whole file"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_one_line_that_holds_no_password(tmp_path, caplog, text, message):
    _sqlite(tmp_path, raw_assessments())
    path = _yaml(tmp_path, text)
    with caplog.at_level(logging.DEBUG), pytest.raises(UserError, match=message) as caught:
        read_part(path)
    for said in (str(caught.value), repr(caught.value.__cause__), caplog.text):
        assert "geheim-77" not in said
    assert "\n" not in str(caught.value)
    with sqlite3.connect(tmp_path / "dinas.db") as connection:
        assert connection.execute("SELECT count(*) FROM asesmen").fetchone() == (3,)
    connection.close()


@pytest.mark.parametrize(
    "change", [("rahasia-8241", "falsch-99"), ("/postgres?", "/nowhere?"), ("host=/tmp/", "host=/tmp/x")]
)
def test_a_server_that_does_not_let_us_in_is_named_without_its_address(server, tmp_path, monkeypatch, caplog, change):
    monkeypatch.setenv("DINAS_DB", server.url.replace(*change))
    path = _yaml(tmp_path, "url_from: DINAS_DB\ntable: t\n")
    with caplog.at_level(logging.DEBUG), pytest.raises(UserError, match="cannot be reached") as caught:
        read_part(path)
    for said in (str(caught.value), repr(caught.value.__cause__), caplog.text):
        assert not {word for word in ("falsch-99", "rahasia-8241", "/tmp/pg-") if word in said}


def test_without_its_driver_the_command_that_installs_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    _yaml(tmp_path, "url: postgresql+psycopg://localhost/dinas\nquery: SELECT * FROM asesmen ORDER BY household_id\n")
    with pytest.raises(UserError, match=r"pip install 'graduation-model\[postgres\]'"):
        _load(tmp_path)
