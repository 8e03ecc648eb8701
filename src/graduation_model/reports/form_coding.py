"""A form's questions and the programme's codebooks in; the codes in which its answers are written, out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graduation_model.contract.instrument import Question
from graduation_model.errors import ConfigError
from graduation_model.ingest.codebooks import OWN, maps_of
from graduation_model.ingest.params import Codebook, TableSource


@dataclass(frozen=True)
class Coding:
    """How answers are written.

    Attributes
    ----------
    versions : tuple of str
        Versions of the codebook in which the codes below hold; empty where the programme reads plain values.
    codes : dict
        Question -> value -> code; a question that is not there is answered by the instrument's own values.
    """

    versions: tuple[str, ...] = ()
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def answers(self, question: Question) -> dict[str, str]:
        """Return value -> what stands in the export, for every answer that can be given."""
        return dict(self.codes.get(question.name, {level: level for level in question.levels}))


def coding_of(
    questions: Sequence[Question], source: TableSource, codebooks: Sequence[Codebook], *, plain_version: str
) -> Coding:
    """Return the codes in which a form's answers are written.

    A version in which every value stands for itself comes first, then the newest that knows every question, then the
    instrument's own values (`own`), unless the codebook is told by the year alone. Where several codes mean one value,
    the first is taken; a value without a code is not offered.

    Raises
    ------
    ConfigError
        Where no version knows the codes of every question.

    Examples
    --------
    >>> from graduation_model.ingest.params import CodeMap
    >>> from graduation_model.params import Label
    >>> owns = Question(name="owns", kind="yes_no", section="home", label=Label(id="Punya", en="Owns"))
    >>> source = TableSource(dates={}, codebook="year")
    >>> maps = (CodeMap(versions=(2016, 2017), codes={1: "yes", 2: "no"}), CodeMap(versions=(2015,), codes={1: "no"}))
    >>> coding = coding_of([owns], source, [Codebook(source="survey", questions={"owns": maps})], plain_version="1")
    >>> coding.versions, coding.answers(owns)
    (('2016', '2017'), {'no': '2', 'yes': '1'})
    """
    if source.codebook is None:
        return Coding()
    maps = {question.name: maps_of(question.name, codebooks) for question in questions if question.levels}
    levels = {question.name: question.levels for question in questions if maps.get(question.name)}
    known = {
        version for book in codebooks for own in book.questions.values() for one in own for version in one.versions
    }
    meanings = {
        version: {name: one.codes for name in levels for one in maps[name] if version in one.versions}
        for version in sorted(known, key=_age)
    }
    covering = [version for version, meaning in meanings.items() if len(meaning) == len(levels)]
    if known and not covering:
        if source.codebook not in {rule.column for rule in source.dates.values()}:
            return Coding((OWN,))
        raise ConfigError(
            "No version of the codebooks knows the codes of every question that a form asks",
            where=f"column {source.codebook}",
            mend="Add a version to codebooks/ for answers that a form collects",
        )
    if not levels:  # nothing is coded, so every version means the same
        return Coding(tuple(covering) or (plain_version,))
    itself = [v for v in covering if all(meanings[v][n].get(level) == level for n in levels for level in levels[n])]
    chosen = (itself or covering)[-1]
    codes = {name: _inverted(meanings[chosen][name], levels[name]) for name in levels}
    versions = [v for v in covering if all(_holds(codes[name], meanings[v][name]) for name in levels)]
    return Coding(tuple(versions), codes)


def _age(version: str) -> tuple[list[int], str]:
    return [int(digits) for digits in re.findall(r"\d+", version)], version


def _inverted(meaning: Mapping[str, str], levels: Sequence[str]) -> dict[str, str]:
    code_of: dict[str, str] = {}
    for code, value in meaning.items():
        code_of.setdefault(value, code)
    return {level: code_of[level] for level in levels if level in code_of}


def _holds(codes: Mapping[str, str], meaning: Mapping[str, str]) -> bool:
    return all(meaning.get(code) == value for value, code in codes.items())
