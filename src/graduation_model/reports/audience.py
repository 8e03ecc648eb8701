"""A page's content and who it is for in, the same without what they are not shown out. One table says who sees what.

The public's page is not cut out of another one: it is made from counts (`public_page`), and no part below reaches it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

Audience = Literal["facilitator", "reviewer", "public"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

_STAFF, _REVIEWER = frozenset({"facilitator", "reviewer"}), frozenset({"reviewer"})

# Of each kind of page, who sees which part of it. A part that is not named here is shown to nobody: it is an error.
# A facilitator sees what a visit needs, of own families alone. Chance, weights and ranks stay with those who decide:
# whoever fills in the answers and sees what each is worth can fill in the recommendation (Camacho and Conover 2011).
PARTS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "sheet": {
        **dict.fromkeys(
            ("programme", "simulated", "label_stamp", "outcome", "caveat", "model", "trained_as_of"), _STAFF
        ),
        **dict.fromkeys(("household_id", "file", "who", "advice"), _STAFF),
        **dict.fromkeys(("facts", "before_date", "compared", "line"), _STAFF),
        "records": _STAFF,  # reasons in words, in the instrument's order
        **dict.fromkeys(("missing", "doubts", "completeness", "ask", "plan"), _STAFF),
        **dict.fromkeys(("history", "documents", "appeal", "followups", "reentry"), _STAFF),
        **dict.fromkeys(("place", "chance", "reasons", "ledger", "contrast", "hand_rule", "to_decide"), _REVIEWER),
    },
    "letter": dict.fromkeys(
        (
            *("audience", "programme", "simulated", "label_stamp", "office", "household_id", "file", "standing"),
            *("area", "says", "why", "reasons", "objection", "days", "visits", "reentry"),
        ),
        _STAFF,
    ),
    # The columns of the list of families, and the filter by facilitator.
    "index": {
        **dict.fromkeys(("household", "area", "standing"), _STAFF),
        # A place on the waiting list is a rank, too.
        **dict.fromkeys(("chance", "rank", "position", "facilitator"), _REVIEWER),
    },
}


def sees(kind: str, part: str, audience: Audience) -> bool:
    """Return whether an audience is shown a part of a kind of page.

    Examples
    --------
    >>> sees("sheet", "plan", "facilitator"), sees("sheet", "chance", "facilitator"), sees("sheet", "plan", "public")
    (True, False, False)
    """
    return audience in PARTS[kind][part]


def shown(kind: str, page: Mapping[str, Any], audience: Audience) -> dict[str, Any]:
    """Return a page's content for an audience: what it is not shown is None.

    Raises
    ------
    KeyError
        Where the page has a part that the table does not know.
    """
    return {part: said if sees(kind, part, audience) else None for part, said in page.items()}
