"""Raw rows of one table in, typed rows out, with every cell that failed: each row by itself, in any block of rows."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import replace

import numpy as np
import pandas as pd

from graduation_model.contract.checks import check_answers
from graduation_model.contract.instrument import Question, asked
from graduation_model.contract.tables import ANSWER_SET_ASIDE, KEYS, ROW_SET_ASIDE
from graduation_model.errors import DataError
from graduation_model.ingest.adopt import adopt, left_out
from graduation_model.ingest.codebooks import OWN, as_code, as_code_text
from graduation_model.ingest.derived import Against, computed, not_believed
from graduation_model.ingest.follow_ups import other_line_faults
from graduation_model.ingest.identity import Roles, enter
from graduation_model.ingest.params import Codebook, TableSource
from graduation_model.ingest.parts import Raw
from graduation_model.ingest.quarantine import masked, stood_there
from graduation_model.ingest.reader import TableReader, TypedRows
from graduation_model.ingest.typing import NOT_A_DATE, Typed, to_dates, type_question


def type_rows(raw: Raw, reader: TableReader) -> TypedRows:
    """Type rows of a table, at the door first, and find every cell that fails by itself.

    Raises
    ------
    DataError
        Where a column is missing, a version has no codebook, identity numbers would come in, or a visit has no poverty
        line.
    """
    name, meant = reader.name, reader.mapping
    raw, source = adopt(raw, meant, name=name, questions=asked(reader.questions), source=reader.source)
    source = source.model_copy(update={"keep": (*source.keep, *_told_in(raw.frame, source))})
    questions = tuple(question for question in reader.questions if question.name not in source.absent)
    told = asked(questions)
    if reader.fixed:
        source = source.model_copy(update={"absent": (*source.absent, *_not_there(raw.frame, told, source))})
        told = tuple(question for question in told if question.name not in source.absent)
    entered = enter(raw.frame, table=name, roles=_roles(name, told, source), key=reader.key)
    derived = tuple(question for question in questions if question.derived)
    unbelieved = not_believed(entered.frame, derived, source)
    claimed = _claimed(entered.frame, derived, source) if reader.told_of_line else None
    raw = replace(raw, frame=entered.frame.drop(columns=list(unbelieved)))
    _check_columns(raw.frame, name, told, source)
    typed, faults, no_answers = _type_by_file(raw, told, source, reader)
    required = {question.name for question in questions if question.need == "required"} | set(reader.keys)
    required |= set(source.same)
    typed, faults = _set_aside(typed, faults, required)
    if derived and reader.against:
        typed, broken = _derive(typed, faults, derived, reader.against, name, required)
        faults = pd.concat([faults, broken], ignore_index=True)
    faults = faults.assign(found=stood_there(faults, raw.frame, {**source.columns, **_date_columns(source)}))
    if claimed is not None:
        faults = pd.concat([faults, other_line_faults(claimed, typed)], ignore_index=True)
    typed = typed.assign(**{one.name: _nobody_said(one, typed.index) for one in questions if one.name not in typed})
    names = {**source.columns, **_date_columns(source)}
    flaggable = [column for column in reader.flaggable if names.get(column, column) in raw.frame]
    return TypedRows(
        table=typed,
        faults=faults,
        stood=pd.DataFrame(
            {column: masked(raw.frame[names.get(column, column)]) for column in flaggable}, index=raw.frame.index
        ),
        places=pd.DataFrame({"source_file": raw.files.to_numpy(), "source_row": raw.rows.to_numpy()}),
        names=names,
        told=tuple(question.name for question in told),
        by_column={
            **entered.counts(),
            **({"not_believed": unbelieved} if unbelieved else {}),
            **{
                reason: {f"{name}.{question}": n for question, n in said.items()} for reason, said in no_answers.items()
            },
            **left_out(raw, meant, name=name, read=set(_source_columns(name, told, source).values())),
        },
    )


def _date_columns(source: TableSource) -> dict[str, str]:
    return {date: rule.column for date, rule in source.dates.items()}


def _claimed(frame: pd.DataFrame, derived: tuple[Question, ...], source: TableSource) -> pd.DataFrame:
    """What a source says of derived questions itself: numbers, missing where there is none to read."""
    named = {question: source.columns.get(question.name, question.name) for question in derived}
    there = {question: column for question, column in named.items() if column in frame}
    cells = {one.name: type_question(frame[column], one, None, ()).values for one, column in there.items()}
    return pd.DataFrame(cells, index=frame.index)


def _told_in(frame: pd.DataFrame, source: TableSource) -> list[str]:
    """The columns that say in what amounts are told, where the source has them."""
    named = {ours: source.columns.get(ours, ours) for ours in source.same if ours not in source.keep}
    return [ours for ours, theirs in named.items() if theirs in frame.columns]


def _not_there(frame: pd.DataFrame, questions: tuple[Question, ...], source: TableSource) -> list[str]:
    """Optional columns that a source does not have."""
    return [
        question.name
        for question in questions
        if question.need != "required" and source.columns.get(question.name, question.name) not in frame.columns
    ]


def _nobody_said(question: Question, index: pd.Index) -> pd.Series:
    return pd.Series(None, index=index, dtype=question.dtype())  # type: ignore[call-overload]


def _roles(name: str, questions: tuple[Question, ...], source: TableSource) -> Roles:
    """What the programme does with each source column that it names."""
    columns = _source_columns(name, questions, source)
    household = columns["household_id"]
    free_text = {columns[question.name] for question in questions if question.kind == "text"} - {household}
    kept = {columns[column] for column in source.keep if column in columns} - {household}
    return Roles(
        household=household,
        kept=frozenset(kept),
        free_text=frozenset(free_text),
        answers=frozenset(columns.values()) - kept - free_text - {household},
    )


def _set_aside(typed: pd.DataFrame, faults: pd.DataFrame, required: set[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say of each failing cell whether it costs the row or the answer, and make those answers missing."""
    effect = np.where(faults["column"].isin(required), ROW_SET_ASIDE, ANSWER_SET_ASIDE)
    return _blank(typed, faults), faults.assign(effect=effect)


def _blank(typed: pd.DataFrame, faults: pd.DataFrame) -> pd.DataFrame:
    """Make the answers that were set aside missing; those that could not be typed already are."""
    for column, cells in faults.groupby("column"):
        values = typed[str(column)]
        typed[str(column)] = values.mask(typed.index.isin(cells["row"]))
    return typed


def _derive(
    typed: pd.DataFrame,
    faults: pd.DataFrame,
    derived: tuple[Question, ...],
    against: Against,
    name: str,
    required: set[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute what is derived for the rows that stay, and hold it to its bounds like any answer."""
    whole = np.ones(len(typed), dtype=bool)
    whole[faults.loc[faults["effect"] == ROW_SET_ASIDE, "row"].to_numpy(dtype=np.int64)] = False
    amounts = {part for one in derived if one.derived for part in (one.derived.amount, one.derived.heads) if part}
    needed = [column for column in typed if column in {*amounts, *KEYS[name], against.params.area}]
    made = computed(typed.loc[whole, needed], derived, against, date=KEYS[name][1], table=name)
    broken = check_answers(made, derived).table
    broken["row"] = np.flatnonzero(whole)[broken["row"]]
    return _set_aside(pd.concat([typed, made.reindex(typed.index)], axis=1), broken, required)


def _source_columns(name: str, questions: tuple[Question, ...], source: TableSource) -> dict[str, str]:
    """Our name -> the source's, for every column that the table needs."""
    ours = ["household_id", *source.keep, *(question.name for question in questions)]
    needed = {column: source.columns.get(column, column) for column in ours if column not in source.absent}
    needed |= {column: rule.column for column, rule in source.dates.items()}
    return needed | ({"codebook": source.codebook} if source.codebook else {})


def _check_columns(frame: pd.DataFrame, name: str, questions: tuple[Question, ...], source: TableSource) -> None:
    needed = _source_columns(name, questions, source)
    missing = [column for column in needed.values() if column not in frame.columns]
    if not missing:
        return
    shown = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
    other = (
        " Most of them are missing: is this the data of another programme?" if len(missing) > len(needed) / 2 else ""
    )
    raise DataError(
        f"{len(missing)} of {len(needed)} columns are missing: {shown}.{other}",
        where=name,
        mend=f"Map them under ingest.{name}.columns in programme.yaml, or list them under absent",
    )


def _type_by_file(
    raw: Raw, questions: tuple[Question, ...], source: TableSource, reader: TableReader
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, dict[str, int]]]:
    """Type what each office wrote by itself: one's habits (`V` and `-`, the decimal comma) are not another's."""
    typed, faults, no_answers = [], [], []
    hands = raw.hands
    if hands.nunique() == 1:
        return _type(raw.frame, questions, source, reader)
    for rows in hands.groupby(hands, sort=False).indices.values():
        hand = raw.frame.iloc[rows].reset_index(drop=True)
        table, cells, said = _type(hand, questions, source, reader)
        typed.append(table.set_axis(rows))
        faults.append(cells.assign(row=rows[cells["row"].to_numpy(dtype=np.int64)]))
        no_answers.append(said)
    return pd.concat(typed).sort_index(), pd.concat(faults, ignore_index=True), sum_of(*no_answers)


def _type(
    frame: pd.DataFrame, questions: tuple[Question, ...], source: TableSource, reader: TableReader
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, dict[str, int]]]:
    name, codebooks = reader.name, reader.codebooks
    column_of = _source_columns(name, questions, source)
    versions = as_code(frame[source.codebook]) if source.codebook else None
    if versions is not None:
        _check_versions(versions, codebooks, source)
    typed: dict[str, pd.Series] = {"household_id": as_code_text(frame[column_of["household_id"]])}
    faults = [_no_cells(), _cells(typed["household_id"].isna(), "household_id", "required", "an id")]
    for date, rule in source.dates.items():
        typed[date] = to_dates(_with_habit(frame[rule.column], reader), rule).iloc[: len(frame)]
        expected = "a year" if rule.how == "year_end" else f"a date as {rule.format or 'YYYY-MM-DD'}"
        faults.append(_cells(typed[date].isna(), date, NOT_A_DATE, expected))
    if versions is not None:
        typed["codebook"] = versions
    for column in source.keep:
        if column not in source.absent:
            typed[column] = as_code_text(frame[column_of[column]])
            if column in source.same:
                faults.append(_told_otherwise(typed[column], column, source.same[column]))
    answers: dict[str, pd.Series] = {}
    no_answers: dict[str, dict[str, int]] = {}
    corrected = reader.corrections.of(name, typed, questions)
    for question in questions:
        result = _typed(frame[column_of[question.name]], question, versions, reader)
        result = corrected.in_place_of(result, question)
        answers[question.name] = result.values
        for reason, said in result.no_answer.items():
            if said.any():
                no_answers.setdefault(reason, {})[question.name] = int(said.sum())
        if result.failed.any():
            faults.append(_cells(result.failed, question.name, result.rule, result.expected))
    checked = check_answers(pd.DataFrame(answers), questions).table
    found = pd.concat([*faults, checked], ignore_index=True)
    # An answer that could not be read is missing by now: it is reported once, as unreadable, not again as required.
    found = found.drop_duplicates(["row", "column"], keep="first", ignore_index=True)
    if versions is not None:
        typed["codebook"] = versions.astype("str")
    return pd.DataFrame({**typed, **answers}), found, no_answers


def _typed(raw: pd.Series, question: Question, versions: pd.Series | None, reader: TableReader) -> Typed:
    return type_question(raw, question, versions, reader.codebooks, habit=reader.habits.get(str(raw.name)))


def _with_habit(raw: pd.Series, reader: TableReader) -> pd.Series:
    """A block's cells, followed by the distinct ones of the whole column: what settles a doubt stands among them."""
    habit = reader.habits.get(str(raw.name))
    return raw if habit is None else pd.concat([raw.astype("str"), habit.astype("str")], ignore_index=True)


def _check_versions(versions: pd.Series, codebooks: tuple[Codebook, ...], source: TableSource) -> None:
    known = {
        version
        for book in codebooks
        for maps in book.questions.values()
        for code_map in maps
        for version in code_map.versions
    }
    unknown = versions[~versions.isin(known | {OWN})]
    if known and len(unknown):
        names = ", ".join(sorted(str(name) for name in unknown.unique())[:5])
        raise DataError(
            f"{len(unknown)} rows are coded by a version that no codebook knows ({names})",
            where=f"column {source.codebook}",
            mend="Add that version to codebooks/",
        )


def _no_cells() -> pd.DataFrame:
    return _cells(pd.Series(dtype=bool), "", "", "").astype({"column": "str", "expected": "str", "rule": "str"})


def _cells(failed: pd.Series, column: str, rule: str, expected: str) -> pd.DataFrame:
    rows = np.flatnonzero(failed.to_numpy())
    return pd.DataFrame({"row": rows, "column": column, "expected": expected, "rule": rule})


def _told_otherwise(said: pd.Series, column: str, allowed: tuple[str, ...]) -> pd.DataFrame:
    """The rows whose amounts are told in something else."""
    known = {word.casefold() for word in allowed}
    other = said.notna() & ~said.str.casefold().isin(known)
    return _cells(other, column, f"other_{column}", f"one of {', '.join(allowed)}")


def sum_of(*tables: MappingOf[str, MappingOf[str, int]]) -> dict[str, dict[str, int]]:
    """Return counts by column of several tables, added up."""
    found: dict[str, dict[str, int]] = {}
    for table in tables:
        for name, columns in table.items():
            counted = found.setdefault(name, {})
            for column, rows in columns.items():
                counted[column] = counted.get(column, 0) + rows
    return found
