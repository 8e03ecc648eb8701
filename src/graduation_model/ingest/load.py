"""A data folder and a programme's declarations in, checked tables out, with everything that was set aside and why.

An answer that cannot be read or breaks its question's rule never becomes a silent missing: it stands in the
quarantine. Where the question is required the whole visit is set aside; where it is not, the answer alone is, and the
visit stays (`effect` says which), since a family must not be lost for one bad cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.contract.checks import check_answers
from graduation_model.contract.instrument import Instrument, Question, asked
from graduation_model.contract.references import References
from graduation_model.contract.schemas import DECISIONS, UEP
from graduation_model.contract.tables import (
    ANSWER_SET_ASIDE,
    KEYS,
    ROW_SET_ASIDE,
    Tables,
    empty_findings,
    empty_quarantine,
)
from graduation_model.errors import DataError
from graduation_model.ingest.adopt import adopt, left_out
from graduation_model.ingest.codebooks import OWN, as_code
from graduation_model.ingest.corrections import Corrections, read_corrections
from graduation_model.ingest.derived import Against, computed, counts_of, not_believed
from graduation_model.ingest.flags import Flagged, Rules, flag
from graduation_model.ingest.formats import find_parts
from graduation_model.ingest.identity import Key, Roles, enter, linkage
from graduation_model.ingest.mapping import Mapping
from graduation_model.ingest.params import Codebook, IngestParams, TableSource
from graduation_model.ingest.parts import Raw, read_table
from graduation_model.ingest.poverty_lines import read_poverty_lines
from graduation_model.ingest.quarantine import as_quarantine
from graduation_model.ingest.typing import NOT_A_DATE, to_dates, type_question


def load_tables(
    folder: str | Path,
    *,
    instrument: Instrument,
    params: IngestParams,
    codebooks: Sequence[Codebook],
    need_followups: bool = True,
    key: Key | None = None,
    own_lines: Path | None = None,
    references: References | None = None,
    mapping: Mapping | None = None,
) -> Tables:
    """Read a data folder into checked tables.

    Parameters
    ----------
    folder
        Holds `assessments`, `followups`, … each one file or a folder of parts.
    instrument, params, codebooks
        The programme's.
    need_followups
        Whether a folder without follow-ups is an error (training) or not (scoring).
    key
        Turns every household_id into its keyed HMAC; without it, ids that are a NIK or KK are refused.
    own_lines
        The programme's poverty lines, where the folder has no table of its own.
    references
        Table -> amounts by area and year that the cross-checks hold answers against.
    mapping
        Which column of these files is which question, confirmed; without it, columns have the programme's names.

    Raises
    ------
    DataError
        Where a table is missing, empty, unreadable, without a column that the programme expects, of a version that
        no codebook knows, or would bring identity numbers in; or a visit has no poverty line to be set against.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("There is no such folder", where=folder, mend="Give the folder that holds assessments.*")
    corrections = read_corrections(folder)
    against = _against(folder, instrument, params, own_lines)
    assessments = _load(
        folder,
        "assessments",
        instrument.questions,
        params.assessments,
        codebooks,
        key,
        mapping,
        corrections,
        Rules(instrument, params.checks, references or {}),
        against,
    )
    if need_followups or find_parts(folder, "followups"):
        where = replace(against, assessments=assessments.table) if against else None
        followups = _load(
            folder,
            "followups",
            instrument.followup,
            params.followups,
            codebooks,
            key,
            mapping,
            corrections,
            against=where,
        )
    else:
        followups = _empty("followups", instrument.followup, params.followups)
    decisions = _optional(folder, "decisions", DECISIONS, params.decisions, key)
    uep = _optional(folder, "uep", UEP, params.uep, key)
    loaded = {"assessments": assessments, "followups": followups, "decisions": decisions, "uep": uep}
    return Tables(
        assessments=assessments.table,
        followups=followups.table,
        decisions=decisions.table,
        uep=uep.table,
        quarantine=pd.concat([one.quarantine for one in loaded.values()], ignore_index=True),
        findings=assessments.findings,
        set_aside=assessments.set_aside,
        counts={
            **{name: one.counts for name, one in loaded.items() if one.sources or name in ("assessments", "followups")},
            **_sum_of(*(one.by_column for one in loaded.values())),
            "linkage": linkage(assessments.table),
            "findings": {str(rule): int(n) for rule, n in assessments.findings["rule"].value_counts().items()},
        },
        sources={
            **{name: digest for one in loaded.values() for name, digest in one.sources.items()},
            **corrections.sources,
            **(against.lines.sources if against else {}),
        },
    )


def _against(folder: Path, instrument: Instrument, params: IngestParams, own_lines: Path | None) -> Against | None:
    """What derived questions are set against; None where the programme has none."""
    if not any(question.derived for question in (*instrument.questions, *instrument.followup)):
        return None
    assert params.poverty_lines is not None, "config asks for ingest.poverty_lines where a question is derived"
    return Against(read_poverty_lines(folder, own_lines, params.poverty_lines), params.poverty_lines)


@dataclass(frozen=True)
class _Loaded:
    table: pd.DataFrame
    quarantine: pd.DataFrame
    set_aside: pd.DataFrame
    counts: dict[str, int]
    sources: dict[str, str]
    findings: pd.DataFrame = field(default_factory=empty_findings)
    by_column: dict[str, dict[str, int]] = field(default_factory=dict)


def _empty(name: str, questions: tuple[Question, ...], source: TableSource) -> _Loaded:
    _, date = KEYS[name]
    columns = {
        "household_id": "str",
        date: "datetime64[s]",
        **{question.name: question.dtype() for question in questions},
    }
    table = pd.DataFrame({column: pd.Series(dtype=dtype) for column, dtype in columns.items()})
    return _Loaded(table, empty_quarantine(), table[list(KEYS[name])], {"read": 0, "kept": 0}, {})


def _optional(
    folder: Path, name: str, questions: tuple[Question, ...], source: TableSource, key: Key | None
) -> _Loaded:
    """A table that a folder need not have, and of which a source need not have every column."""
    if not find_parts(folder, name):
        return _empty(name, questions, source)
    return _load(folder, name, questions, source, (), key, None, Corrections(), fixed=True)


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


def _sum_of(*tables: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for table in tables:
        for name, columns in table.items():
            counted = found.setdefault(name, {})
            for column, rows in columns.items():
                counted[column] = counted.get(column, 0) + rows
    return found


def _load(
    folder: Path,
    name: str,
    questions: tuple[Question, ...],
    source: TableSource,
    codebooks: Sequence[Codebook],
    key: Key | None,
    mapping: Mapping | None,
    corrections: Corrections,
    rules: Rules | None = None,
    against: Against | None = None,
    *,
    fixed: bool = False,
) -> _Loaded:
    meant = mapping.of(name) if mapping else None
    raw, source = adopt(read_table(folder, name), meant, name=name, questions=asked(questions), source=source)
    questions = tuple(question for question in questions if question.name not in source.absent)
    told = asked(questions)
    if fixed:
        source = source.model_copy(update={"absent": (*source.absent, *_not_there(raw.frame, told, source))})
        told = tuple(question for question in told if question.name not in source.absent)
    entered = enter(raw.frame, table=name, roles=_roles(name, told, source), key=key)
    derived = tuple(question for question in questions if question.derived)
    unbelieved = not_believed(entered.frame, derived, source)
    raw = replace(raw, frame=entered.frame.drop(columns=list(unbelieved)))
    _check_columns(raw.frame, name, told, source)
    typed, faults, no_answers = _type_by_file(raw, name, told, source, codebooks, corrections)
    required = {question.name for question in questions if question.need == "required"} | set(KEYS[name])
    typed, faults = _set_aside(typed, faults, required)
    if derived and against:
        typed, broken = _derive(typed, faults, derived, against, name, required)
        faults = pd.concat([faults, broken], ignore_index=True)
    typed = typed.assign(**{one.name: _nobody_said(one, typed.index) for one in questions if one.name not in typed})
    lost = faults.loc[faults["effect"] == ROW_SET_ASIDE, "row"].unique()
    kept, repeated, conflicting = _settle_repeats(typed.drop(index=lost), KEYS[name])
    lost = np.union1d(lost, conflicting["row"])
    flagged = Flagged()
    if rules is not None:
        absent = meant.absent.questions if meant and meant.absent else ()
        flagged = flag(kept, typed=typed, faults=faults, files=raw.files, rows=raw.rows, rules=rules, not_asked=absent)
    cells = pd.concat([faults, conflicting, *flagged.cells], ignore_index=True)
    table = kept.sort_values(list(KEYS[name]), kind="stable", ignore_index=True)
    counts = {
        "read": len(raw.frame),
        "kept": len(table),
        "identical_repeats": repeated,
        "rows_set_aside": len(lost),
        "answers_set_aside": int((cells["effect"] == ANSWER_SET_ASIDE).sum()),
        **flagged.counts(),
        **corrections.of(name, typed, told).counts,
        **counts_of(table),
    }
    set_aside = typed.loc[lost, list(KEYS[name])].reset_index(drop=True)
    by_column = {
        **entered.counts(),
        **({"not_believed": unbelieved} if unbelieved else {}),
        **{reason: {f"{name}.{question}": n for question, n in found.items()} for reason, found in no_answers.items()},
        **left_out(raw, meant, name=name, read=set(_source_columns(name, told, source).values())),
    }
    quarantine = as_quarantine(cells, raw, source, typed, rules)
    return _Loaded(table, quarantine, set_aside, counts, raw.sources, flagged.findings, by_column)


def _set_aside(typed: pd.DataFrame, faults: pd.DataFrame, required: set[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say of each failing cell whether it costs the row or the answer, and make those answers missing."""
    effect = np.where(faults["column"].isin(required), ROW_SET_ASIDE, ANSWER_SET_ASIDE)
    return _blank(typed, faults), faults.assign(effect=effect)


def _not_there(frame: pd.DataFrame, questions: tuple[Question, ...], source: TableSource) -> list[str]:
    """Optional columns that a source does not have."""
    return [
        question.name
        for question in questions
        if question.need != "required" and source.columns.get(question.name, question.name) not in frame.columns
    ]


def _nobody_said(question: Question, index: pd.Index) -> pd.Series:
    return pd.Series(None, index=index, dtype=question.dtype())  # type: ignore[call-overload]


def _derive(
    typed: pd.DataFrame,
    faults: pd.DataFrame,
    derived: tuple[Question, ...],
    against: Against,
    name: str,
    required: set[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute what is derived for the rows that stay, and hold it to its bounds like any answer."""
    whole = ~typed.index.isin(faults.loc[faults["effect"] == ROW_SET_ASIDE, "row"])
    made = computed(typed[whole], derived, against, date=KEYS[name][1], table=name)
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
    raw: Raw,
    name: str,
    questions: tuple[Question, ...],
    source: TableSource,
    codebooks: Sequence[Codebook],
    corrections: Corrections,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, dict[str, int]]]:
    """Type what each office wrote by itself: one's habits (`V` and `-`, the decimal comma) are not another's."""
    typed, faults, no_answers = [], [], []
    for rows in raw.hands.groupby(raw.hands, sort=False).indices.values():
        hand = raw.frame.iloc[rows].reset_index(drop=True)
        table, cells, said = _type(hand, name, questions, source, codebooks, corrections)
        typed.append(table.set_axis(rows))
        faults.append(cells.assign(row=rows[cells["row"].to_numpy(dtype=np.int64)]))
        no_answers.append(said)
    return pd.concat(typed).sort_index(), pd.concat(faults, ignore_index=True), _sum_of(*no_answers)


def _type(
    frame: pd.DataFrame,
    name: str,
    questions: tuple[Question, ...],
    source: TableSource,
    codebooks: Sequence[Codebook],
    corrections: Corrections,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, dict[str, int]]]:
    column_of = _source_columns(name, questions, source)
    versions = as_code(frame[source.codebook]) if source.codebook else None
    if versions is not None:
        _check_versions(versions, codebooks, source)
    typed: dict[str, pd.Series] = {"household_id": as_code(frame[column_of["household_id"]])}
    faults = [_cells(typed["household_id"].isna(), "household_id", "required", "an id")]
    for date, rule in source.dates.items():
        typed[date] = to_dates(frame[rule.column], rule)
        expected = "a year" if rule.how == "year_end" else f"a date as {rule.format or 'YYYY-MM-DD'}"
        faults.append(_cells(typed[date].isna(), date, NOT_A_DATE, expected))
    if versions is not None:
        typed["codebook"] = versions
    for column in source.keep:
        if column not in source.absent:
            typed[column] = as_code(frame[column_of[column]])
    answers: dict[str, pd.Series] = {}
    no_answers: dict[str, dict[str, int]] = {}
    corrected = corrections.of(name, typed, questions)
    for question in questions:
        result = type_question(frame[column_of[question.name]], question, versions, codebooks)
        result = corrected.in_place_of(result, question)
        answers[question.name] = result.values
        for reason, said in result.no_answer.items():
            if said.any():
                no_answers.setdefault(reason, {})[question.name] = int(said.sum())
        faults.append(_cells(result.failed, question.name, result.rule, result.expected))
    checked = check_answers(pd.DataFrame(answers), questions).table
    found = pd.concat([*faults, checked], ignore_index=True)
    # An answer that could not be read is missing by now: it is reported once, as unreadable, not again as required.
    found = found.drop_duplicates(["row", "column"], keep="first", ignore_index=True)
    text = {column: pd.Series(values, dtype="str") for column, values in typed.items() if values.dtype == object}
    return pd.DataFrame({**typed, **text, **answers}), found, no_answers


def _check_versions(versions: pd.Series, codebooks: Sequence[Codebook], source: TableSource) -> None:
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


def _cells(failed: pd.Series, column: str, rule: str, expected: str) -> pd.DataFrame:
    rows = np.flatnonzero(failed.to_numpy())
    return pd.DataFrame({"row": rows, "column": column, "expected": expected, "rule": rule})


def _blank(typed: pd.DataFrame, faults: pd.DataFrame) -> pd.DataFrame:
    """Make the answers that were set aside missing; those that could not be typed already are."""
    for column, cells in faults.groupby("column"):
        values = typed[str(column)]
        typed[str(column)] = values.mask(typed.index.isin(cells["row"]))
    return typed


def _settle_repeats(kept: pd.DataFrame, keys: tuple[str, ...]) -> tuple[pd.DataFrame, int, pd.DataFrame]:
    """Collapse identical repeats of a visit; set all of those aside that say different things."""
    distinct = kept.drop_duplicates()
    clash = distinct.duplicated(list(keys), keep=False)
    rows = (
        np.sort(
            kept.index[
                kept.set_index(list(keys)).index.isin(distinct.loc[clash].set_index(list(keys)).index)
            ].to_numpy()
        )
        if clash.any()
        else np.empty(0, dtype=np.int64)
    )
    conflicting = pd.DataFrame(
        {
            "row": rows,
            "column": keys[0],
            "rule": "duplicate_key",
            "expected": f"one visit for each {' and '.join(keys)}",
            "effect": ROW_SET_ASIDE,
        }
    )
    return distinct[~clash], int(len(kept) - len(rows) - (~clash).sum()), conflicting
