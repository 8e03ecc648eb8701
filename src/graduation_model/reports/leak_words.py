"""Leak findings in; each check with how it came out, in words, out."""

from __future__ import annotations

from collections.abc import Sequence

from graduation_model.contract.instrument import Instrument
from graduation_model.evaluation.leak import CHECKS, Finding
from graduation_model.params import Language
from graduation_model.reports.evaluation_words import model_words
from graduation_model.wording import day, number, text


def leak_checks(
    findings: Sequence[Finding] | None, instrument: Instrument | None, language: Language
) -> list[dict[str, object]]:
    """Return one entry a check.

    Returns
    -------
    list of dict
        code, name, passed, result (what was found, or that nothing was); empty where nobody looked.
    """
    if findings is None:
        return []
    return [
        {
            "code": code,
            "name": text(f"leak.{code}", language),
            "passed": not (found := [finding for finding in findings if finding.code == code]),
            "results": leak_sentences(found, instrument, language) or [text("leak.nothing", language)],
        }
        for code in CHECKS
    ]


def leak_sentences(findings: Sequence[Finding], instrument: Instrument | None, language: Language) -> list[str]:
    """Return what each finding says to a reader."""
    return [
        text(
            f"leak.found_{finding.code}",
            language,
            **{name: _fact(name, value, instrument, language) for name, value in finding.facts.items()},
        )
        for finding in findings
    ]


def _fact(name: str, value: object, instrument: Instrument | None, language: Language) -> str:
    if isinstance(value, float):
        return number(value, language, 2)
    if name == "model":
        return model_words(str(value), language)
    if name == "question" and instrument is not None and value in instrument.by_name:
        return instrument.named(str(value)).label.in_(language)
    if name == "part":
        return text(f"leak.part_{value}", language)
    if name == "after":
        return day(value, language)
    return number(value, language) if name == "rows" and isinstance(value, int) else str(value)
