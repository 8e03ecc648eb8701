"""Drafted tables in; the text of a mapping file that a person reads, mends and confirms, out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graduation_model.contract.instrument import Instrument
from graduation_model.ingest.identity import MASKED_HEADER
from graduation_model.ingest.mapping import UNSETTLED
from graduation_model.ingest.personal import MASK
from graduation_model.ingest.suggest import Draft
from graduation_model.params import LANGUAGES
from graduation_model.wording import text


@dataclass(frozen=True)
class DraftedTable:
    """One table of a draft, and the repeats that stand beside it."""

    draft: Draft
    repeats: tuple[str, ...] = ()


def mapping_text(
    tables: Mapping[str, DraftedTable], *, programme: str, instrument: Instrument, versions: Sequence[str] = ()
) -> str:
    """Return a mapping file as YAML, with what each line is about in Indonesian and English.

    Parameters
    ----------
    tables : mapping
        Table -> its draft.
    programme : str
    instrument : Instrument
        Gives the questions' words.
    versions : sequence of str
        The codebooks to choose from, where a column holds codes.
    """
    questions = {"assessments": instrument.by_name, "followups": instrument.followup_by_name}
    lines = [
        *remark("mapping.head_1"),
        *remark("mapping.head_2"),
        *remark("mapping.head_3"),
        "",
        f"programme: {scalar(programme)}",
    ]
    for name, table in tables.items():
        labels = {question.name: question.label.id for question in questions[name].values()}
        body = list(_table(table, labels, versions))
        lines += ["", f"{name}:" if any(not line.lstrip().startswith("#") for line in body) else f"{name}: {{}}", *body]
    return "\n".join(lines) + "\n"


def remark(key: str, indent: str = "", **fields: str) -> list[str]:
    """Return one of the house's sentences as YAML comments, a line a language."""
    return [f"{indent}# {text(key, language, **fields)}" for language in LANGUAGES]


def scalar(value: str) -> str:
    """A text in quotation marks, as YAML shares them with JSON: whatever a header holds, it is text and one line."""
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)


def _about(question: str, labels: Mapping[str, str]) -> str:
    return f"  # {' '.join(labels[question].split())}" if question in labels else ""


def _table(table: DraftedTable, labels: Mapping[str, str], versions: Sequence[str]) -> Iterator[str]:
    mapping = table.draft.mapping
    if mapping.codebook:
        yield from remark("mapping.codebook", "  ", versions=", ".join(versions))
        yield f"  codebook: {scalar(mapping.codebook)}"
    if mapping.same_words:
        yield from remark("mapping.same_words", "  ")
        yield from ("  same_words:", "    confirmed: no", "    columns:")
        for column, question in mapping.same_words.columns.items():
            yield f"      {scalar(column)}: {question}"
    yield from _columns(table.draft, labels)
    if mapping.multiple:
        yield from remark("mapping.multiple", "  ")
        yield "  multiple:"
        for multiple in mapping.multiple:
            yield f"    - column: {scalar(multiple.column)}"
            yield "      options:"
            for option, question in multiple.options.items():
                yield f"        {scalar(option)}: {question}{_about(question, labels)}"
            if multiple.others:
                yield f"      others: [{', '.join(map(scalar, multiple.others))}]"
            yield "      confirmed: no"
    for repeat in table.repeats:
        yield from remark("mapping.repeats", "  ")
        yield "  # repeats:"
        yield f"  #   - {{repeat: {scalar(repeat)}, question: …, where: [{{column: …, at_most: 4}}], confirmed: no}}"
    if mapping.absent:
        yield from remark("mapping.absent", "  ")
        yield from ("  absent:", "    confirmed: no", "    questions:")
        for question in mapping.absent.questions:
            yield f"      - {question}{_about(question, labels)}"
    if table.draft.unmatched:
        shown = ", ".join(scalar(MASKED_HEADER.sub(MASK, column)) for column in table.draft.unmatched)
        yield from remark("mapping.unmatched", "  ", columns=shown)


def _columns(draft: Draft, labels: Mapping[str, str]) -> Iterator[str]:
    if draft.mapping.columns or draft.missing:
        yield from remark("mapping.columns", "  ")
        yield "  columns:"
    if any(line.values for line in draft.mapping.columns):
        yield from remark("mapping.values", "  ")
    for line in sorted(draft.mapping.columns, key=lambda one: one.score or 0):
        yield f"    - column: {scalar(line.column)}"
        yield f"      question: {line.question}{_about(line.question, labels)}"
        yield f"      score: {line.score:.0f}"
        if line.or_perhaps:
            yield f"      or_perhaps: {line.or_perhaps}{_about(line.or_perhaps, labels)}"
        if line.values:
            yield "      values:"
            for cell, value in line.values.items():
                yield f"        {scalar(cell)}: {scalar(value)}"
        yield "      confirmed: no"
    if draft.missing:
        yield from remark("mapping.missing", "  ")
    for question in draft.missing:
        yield f"    - column: {scalar(UNSETTLED)}"
        yield f"      question: {question}{_about(question, labels)}"
        yield "      confirmed: no"
