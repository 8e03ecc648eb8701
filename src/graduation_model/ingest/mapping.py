"""A mapping file: which column of a partner's file is which question, as a person confirmed it.

`mapping.yaml` says of each table what its columns, cells, choices of several, and members' sheets mean to the
instrument. Nothing in it takes effect before its `confirmed: no` has become `confirmed: yes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from graduation_model.contract.instrument import Instrument, Question, asked
from graduation_model.contract.schemas import DECISIONS, UEP
from graduation_model.contract.tables import KEYS
from graduation_model.errors import ConfigError, DataError
from graduation_model.ingest.codebooks import OWN
from graduation_model.ingest.params import Codebook, IngestParams, TableSource, text_keys
from graduation_model.params import Params, read_params

MAPPING = "mapping.yaml"
UNSETTLED = "?"  # what a draft leaves to people


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _answer(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text)]
Answer = Annotated[str, BeforeValidator(_answer), BeforeValidator(_text)]
Confirmed = Annotated[Literal["yes", "no"], BeforeValidator(_answer)]


class SameWords(Params):
    """Columns whose header is a question's label, word for word: one confirmation for all of them."""

    confirmed: Confirmed = "no"
    columns: Annotated[dict[str, str], BeforeValidator(text_keys)] = Field(min_length=1)


class Column(Params):
    """One column that is one question; `values` says what its cells mean where they are no answers already."""

    column: Text
    question: str
    score: float | None = None
    or_perhaps: str | None = None
    values: Annotated[dict[str, Answer], BeforeValidator(text_keys)] = {}
    confirmed: Confirmed = "no"


class Multiple(Params):
    """One question of the form with several answers at once; here each answer is a yes/no question.

    Parameters
    ----------
    column
        The column with all answers chosen (`pkh bpnt`), or the part before the slash where each answer has a column
        of its own (`bantuan/pkh`, `bantuan/bpnt`), or a column of sums of `bits`.
    options
        Answer -> yes/no question.
    bits
        1, 2, 4, 8, … -> yes/no question, where the column holds the sum of what was chosen. 99 is no sum.
    others
        Answers, or bits, that may be chosen too and are no question here ("none of these" is one).
    """

    column: Text
    options: Annotated[dict[str, str], BeforeValidator(text_keys)] = {}
    bits: dict[int, str] = {}
    others: tuple[Text, ...] = ()
    confirmed: Confirmed = "no"

    @model_validator(mode="after")
    def _one_encoding(self) -> Multiple:
        if bool(self.options) == bool(self.bits):
            raise ValueError("needs either options or bits")
        if not all(option.strip() for option in (*self.options, *self.others)):
            raise ValueError("an answer without a name is in every cell")
        others = [int(other) for other in self.others if other.isdigit()] if self.bits else []
        odd = [bit for bit in [*self.bits, *others] if bit < 1 or bit & (bit - 1)]
        if odd or (self.bits and len(others) < len(self.others)):
            raise ValueError("bits are 1, 2, 4, 8, 16, …")
        return self

    @property
    def questions(self) -> tuple[str, ...]:
        return tuple((self.options or self.bits).values())


class Where(Params):
    """Which rows of a repeat count: those whose column lies within bounds (inclusive), or is one of some values."""

    column: Text
    at_least: float | None = None
    at_most: float | None = None
    is_one_of: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Where:
        bounds = (self.at_least, self.at_most) != (None, None)
        if bounds == bool(self.is_one_of):
            raise ValueError("needs at_least and/or at_most, or is_one_of")
        return self


class Repeat(Params):
    """A question that is counted, or summed, over the rows of a repeat: the members of a visit, its loans.

    Parameters
    ----------
    repeat
        The repeat's sheet in a workbook, or its csv in an ODK zip.
    sum
        The column that is added up; without it, rows are counted.
    where
        All of these must hold for a row to count.
    """

    repeat: Text
    question: str
    sum: Text | None = None
    where: tuple[Where, ...] = ()
    confirmed: Confirmed = "no"


class Absent(Params):
    """Questions that the files do not ask: their answers are missing, and count as such."""

    confirmed: Confirmed = "no"
    questions: tuple[str, ...] = Field(min_length=1)


class TableMapping(Params):
    """What one table's columns mean. A question that is not named here is read from the programme's own column."""

    codebook: Text | None = None
    same_words: SameWords | None = None
    columns: tuple[Column, ...] = ()
    multiple: tuple[Multiple, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    absent: Absent | None = None

    @property
    def column_of(self) -> dict[str, str]:
        """Question (or key) -> column of the file."""
        same = {question: column for column, question in (self.same_words.columns if self.same_words else {}).items()}
        return same | {line.question: line.column for line in self.columns}

    @property
    def questions(self) -> tuple[str, ...]:
        """Every question that the mapping speaks of, as often as it does."""
        return (
            *(self.same_words.columns.values() if self.same_words else ()),
            *(line.question for line in self.columns),
            *(question for multiple in self.multiple for question in multiple.questions),
            *(repeat.question for repeat in self.repeats),
            *(self.absent.questions if self.absent else ()),
        )

    def unconfirmed(self) -> Iterator[str]:
        """Name each line that nobody confirmed, and each that a draft left open."""
        if self.same_words and self.same_words.confirmed == "no":
            yield "same_words"
        for line in self.columns:
            if line.confirmed == "no" or UNSETTLED in (line.column, *line.values.values()):
                yield line.question
        for multiple in self.multiple:
            if multiple.confirmed == "no":
                yield multiple.column
        for repeat in self.repeats:
            if repeat.confirmed == "no":
                yield repeat.question
        if self.absent and self.absent.confirmed == "no":
            yield "absent"
        if self.codebook == UNSETTLED:
            yield "codebook"


class Mapping(Params):
    """A mapping file."""

    programme: str
    assessments: TableMapping | None = None
    followups: TableMapping | None = None
    decisions: TableMapping | None = None
    uep: TableMapping | None = None

    @field_validator("assessments", "followups", "decisions", "uep", mode="after")
    @classmethod
    def _hangs_together(cls, table: TableMapping | None) -> TableMapping | None:
        if table is None:
            return None
        twice = sorted(name for name, times in Counter(table.questions).items() if times > 1)
        if twice:
            raise ValueError(f"names question {', '.join(twice)} more than once")
        columns = [*(table.same_words.columns if table.same_words else ()), *(line.column for line in table.columns)]
        twice = sorted(name for name, times in Counter(columns).items() if times > 1 and name != UNSETTLED)
        if twice:
            raise ValueError(f"maps column {', '.join(twice)} more than once")
        return table

    def of(self, table: str) -> TableMapping | None:
        """Return the mapping of one table; None where there is none."""
        found: TableMapping | None = getattr(self, table)
        return found


def find_mapping(folder: Path) -> Path | None:
    """Return the `mapping.yaml` that lies in a data folder, where one does."""
    return folder / MAPPING if (folder / MAPPING).is_file() else None


def read_mapping(
    path: Path, *, programme: str, instrument: Instrument, params: IngestParams, codebooks: Sequence[Codebook]
) -> Mapping:
    """Read a mapping file, and hold it against the programme.

    Raises
    ------
    ConfigError
        Where it does not parse, is of another programme, or names what the programme does not have.
    DataError
        Where lines are not confirmed.
    """
    mapping = read_params(path, Mapping)
    if mapping.programme != programme:
        raise ConfigError(
            f"This mapping is of programme '{mapping.programme}', not '{programme}'",
            where=path,
            mend="Draft one for this programme with check --suggest",
        )
    open_lines = []
    for name, questions, source in (
        ("assessments", asked(instrument.questions), params.assessments),
        ("followups", asked(instrument.followup), params.followups),
        ("decisions", DECISIONS, params.decisions),
        ("uep", UEP, params.uep),
    ):
        table = mapping.of(name)
        if table is not None:
            open_lines += list(table.unconfirmed())
            _check_table(table, f"{path}, {name}", name, questions, source, codebooks)
    if open_lines:
        more = f" and {len(open_lines) - 8} more" if len(open_lines) > 8 else ""
        raise DataError(
            f"{len(open_lines)} lines of the mapping are not confirmed: {', '.join(open_lines[:8])}{more}",
            where=path,
            mend="Look at each; where it is right, write confirmed: yes; where it is not, mend it; settle each '?'",
        )
    return mapping


def keys_of(name: str, source: TableSource) -> tuple[str, ...]:
    """Return the columns of a table that are no questions: its keys, and what is carried along."""
    return tuple(dict.fromkeys((*KEYS[name], *source.keep)))


def _check_table(
    table: TableMapping,
    where: str,
    name: str,
    questions: tuple[Question, ...],
    source: TableSource,
    codebooks: Sequence[Codebook],
) -> None:
    known = {question.name: question for question in questions}
    keys = keys_of(name, source)
    unknown = sorted(set(table.questions) - set(known) - set(keys))
    if unknown:
        raise ConfigError(
            f"There is no question {', '.join(unknown[:5])}", where=where, mend="Mend its name, or delete the line"
        )
    versions = {
        version for book in codebooks for maps in book.questions.values() for m in maps for version in m.versions
    }
    if table.codebook not in {None, UNSETTLED, OWN, *versions}:
        raise ConfigError(
            f"No codebook knows version {table.codebook}",
            where=where,
            mend=f"Use one of {', '.join(sorted({OWN, *versions}))}",
        )
    for line in table.columns:
        levels = known[line.question].levels if line.question in known else ()
        odd = sorted(set(line.values.values()) - set(levels) - {UNSETTLED})
        if odd:
            raise ConfigError(
                f"The values of {line.question} cannot be {', '.join(odd[:5])}",
                where=where,
                mend=f"Use one of {', '.join(levels)}" if levels else "Only choices and yes/no can have values",
            )
    for multiple in table.multiple:
        odd = sorted(name for name in multiple.questions if name not in known or known[name].kind != "yes_no")
        if odd:
            raise ConfigError(
                f"{', '.join(odd[:5])} is no yes/no question, so no single answer of {multiple.column}", where=where
            )
    for repeat in table.repeats:
        if repeat.question not in known or not known[repeat.question].is_numeric:
            raise ConfigError(f"{repeat.question} is no number, so nothing can be counted into it", where=where)
    needed = {*KEYS[name], *(question.name for question in questions if question.need == "required")}
    missing = sorted(needed & set(table.absent.questions if table.absent else ()))
    if missing:
        raise ConfigError(
            f"No row can be used without {', '.join(missing[:8])}",
            where=where,
            mend="Say which column it is, under columns; it cannot be absent",
        )
