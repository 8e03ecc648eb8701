"""An instrument and what a programme does with it in, the data dictionary out: Markdown, Indonesian over English.

Everything in it follows from the programme's folder, so that it cannot say anything else than what the package does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.features.catalogue import catalogue
from graduation_model.features.params import FeatureParams
from graduation_model.ingest.params import Codebook, CodeMap
from graduation_model.params import LANGUAGES, Label
from graduation_model.wording import number, plain, text

MARK = "<!-- graduation-model dictionary -->"
BREAK = "<br>"


@dataclass(frozen=True)
class DictionaryInputs:
    """What a dictionary is made from.

    Attributes
    ----------
    title : Label
    instrument : Instrument
    codebooks : tuple of Codebook
    features : FeatureParams
        From which follows which questions are in the score.
    uses : mapping
        Use (label, cohort, audit, sheet, carried) -> the questions that the programme's settings name for it.
    outcome : frozenset of str
        The questions of the follow-up from which the outcome is known.
    kept : tuple of str
        Columns beside the questions that are carried along.
    currency : str
    retention_years : int
    """

    title: Label
    instrument: Instrument
    codebooks: tuple[Codebook, ...]
    features: FeatureParams
    uses: Mapping[str, frozenset[str]]
    outcome: frozenset[str]
    kept: tuple[str, ...]
    currency: str
    retention_years: int


def data_dictionary(inputs: DictionaryInputs) -> str:
    """Return the dictionary as Markdown; every cell says it in Indonesian, then in English."""
    in_score = _in_score(inputs)
    instrument = inputs.instrument
    uses = {question.name: _uses(question, inputs, in_score) for question in instrument.questions}
    parts = [
        MARK,
        f"# {text('dictionary.title', 'id')} / {text('dictionary.title', 'en')}: {inputs.title.id}",
        *_head(inputs, uses),
        _heading("assessments", 2),
        *_sections(instrument.questions, inputs, uses),
        _heading("followups", 2),
        *_sections(
            instrument.followup, inputs, {item.name: _followup_uses(item, inputs) for item in instrument.followup}
        ),
        _heading("kept", 2),
        *_both("kept_note", columns=", ".join(f"`{name}`" for name in inputs.kept) or "–"),
        _heading("codes", 2),
        *_both("codes_note"),
        *(part for codebook in inputs.codebooks for part in _codes(codebook)),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _both(key: str, **values: str) -> list[str]:
    return [text(f"dictionary.{key}", language, **values) for language in LANGUAGES]


def _cell(key: str, **values: str) -> str:
    return BREAK.join(dict.fromkeys(_both(key, **values)))


def _heading(key: str, level: int) -> str:
    return "#" * level + " " + " / ".join(dict.fromkeys(_both(key)))


def _head(inputs: DictionaryInputs, uses: Mapping[str, list[str]]) -> list[str]:
    questions = inputs.instrument.questions
    lines = []
    for language in LANGUAGES:
        counts = {
            "count": number(len(questions), language),
            "sensitive": number(sum(bool(question.sensitive) for question in questions), language),
            "unused": number(sum("nothing" in found for found in uses.values()), language),
        }
        lines.append(
            " ".join(
                [
                    text("dictionary.proposal", language),
                    text("dictionary.version", language, version=inputs.instrument.version) + ".",
                    text("dictionary.summary", language, **counts),
                    text("dictionary.retention", language, count=number(inputs.retention_years, language)),
                    text("dictionary.made", language),
                ]
            )
        )
    return lines


def _sections(questions: Sequence[Question], inputs: DictionaryInputs, uses: Mapping[str, list[str]]) -> list[str]:
    heads = ("name", "question", "answers", "need", "direction", "use", "sensitive")
    top = "| " + " | ".join(_cell(head) for head in heads) + " |\n" + "|---" * len(heads) + "|\n"
    parts = []
    for section in inputs.instrument.sections:
        lines = [_row(question, inputs, uses) for question in questions if question.section == section.name]
        if lines:
            parts += [f"### {section.label.id} / {section.label.en}", top + "\n".join(lines)]
    return parts


def _row(question: Question, inputs: DictionaryInputs, uses: Mapping[str, list[str]]) -> str:
    sensitive = [_cell(f"sensitives.{kind}").replace(BREAK, " / ") for kind in question.sensitive]
    free = [_cell("unknown_text")] if question.kind == "text" else []
    need = _cell("needs.derived" if question.derived else f"needs.{question.need}")
    if question.asked_if:
        need += BREAK + _cell("only_if", question=f"`{question.asked_if.question}`", answer=question.asked_if.equals)
    cells = (
        f"`{question.name}`",
        f"{question.label.id}{BREAK}{question.label.en}",
        _answers(question, inputs.currency),
        need,
        _cell(f"directions.{question.direction}"),
        BREAK.join(_cell(f"uses.{use}").replace(BREAK, " / ") for use in uses[question.name]),
        BREAK.join(sensitive + free) or _cell("no"),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _answers(question: Question, currency: str) -> str:
    kind = _cell(f"kinds.{question.kind}").replace(BREAK, " / ")
    unit = currency if question.kind == "money" else question.unit
    lines = [f"{kind} ({unit})" if unit else kind]
    if question.minimum is not None or question.maximum is not None:
        bounds = [None if bound is None else plain(bound, "id") for bound in (question.minimum, question.maximum)]
        lines.append(" … ".join(bound or "" for bound in bounds).strip())
    lines += [f"`{value.name}`: {value.label.id} / {value.label.en}" for value in question.values]
    return BREAK.join(lines)


def _in_score(inputs: DictionaryInputs) -> frozenset[str]:
    """Every question that a feature counts to or is made from."""
    found = catalogue(inputs.instrument, inputs.features)
    used = set(found.questions) | {
        name for quantity in found.quantities for name in (quantity.numerator, quantity.denominator) if name
    }
    return frozenset(used)


def _uses(question: Question, inputs: DictionaryInputs, in_score: frozenset[str]) -> list[str]:
    instrument, name = inputs.instrument, question.name
    crossed = {
        part
        for check in instrument.cross_checks
        for part in (check.question, check.at_most, check.needs.question if check.needs else None)
    }
    conditions = {other.asked_if.question for other in instrument.questions if other.asked_if}
    found = ["feature"] if name in in_score else []
    found += [use for use, names in inputs.uses.items() if name in names]
    found += ["check"] if name in crossed else []
    found += ["derived"] if name in _parts_of(instrument.questions) else []
    found += ["follow"] if name in conditions else []
    found += ["nothing"] if question.blocked and not found else []
    kept_out = (
        ["blocked"] if question.blocked else ["protected"] if question.protected and not in_score & {name} else []
    )
    audited = ["audit"] if question.protected and name in in_score and "audit" not in found else []
    return kept_out + found + audited or ["nothing"]


def _followup_uses(question: Question, inputs: DictionaryInputs) -> list[str]:
    found = ["label"] if question.name in inputs.outcome else []
    found += ["derived"] if question.name in _parts_of(inputs.instrument.followup) else []
    return found or ["nothing"]


def _parts_of(questions: Sequence[Question]) -> set[str]:
    """What derived answers are computed from."""
    return {name for question in questions if question.derived for name in question.derived.parts}


def _codes(codebook: Codebook) -> list[str]:
    heads = f"| {_cell('name')} | {_cell('codes')} |\n|---|---|\n"
    lines = [f"| `{name}` | {_maps(maps)} |" for name, maps in codebook.questions.items()]
    return [f"### {codebook.source}", heads + "\n".join(lines)]


def _maps(maps: Sequence[CodeMap]) -> str:
    several = len(maps) > 1
    return BREAK.join(
        (f"{', '.join(code_map.versions)}: " if several else "")
        + ", ".join(f"{code} → `{value}`" for code, value in code_map.codes.items())
        for code_map in maps
    )
