"""After the decision: who is visited when and by whom; what became of families; how people decided beside the list."""

from graduation_model.followup.due import DUE, TO_DO, due_visits
from graduation_model.followup.params import FollowUpParams
from graduation_model.followup.visitors import assign_visitors

__all__ = ["DUE", "TO_DO", "FollowUpParams", "assign_visitors", "due_visits"]
