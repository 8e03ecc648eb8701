"""What monitoring saw in, a page in words and tables out. It names facilitators, never a family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.monitoring.drift import PRICES
from graduation_model.monitoring.monitor import Monitored
from graduation_model.monitoring.outcomes import GAP, LISTED_GAP
from graduation_model.monitoring.params import MonitoringParams
from graduation_model.monitoring.scores import REASONS_MOVED
from graduation_model.params import Label, Language
from graduation_model.reports.render import render, twin_link
from graduation_model.wording import day, has_text, in_hundred, money, number, percent, span, text

MOST_MOVED, MOST_CARRIED = 12, 5
NONE = "–"
Say = Callable[..., str]


def monitor_page(
    seen: Monitored,
    *,
    title: Label,
    instrument: Instrument,
    params: MonitoringParams,
    currency: str,
    language: Language,
    simulated: bool = False,
) -> str:
    """Return the page of one monitoring run.

    Parameters
    ----------
    seen : Monitored
    title : Label
        The programme's.
    instrument : Instrument
        Puts questions into words.
    params : MonitoringParams
    currency : str
        The programme's, for amounts.
    language : Language
        Indonesian is expected at `monitor.html`, English at `en/monitor.html`; the two are linked.
    simulated : bool
        Stamped on the page.
    """
    page = monitor_dict(seen, title=title, instrument=instrument, params=params, currency=currency, language=language)
    links = [twin_link("monitor.html", language)]
    return render("monitor.html.j2", {**page, "simulated": simulated, "links": links}, language)


def monitor_dict(
    seen: Monitored,
    *,
    title: Label,
    instrument: Instrument,
    params: MonitoringParams,
    currency: str,
    language: Language,
) -> dict[str, Any]:
    """Return what the page says.

    Returns
    -------
    dict
        programme, lead, waves (sentences); blocking (findings in words); answers, most_moved, scores, estimates (rows
        of words, measure, value, limit, before, now, told); outcomes, facilitators, habits (rows); apart (sentences);
        facilitators_alike: whether nobody differs beyond chance.
    """

    def say(key: str, **values: object) -> str:
        return text(f"monitor.{key}", language, **values)

    names = {question.name: question.label.in_(language) for question in instrument.questions}
    ordered = seen.answers.reindex(seen.answers["value"].abs().sort_values(ascending=False, kind="stable").index)
    crossed = sum(seen.told.values())
    return {
        "programme": title.in_(language),
        "lead": say("lead", count=number(crossed, language)) if crossed else say("lead_none"),
        "waves": say(
            "waves",
            now=number(seen.visits["now"], language),
            before=number(seen.visits["before"], language),
            date_now=day(seen.dates["now"], language),
            date_before=day(seen.dates["before"], language),
        ),
        "answers": list(_moved(ordered[ordered["told"]], names, say, language, currency)),
        "most_moved": list(_moved(ordered[~ordered["told"]].head(MOST_MOVED), names, say, language, currency)),
        "apart": _apart(seen, names, say, language),
        "scores": _scores(seen, names, say, language),
        "scores_note": say("scores_note", listed=percent(params.scores.listed, language)),
        "outcomes": list(_outcomes(seen.outcomes, say, language)),
        "outcomes_note": say(
            "outcomes_note",
            fewest=number(params.outcomes.fewest, language),
            listed=percent(params.scores.listed, language),
        ),
        "estimates": list(_moved(_rows(seen.estimates), {}, say, language)),
        "blocking": _blocking(seen, params, names, say),
        "facilitators": list(_facilitators(seen.facilitators, say, language)),
        "facilitators_note": say(
            "facilitators_note",
            level=percent(params.audit.level, language),
            fewest=number(params.audit.fewest_families, language),
        ),
        "facilitators_alike": len(seen.facilitators) > 0 and not seen.facilitators["leniency"].any(),
        "habits": list(_habits(seen.habits, say, language)),
        "habits_note": say("habits_note", times=number(params.audit.habit, language)),
    }


def _moved(
    rows: pd.DataFrame, names: dict[str, str], say: Say, language: Language, currency: str = ""
) -> Iterator[dict[str, Any]]:
    for row in rows.to_dict(orient="records"):  # as many as questions moved
        measure, question = say(f"measures.{row['measure']}"), row.get("question")
        # What is measured of no question is named by the measure itself.
        words = (names.get(question, question), measure) if question else (measure, "")
        figures = _prices(row, language, currency) if row["measure"] == PRICES else _shares(row, language)
        yield {"words": words[0], "measure": words[1], **figures}


def _shares(row: dict[str, Any], language: Language) -> dict[str, Any]:
    values = {name: row.get(name, float("nan")) for name in ("value", "limit", "before", "now")}
    said = {name: NONE if pd.isna(value) else percent(value, language, 1) for name, value in values.items()}
    return {**said, "told": row["told"]}


def _prices(row: dict[str, Any], language: Language, currency: str) -> dict[str, Any]:
    return {
        "value": number(row["value"], language, 2, signed=True),
        "limit": number(row["limit"], language, 2),
        **{name: money(row[name], currency, language) for name in ("before", "now")},
        "told": row["told"],
    }


def _apart(seen: Monitored, names: dict[str, str], say: Say, language: Language) -> list[str]:
    told = seen.apart.auc > seen.apart_limit
    said = [say("apart_sentence", right=in_hundred(seen.apart.auc), limit=in_hundred(seen.apart_limit))]
    if told:
        first = seen.apart.carried_by.head(MOST_CARRIED)
        words = [f"{names.get(name, name)} ({percent(share, language)})" for name, share in first.items()]
        said.append(say("apart_by", questions="; ".join(words)))
    return said


def _scores(seen: Monitored, names: dict[str, str], say: Say, language: Language) -> list[dict[str, Any]]:
    if seen.scores is None or seen.reasons is None:
        return []
    reasons = seen.reasons.head(MOST_MOVED).assign(measure=REASONS_MOVED)
    return [*_moved(seen.scores, names, say, language), *_moved(reasons, names, say, language)]


def _rows(table: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame() if table is None else table


def _outcomes(table: pd.DataFrame | None, say: Say, language: Language) -> Iterator[dict[str, Any]]:
    for row in _rows(table).to_dict(orient="records"):

        def said(name: str, row: dict[str, Any] = row) -> str:
            if pd.isna(row[name]):
                return NONE
            if row["measure"] in (GAP, LISTED_GAP):
                return number(row[name] * 100, language, 1, signed=True)
            return number(row[name], language, 2)

        no_limit = pd.isna(row["lowest"])
        yield {
            "words": say(f"measures.{row['measure']}"),
            "value": said("value"),
            "interval": span(said("low"), said("high")),
            "promised": said("promised"),
            "limit": NONE if no_limit else span(said("lowest"), said("highest")),
            "families": number(row["n"], language),
            "told": row["told"],
            "verdict": "" if no_limit else say("crossed" if row["told"] else "within"),
        }


def _blocking(seen: Monitored, params: MonitoringParams, names: dict[str, str], say: Say) -> list[str]:
    """What keeps these families from being scored, in words; nothing where nothing does."""
    found = seen.findings(params.blocking)
    return [
        f"{names.get(row['subject'], row['subject']) or say('apart')}: {_measure(row['measure'], say)}"
        for row in found[found["blocking"]].to_dict(orient="records")
    ]


def _measure(code: str, say: Say) -> str:
    return say(f"measures.{code}" if has_text(f"monitor.measures.{code}") else f"habit_names.{code}")


def _facilitators(table: pd.DataFrame, say: Say, language: Language) -> Iterator[dict[str, Any]]:
    for row in table.to_dict(orient="records"):  # as many as facilitators
        few = row["verdict"] == "too_few"
        low, high = (number(row[name], language, 2, signed=True) for name in ("low", "high"))
        yield {
            "who": row["facilitator_id"],
            "families": number(row["families"], language),
            "leniency": NONE if few else number(row["leniency"], language, 2, signed=True),
            "interval": NONE if few else span(low, high),
            "verdict": say(f"verdicts.{row['verdict']}"),
            "told": row["verdict"] in ("lenient", "severe"),
        }


def _habits(table: pd.DataFrame, say: Say, language: Language) -> Iterator[dict[str, Any]]:
    for row in table[table["verdict"] == "told"].to_dict(orient="records"):
        yield {
            "who": row["facilitator_id"],
            "habit": say(f"habit_names.{row['habit']}"),
            "count": number(row["count"], language),
            "of": number(row["of"], language),
            "share": percent(row["share"], language),
            "usual": percent(row["usual"], language, 1),
        }
