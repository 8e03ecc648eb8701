"""A gate's verdict in; the same in words, as Markdown in both languages, and as plain data out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graduation_model.contract.instrument import Instrument
from graduation_model.evaluation.gate import Reason, Verdict
from graduation_model.params import LANGUAGES, Language
from graduation_model.reports.evaluation_words import model_words
from graduation_model.reports.group_words import GroupWords
from graduation_model.wording import day, number, percent, text

# Which facts are shares, and which are differences of shares, told in points with their sign.
_SHARES = frozenset({"share", "least", "limit", "margin"})
_POINTS = frozenset({"difference", "low", "high", "gap"})
_SLOPES = frozenset({"slope", "lowest", "highest"})


def verdict_lines(
    verdict: Verdict, language: Language, *, instrument: Instrument | None = None
) -> list[dict[str, str]]:
    """Return every reason in words.

    Returns
    -------
    list of dict
        code, outcome (passed, failed, note), mark (the outcome in a word), words.
    """
    groups = GroupWords(instrument)
    return [
        {
            "code": reason.code,
            "outcome": reason.outcome,
            "mark": text(f"gate.mark_{reason.outcome}", language),
            "words": text(f"gate.{reason.code}", language, **_facts(reason, groups, language)),
        }
        for reason in verdict.reasons
    ]


def verdict_story(verdict: Verdict, language: Language, *, instrument: Instrument | None = None) -> str:
    """Return the reasons as lines for a terminal, the failed ones first."""
    order = ("failed", "passed", "note")
    lines = sorted(
        verdict_lines(verdict, language, instrument=instrument), key=lambda line: order.index(line["outcome"])
    )
    head = text("gate.opens" if verdict.opens else "gate.closed", language)
    return "\n".join([head, *(f"  {line['mark']}: {line['words']}" for line in lines)])


def verdict_record(verdict: Verdict, facts: Mapping[str, str]) -> dict[str, Any]:
    """Return the verdict as plain data.

    Parameters
    ----------
    facts : mapping
        Who asked for which version, and when.
    """
    reasons = [
        {
            "code": reason.code,
            "outcome": reason.outcome,
            "facts": dict(reason.facts),
            "words": {language: verdict_lines(Verdict((reason,)), language)[0]["words"] for language in LANGUAGES},
        }
        for reason in verdict.reasons
    ]
    return {**facts, "opens": verdict.opens, "reasons": reasons}


def verdict_markdown(
    verdict: Verdict, facts: Mapping[str, str], *, title: str, instrument: Instrument | None = None
) -> str:
    """Return the verdict as Markdown, Indonesian above English."""
    parts = []
    for language in LANGUAGES:
        lines = verdict_lines(verdict, language, instrument=instrument)
        parts += [
            f"# {text('gate.title', language)}: {title}",
            f"**{text('gate.opens' if verdict.opens else 'gate.closed', language)}**",
            text(
                "gate.asked",
                language,
                version=facts["version"],
                approver=facts["approver"],
                date=day(facts["date"], language),
            ),
            "\n".join(f"- **{line['mark']}**: {line['words']}" for line in lines),
        ]
    return "\n\n".join(parts) + "\n"


def _facts(reason: Reason, groups: GroupWords, language: Language) -> dict[str, str]:
    group = str(reason.facts.get("group", ""))
    return {name: _fact(reason.code, name, value, group, groups, language) for name, value in reason.facts.items()}


def _fact(code: str, name: str, value: Any, group: str, groups: GroupWords, language: Language) -> str:
    if name == "model":
        return model_words(str(value), language)
    if name == "group":
        return groups.group(group, "", language)
    if name == "level":
        return groups.level(group, str(value), language)
    if name == "findings":
        return ", ".join(text(f"leak.{one}", language) for one in str(value).split(", "))
    if name == "date":
        return day(value, language)
    if name in _SLOPES:
        return number(value, language, 2)
    if name in _POINTS:
        return number(value * 100, language, 1, signed=True)
    # `least` counts families where a challenger is untested, and is a share elsewhere.
    if name in _SHARES and code != "untested":
        return percent(value, language)
    return str(value) if isinstance(value, str) else number(value, language)
