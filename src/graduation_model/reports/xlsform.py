"""A programme's instrument in, its assessment or follow-up as an XLSForm out, as KoboToolbox and ODK take it.

The questions carry the names that the programme's ingest reads, and the answers the values or codes that it
understands, so that an export comes back without a mapping.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from graduation_model.contract.instrument import CHOICE_KINDS, Instrument, Question, asked
from graduation_model.contract.tables import KEYS
from graduation_model.errors import ConfigError
from graduation_model.ingest.params import Codebook, DateRule, IngestParams, TableSource
from graduation_model.params import LANGUAGES, Label
from graduation_model.reports.form_coding import Coding, coding_of
from graduation_model.wording import has_text, plain, text

Table = Literal["assessments", "followups"]
Row = dict[str, str]

LANGUAGE_NAMES = {"id": "Bahasa Indonesia (id)", "en": "English (en)"}
_TYPES = {"number": "decimal", "count": "integer", "money": "integer", "date": "date", "text": "text"}
# A question's name becomes an XML element.
_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_MOST_DECIMALS = 6
# The same programme gives the same bytes, so the workbook says nothing of the hour.
_MADE = datetime.datetime(2000, 1, 1)
WIDEST = 60


@dataclass(frozen=True)
class FormInputs:
    """What a programme says about its forms.

    Attributes
    ----------
    name, title, currency
        The programme's.
    instrument, ingest, codebooks
        The questions, and how their answers are read.
    area, area_names
        The column of area codes, and code -> name: where it is known, areas are chosen from a list.
    """

    name: str
    title: Label
    instrument: Instrument
    ingest: IngestParams
    codebooks: Sequence[Codebook] = ()
    currency: str = ""
    area: str = ""
    area_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class XlsForm:
    """The three sheets of an XLSForm, a row a dict; an empty cell has no entry."""

    survey: tuple[Row, ...]
    choices: tuple[Row, ...]
    settings: Row


def xlsform(inputs: FormInputs, table: Table) -> XlsForm:
    """Return a programme's assessment or follow-up as an XLSForm.

    Raises
    ------
    ConfigError
        Where the programme reads something that no form can write: a column whose name is no XML name, a date in a
        spelling of its own, or codes that no version of the codebooks holds for every question.
    """
    source = inputs.ingest.assessments if table == "assessments" else inputs.ingest.followups
    instrument = inputs.instrument
    listed = instrument.questions if table == "assessments" else instrument.followup
    questions = asked(listed)
    coding = coding_of(questions, source, inputs.codebooks, plain_version=instrument.version)
    lists = _Lists()
    survey = [
        *_keys(inputs, table, questions, source, coding, lists),
        *_constants(inputs, table, questions, source, coding),
        *_groups(inputs, questions, source, coding, lists),
    ]
    _refuse_names(survey, table)
    words = {language: text(f"form.{table}", language) for language in LANGUAGES}
    settings = {
        "form_title": f"{inputs.title.id}: {words['id']}",
        "form_id": re.sub(r"\W", "_", f"{inputs.name}_{table}", flags=re.ASCII),
        "version": instrument.version,
        "default_language": LANGUAGE_NAMES["id"],
    }
    return XlsForm(tuple(survey), tuple(lists.rows()), settings)


class _Lists:
    """The lists of choices: questions with the same answers share one."""

    def __init__(self) -> None:
        self._names: dict[tuple[tuple[str, Label], ...], str] = {}

    def name(self, wanted: str, choices: Sequence[tuple[str, Label]]) -> str:
        """Return the name of the list of these choices; it is new only where no list has them."""
        key = tuple((code, Label(id=label.id, en=label.en)) for code, label in choices)
        if key not in self._names:
            taken = set(self._names.values())
            names = (wanted, *(f"{wanted}_{number}" for number in range(2, len(taken) + 3)))
            self._names[key] = next(name for name in names if name not in taken)
        return self._names[key]

    def rows(self) -> Iterator[Row]:
        """Return the sheet's rows, lists in the order of the questions."""
        for choices, name in self._names.items():
            for code, label in choices:
                yield {"list_name": name, "name": code, **_said("label", label)}


def _keys(
    inputs: FormInputs, table: Table, questions: Sequence[Question], source: TableSource, coding: Coding, lists: _Lists
) -> Iterator[Row]:
    """The household, the date, the facilitator, and the columns that are carried along."""
    yield _key("text", source.columns.get("household_id", "household_id"), "household_id")
    for column, rule in source.dates.items():
        yield _date(column, rule, coding, lists, coded=rule.column == source.codebook)
    asked = {question.name for question in questions} | {"codebook", "instrument_version", *KEYS[table]}
    facilitator = ("facilitator_id",) if table == "assessments" else ()
    for column in dict.fromkeys((*facilitator, *source.keep)):
        if column not in asked:
            yield _carried(column, source, inputs, lists)


def _key(kind: str, name: str, column: str, **more: str) -> Row:
    row = {"type": kind, "name": name, **_said("label", _column_label(column)), "required": "yes", **more}
    return row | (_words("hint", f"form.hint_{column}") if has_text(f"form.hint_{column}") else {})


def _column_label(column: str) -> Label:
    key = f"form.columns.{column}"
    return Label(id=text(key, "id"), en=text(key, "en")) if has_text(key) else Label(id=column, en=column)


def _date(column: str, rule: DateRule, coding: Coding, lists: _Lists, *, coded: bool) -> Row:
    if coded:  # one column says when and by which codebook: only those years can be chosen in which the codes hold
        years = [(version, Label(id=version, en=version)) for version in coding.versions]
        return _key(f"select_one {lists.name(rule.column, years)}", rule.column, column)
    if rule.how == "year_end":
        # The range that ingest reads as a year.
        more = {"constraint": ". >= 1900 and . <= 2200", **_words("constraint_message", "form.year")}
        return _key("integer", rule.column, column, **more)
    if rule.format not in (None, "%Y-%m-%d"):
        raise ConfigError(
            f"'{column}' is read in a spelling of its own, and a form writes YYYY-MM-DD",
            where="ingest",
            mend=f"Take the format of '{column}' out of programme.yaml for data that a form collects",
        )
    more = {"constraint": ". <= today()", **_words("constraint_message", "form.not_later")}
    return _key("date", rule.column, column, **more)


def _carried(column: str, source: TableSource, inputs: FormInputs, lists: _Lists) -> Row:
    name = source.columns.get(column, column)
    if column == inputs.area and inputs.area_names:
        areas = [(code, Label(id=area, en=area)) for code, area in inputs.area_names.items()]
        return _key(f"select_one {lists.name(column, areas)}", name, column)
    return _key("text", name, column)


def _constants(
    inputs: FormInputs, table: Table, questions: Sequence[Question], source: TableSource, coding: Coding
) -> Iterator[Row]:
    """What nobody is asked: which instrument and which codebook the answers were given by."""
    asked = {question.name for question in questions}
    if "instrument_version" not in asked:
        name = source.columns.get("instrument_version", "instrument_version")
        yield _constant(name, inputs.instrument.version)
    for column, allowed in source.same.items():
        yield _constant(source.columns.get(column, column), allowed[0])
    if source.codebook and source.codebook not in {rule.column for rule in source.dates.values()}:
        yield _constant(source.codebook, coding.versions[-1])


def _constant(name: str, value: str) -> Row:
    return {"type": "calculate", "name": name, "calculation": _literal(value)}


def _literal(value: str) -> str:
    """A text in XPath, which knows no escapes."""
    if "'" not in value:
        return f"'{value}'"
    return f'"{value}"' if '"' not in value else "concat('" + value.replace("'", "', \"'\", '") + "')"


def _groups(
    inputs: FormInputs, questions: Sequence[Question], source: TableSource, coding: Coding, lists: _Lists
) -> Iterator[Row]:
    by_name = {question.name: question for question in questions}
    for section in inputs.instrument.sections:
        own = [question for question in questions if question.section == section.name]
        if own:
            name = re.sub(r"\W", "_", f"section_{section.name}", flags=re.ASCII)
            yield {"type": "begin_group", "name": name, **_said("label", section.label)}
            for question in own:
                yield _asked(question, by_name, inputs.currency, source, coding, lists)
            yield {"type": "end_group"}


def _asked(
    question: Question,
    by_name: Mapping[str, Question],
    currency: str,
    source: TableSource,
    coding: Coding,
    lists: _Lists,
) -> Row:
    if question.levels:
        wanted = "yes_no" if question.kind == "yes_no" else question.name
        kind = f"select_one {lists.name(wanted, _choices(question, coding))}"
    else:
        kind = _TYPES[question.kind]
    name = source.columns.get(question.name, question.name)
    row = {"type": kind, "name": name, **_said("label", question.label)}
    row |= _hint(question, currency) | _bounds(question) | _relevant(question, by_name, source, coding)
    return row | ({"required": "yes"} if question.need == "required" else {})


def _choices(question: Question, coding: Coding) -> list[tuple[str, Label]]:
    answers = coding.answers(question)
    if question.kind in CHOICE_KINDS:
        return [(answers[value.name], value.label) for value in question.values if value.name in answers]
    words = {name: Label(id=text(f"form.{name}", "id"), en=text(f"form.{name}", "en")) for name in ("yes", "no")}
    return [(answers[name], label) for name, label in words.items() if name in answers]


def _relevant(question: Question, by_name: Mapping[str, Question], source: TableSource, coding: Coding) -> Row:
    if question.asked_if is None:
        return {}
    other = by_name.get(question.asked_if.question)
    if other is None:
        raise ConfigError(
            f"'{question.name}' is asked_if '{question.asked_if.question}', which the same form does not ask",
            where="instrument.yaml",
            mend="Ask both in one form, or take asked_if out",
        )
    code = coding.answers(other).get(question.asked_if.equals)
    if code is None:  # that answer cannot be given, so the question never comes up
        return {"relevant": "false()"}
    return {"relevant": f"${{{source.columns.get(other.name, other.name)}}} = {_literal(code)}"}


def _bounds(question: Question) -> Row:
    low, high = question.minimum, question.maximum
    if not question.is_numeric or (low is None and high is None):
        return {}
    limits = [f". {sign} {_decimal(bound)}" for sign, bound in ((">=", low), ("<=", high)) if bound is not None]
    key = "form.between" if None not in (low, high) else "form.at_least" if high is None else "form.at_most"
    message = {
        f"constraint_message::{LANGUAGE_NAMES[language]}": text(
            key,
            language,
            low="" if low is None else plain(low, language, _MOST_DECIMALS),
            high="" if high is None else plain(high, language, _MOST_DECIMALS),
        )
        for language in LANGUAGES
    }
    return {"constraint": " and ".join(limits), **message}


def _decimal(bound: float) -> str:
    """A number in XPath 1.0, which knows no exponents."""
    whole = format(Decimal(repr(float(bound))), "f")
    return whole.rstrip("0").rstrip(".") if "." in whole else whole


def _hint(question: Question, currency: str) -> Row:
    hints = {}
    for language in LANGUAGES:
        if question.kind == "money":
            hint = text("form.money", language, currency=currency or question.unit or "")
        elif question.unit == "share":
            hint = text("form.share", language)
        else:
            own = question.unit or "" if question.is_numeric else ""
            known = next((name for name in (own, own.removesuffix("s")) if has_text(f"units.{name}")), "")
            unit = text(f"units.{known}", language, count="").strip() if known else own
            hint = text("form.unit", language, unit=unit) if unit else ""
        if hint:
            hints[f"hint::{LANGUAGE_NAMES[language]}"] = hint
    return hints


def _said(column: str, label: Label) -> Row:
    return {f"{column}::{LANGUAGE_NAMES[language]}": label.in_(language) for language in LANGUAGES}


def _words(column: str, key: str) -> Row:
    return _said(column, Label(id=text(key, "id"), en=text(key, "en")))


def _refuse_names(survey: Sequence[Row], table: Table) -> None:
    names = [row["name"] for row in survey if "name" in row]
    odd = [name for name in names if not _XML_NAME.fullmatch(name)]
    if odd:
        raise ConfigError(
            f"{len(odd)} columns have a name that no form can give (first: '{odd[0]}')",
            where=f"ingest.{table}",
            mend="A form's names are letters, digits and _; map such columns in a mapping file instead",
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            f"The form would ask {', '.join(twice)} twice", where=f"ingest.{table}", mend="Give each its own column"
        )


def xlsform_workbook(form: XlsForm) -> bytes:
    """Return an XLSForm as an .xlsx file; every cell is text, so that no label is ever computed."""
    import xlsxwriter

    buffer = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, safe) as book:
        book.set_properties({"title": form.settings["form_title"], "created": _MADE})
        head = book.add_format({"bold": True, "bg_color": "#E9EDF0", "bottom": 1})
        for name, rows in (("survey", form.survey), ("choices", form.choices), ("settings", (form.settings,))):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(_columns(name, rows)):
                sheet.write_string(0, place, column, head)
                longest = max((len(row.get(column, "")) for row in rows), default=0)
                sheet.set_column(place, place, min(WIDEST, max(10, len(column), longest) + 2))
                for line, row in enumerate(rows, start=1):
                    if column in row:
                        sheet.write_string(line, place, row[column])
    return buffer.getvalue()


_ORDER = ("type", "list_name", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message")


def _columns(sheet: str, rows: Sequence[Row]) -> list[str]:
    """Every column that a row fills, in the order in which people read a form; a sheet without rows keeps its head."""
    empty = {"choices": {"list_name": "", "name": "", **_said("label", Label(id="", en=""))}}
    found = dict.fromkeys(column for row in (*rows, *([] if rows else [empty[sheet]])) for column in row)
    order = {name: place for place, name in enumerate(_ORDER)}
    return sorted(found, key=lambda column: order.get(column.split("::")[0], len(order)))
