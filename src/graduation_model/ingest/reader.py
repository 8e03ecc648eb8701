"""What is declared about one table, and what one block of its rows becomes: what every step of ingest hands on."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.contract.params import CheckParams
from graduation_model.contract.references import References
from graduation_model.contract.tables import KEYS
from graduation_model.contract.waves import doubtful_rules
from graduation_model.ingest.corrections import Corrections
from graduation_model.ingest.derived import Against
from graduation_model.ingest.follow_ups import Beside
from graduation_model.ingest.identity import Key
from graduation_model.ingest.mapping import TableMapping
from graduation_model.ingest.params import Codebook, TableSource


@dataclass(frozen=True)
class Rules:
    """What a programme declares about answers beyond a single cell.

    Attributes
    ----------
    instrument : Instrument
        Its cross-checks, assets and plausible shares.
    checks : CheckParams
    references : mapping
        Table -> amounts by area and year.
    """

    instrument: Instrument
    checks: CheckParams
    references: References

    @cached_property
    def doubts(self) -> frozenset[str]:
        """The rules whose findings may be true."""
        return doubtful_rules(self.instrument)


@dataclass(frozen=True)
class TableReader:
    """All that is declared about one table, by the programme and by its data folder.

    Attributes
    ----------
    name : str
    questions : tuple of Question
    source : TableSource
    codebooks : tuple of Codebook
    key : Key, optional
        Turns ids into pseudonyms.
    mapping : TableMapping, optional
    corrections : Corrections
    against : Against, optional
        What derived questions are set against.
    rules : Rules, optional
        Checks beyond a single cell.
    told_of_line : bool
        Whether derived answers that the source brings along are held against ours.
    beside : Beside, optional
        The tables that follow-ups and decisions belong to.
    fixed : bool
        A table of every programme, of which a source need not have every column.
    habits : mapping
        Source column -> the distinct texts of the whole table, where the rows come in blocks: how a writer writes
        numbers, dates and yes is settled by the whole column.
    """

    name: str
    questions: tuple[Question, ...]
    source: TableSource
    codebooks: tuple[Codebook, ...] = ()
    key: Key | None = None
    mapping: TableMapping | None = None
    corrections: Corrections = field(default_factory=Corrections)
    against: Against | None = None
    rules: Rules | None = None
    told_of_line: bool = False
    beside: Beside | None = None
    fixed: bool = False
    habits: MappingOf[str, pd.Series] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return KEYS[self.name]

    @property
    def flaggable(self) -> tuple[str, ...]:
        """The columns whose cells are looked at once a family's visits are together."""
        crossed = [check.question for check in self.rules.instrument.cross_checks] if self.rules else []
        assets = self.rules.instrument.assets_lost if self.rules else None
        return tuple(dict.fromkeys([*self.keys, *crossed, *(assets.questions if assets else ())]))


@dataclass(frozen=True)
class TypedRows:
    """Rows of one table, typed; nothing was taken out yet.

    Attributes
    ----------
    table : frame (n_rows, …)
        Index 0 to n - 1. Answers that failed are missing.
    faults : frame: row, column (ours), rule, expected, effect, found
    stood : frame (n_rows, columns that may be flagged later)
        What stood in those cells, short and masked.
    places : frame (n_rows, 2)
        source_file, source_row.
    names : dict
        Our column -> the source's.
    told : tuple of str
        Questions that the source asks.
    by_column : dict
        What was dropped, masked, replaced, left out, or said to be no answer: reason -> column -> rows.
    """

    table: pd.DataFrame
    faults: pd.DataFrame
    stood: pd.DataFrame
    places: pd.DataFrame
    names: dict[str, str]
    told: tuple[str, ...]
    by_column: dict[str, dict[str, int]]
