"""Rules, expectations and findings of a check in, the words that people read out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from graduation_model.contract.findings import NOT_CHECKED, SUSPECTED_CODEBOOK
from graduation_model.contract.instrument import Instrument, Question
from graduation_model.contract.waves import doubtful_rules
from graduation_model.params import Label, Language
from graduation_model.wording import day, has_text, number, percent, plain, text

_EXPECTED = {
    "a number": "number",
    "a whole number": "whole_number",
    "an answer": "answer",
    "an id": "id",
    "a year": "year",
    "a code of that version's codebook": "code",
    "one visit a wave": "one_visit",
    "as at the last visit": "as_before",
    "an assessed family": "assessed_family",
    "after the decision": "after_decision",
    "a decision": "decision",
    "somebody else than the proposer": "other_visitor",
    "no, since the proposer visited": "not_independent",
    "set against the programme's line": "own_line",
}
_EACH = r"(?: for each (?P<each>[a-z_0-9]+))?"
_BOUND = re.compile(r"at (?P<side>least|most) (?:(?P<times>[\d.]+) times )?(?P<bound>[^ ]+)" + _EACH)
_BETWEEN = re.compile(r"(?P<low>[\d.-]+) to (?P<high>[\d.-]+)" + _EACH)
_DAY_OF_YEAR = re.compile(r"\d\d-\d\d")


@dataclass(frozen=True)
class CheckWords:
    """How one programme's check speaks in one language.

    Attributes
    ----------
    instrument : Instrument
        Puts questions, answers and declared rules into words.
    language : Language
    """

    instrument: Instrument
    language: Language

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question by name; the assessment's words win over the follow-up's."""
        return {**self.instrument.followup_by_name, **self.instrument.by_name}

    @cached_property
    def rules(self) -> Mapping[str, Label]:
        """The rules that the programme declares itself."""
        return {check.name: check.label for check in self.instrument.cross_checks}

    @cached_property
    def doubts(self) -> frozenset[str]:
        """The rules whose findings may be true."""
        return doubtful_rules(self.instrument)

    def question(self, name: str) -> str:
        """Return a question's words, or the name of what is no question."""
        if name in self.questions:
            return self.questions[name].label.in_(self.language)
        return self._words("form.columns", name)

    def answer(self, question: str, value: str) -> str:
        """Return an answer's words."""
        asked = self.questions.get(question)
        words = {one.name: one.label.in_(self.language) for one in asked.values} if asked else {}
        return words.get(value) or (text(f"common.{value}", self.language) if value in ("yes", "no") else value)

    def fault(self, rule: str) -> str:
        """Return a rule in words: the programme's own for what it declares, else the house's."""
        return self.rules[rule].in_(self.language) if rule in self.rules else self._words("fault", rule)

    def mend(self, rule: str, mend: str) -> str:
        """Return how to mend what breaks a rule."""
        if has_text(f"mend.{rule}"):
            return text(f"mend.{rule}", self.language)
        kind = "doubt" if rule in self.doubts else "contradiction" if rule in self.rules else ""
        return text(f"mend.{kind}", self.language) if kind else mend

    def effect(self, effect: str, rule: str) -> str:
        """Return what became of the cell."""
        return self._words("effect", "doubt" if rule in self.doubts else effect)

    def expected(self, expected: str, question: str = "") -> str:
        """Return what a cell should have held, where its form is known."""
        if expected in _EXPECTED:
            return text(f"expected.{_EXPECTED[expected]}", self.language)
        if found := _BOUND.fullmatch(expected):
            bound = self._bound(found["bound"])
            if found["times"]:
                bound = text("expected.times", self.language, times=found["times"], other=bound)
            return self._each(text(f"expected.at_{found['side']}", self.language, bound=bound), found["each"])
        if found := _BETWEEN.fullmatch(expected):
            low, high = self._bound(found["low"]), self._bound(found["high"])
            return self._each(text("expected.between", self.language, low=low, high=high), found["each"])
        if expected.startswith("one of "):
            values = [self.answer(question, value) for value in expected.removeprefix("one of ").split(", ")]
            return text("expected.one_of", self.language, values=", ".join(values))
        if expected.startswith("a date as "):
            return text("expected.date", self.language, form=expected.removeprefix("a date as "))
        if expected.startswith("only with "):
            other, _, value = expected.removeprefix("only with ").partition(" = ")
            said = f"{self.question(other)}: {self.answer(other, value)}"
            return text("expected.only_with", self.language, answer=said)
        if expected.startswith("one visit for each "):
            return text("expected.one_key", self.language)
        return expected

    def _each(self, bound: str, each: str | None) -> str:
        if each is None:
            return bound
        return text("expected.each", self.language, bound=bound, other=self.question(each))

    def _bound(self, bound: str) -> str:
        """A figure, a day of the year, a question or a table, in words."""
        if _DAY_OF_YEAR.fullmatch(bound):
            return day(f"2020-{bound}", self.language).rsplit(" ", 1)[0]
        try:
            return plain(float(bound), self.language)
        except ValueError:
            return self._words("reference", bound) if has_text(f"reference.{bound}") else self.question(bound)

    def finding(self, row: Mapping[str, object]) -> str:
        """Return what a finding has seen: counts and shares, never a household's value."""
        rule, detail, count, of = str(row["rule"]), str(row["detail"]), int(row["count"]), int(row["of"])  # type: ignore[call-overload]
        limit = float(row["limit"])  # type: ignore[arg-type]
        said = {
            "count": number(count, self.language),
            "of": number(of, self.language),
            "share": percent(count / of if of else 0.0, self.language),
            "limit": "" if pd.isna(limit) else percent(limit, self.language),
            "detail": detail,
        }
        key = rule
        if rule == SUSPECTED_CODEBOOK:
            key = rule if detail else "unreadable"
            said["answer"] = self.answer(str(row["column"]), detail)
            said["side"] = text(f"finding_said.{'at_least' if count < limit * of else 'at_most'}", self.language)
        elif rule == NOT_CHECKED:
            check, _, areas = detail.partition(": ")
            said["detail"] = f"{self.fault(check)} ({areas})"
        return text(f"finding_said.{key}", self.language, **said)

    def _words(self, family: str, code: str) -> str:
        key = f"{family}.{code}"
        return text(key, self.language) if has_text(key) else code
