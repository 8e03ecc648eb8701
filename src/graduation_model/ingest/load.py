"""A data folder and a programme's declarations in, checked tables out, with everything that was set aside and why.

An answer that cannot be read or breaks its question's rule never becomes a silent missing: it stands in the
quarantine. Where the question is required the whole visit is set aside; where it is not, the answer alone is, and the
visit stays (`effect` says which), since a family must not be lost for one bad cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.contract.references import References
from graduation_model.contract.schemas import DECISIONS, UEP
from graduation_model.contract.tables import ANSWER_SET_ASIDE, KEYS, Tables, empty_findings, empty_quarantine
from graduation_model.errors import DataError
from graduation_model.ingest.corrections import read_corrections
from graduation_model.ingest.derived import Against
from graduation_model.ingest.flags import findings_of
from graduation_model.ingest.follow_ups import Beside, decision_faults, follow_up_faults
from graduation_model.ingest.formats import find_parts
from graduation_model.ingest.identity import Key, linkage
from graduation_model.ingest.mapping import Mapping
from graduation_model.ingest.params import Codebook, IngestParams, TableSource
from graduation_model.ingest.parts import read_table
from graduation_model.ingest.poverty_lines import read_poverty_lines
from graduation_model.ingest.reader import Rules, TableReader, TypedRows
from graduation_model.ingest.rows import sum_of, type_rows
from graduation_model.ingest.settle import settle


def load_tables(
    folder: str | Path,
    *,
    instrument: Instrument,
    params: IngestParams,
    codebooks: Sequence[Codebook],
    need_followups: bool = True,
    findings: bool = True,
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
    findings
        Whether to look for what is odd about columns, files and facilitators, too.
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
    reader = assessment_reader(
        folder,
        instrument=instrument,
        params=params,
        codebooks=codebooks,
        key=key,
        own_lines=own_lines,
        references=references,
        mapping=mapping,
    )
    assessments = _load(folder, reader, findings=findings)
    beside = None
    if params.follow_up_rules is not None:
        codes = tuple(params.reason_codes)
        beside = Beside(params.follow_up_rules, assessments.table, assessments.set_aside, reason_codes=codes)
    decisions = _optional(folder, "decisions", DECISIONS, params.decisions, key, mapping, beside)
    if need_followups or find_parts(folder, "followups"):
        followups = _load(
            folder,
            replace(
                reader,
                name="followups",
                questions=instrument.followup,
                source=params.followups,
                mapping=mapping.of("followups") if mapping else None,
                against=replace(reader.against, assessments=assessments.table) if reader.against else None,
                rules=None,
                told_of_line=True,
                beside=replace(beside, decisions=decisions.table) if beside else None,
            ),
        )
    else:
        followups = _empty("followups", instrument.followup)
    uep = _optional(folder, "uep", UEP, params.uep, key, mapping)
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
            **sum_of(*(one.by_column for one in loaded.values())),
            "linkage": linkage(assessments.table),
            "findings": {str(rule): int(n) for rule, n in assessments.findings["rule"].value_counts().items()},
        },
        sources={
            **{name: digest for one in loaded.values() for name, digest in one.sources.items()},
            **declared_sources(reader),
        },
    )


def assessment_reader(
    folder: str | Path,
    *,
    instrument: Instrument,
    params: IngestParams,
    codebooks: Sequence[Codebook],
    key: Key | None = None,
    own_lines: Path | None = None,
    references: References | None = None,
    mapping: Mapping | None = None,
) -> TableReader:
    """Return what is declared about a data folder's assessments; see `load_tables`."""
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("There is no such folder", where=folder, mend="Give the folder that holds assessments.*")
    return TableReader(
        name="assessments",
        questions=instrument.questions,
        source=params.assessments,
        codebooks=tuple(codebooks),
        key=key,
        mapping=mapping.of("assessments") if mapping else None,
        corrections=read_corrections(folder),
        against=_against(folder, instrument, params, own_lines),
        rules=Rules(instrument, params.checks, references or {}),
    )


def declared_sources(reader: TableReader) -> dict[str, str]:
    """Return the files beside a table that its rows are read with, and their sha256."""
    return {**reader.corrections.sources, **(reader.against.lines.sources if reader.against else {})}


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


def _empty(name: str, questions: tuple[Question, ...]) -> _Loaded:
    _, date = KEYS[name]
    columns = {
        "household_id": "str",
        date: "datetime64[s]",
        **{question.name: question.dtype() for question in questions},
    }
    table = pd.DataFrame({column: pd.Series(dtype=dtype) for column, dtype in columns.items()})
    return _Loaded(table, empty_quarantine(), table[list(KEYS[name])], {"read": 0, "kept": 0}, {})


def _optional(
    folder: Path,
    name: str,
    questions: tuple[Question, ...],
    source: TableSource,
    key: Key | None,
    mapping: Mapping | None,
    beside: Beside | None = None,
) -> _Loaded:
    """A table that a folder need not have, and of which a source need not have every column."""
    if not find_parts(folder, name):
        return _empty(name, questions)
    meant = mapping.of(name) if mapping else None
    reader = TableReader(
        name=name, questions=questions, source=source, key=key, mapping=meant, fixed=True, beside=beside
    )
    return _load(folder, reader)


def _held_against(rows: TypedRows, name: str, beside: Beside) -> TypedRows:
    """The same rows, with what does not fit the tables that they belong to; answers that are set aside are emptied."""
    found = (follow_up_faults if name == "followups" else decision_faults)(rows.table, beside)
    table = rows.table
    for column, cells in found[found["effect"] == ANSWER_SET_ASIDE].groupby("column"):
        table = table.assign(**{str(column): table[str(column)].mask(table.index.isin(cells["row"]))})
    return replace(rows, table=table, faults=pd.concat([rows.faults, found], ignore_index=True))


def _load(folder: Path, reader: TableReader, *, findings: bool = False) -> _Loaded:
    raw = read_table(folder, reader.name)
    rows, sources = type_rows(raw, reader), raw.sources
    del raw  # as large as the table itself
    if reader.beside is not None:
        rows = _held_against(rows, reader.name, reader.beside)
    settled = settle(rows, reader)
    return _Loaded(
        settled.table,
        settled.quarantine,
        settled.set_aside,
        settled.counts,
        sources,
        findings_of(settled.kept, rows, reader) if findings else empty_findings(),
        rows.by_column,
    )
