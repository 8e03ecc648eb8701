"""`record correct`: a file with one family's corrections in; checked, and kept beside the data for every reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from graduation_model.commands.inputs import (
    ProgrammeLike,
    no_such_family,
    one_family,
    open_key,
    open_programme,
    read_tables,
)
from graduation_model.commands.outputs import beside, locked_all
from graduation_model.config import Programme
from graduation_model.contract.checks import check_across, check_answers
from graduation_model.contract.tables import KEYS, Tables
from graduation_model.errors import DataError, OutputError
from graduation_model.ingest.corrections import COLUMNS, FILE, as_text, read_corrections, typed_answers
from graduation_model.ingest.formats import read_part
from graduation_model.ingest.notation import is_blank, read_dates
from graduation_model.ingest.personal import mask_runs
from graduation_model.ingest.typing import type_question
from graduation_model.scoring.work import sync

NEEDED = ("question", "answer", "reason", "date", "by")
OPTIONAL = ("table", "visit_date")
TABLES = ("assessments", "followups")
MEND = "Mend the file of corrections and run this again: nothing was kept"


@dataclass(frozen=True)
class Corrected:
    """What `record correct` kept.

    Attributes
    ----------
    path : Path
        The table of corrections.
    answers : int
        Answers corrected by this run.
    contradictions : tuple of str
        Cross-checks of the instrument that the corrected visit breaks now: people say which answer is right.
    """

    path: Path
    answers: int
    contradictions: tuple[str, ...]

    def story(self) -> str:
        """What was kept and what to do next, for a terminal."""
        lines = [f"{self.answers:,} answers of one family corrected; kept in {self.path}. Source files are unchanged."]
        if self.contradictions:
            lines.append(f"Contradicts another answer now ({', '.join(self.contradictions)}): ask which one is right.")
        return "\n".join([*lines, "Every later reading uses them. Score the family again: score --household ID"])


def record_correct(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    household: str,
    file: str | Path,
    key: str | Path | None = None,
    mapping: str | Path | None = None,
) -> Corrected:
    """Keep a family's corrections beside the data.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        The data folder; gets `corrections.parquet`, to which rows are only ever added. Nothing else in it changes.
    household
        The family's id as the lists show it, or, with `key`, as the source files have it.
    file
        .csv, .xlsx or .parquet with the columns question, answer, reason, date, by; `visit_date` where it is not the
        last visit, and `table` (assessments, followups) where it is not the assessment. An answer is written as the
        field writes it: a number, yes/no, a choice by its name or label; empty takes an answer back.
    key
        The key file that the data are read with, where they are.
    mapping
        Which column is which question, where the data are read through a mapping; default the `mapping.yaml` in the
        data folder, if any.

    Raises
    ------
    DataError
        Where the family or visit is not there, or a row is none that the instrument allows: with its row and column.
    """
    programme, secret = open_programme(programme), open_key(key, data)
    given = _read(Path(file))
    tables = read_tables(programme, data, need_followups=False, key=secret, mapping=mapping)
    family = one_family(household, secret)
    visits = {name: _visits(tables, name, family) for name in TABLES}
    if all(dates.empty for dates in visits.values()):
        raise no_such_family("this data")
    rows = _checked(given, programme, visits, Path(file)).assign(household_id=family)[list(COLUMNS)]
    path = Path(data) / FILE
    _add(rows, path)
    return Corrected(path.resolve(), len(rows), _contradictions(rows, tables, programme))


def _read(path: Path) -> pd.DataFrame:
    if path.suffix not in (".csv", ".xlsx", ".parquet") or not path.is_file():
        raise DataError("There is no such .csv, .xlsx or .parquet file", where=path, mend="Give --file its name")
    frame = read_part(path).reset_index(drop=True)
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise DataError(
            f"Columns are missing: {', '.join(missing)}", where=path, mend=f"Write {', '.join(NEEDED)} in the first row"
        )
    odd = [name for name in frame.columns if name not in (*NEEDED, *OPTIONAL)]
    if odd:
        raise DataError(
            f"{len(odd)} columns have no meaning here", where=path, mend=f"Keep {', '.join((*NEEDED, *OPTIONAL))} alone"
        )
    for name in OPTIONAL:
        frame[name] = frame[name] if name in frame.columns else None
    return frame


def _visits(tables: Tables, name: str, family: str) -> pd.Series:
    """The dates of a family's visits, also of those that were set aside whole: a correction may bring them back."""
    household, date = KEYS[name]
    frames = [getattr(tables, name)] + ([tables.set_aside] if name == "assessments" else [])
    dates = [frame.loc[(frame[household] == family).to_numpy(dtype=bool), date] for frame in frames]
    return pd.concat([part.astype("datetime64[s]") for part in dates]).dropna().drop_duplicates().sort_values()


def _checked(given: pd.DataFrame, programme: Programme, visits: dict[str, pd.Series], path: Path) -> pd.DataFrame:
    """The corrections as they are kept, every row held to the instrument."""
    table = given["table"].where(~is_blank(given["table"]), "assessments").astype("str")
    _refuse(~table.isin(TABLES), path, "table", f"one of {', '.join(TABLES)}")
    last = table.map({name: dates.iloc[-1] if len(dates) else pd.NaT for name, dates in visits.items()})
    visit = read_dates(given["visit_date"].astype("object"))
    _refuse(visit.isna() & ~is_blank(given["visit_date"]), path, "visit_date", "a date as YYYY-MM-DD")
    visit = visit.fillna(last.astype("datetime64[s]"))
    there = [date in set(visits[name]) for name, date in zip(table, visit, strict=True)]
    _refuse(~pd.Series(there), path, "visit_date", "the date of a visit that this family had")
    day = read_dates(given["date"].astype("object"))
    _refuse(day.isna() | (day < visit), path, "date", "a date as YYYY-MM-DD, not before the visit")
    for name in ("reason", "by"):
        _refuse(is_blank(given[name]), path, name, "something written")
    answers = [
        _answer(place, str(row["question"]), row["answer"], programme, table[place], path)
        for place, row in enumerate(given[["question", "answer"]].to_dict(orient="records"))
    ]
    return pd.DataFrame(
        {
            "table": table,
            "visit_date": visit,
            "question": given["question"].astype("str"),
            "answer": answers,
            "reason": mask_runs(given["reason"].astype("str"))[0],
            "corrected_on": day,
            "corrected_by": mask_runs(given["by"].astype("str"))[0],
        }
    )


def _answer(place: int, name: str, raw: object, programme: Programme, table: str, path: Path) -> str:
    """One answer as it is kept: typed, checked, and written as the instrument names it. A file has a few rows."""
    is_assessment = table == "assessments"
    known = programme.instrument.by_name if is_assessment else programme.instrument.followup_by_name
    source = programme.ingest.assessments if is_assessment else programme.ingest.followups
    question = known.get(name)
    at = pd.Series([row == place for row in range(place + 1)])
    if question is None or question.derived is not None or name in source.absent:
        _refuse(at, path, "question", "a question that is asked, and that the source of this table has")
    assert question is not None  # _refuse does not come back
    typed = type_question(pd.Series([raw], dtype="object"), question, None, ())
    _refuse(at & bool(typed.failed.iloc[0]), path, "answer", typed.expected)
    faults = check_answers(pd.DataFrame({name: typed.values}), (question,)).table
    if len(faults):
        _refuse(at, path, "answer", str(faults["expected"].iloc[0]))
    kept = as_text(typed.values.iloc[0], question)
    return str(mask_runs(pd.Series([kept]))[0].iloc[0]) if question.kind == "text" else kept


def _refuse(wrong: pd.Series, path: Path, column: str, expected: str) -> None:
    """Stop at the first rows that are wrong: told by their place in the file, never by what stands there."""
    rows = wrong.reset_index(drop=True)
    if rows.any():
        places = ", ".join(str(place + 2) for place in rows.index[rows][:5])
        raise DataError(f"Row {places}: expected is {expected}", where=f"{path}, column {column}", mend=MEND)


def _add(rows: pd.DataFrame, path: Path) -> None:
    work = beside(path)
    try:
        with locked_all([path]):  # two who correct at once: neither's rows are lost
            before = read_corrections(path.parent).table
            table = pd.concat([before, rows.astype(before.dtypes.to_dict())], ignore_index=True)
            try:
                table.to_parquet(work, index=False)
                sync(work)
                work.replace(path)
                sync(path.parent)
            finally:
                work.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"The corrections cannot be kept ({error.strerror or type(error).__name__})",
            where=path,
            mend="Check your rights to the data folder and the free space",
        ) from error


def _contradictions(rows: pd.DataFrame, tables: Tables, programme: Programme) -> tuple[str, ...]:
    """The cross-checks that the corrected assessments break."""
    mine = rows[rows["table"] == "assessments"]
    household, date = KEYS["assessments"]
    visits = tables.assessments
    visits = visits[visits[household].isin(mine["household_id"]) & visits[date].isin(mine["visit_date"])].copy()
    for row in mine.to_dict(orient="records"):
        question = programme.instrument.by_name[str(row["question"])]
        at = (visits[date] == row["visit_date"]).to_numpy()
        new = typed_answers(pd.Series([row["answer"]] * len(visits), index=visits.index, dtype="object"), question)
        visits[question.name] = visits[question.name].where(~at, new)
    return tuple(sorted(set(check_across(visits, programme.instrument.cross_checks).table["rule"])))
