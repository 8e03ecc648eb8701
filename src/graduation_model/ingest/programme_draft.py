"""Guessed questions in; the text of a programme's folder that a person reads, mends and confirms, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graduation_model.ingest.draft import remark, scalar
from graduation_model.ingest.guess import Guess, Role
from graduation_model.ingest.mapping import UNSETTLED
from graduation_model.params import LANGUAGES
from graduation_model.wording import text


@dataclass(frozen=True)
class ProgrammeDraft:
    """A drafted programme: its name, its file's columns, and what somebody already said of them.

    Attributes
    ----------
    name
        Small letters, figures and low lines.
    title
        As people call it.
    guesses
        One a column of the file.
    household, date, outcome
        The columns of the family's id, of the visit's date or year, and of what is hoped for; None where that is not
        known.
    """

    name: str
    title: str
    guesses: Sequence[Guess]
    household: str | None = None
    date: str | None = None
    outcome: str | None = None

    @property
    def questions(self) -> list[Guess]:
        """What becomes a question: neither left out nor the id or the date of the visit."""
        return [guess for guess in self.guesses if guess.kind and guess.column not in (self.household, self.date)]

    @property
    def places(self) -> list[Guess]:
        return [guess for guess in self.questions if {"place", "facilitator"} & set(guess.roles)]

    def by_role(self, *roles: Role) -> list[Guess]:
        return [guess for guess in self.questions if set(roles) & set(guess.roles)]


def instrument_text(draft: ProgrammeDraft) -> str:
    """Return `instrument.yaml`: every column that may be a question, and those left out with the reason."""
    places = draft.places
    lines = [
        *remark("new.instrument"),
        "confirmed: no",
        'version: "1"',
        "",
        "sections:",
        f"  - {{name: all, label: {_label('Jawaban', 'Answers')}}}",
        "",
        "questions:",
    ]
    for guess in draft.questions:
        if guess not in places:
            lines += _question(guess)
    lines += ["", *remark("new.followup"), "followup:" if draft.outcome else "followup: []"]
    for guess in draft.questions:
        if guess.column == draft.outcome:
            lines += _question(guess)
    left = {reason: [guess.column for guess in draft.guesses if guess.left == reason] for reason in _REASONS}
    for reason, columns in left.items():
        if columns:
            # A header may itself say who somebody is.
            shown = str(len(columns)) if reason == "personal" else ", ".join(map(scalar, columns))
            lines += ["", *remark(f"new.left_{reason}", columns=shown)]
    return "\n".join(lines) + "\n"


_REASONS = ("personal", "empty", "one_answer")


def _label(id_: str, en: str | None = None) -> str:
    return f"{{id: {scalar(id_)}, en: {scalar(en or id_)}}}"


def _question(guess: Guess) -> Iterator[str]:
    yield f"  - name: {guess.name}"
    perhaps = f"  # {' / '.join(text('new.perhaps', language, kind=guess.perhaps) for language in LANGUAGES)}"
    yield f"    kind: {guess.kind}{perhaps if guess.perhaps else ''}"
    yield "    section: all"
    yield f"    label: {_label(guess.column)}"
    if guess.kind in ("number", "money"):
        yield f"    unit: {scalar(UNSETTLED)}"
    if guess.minimum is not None:
        yield f"    minimum: {guess.minimum:.10g}"
    if guess.maximum is not None:
        yield f"    maximum: {guess.maximum:.10g}"
    if guess.kind in ("text", "date"):
        yield "    blocked: true"
    if guess.answers:
        yield "    values:"
        for name, cell in guess.answers.items():
            yield f"      - {{name: {scalar(name)}, label: {_label(cell)}}}"


def programme_text(draft: ProgrammeDraft) -> str:
    """Return `programme.yaml`, with a `?` where only people know."""
    areas, clusters = draft.by_role("place"), draft.by_role("facilitator", "place")
    outcome = next((guess for guess in draft.questions if guess.column == draft.outcome), None)
    named = {"household_id": draft.household or UNSETTLED} | {guess.name: guess.column for guess in draft.questions}
    named = {name: column for name, column in named.items() if name != column}
    year = next((guess for guess in draft.guesses if guess.column == draft.date), None)
    how = "year_end" if year and year.kind != "date" else "date"
    keep = ", ".join(guess.name for guess in draft.places)
    lines = [
        *remark("new.programme"),
        f"name: {draft.name}",
        f"title: {_label(draft.title)}",
        f"currency: {scalar(UNSETTLED)}",
        "",
        "ingest:",
        "  assessments:",
        *remark("new.columns", "    "),
        "    columns:" if named else "    columns: {}",
        *(f"      {name}: {scalar(column)}" for name, column in named.items()),
        f"    dates: {{assessment_date: {{column: {scalar(draft.date or UNSETTLED)}, how: {how}}}}}",
        f"    keep: [{keep}]",
        "    absent: [facilitator_id, instrument_version, codebook]",
        "  followups:",
        "    dates: {followup_date: {column: followup_date}}",
        "    absent: [followup_status, codebook]",
        "",
        "cohort:",
        *remark("new.cluster", "  ", columns=", ".join(guess.name for guess in clusters) or UNSETTLED),
        f"  cluster: {_only(clusters[:1])}",
        f"  area: {_only(areas[:1])}",
        "",
        "label:",
        *remark("new.label", "  "),
        "  name: sustained_exit",
        f"  title: {_label(UNSETTLED)}",
        f"  caveat: {_label(UNSETTLED)}",
        "  visits: [{months: 12, tolerance_days: 90, required: true}]",
        f"  outcome: {_hoped_for(outcome)}",
        f"  status_now: {_hoped_for(outcome)}",
        *remark("new.order", "  "),
        "  order: [sustained_exit, next_wave]",
        "",
        *remark("new.features"),
        "features: {protected: [], exclude: [], history: [], neighbours: [], ratios: []}",
        "",
        "estimators: {model: logistic}",
        "evaluation: {quota_share: 0.2}",
        "",
        *remark("new.selection"),
        f"selection: {{quota: null, cost_ratio: 5, carry: [{_only(areas[:1])}]}}",
        "",
        *remark("new.reports"),
        f"reports: {{appeal: {_label(UNSETTLED)}}}",
    ]
    return "\n".join(lines) + "\n"


def _only(guesses: Sequence[Guess]) -> str:
    return guesses[0].name if guesses else scalar(UNSETTLED)


def _hoped_for(outcome: Guess | None) -> str:
    name = outcome.name if outcome else scalar(UNSETTLED)
    if outcome and outcome.kind == "yes_no":
        return f"{{question: {name}, is_one_of: [yes]}}"
    if outcome and outcome.kind in ("number", "count", "money"):
        return f"{{question: {name}, at_least: {scalar(UNSETTLED)}}}"
    return f"{{question: {name}, is_one_of: [{scalar(UNSETTLED)}]}}"
