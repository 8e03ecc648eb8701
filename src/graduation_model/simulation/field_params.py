"""Settings of the messy folder: which codes the offices use, and which faults are planted in what they send."""

from __future__ import annotations

from pydantic import Field

from graduation_model.params import Params


class AnswerFault(Params):
    """Answers that no check should let pass: what is set, and which rule finds it in which question."""

    set: dict[str, float | str]
    question: str
    rule: str


class CellFault(Params):
    """Something typed into a cell that is no answer. Text that begins with `=` is a formula; `stored` its result."""

    question: str
    cell: str
    stored: str = ""
    rule: str


class FieldNoiseParams(Params):
    """What offices do to a province's answers.

    Parameters
    ----------
    read_as
        The codebook that every workbook is said to be coded with.
    coded_as, miscoded
        The codebook that one workbook is really coded with, in these questions.
    typical_codes
        Codebook -> question -> answer -> the code that this answer mostly has, where not its first.
    each
        How often each fault of a cell or visit is planted.
    answers, cells
        Faults of answers and of cells.
    copied_families
        Families for whom one facilitator copies another family's form.
    left_out_by_one, left_out_by_many
        A question that one facilitator never asks, and one that every fourth visit lacks.
    heaped
        An amount that one facilitator rounds; no fault.
    note
        The question answered in words, into which somebody writes a NIK.
    """

    read_as: str
    coded_as: str
    miscoded: tuple[str, ...] = Field(min_length=1)
    typical_codes: dict[str, dict[str, dict[str, str]]] = {}
    each: int = Field(default=3, ge=1)
    answers: tuple[AnswerFault, ...] = ()
    cells: tuple[CellFault, ...] = ()
    copied_families: int = Field(default=6, ge=2)
    left_out_by_one: str
    left_out_by_many: str
    heaped: str
    note: str
