"""Selection: scores and a programme's rules -> who is proposed. It knows no model and can be replayed from a file."""

from graduation_model.selection.params import SelectionParams
from graduation_model.selection.pool import RULE_COLUMNS
from graduation_model.selection.select import RECOMMENDATIONS, RULES, SELECTION_COLUMNS, Selection, select

__all__ = ["RECOMMENDATIONS", "RULES", "RULE_COLUMNS", "SELECTION_COLUMNS", "Selection", "SelectionParams", "select"]
