"""The contract: what an assessment asks, what the tables hold, and the checks that follow from both."""

from graduation_model.contract.checks import CellFaults, check_across, check_answers
from graduation_model.contract.instrument import CrossCheck, Derived, Instrument, Question, Section, Value, asked
from graduation_model.contract.tables import CONTRIBUTION_KEYS, KEYS, QUARANTINE_COLUMNS, Tables

__all__ = [
    "CONTRIBUTION_KEYS",
    "KEYS",
    "QUARANTINE_COLUMNS",
    "CellFaults",
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
]
