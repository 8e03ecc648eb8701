"""What reads what comes from outside, each once with damaged or hostile input: a seed in, `accepted` or `refused` out.

Whatever else comes of it is a fault: an exception that is no `UserError`, a process that hangs or takes all memory.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from ruamel.yaml import YAML

from graduation_model import config
from graduation_model.cli import main, main_group
from graduation_model.errors import UserError
from graduation_model.estimators.bundle import load_bundle, save_bundle
from graduation_model.explanation.contributions import contributions
from graduation_model.ingest.corrections import COLUMNS
from graduation_model.ingest.identity import read_key
from graduation_model.ingest.load import load_tables
from graduation_model.ingest.mapping import find_mapping, read_mapping
from graduation_model.params import read_params
from lib.fuzz.mutations import (
    ODD_TEXTS,
    ODD_VALUES,
    Table,
    odd_bytes,
    odd_cell,
    odd_lines,
    odd_table,
    odd_tree,
    odd_yaml,
    other_encoding,
)
from lib.learning import features, small_bundle
from lib.small import MAPPING, codebooks, field_visits, ingest_params, small_instrument
from lib.streamed import AS_OF, BUNDLE, PROGRAMME, province, words

ACCEPTED, REFUSED = "accepted", "refused"
FAMILIES = 6
Target = Callable[[Random, Path], None]


class CommandError(Exception):
    """A command ended with the code of a bug, or said nothing in one line."""


# --- files that are not damaged yet


def _cells(frame: pd.DataFrame) -> Table:
    return [list(frame.columns), *frame.to_numpy().tolist()]


FOLLOWED = pd.DataFrame(
    {
        "household_id": [f"h{n}" for n in range(FAMILIES)],
        "date": ["2017-12-31", "2018-12-31"] * 3,
        "status": ["poor", "not_poor"] * 3,
    }
)
SOURCE = "url: sqlite:///visits.db\nquery: SELECT * FROM visits ORDER BY household_id\n"


def _mapped() -> tuple[Table, Table]:
    """The visits as a form exports them, with rooms in a repeat, for MAPPING."""
    frame = (
        field_visits().rename(columns={"n_people": "People (id)", "floor": "Lantai"}).drop(columns=["rooms", "member"])
    )
    frame = frame.assign(ikut=["program", "lain program"] * 3, year="2016", Lantai=["Tanah", "Semen", "Semen"] * 2)
    rooms = pd.DataFrame({"luas": [9] * 14 + [2]})
    return _cells(frame), _cells(rooms)


def _beside(table: Table, rooms: Table, own: tuple[str, str], parents: tuple[str, str]) -> tuple[Table, Table]:
    """The two tables with the columns that tie a repeat to its form."""
    tied = [[*row, *(own if number == 0 else ("x", f"k{number}"))] for number, row in enumerate(table)]
    rooms = [
        [*row, *(parents if number == 0 else ("form", f"k{1 + number % FAMILIES}"))] for number, row in enumerate(rooms)
    ]
    return tied, rooms


# --- files of each format out of cells


def _as_csv(table: Table) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(table)
    return file.getvalue().encode("utf-8", "surrogatepass")


def _as_xlsx(sheets: dict[str, Table]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"nan_inf_to_errors": True, "default_date_format": "yyyy-mm-dd"}) as book:
        for name, table in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(table):
                for column, cell in enumerate(cells[:2000]):
                    with contextlib.suppress(TypeError, ValueError, NotImplementedError):
                        sheet.write(row, column, cell if not isinstance(cell, int) or abs(cell) < 2**63 else str(cell))
    return file.getvalue()


def _as_parquet(table: Table, rng: Random) -> bytes:
    """Columns of whatever type their cells are; where no type holds them all, as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: list[pa.Array] = []
    header = table[0] if table else []  # every row may be lost
    for place, _ in enumerate(header):
        values = [row[place] if place < len(row) else None for row in table[1:]]
        try:
            columns.append(_odd_type(pa.array(values), rng))
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            columns.append(pa.array([None if value is None else str(value) for value in values]))
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=[str(name) for name in header]), file)
    return file.getvalue()


def _odd_type(values: Any, rng: Random) -> Any:
    import pyarrow as pa

    if rng.random() > 0.15 or not len(values):
        return values
    types = ("large_string", "binary", "float16", "float32", "int8", "uint64", "bool_", "date32", "null")
    nested = (
        lambda: pa.array([[value] for value in values.to_pylist()]),
        lambda: pa.array([{"a": value} for value in values.to_pylist()]),
        lambda: values.drop_null().dictionary_encode() if values.null_count == 0 else values,
        lambda: values.cast(pa.timestamp("ns", "Asia/Jakarta")),
        lambda: values.cast(pa.decimal128(38, 9)),
        lambda: values.cast(getattr(pa, rng.choice(types))(), safe=False),
    )
    return rng.choice(nested)()


def _in_archive(whole: bytes, rng: Random) -> bytes:
    """One member of an archive changed, lost or there twice, while the archive itself is sound."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    place = rng.randrange(len(members))
    name, content = members[place]
    change = rng.randrange(5)
    if change == 0:
        del members[place]
    elif change == 1:
        members[place] = (rng.choice(("../../x", "/x", "a\\b", name.upper(), "x" * 5000)), content)
    elif change == 2:
        members.append(
            (rng.choice(("xl/worksheets/sheet9.xml", "padding", name + "x")), bytes(1 << rng.choice((10, 26))))
        )
    else:
        members[place] = (name, rng.choice((odd_bytes, odd_lines, _odd_xml))(content, rng))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def _odd_xml(content: bytes, rng: Random) -> bytes:
    entity = b'<!DOCTYPE a [<!ENTITY x "' + b"y" * 500 + b'"><!ENTITY z "' + b"&x;" * 500 + b'">]>'
    changes = (
        (b"<v>", b"<v>9e999"), (b't="s"', b't="e"'), (b't="s"', b't="d"'), (b"<f>", b"<f>1/0"), (b'r="B', b'r="XFD10'),
        (b"<row r=", b"<row r=\"1048576\" x="), (b"<c ", b"<c><c "), (b"</sheetData>", b""), (b"?>", b"?>" + entity),
        (b"UTF-8", b"UTF-16"), (b"count=", b"count=\"99999999\" x="), (b"<v>", b"<v>-1"), (b"ref=\"", b"ref=\"ZZZ9:"),
    )  # fmt: skip
    old, new = rng.choice(changes)
    return content.replace(old, new, rng.choice((1, 1, -1)))


# --- reading


def _load(folder: Path) -> None:
    parts: dict[str, Any] = {"instrument": small_instrument(), "params": ingest_params(), "codebooks": codebooks()}
    path = find_mapping(folder)
    mapping = read_mapping(path, programme="small", **parts) if path else None
    load_tables(folder, **parts, need_followups=(folder / "followups.csv").exists(), mapping=mapping)


def _table(folder: Path, ending: str, write: Callable[[Table, Random], bytes], rng: Random, **odd: Any) -> None:
    table = _cells(field_visits())
    whole = write(odd_table(table, rng, **odd) if rng.random() < 0.75 else table, rng)
    (folder / f"assessments.{ending}").write_bytes(whole)


def _csv(rng: Random, folder: Path) -> None:
    _table(folder, "csv", lambda table, _: _as_csv(table), rng, text_only=True)
    path = folder / "assessments.csv"
    if rng.random() < 0.6:
        path.write_bytes(rng.choice((odd_bytes, odd_lines, other_encoding))(path.read_bytes(), rng))
    if rng.random() < 0.4:
        followed = _as_csv(odd_table(_cells(FOLLOWED), rng, text_only=True))
        (folder / "followups.csv").write_bytes(followed if rng.random() < 0.7 else odd_lines(followed, rng))
    _load(folder)


def _xlsx(rng: Random, folder: Path) -> None:
    _table(folder, "xlsx", lambda table, _: _as_xlsx({"Kec. A": table, "Kec. B": table[:1]}), rng)
    path = folder / "assessments.xlsx"
    if rng.random() < 0.5:
        path.write_bytes(rng.choice((odd_bytes, _in_archive, _in_archive))(path.read_bytes(), rng))
    _load(folder)


def _parquet(rng: Random, folder: Path) -> None:
    _table(folder, "parquet", _as_parquet, rng)
    path = folder / "assessments.parquet"
    if rng.random() < 0.3:
        path.write_bytes(odd_bytes(path.read_bytes(), rng))
    _load(folder)


def _odk(rng: Random, folder: Path) -> None:
    form, rooms = (odd_table(one, rng, text_only=True) if rng.random() < 0.5 else one for one in _mapped())
    form, rooms = _beside(form, rooms, ("SubmissionDate", "KEY"), ("KEY", "PARENT_KEY"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("asesmen.csv", _as_csv(form))
        archive.writestr("kamar.csv", _as_csv(rooms))
    whole = file.getvalue()
    change = rng.choice((odd_bytes, _in_archive, lambda content, _: content))
    (folder / "assessments.zip").write_bytes(change(whole, rng))
    (folder / "mapping.yaml").write_text(MAPPING)
    _load(folder)


def _kobo(rng: Random, folder: Path) -> None:
    form, rooms = (odd_table(one, rng) if rng.random() < 0.6 else one for one in _mapped())
    form, rooms = _beside(form, rooms, ("_uuid", "_index"), ("_parent_table_name", "_parent_index"))
    form[0] = [f"rumah/{name}" if isinstance(name, str) and rng.random() < 0.2 else name for name in form[0]]
    whole = _as_xlsx({"asesmen": form, "kamar": rooms})
    (folder / "assessments.xlsx").write_bytes(_in_archive(whole, rng) if rng.random() < 0.2 else whole)
    (folder / "mapping.yaml").write_text(MAPPING)
    _load(folder)


def _mapping(rng: Random, folder: Path) -> None:
    form, rooms = _beside(*_mapped(), ("SubmissionDate", "KEY"), ("KEY", "PARENT_KEY"))
    with zipfile.ZipFile(folder / "assessments.zip", "w") as archive:
        archive.writestr("asesmen.csv", _as_csv(form))
        archive.writestr("kamar.csv", _as_csv(rooms))
    (folder / "mapping.yaml").write_bytes(odd_yaml(MAPPING, _tree(MAPPING), rng))
    _load(folder)


def _sql(rng: Random, folder: Path) -> None:
    table = odd_table(_cells(field_visits()), rng)
    frame = pd.DataFrame(table[1:], columns=[str(name) for name in table[0]]) if _is_even(table) else field_visits()
    frame = frame.loc[:, ~frame.columns.str.lower().duplicated() & (frame.columns != "")]
    connection = sqlite3.connect(folder / "visits.db")
    with contextlib.suppress(Exception), connection:  # what a database cannot hold never comes out of one
        frame.to_sql("visits", connection, index=False)
    connection.close()
    source = odd_yaml(SOURCE, _tree(SOURCE), rng) if rng.random() < 0.5 else SOURCE.encode()
    (folder / "assessments.sql.yaml").write_bytes(source)
    _load(folder)


def _is_even(table: Table) -> bool:
    return bool(table) and all(len(row) == len(table[0]) for row in table)


def _corrections(rng: Random, folder: Path) -> None:
    (folder / "assessments.csv").write_bytes(_as_csv(_cells(field_visits())))
    row = ["h1", "assessments", pd.Timestamp("2017-12-31"), "size", "4", "why", pd.Timestamp("2018-01-02"), "who"]
    whole = _as_parquet(odd_table([list(COLUMNS), row, row], rng), rng)
    (folder / "corrections.parquet").write_bytes(odd_bytes(whole, rng) if rng.random() < 0.2 else whole)
    _load(folder)


def _key(rng: Random, folder: Path) -> None:
    path = folder / "key"
    path.write_bytes(
        odd_bytes(rng.choice((b"", b"x" * 31, b"x" * 32, rng.randbytes(64))) * rng.choice((1, 1, 10**5)), rng)
    )
    read_key(path, data=None)


# --- settings


def _tree(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@cache
def _shipped(name: str) -> tuple[str, Any]:
    text = (PROGRAMME / name).read_text(encoding="utf-8")
    return text, _tree(text)


def parse_only_what_changed() -> None:
    """Parsing the same files again and again is most of what a programme takes to load."""
    read = cache(lambda path, model, content: read_params(path, model))
    before = {path: path.read_bytes() for path in sorted(PROGRAMME.rglob("*.yaml"))}

    def read_changed(path: Path, model: Any) -> Any:
        own = next((one for one in before if one.name == path.name), None)
        same = own is not None and path.is_file() and path.read_bytes() == before[own]
        return read(own, model, before[own]) if same else read_params(path, model)

    config.read_params = read_changed


def _programme(rng: Random, folder: Path, name: str, base: Path) -> None:
    """A programme's file changed; where it is still a programme, data are checked, selected and drawn with it."""
    own = Path(shutil.copytree(PROGRAMME, folder / "jamsosratu"))
    if name.endswith(".csv"):
        whole = (own / name).read_bytes()
        table = list(csv.reader(io.StringIO(whole.decode())))
        content = _as_csv(odd_table(table, rng, text_only=True)) if rng.random() < 0.6 else odd_bytes(whole, rng)
    else:
        content = odd_yaml(*_shipped(name), rng)
    (own / name).write_bytes(content)
    programme = config.load_programme(own)
    given = ["--programme", str(programme.folder)]
    commands = {
        "check": [*given, "--data", str(base / "data"), "--out", str(folder / "check")],
        "select": [*given, "--scores", str(base / "scores"), "--quota", "3", "--out", str(folder / "selection")],
        "dictionary": [*given, "--out", str(folder / "d.md")],
        "form": [*given, "--out", str(folder / "f.xlsx")],
    }
    command = rng.choice(("check", "select", "select", "dictionary", "form"))
    _command([command, *commands[command]])


# --- what other programs of ours wrote


def _bundle(rng: Random, folder: Path, base: Path) -> None:
    """A byte, the end or a whole file gone: refused by its hashes, whatever it says."""
    source = base / rng.choice(("bundle-lightgbm", "bundle-logistic", "bundle-stack"))
    own = Path(shutil.copytree(source, folder / "bundle"))
    before = {path.name: path.read_bytes() for path in own.iterdir()}
    path = rng.choice(sorted(own.iterdir()))
    change = rng.randrange(5)
    if change == 0:
        path.unlink()
    elif change == 1:
        path.write_text(json.dumps(rng.choice(ODD_VALUES[:16])))
    elif change == 2:
        (own / rng.choice(("x.pkl", "component_x.txt", "model.txt.bak"))).write_bytes(b"x")
    else:
        path.write_bytes(odd_bytes(path.read_bytes(), rng))
    load_bundle(own)
    if {path.name: path.read_bytes() for path in own.iterdir()} != before:
        raise CommandError("a changed bundle was taken for whole")


def _foreign_bundle(rng: Random, folder: Path, base: Path) -> None:
    """Somebody else's bundle, whose manifest fits its odd content: read, scored with, or refused."""
    own = Path(shutil.copytree(base / rng.choice(("bundle-lightgbm", "bundle-logistic", "bundle-stack")), folder / "b"))
    path = rng.choice([path for path in sorted(own.iterdir()) if path.name != "manifest.json"])
    whole = path.read_bytes()
    if path.suffix == ".json" and rng.random() < 0.7:
        content = json.dumps(odd_tree(json.loads(whole), rng)).encode()
    elif path.suffix == ".txt" and rng.random() < 0.7:
        content = _odd_model(whole, rng)
    else:
        content = rng.choice((odd_bytes, odd_lines))(whole, rng)
    path.write_bytes(content)
    manifest = {one.name: sha256(one.read_bytes()).hexdigest() for one in own.iterdir() if one.name != "manifest.json"}
    (own / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    bundle = load_bundle(own)
    X = features(5, seed=7)
    contributions(bundle, X[list(bundle.catalogue.names)] if set(bundle.catalogue.names) <= set(X) else X)


def _odd_model(whole: bytes, rng: Random) -> bytes:
    """One number of a tree, of another size or no number at all."""
    lines = whole.split(b"\n")
    place = rng.choice([n for n, line in enumerate(lines) if b"=" in line])
    name, _, values = lines[place].partition(b"=")
    cells = values.split(b" ")
    odd = (b"", b"-1", b"-2", b"99999999", b"4294967296", b"1e400", b"nan", b"inf", b"x", b"0", b"1e9")
    cells[rng.randrange(len(cells))] = rng.choice(odd)
    if rng.random() < 0.2:
        cells = cells[: rng.randrange(len(cells) + 1)] * rng.choice((1, 3))
    lines[place] = name + b"=" + b" ".join(cells)
    return b"\n".join(lines)


def _output(rng: Random, folder: Path, base: Path) -> None:
    """An output folder whose manifest or tables are not what they were."""
    scores = Path(shutil.copytree(base / "scores", folder / "scores"))
    path = rng.choice([path for path in sorted(scores.rglob("*")) if path.is_file()] + [scores / "manifest.json"] * 4)
    if path.name == "manifest.json" and rng.random() < 0.7:
        path.write_text(json.dumps(odd_tree(json.loads(path.read_text()), rng)))
    else:
        path.write_bytes(odd_bytes(path.read_bytes(), rng))
    given = ["--programme", str(PROGRAMME), "--scores", str(scores)]
    if rng.random() < 0.8:
        _command(["select", *given, "--out", str(folder / "selection")])
    else:
        _command(["check", "--programme", str(PROGRAMME), "--data", str(folder / "none"), "--out", str(scores)])


def _interrupted(rng: Random, folder: Path, base: Path) -> None:
    """What an interrupted run left, damaged since: gone on with, made again, or refused."""
    partial = Path(shutil.copytree(base / ".interrupted", folder / ".scores.partial"))
    files = [path for path in sorted(partial.rglob("*")) if path.is_file()]
    path = rng.choice([*files, *(one for one in files if one.suffix == ".json")])
    if path.suffix == ".json" and rng.random() < 0.6:
        path.write_text(json.dumps(odd_tree(json.loads(path.read_text()), rng)))
    else:
        path.write_bytes(odd_bytes(path.read_bytes(), rng))
    _command(words(base / "data", folder / "scores"))


# --- words typed


def _command(typed: list[str]) -> None:
    """Run a command; its refusal is raised, anything else than the house's codes and one plain message is a fault."""
    out, error, log = io.StringIO(), io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            code = main(typed)
    finally:
        logging.getLogger().removeHandler(handler)
    if code not in (0, 1, 2, 3):
        lines = log.getvalue().strip().splitlines() or [""]
        own = [line.strip().rpartition("/")[2] for line in lines if "graduation_model" in line and "File" in line]
        raise CommandError(f"exit code {code}: {lines[-1]} ({own[-1] if own else ''})")
    if code == 2:
        raise UserError(error.getvalue().strip() or "nothing said")


_STRANGE = ("x", "", "--version", "-h", "record", "record x", "check check")


@cache
def _commands() -> dict[str, list[str]]:
    """Every command with its options."""
    found = {}
    for name, command in main_group.commands.items():
        below = {f"{name} {sub}": one for sub, one in getattr(command, "commands", {}).items()} or {name: command}
        found |= {
            words: [name for one in made.params for name in one.opts if name[:2] == "--"]
            for words, made in below.items()
        }
    return found


def _arguments(rng: Random, folder: Path, base: Path) -> None:
    """A command with some of its options, their values as they should be, of another kind, or not at all."""
    for name in ("data", "scores", "selection"):  # a command may well write there
        shutil.copytree(base / name, folder / "base" / name)
    base, known = folder / "base", _commands()
    command = rng.choice((*known, *known, *_STRANGE))
    known_options = known.get(command, ["--out", "--x"])
    given = {
        "--programme": str(PROGRAMME), "--data": str(base / "data"), "--out": str(folder / "out"), "--as-of": AS_OF,
        "--model": str(BUNDLE), "--scores": str(base / "scores"), "--selection": str(base / "selection"),
        "--household": "H1", "--file": str(base / "data" / "assessments.parquet"), "--version": "1", "--approver": "A",
        "--from-data": str(base / "data" / "assessments.parquet"),
        "--last": str(base / "train"), "--tracking": str(folder),
    }  # fmt: skip
    needed = {
        "check": ("--programme", "--data"), "select": ("--programme", "--scores"),
        "due": ("--programme", "--data", "--as-of"),
        "report": ("--programme", "--selection"), "form": ("--programme",), "dictionary": ("--programme",),
        "promote": ("--programme", "--version", "--approver"), "replay": ("--scores", "--household"),
        "outcomes": ("--programme", "--data", "--as-of"), "retrain": ("--programme", "--data", "--as-of", "--last"),
        "record delete": ("--household",), "record correct": ("--programme", "--data", "--household", "--file"),
        "new": ("--from-data",), "monitor": ("--programme", "--data", "--as-of"), "history": ("--programme",),
        "score": ("--programme", "--data", "--as-of", "--model"),
    }  # fmt: skip
    right = [*needed.get(command, ()), *(["--out"] if "--out" in known_options and rng.random() < 0.9 else [])]
    typed = {name: given.get(name, "1") for name in right}
    for name in rng.sample(known_options, min(len(known_options), rng.choice((1, 1, 2)))):
        places = ("", "/dev/null", "/proc/self/mem", str(folder), str(base), str(base / "scores"), "s3://x/y", "~")
        typed[name] = rng.choice(
            (*places, *ODD_TEXTS, "2027-12-31", "10", "0", "-5", "id", "models:/x@y", "models:/x/1")
        )
    if command in ("demo", "simulate", "train"):
        typed["--households" if command != "train" else "--as-of"] = rng.choice(("0", "-1", "x", "1e3", ""))
    if "--engine" in typed or "--scheduler" in typed:
        typed["--scheduler"] = rng.choice(("", "x", "tcp://", "tcp://127.0.0.1:9", "tcp://127.0.0.1:99999"))
    if "--workers" in typed:
        typed["--workers"] = rng.choice(("0", "-1", "x"))
    flags = ("--rollback", "--pdf", "--restart", "--yes", "--messy")
    options = [word for name, value in typed.items() for word in ([name] if name in flags else [name, value])]
    folders = [str(base / "scores"), str(base / "selection"), "", "nowhere"]
    takes = {"compare": (2,), "history": (0, 1), "record export": (1, 2), "record delete": (1, 2)}.get(
        command, (0, 0, 0, 1)
    )
    _command([*command.split(" "), *options, *rng.sample(folders, rng.choice(takes))])


def _new(rng: Random, folder: Path) -> None:
    """A programme drafted from an odd file; what was drafted is opened, and its own file checked with it."""
    table = odd_table(_cells(field_visits()), rng, text_only=True)
    path = folder / rng.choice(("families.csv", "families.xlsx"))
    path.write_bytes(_as_csv(table) if path.suffix == ".csv" else _as_xlsx({"a": table}))
    more = [
        word
        for name in rng.sample(("--household", "--date", "--outcome", "--name"), 2)
        for word in (name, _column(table, rng))
    ]
    _command(["new", "--from-data", str(path), "--out", str(folder / "own"), *more])
    data = folder / "data"
    data.mkdir()
    shutil.copy(path, data / f"assessments{path.suffix}")
    _command(["check", "--programme", str(folder / "own"), "--data", str(data), "--out", str(folder / "check")])


def _column(table: Table, rng: Random) -> str:
    names = table[0] if table and table[0] else ["x"]
    return str(rng.choice(names)) if rng.random() < 0.9 else str(odd_cell(rng, text_only=True))


def _suggest(rng: Random, folder: Path) -> None:
    form, _ = _mapped()
    table = odd_table(form, rng, text_only=True)
    (folder / "assessments.csv").write_bytes(_as_csv(table))
    given = ["--programme", str(PROGRAMME), "--data", str(folder)]
    _command(["check", *given, "--suggest", str(folder / "mapping.yaml")])


def _record_correct(rng: Random, folder: Path, base: Path) -> None:
    data = Path(shutil.copytree(base / "data", folder / "data"))
    family = str(pd.read_parquet(data / "assessments.parquet")["household_id"].iloc[0])
    asked = [["question", "answer", "reason", "date", "by"], ["hh_size", "4", "counted again", "2021-01-05", "Siti"]]
    (folder / "asked.csv").write_bytes(_as_csv(odd_table(asked, rng, text_only=True)))
    given = ["--programme", str(PROGRAMME), "--data", str(data), "--household", family]
    _command(["record", "correct", *given, "--file", str(folder / "asked.csv")])


def _lines(rng: Random, folder: Path, base: Path) -> None:
    """Poverty lines beside the data, and the wave itself with cells that the programme's own kinds do not know."""
    data = Path(shutil.copytree(base / "data", folder / "data"))
    name = rng.choice(("poverty_lines", "assessments"))
    frame = pd.read_parquet(data / f"{name}.parquet").head(60)
    (data / f"{name}.parquet").write_bytes(_as_parquet(odd_table(_cells(frame.astype("object")), rng), rng))
    _command(["check", "--programme", str(PROGRAMME), "--data", str(data), "--out", str(folder / "check")])


# --- all of them


def prepare(base: Path) -> Path:
    """Write what the cases start from: a small wave, its scores and list, bundles, and what an interrupted run left."""
    base.mkdir(parents=True, exist_ok=True)
    province(base / "data", 12)
    assert main(words(base / "data", base / "scores")) == 0
    given = ["--programme", str(PROGRAMME), "--scores", str(base / "scores"), "--quota", "3"]
    assert main(["select", *given, "--out", str(base / "selection")]) == 0
    prepare_bundles(base)
    _leave_half_done(base)
    return base


def prepare_bundles(base: Path) -> None:
    """Write a small bundle of each kind."""
    for kind in ("lightgbm", "logistic", "stack"):
        save_bundle(small_bundle(kind, rounds=5), base / f"bundle-{kind}")


def _leave_half_done(base: Path) -> None:
    from graduation_model.scoring import run

    whole = run.collect
    try:
        run.collect = _stopped
        with contextlib.redirect_stderr(io.StringIO()):
            assert main(words(base / "data", base / "half")) == 2
    finally:
        run.collect = whole
    (base / ".half.partial").rename(base / ".interrupted")


def _stopped(*_: object) -> None:
    raise OSError(28, "No space left on device")


def targets(base: Path) -> dict[str, tuple[int, Target]]:
    """Every reader with its share of the cases, in thousandths."""

    def on(target: Callable[..., None], *more: object) -> Target:
        return lambda rng, folder: target(rng, folder, *more)

    programme = {name: on(_programme, name, base) for name in ("programme.yaml", "instrument.yaml", "umk.csv")}
    codebook = on(_programme, "codebooks/regsosek_2022.yaml", base)
    return {
        "csv": (190, _csv), "xlsx": (130, _xlsx), "parquet": (100, _parquet), "odk zip": (60, _odk),
        "kobo xlsx": (60, _kobo),
        "mapping.yaml": (70, _mapping), "sql source": (40, _sql), "corrections": (30, _corrections), "key": (10, _key),
        "programme.yaml": (60, programme["programme.yaml"]), "instrument.yaml": (40, programme["instrument.yaml"]),
        "codebook": (25, codebook), "programme's csv": (15, programme["umk.csv"]), "bundle": (30, on(_bundle, base)),
        "foreign bundle": (50, on(_foreign_bundle, base)), "output folder": (20, on(_output, base)),
        "interrupted run": (10, on(_interrupted, base)), "arguments": (30, on(_arguments, base)), "new": (10, _new),
        "suggest": (5, _suggest), "record correct": (5, on(_record_correct, base)), "wave": (10, on(_lines, base)),
    }  # fmt: skip


class Fuzzer:
    """Cases by number: the same number is the same case."""

    def __init__(self, base: Path) -> None:
        self.targets = targets(base)
        self.turns = [name for name, (share, _) in self.targets.items() for _ in range(share)]
        Random(0).shuffle(self.turns)

    def kind(self, case: int) -> str:
        """Which reader a case is about."""
        return self.turns[case % len(self.turns)]

    def run(self, case: int, folder: Path) -> str:
        """Do one case in an empty folder; what is neither accepted nor refused is raised."""
        with np.errstate(all="ignore"):
            try:
                self.targets[self.kind(case)][1](Random(case), folder)
            except UserError as error:
                if len(str(error).splitlines()) > 1 and not str(error).startswith("Usage"):
                    raise CommandError("a message of several lines") from error
                return REFUSED
        return ACCEPTED
