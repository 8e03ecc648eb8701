"""Tables that every programme keeps alike: decisions and business grants, as questions.

Said as questions they are typed, checked and quarantined in the same way as an assessment. Only what a row means
nothing without is required; a column that a source does not have stays empty.
"""

from __future__ import annotations

from graduation_model.contract.instrument import Kind, Question, Value
from graduation_model.params import Label

GRADUATED, RETAINED, DEFERRED = "graduated", "retained", "deferred"
EXITED_NATURAL, EXITED_ADMIN = "exited_natural", "exited_admin"


def _column(name: str, kind: Kind, *values: str, required: bool = False, **more: object) -> Question:
    shown = Label(id=name, en=name)  # nobody is asked: a column's name is all its words
    return Question.model_validate(
        {
            "name": name,
            "kind": kind,
            "section": "table",
            "label": shown,
            "values": tuple(Value(name=value, label=Label(id=value, en=value)) for value in values),
            "need": "required" if required else "optional",
            **more,
        }
    )


DECISIONS: tuple[Question, ...] = (
    _column("effective_date", "date", required=True),
    _column("decision", "choice", GRADUATED, RETAINED, DEFERRED, EXITED_NATURAL, EXITED_ADMIN, required=True),
    _column("graduation_kind", "choice", "mandiri", "alamiah", "kepesertaan", "paksa"),
    _column("decided_by_role", "text"),
    _column("reason_code", "text"),
    _column("model", "text"),
)

UEP: tuple[Question, ...] = (
    _column("source", "choice", "province", "kab_kota", "national_pena", "ppse"),
    _column("grant_kind", "choice", "goods", "cash"),
    _column("value_idr", "money", unit="idr", minimum=0),
    _column("business_kind", "text"),
    _column("business_preexisting", "yes_no"),
)
