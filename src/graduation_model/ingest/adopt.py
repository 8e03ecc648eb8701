"""A table as read and its mapping in; the same table, and where the programme finds its questions in it, out."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from graduation_model.contract.instrument import Question
from graduation_model.errors import DataError
from graduation_model.ingest.codebooks import as_code
from graduation_model.ingest.identity import MASKED_HEADER
from graduation_model.ingest.mapping import Column, TableMapping
from graduation_model.ingest.multiple import columns_of, yes_no_of
from graduation_model.ingest.params import TableSource
from graduation_model.ingest.parts import Raw
from graduation_model.ingest.personal import MASK
from graduation_model.ingest.repeats import answers_of

CODEBOOK = "codebook"


def adopt(
    raw: Raw, mapping: TableMapping | None, *, name: str, questions: tuple[Question, ...], source: TableSource
) -> tuple[Raw, TableSource]:
    """Return a table with its mapping in effect, and where its questions stand; without a mapping, as they are.

    Answers that the mapping derives (of several answers in one cell, of members' rows) get a column each.

    Raises
    ------
    DataError
        Where the table lacks a column or a repeat that the mapping names.
    """
    if mapping is None:
        return raw, source
    _check_columns(raw.frame, mapping, name)
    by_name = {question.name: question for question in questions}
    columns: dict[str, str] = {**source.columns, **mapping.column_of}
    derived: dict[str, pd.Series] = {}

    def derive(question: str, values: object, title: str) -> None:
        title = title if title not in raw.frame.columns else f"{title} (mapped)"
        derived[title], columns[question] = values, title  # type: ignore[assignment]  # a scalar fills the column

    for multiple in mapping.multiple:
        for question, answers in yes_no_of(raw.frame, multiple).items():
            derive(question, answers, f"{multiple.column}: {question}")
    for rule in mapping.repeats:
        answers = answers_of(raw.frame, raw.sheets, raw.repeats, rule, by_name[rule.question])
        derive(rule.question, answers, f"{rule.repeat}: {rule.question}")
    for question in mapping.absent.questions if mapping.absent else ():
        derive(question, pd.Series(None, index=raw.frame.index, dtype="object"), f"(absent): {question}")
    version = source.codebook
    if mapping.codebook:
        derived[CODEBOOK], version = pd.Series(mapping.codebook, index=raw.frame.index, dtype="object"), CODEBOOK
    translated = {line.column: _translated(raw.frame[line.column], line) for line in mapping.columns if line.values}
    frame = pd.DataFrame({**{str(column): raw.frame[column] for column in raw.frame}, **translated, **derived})
    adopted = source.model_copy(
        update={
            "columns": {question: column for question, column in columns.items() if question not in source.dates},
            "dates": {
                date: rule.model_copy(update={"column": columns[date]}) if date in columns else rule
                for date, rule in source.dates.items()
            },
            "codebook": version,
            "absent": tuple(question for question in source.absent if question not in mapping.questions),
        }
    )
    return replace(raw, frame=frame), adopted


def _check_columns(frame: pd.DataFrame, mapping: TableMapping, name: str) -> None:
    missing = [column for column in mapping.column_of.values() if column not in frame.columns]
    if missing:
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        raise DataError(
            f"{len(missing)} columns of the mapping are not in the files: {', '.join(missing[:8])}{more}",
            where=name,
            mend="Has the header changed? Draft the mapping again with check --suggest, and confirm it",
        )


def _translated(raw: pd.Series, line: Column) -> pd.Series:
    """Cells -> the values that the mapping gives them; a cell that it does not name stays as it is."""
    meaning = {_word(cell): value for cell, value in line.values.items()}
    codes = as_code(raw)
    found = codes.str.split().str.join(" ").str.casefold().map(meaning)
    return found.where(found.notna(), raw.astype("object"))


def _word(cell: str) -> str:
    return " ".join(cell.split()).casefold()


def left_out(raw: Raw, mapping: TableMapping | None, *, name: str, read: set[str]) -> dict[str, dict[str, int]]:
    """Return what of a table's files is not read, for a manifest: sheets, repeats and columns, with their rows.

    Columns that an export adds by itself are not counted; nothing is said where nothing was left out.

    Parameters
    ----------
    raw : Raw
        After the door: what is personal was dropped, and counted, there.
    mapping : TableMapping, optional
    name : str
        The table's.
    read : set of str
        The columns that are read.
    """
    used = {rule.repeat for rule in mapping.repeats} if mapping else set()
    several = [columns_of(raw.frame.columns, multiple) for multiple in (mapping.multiple if mapping else ())]
    read = read.union(*several)
    columns = {
        f"{name}.{MASKED_HEADER.sub(MASK, str(column))}": int(raw.frame[column].notna().sum())
        for column in raw.frame.columns
        if column not in read and not is_the_exports_own(str(column))
    }
    done = {
        "ignored_sheets": dict(raw.ignored_sheets),
        "ignored_repeats": {
            rows.file: len(rows.frame) for rows in raw.repeats if not used & {rows.name, rows.name.rsplit(".", 1)[0]}
        },
        "ignored_columns": {column: rows for column, rows in columns.items() if rows},
        "absent_questions": {
            f"{name}.{question}": len(raw.frame)
            for question in (mapping.absent.questions if mapping and mapping.absent else ())
        },
    }
    return {what: found for what, found in done.items() if found}


# fmt: off
_EXPORTS = frozenset({
    "start", "end", "today", "deviceid", "username", "phonenumber", "instance_version", "instrument_version",
    "KEY", "instanceID", "meta-instanceID", "SubmissionDate", "SubmitterID", "SubmitterName", "AttachmentsPresent",
    "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion",
})
# fmt: on


def is_the_exports_own(column: str) -> bool:
    """Tell whether a column is one that Kobo or ODK adds to every export."""
    return column.startswith("_") or column in _EXPORTS
