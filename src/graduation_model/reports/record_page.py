"""All that is held on one family in, a page that it can read and one JSON of the same rows out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.explanation.sentences import answer_words, column_words, reason_sentence
from graduation_model.ingest.corrections import typed_answers
from graduation_model.params import Label, Language
from graduation_model.reports.chance import chance_words
from graduation_model.reports.check_words import CheckWords
from graduation_model.reports.evaluation_words import model_words
from graduation_model.reports.inputs import standing
from graduation_model.reports.render import render, twin_link
from graduation_model.reports.rule_words import RuleWords
from graduation_model.selection.params import SelectionParams
from graduation_model.wording import day, has_text, number, percent, text

# Tables that have a part of the page to themselves; any other is shown as it is.
SHOWN = ("assessments", "followups", "scores", "contributions", "selection", "not_scored", "quarantine", "corrections")
TINY = 0.005  # what two decimals show as nothing
CHANCE = ("probability", "probability_low", "probability_high")


@dataclass(frozen=True)
class Held:
    """One file's rows on the family.

    Attributes
    ----------
    source : str
        Where they stand, for people: folder and file.
    kind : str
        The table: assessments, scores, …
    rows : frame
    quotable : bool
        For scores: they were made from exactly the answers that the page shows.
    """

    source: str
    kind: str
    rows: pd.DataFrame
    quotable: bool = False

    @property
    def folder(self) -> str:
        """The part of the source that names the folder."""
        return self.source.split("/")[0]


@dataclass(frozen=True)
class RecordInputs:
    """What a family's page is made from.

    Attributes
    ----------
    household_id : str
    title, outcome, appeal : Label
        The programme's name; the outcome in words; how a family objects.
    instrument : Instrument
        Puts questions, answers and rules into words.
    selection_params : SelectionParams
    held : tuple of Held
    pages : tuple of str
        Copies of the family's own pages, as paths from the page.
    currency : str
    simulated : bool
    """

    household_id: str
    title: Label
    outcome: Label
    appeal: Label
    instrument: Instrument
    selection_params: SelectionParams
    held: tuple[Held, ...]
    pages: tuple[str, ...] = ()
    currency: str = ""
    simulated: bool = False

    def of(self, kind: str) -> list[Held]:
        """Every file that holds a table."""
        return [held for held in self.held if held.kind == kind]


def record_page(inputs: RecordInputs, language: Language) -> str:
    """Return the page: Indonesian is expected at `index.html`, English at `en/index.html`."""
    return render("record.html.j2", record_dict(inputs, language), language)


def record_json(inputs: RecordInputs, programme: str) -> str:
    """Return the same rows for a machine: a list of files, each with its rows; missing is null."""
    tables = [
        {"source": held.source, "table": held.kind, "rows": json.loads(_iso(held.rows).to_json(orient="records"))}
        for held in inputs.held
    ]
    content = {"household_id": inputs.household_id, "programme": programme, "tables": tables}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _iso(rows: pd.DataFrame) -> pd.DataFrame:
    dates = [name for name in rows if pd.api.types.is_datetime64_any_dtype(rows[name].dtype)]
    return rows.assign(**{str(name): rows[name].dt.strftime("%Y-%m-%d") for name in dates})


def record_dict(inputs: RecordInputs, language: Language) -> dict[str, Any]:
    """Return what the page says.

    Returns
    -------
    dict
        standings, scores (chance, reasons, every contribution), not_scored, visits and followups (answers in words),
        corrections, quarantine, others, files, pages.
    """
    root = "" if language == "id" else "../"
    return {
        "programme": inputs.title.in_(language),
        "simulated": inputs.simulated,
        "household_id": inputs.household_id,
        "appeal": inputs.appeal.in_(language),
        "outcome": inputs.outcome.in_(language),
        "links": [twin_link("index.html", language)],
        "standings": [entry for held in inputs.of("selection") for entry in _standings(held, inputs, language)],
        "scores": [entry for held in inputs.of("scores") for entry in _scores(held, inputs, language)],
        "not_scored": [
            _words("not_scored", reason, language)
            for held in inputs.of("not_scored")
            for reason in held.rows["reason"].astype("str").unique()
        ],
        "visits": _answers(inputs.of("assessments"), "assessment_date", inputs.instrument.by_name, inputs, language),
        "followups": _answers(
            inputs.of("followups"), "followup_date", inputs.instrument.followup_by_name, inputs, language
        ),
        "corrections": [row for held in inputs.of("corrections") for row in _corrections(held, inputs, language)],
        "quarantine": _quarantine(inputs, language),
        "others": [_plain_table(held, language) for held in inputs.held if held.kind not in SHOWN],
        "files": [{"source": held.source, "rows": number(len(held.rows), language)} for held in inputs.held],
        "pages": [{"to": root + page, "words": page.rsplit("/", 1)[-1]} for page in inputs.pages],
    }


def _standings(held: Held, inputs: RecordInputs, language: Language) -> list[dict[str, str]]:
    words = RuleWords(language, inputs.selection_params)
    rows = held.rows.assign(standing=standing(held.rows))
    return [
        {
            "source": held.source,
            "words": text(f"recommendation.{row['recommendation']}", language),
            "meaning": text(f"advice.{'proposed' if row['standing'] == 'ready' else row['standing']}", language),
            "rule": words.decided(str(row["rule"])),
        }
        for row in rows.to_dict(orient="records")
    ]


def _scores(held: Held, inputs: RecordInputs, language: Language) -> list[dict[str, Any]]:
    return [_score(row, held, inputs, language) for row in held.rows.to_dict(orient="records")]


def _score(row: Mapping[str, Any], held: Held, inputs: RecordInputs, language: Language) -> dict[str, Any]:
    outside = row.get("support") == "outside"
    chance = chance_words(
        {name: row.get(name) for name in CHANCE} | {"recommendation": "cannot_say" if outside else ""},
        inputs.selection_params,
        language,
    )
    sizes = [other.rows for other in inputs.of("contributions") if other.folder == held.folder]
    now = _answers_on(inputs, row["assessment_date"]) if held.quotable else {}
    return {
        "source": held.source,
        "as_of": day(row["as_of_date"], language),
        "assessed": day(row["assessment_date"], language),
        "model": model_words(str(row["model"]), language),
        "bundle": str(row["bundle_sha256"]),
        "chance": chance["sentence"] if chance else text("chance.unknown", language),
        "interval": chance["interval"] if chance else "",
        "threshold": chance["threshold"] if chance else "",
        "completeness": text("sheet.completeness", language, share=percent(row["completeness"], language)),
        "base": number(row["base_log_odds"], language, 2, signed=True),
        "score": number(row["log_odds"], language, 2, signed=True),
        "quoted": bool(now),
        "reasons": _reasons(sizes[0].iloc[0], now, inputs, language) if sizes else [],
    }


def _reasons(
    sizes: pd.Series, now: Mapping[str, Any], inputs: RecordInputs, language: Language
) -> list[dict[str, str]]:
    """Every question's contribution, the largest first, each in a sentence; those that print as zero are one line."""
    known = {name: float(sizes[name]) for name in sizes.index if name in inputs.instrument.by_name}
    named = {name: size for name, size in known.items() if abs(size) >= TINY}
    tiny = [size for name, size in known.items() if name not in named]
    reasons = [
        {
            "sentence": reason_sentence(
                inputs.instrument.by_name[name],
                answer_words(inputs.instrument.by_name[name], now.get(name), language, currency=inputs.currency),
                size,
                language,
            )
            if now
            else inputs.instrument.by_name[name].label.in_(language),
            "points": number(size, language, 2, signed=True),
        }
        for name, size in sorted(named.items(), key=lambda pair: -abs(pair[1]))
    ]
    if tiny:
        words = text("record.tiny", language, count=number(len(tiny), language))
        reasons.append({"sentence": words, "points": number(sum(tiny), language, 2, signed=True)})
    return reasons


def _answers_on(inputs: RecordInputs, assessed: Any) -> dict[str, Any]:
    for held in inputs.of("assessments"):
        rows = held.rows[(held.rows["assessment_date"] == assessed).to_numpy()]
        if len(rows):
            return {str(name): answer for name, answer in rows.iloc[0].items()}
    return {}


def _answers(
    found: list[Held], date: str, questions: Mapping[str, Question], inputs: RecordInputs, language: Language
) -> dict[str, Any] | None:
    """Answers in words, a column a visit; None where nothing is held. The first file that holds the table is shown."""
    if not found:
        return None
    rows = found[0].rows.sort_values(date)
    columns = {name: questions[name] for name in rows if name in questions}
    words = {
        name: column_words(question, rows[name], language, currency=inputs.currency)
        for name, question in columns.items()
    }
    nothing = text("common.not_recorded", language)
    return {
        "dates": [day(when, language) for when in rows[date]],
        "rows": [
            {"label": question.label.in_(language), "answers": [word or nothing for word in words[name]]}
            for name, question in columns.items()
        ],
    }


def _corrections(held: Held, inputs: RecordInputs, language: Language) -> list[dict[str, str]]:
    rows = []
    for row in held.rows.to_dict(orient="records"):
        known = inputs.instrument.by_name if row["table"] == "assessments" else inputs.instrument.followup_by_name
        question = known.get(str(row["question"]))
        answer = str(row["answer"])
        if question is not None:
            typed = typed_answers(pd.Series([answer], dtype="object"), question).iloc[0]
            answer = answer_words(question, typed, language, currency=inputs.currency) or ""
        rows.append(
            {
                "visit": day(row["visit_date"], language),
                "question": question.label.in_(language) if question else str(row["question"]),
                "answer": answer or text("record.taken_back", language),
                "reason": str(row["reason"]),
                "on": day(row["corrected_on"], language),
                "by": str(row["corrected_by"]),
            }
        )
    return rows


def _quarantine(inputs: RecordInputs, language: Language) -> list[dict[str, str]]:
    found = [held.rows for held in inputs.of("quarantine")]
    cells = pd.concat(found, ignore_index=True).drop_duplicates() if found else pd.DataFrame()
    words = CheckWords(inputs.instrument, language)
    return [
        {
            "place": f"{row['source_file']}, {text('check.row', language)} {row['source_row']}",
            "column": str(row["column"]),
            "rule": words.fault(str(row["rule"])),
            "found": str(row["found"]),
            "effect": words.effect(str(row["effect"]), str(row["rule"])),
        }
        for row in cells.to_dict(orient="records")
    ]


def _plain_table(held: Held, language: Language) -> dict[str, Any]:
    rows = _iso(held.rows).astype("object").where(held.rows.notna(), "")
    return {
        "source": held.source,
        "title": _words("table", held.kind, language),
        "columns": [str(name) for name in rows],
        "rows": rows.astype("str").to_numpy().tolist(),
    }


def _words(family: str, code: str, language: Language) -> str:
    return text(f"{family}.{code}", language) if has_text(f"{family}.{code}") else code
