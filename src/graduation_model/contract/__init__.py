"""The contract: what an assessment asks, what the tables hold, and the checks that follow from both."""

from graduation_model.contract.checks import CellFaults, check_across, check_answers, without_reference
from graduation_model.contract.instrument import CrossCheck, Derived, Instrument, Question, Section, Value, asked
from graduation_model.contract.params import CheckParams
from graduation_model.contract.references import AreaYear
from graduation_model.contract.tables import (
    CONTRIBUTION_KEYS,
    FINDINGS_COLUMNS,
    KEYS,
    QUARANTINE_COLUMNS,
    QUARANTINE_CONTEXT,
    Tables,
)
from graduation_model.contract.waves import check_waves, doubtful_rules

__all__ = [
    "CONTRIBUTION_KEYS",
    "FINDINGS_COLUMNS",
    "KEYS",
    "QUARANTINE_COLUMNS",
    "QUARANTINE_CONTEXT",
    "AreaYear",
    "CellFaults",
    "CheckParams",
    "CrossCheck",
    "Derived",
    "Instrument",
    "Question",
    "Section",
    "Tables",
    "Value",
    "asked",
    "check_across",
    "check_answers",
    "check_waves",
    "doubtful_rules",
    "without_reference",
]
