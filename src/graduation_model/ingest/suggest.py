"""A table as read and an instrument in; a drafted mapping, nothing in it confirmed, out.

A column resembles a question by its header (the question's name and labels) and by its cells (whether they can be read
as that question's answers, within its bounds). Both make a score of 0 to 100. The draft is for people: whatever is not
word for word the same stands on a line of its own, with what else it may be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import YES_NO, Question
from graduation_model.contract.tables import KEYS
from graduation_model.ingest.adopt import is_the_exports_own
from graduation_model.ingest.codebooks import as_code
from graduation_model.ingest.mapping import UNSETTLED, Absent, Column, Multiple, SameWords, TableMapping, keys_of
from graduation_model.ingest.multiple import details_of
from graduation_model.ingest.notation import is_blank
from graduation_model.ingest.params import TableSource
from graduation_model.ingest.personal import holds_personal, is_personal_header
from graduation_model.ingest.typing import to_dates, type_question
from graduation_model.params import Label

LOOKED_AT = 2_000  # rows: a column's habit shows in fewer
LEAST = 64.0  # of the score; below it a column and a question have little in common
LEAST_HEADER = 45.0
NEAR = 8.0  # a second question as near as this is named beside the first
CELLS = 0.3  # of the score; the header has the rest
UNTOLD = 0.6  # cells that say nothing for or against
MOST_VALUES = 25
LEAST_VALUE = 60.0
# How headers of the field shorten the instrument's words, or say them otherwise.
# fmt: off
_MEANS = {
    "jml": "jumlah", "banyaknya": "jumlah", "tgl": "tanggal", "no": "nomor", "id": "nomor", "usia": "umur",
    "art": "anggota rumah tangga", "rt": "rumah tangga", "ruta": "rumah tangga", "kk": "kepala keluarga",
    "krt": "kepala keluarga", "bab": "buang air besar", "kulkas": "lemari es", "hp": "telepon", "tv": "televisi",
    "balita": "anak di bawah lima tahun", "bumil": "ibu hamil", "lansia": "lanjut usia", "jenis": "bahan",
    "pekerjaan": "bekerja", "kec": "kecamatan", "kab": "kabupaten", "ijasah": "ijazah", "hutang": "utang",
    "penghasilan": "pendapatan",
}
# fmt: on
_YES_NO = {"yes": Label(id="Ya", en="Yes"), "no": Label(id="Tidak", en="No")}


@dataclass(frozen=True)
class Draft:
    """A drafted table.

    Attributes
    ----------
    mapping : TableMapping
    unmatched : tuple of str
        Columns that resemble no question.
    missing : tuple of str
        Keys and required questions that no column resembles: without them no visit can be used.
    ready : int
        Columns that have the programme's own name, and so need no line.
    """

    mapping: TableMapping
    unmatched: tuple[str, ...]
    missing: tuple[str, ...]
    ready: int


@dataclass(frozen=True)
class _Target:
    """What a column may be: a question, or (without one) a key of the table."""

    name: str
    words: tuple[str, ...]
    question: Question | None
    is_date: bool

    @property
    def labels(self) -> dict[str, Label]:
        if self.question is None or not self.question.levels:
            return {}
        if self.question.levels == YES_NO:
            return _YES_NO
        return {value.name: value.label for value in self.question.values}


def suggest_table(
    frame: pd.DataFrame,
    *,
    name: str,
    questions: tuple[Question, ...],
    source: TableSource,
    key_labels: Mapping[str, Label],
    has_codebooks: bool = False,
) -> Draft:
    """Draft the mapping of one table.

    Parameters
    ----------
    frame : frame (n_rows, source columns)
        As read.
    name, questions, source
        The table, its questions, and where the programme expects them.
    key_labels : mapping
        Key -> its words.
    has_codebooks : bool
        Then figures in a column of choices may be codes, and the draft asks which codebook's.
    """
    seen = frame.iloc[:LOOKED_AT]
    targets = _targets(name, questions, source, key_labels)
    expected = {target.name: _expected(target, source) for target in targets}
    ready = [column for column in expected.values() if column in frame.columns]
    targets = [target for target in targets if expected[target.name] not in ready]
    columns = [column for column in map(str, frame.columns) if column not in ready and _may_be_offered(seen, column)]
    multiple, spent = _several(seen, columns, targets)
    taken = {question for one in multiple for question in one.questions}
    targets = [target for target in targets if target.name not in taken]
    columns = [column for column in columns if column not in spent]
    same = {
        column: target
        for column, target in _word_for_word(columns, targets).items()
        if not _values(seen[column], target, has_codebooks)
    }
    lines = _lines(
        seen,
        [column for column in columns if column not in same],
        [target for target in targets if target not in same.values()],
        has_codebooks,
    )
    found = {target.name for target in same.values()} | {line.question for line in lines}
    needed = {*KEYS[name], *(question.name for question in questions if question.need == "required")}
    missing = [target.name for target in targets if target.name not in found]
    absent = tuple(question for question in missing if question not in needed)
    by_name = {target.name: target for target in targets}
    chosen = [*same.items(), *((line.column, by_name[line.question]) for line in lines)]
    figures = has_codebooks and any(_holds_codes(seen[column], target) for column, target in chosen)
    mapped = {column for column, _ in chosen}
    return Draft(
        mapping=TableMapping(
            codebook=UNSETTLED if figures else None,
            same_words=SameWords(columns={column: target.name for column, target in same.items()}) if same else None,
            columns=tuple(lines),
            multiple=tuple(multiple),
            absent=Absent(questions=absent) if absent else None,
        ),
        unmatched=tuple(column for column in columns if column not in mapped),
        missing=tuple(question for question in missing if question in needed),
        ready=len(ready),
    )


def _targets(
    name: str, questions: tuple[Question, ...], source: TableSource, key_labels: Mapping[str, Label]
) -> list[_Target]:
    def words(target: str, label: Label | None) -> tuple[str, ...]:
        return tuple(dict.fromkeys([_plain(target), *([_plain(label.id), _plain(label.en)] if label else [])]))

    keys = [_Target(key, words(key, key_labels.get(key)), None, key in source.dates) for key in keys_of(name, source)]
    asked = [_Target(q.name, words(q.name, q.label), q, q.kind == "date") for q in questions]
    return [target for target in [*keys, *asked] if target.name not in source.absent]


def _expected(target: _Target, source: TableSource) -> str:
    rule = source.dates.get(target.name)
    return rule.column if rule else source.columns.get(target.name, target.name)


def _may_be_offered(seen: pd.DataFrame, column: str) -> bool:
    personal = is_personal_header(column) or holds_personal(seen[column])
    return not is_the_exports_own(column) and not personal and not is_blank(seen[column]).all()


def _plain(text: str) -> str:
    """Words alone, in lower case: a header's case, dots and underscores do not count."""
    return " ".join(re.findall(r"\w+", text.replace("_", " ").casefold()))


def _meant(text: str) -> str:
    """The same words with the field's short forms written out; what two words share is then the same word."""
    return " ".join(_MEANS.get(word, word) for word in _plain(text).split())


def _word_for_word(columns: Sequence[str], targets: Sequence[_Target]) -> dict[str, _Target]:
    """Return the columns whose header is one question's name or label, and no other's."""
    meant: dict[str, list[_Target]] = {}
    for target in targets:
        for words in target.words:
            meant.setdefault(words, []).append(target)
    times = Counter(_plain(column) for column in columns)
    return {
        column: meant[_plain(column)][0]
        for column in columns
        if times[_plain(column)] == 1 and len(meant.get(_plain(column), [])) == 1
    }


# --- by likeness


def _lines(seen: pd.DataFrame, columns: Sequence[str], targets: Sequence[_Target], has_codebooks: bool) -> list[Column]:
    """Pair columns and questions so that the sum of their scores is greatest, and each is used once."""
    from scipy.optimize import linear_sum_assignment

    if not columns or not targets:
        return []
    scores = _scores(seen, columns, targets)
    pairs = zip(*linear_sum_assignment(np.where(scores >= LEAST, scores, 0.0), maximize=True), strict=True)
    lines = []
    for row, place in pairs:
        score = scores[row, place]
        if score < LEAST:
            continue
        others = np.delete(scores[row], place)
        names = [target.name for target in targets if target is not targets[place]]
        near = names[int(others.argmax())] if len(names) and others.max() >= max(LEAST, score - NEAR) else None
        target = targets[place]
        values = _values(seen[columns[row]], target, has_codebooks)
        lines.append(
            Column(
                column=columns[row],
                question=target.name,
                score=float(np.floor(score)),
                or_perhaps=near,
                values=values,
            )
        )
    return lines


def _scores(seen: pd.DataFrame, columns: Sequence[str], targets: Sequence[_Target]) -> np.ndarray:
    """Return the score of each pair, (n_columns, n_targets), 0 to 100."""
    said = [_meant(column) for column in columns]
    headers = np.column_stack([_likeness(said, [_meant(words) for words in t.words]).max(axis=1) for t in targets])
    scores = np.zeros_like(headers)
    for row, place in zip(*np.nonzero(headers >= LEAST_HEADER), strict=True):
        cells = _agreement(seen[columns[row]], targets[place])
        scores[row, place] = (1 - CELLS) * headers[row, place] + CELLS * 100 * cells
    return scores


def _likeness(texts: Sequence[str], words: Sequence[str]) -> np.ndarray:
    """Return how alike texts are, (n_texts, n_words), 0 to 100: as a whole, and in the words that they share."""
    from rapidfuzz import fuzz, process

    whole = process.cdist(texts, words, scorer=fuzz.token_sort_ratio)
    shared = process.cdist(texts, words, scorer=fuzz.token_set_ratio)
    return 0.4 * whole + 0.6 * shared


def _agreement(raw: pd.Series, target: _Target) -> float:
    """Return the share of a column's cells, 0 to 1, that can be this question's answers."""
    given = raw[~is_blank(raw)]
    if target.is_date:
        return float(to_dates(given, None).notna().mean())
    question = target.question
    if question is None:
        # An id is another one in most rows; of a code nothing is known.
        return float(given.nunique() / len(given)) if target.name == "household_id" else UNTOLD
    if question.kind == "text":  # anything is a text; a note has several words
        return float(as_code(given).str.contains(r"\S \S+ \S").mean())
    if _holds_codes(raw, target):
        return UNTOLD
    typed = type_question(given, question, None, ())
    fits = ~typed.failed
    if question.is_numeric:
        low = -np.inf if question.minimum is None else question.minimum
        high = np.inf if question.maximum is None else question.maximum
        fits &= typed.values.isna() | typed.values.between(low, high)
    if question.levels:
        values = _values(raw, target, has_codebooks=False)
        words = as_code(given).map({cell: value != UNSETTLED for cell, value in values.items()})
        fits |= words.eq(True)  # missing where the cell is no value
    return float(fits.mean())


# --- what the cells mean


def _holds_codes(raw: pd.Series, target: _Target) -> bool:
    """Tell whether a column of choices holds nothing but figures, which only a codebook can read."""
    if not target.labels:
        return False
    cells = as_code(raw[~is_blank(raw)]).dropna()
    unread = type_question(raw, target.question, None, ()).failed.any()  # type: ignore[arg-type]  # it has labels
    return bool(unread) and bool(cells.str.fullmatch(r"-?\d+").all())


def _values(raw: pd.Series, target: _Target, has_codebooks: bool) -> dict[str, str]:
    """Return what the cells of a choice may mean, where they are not its answers already; '?' where nobody can tell."""
    if not target.labels or (has_codebooks and _holds_codes(raw, target)):
        return {}
    failed = type_question(raw, target.question, None, ()).failed  # type: ignore[arg-type]  # it has labels
    cells = as_code(raw[failed]).dropna().unique()
    if not len(cells) or len(cells) > MOST_VALUES:
        return {}
    levels = list(target.labels)
    words = [_plain(text) for name, label in target.labels.items() for text in (name, label.id, label.en)]
    likeness = _likeness([_plain(str(cell)) for cell in cells], words).reshape(len(cells), len(levels), 3).max(axis=2)
    best = likeness.argmax(axis=1)
    return {
        str(cell): levels[best[place]] if likeness[place].max() >= LEAST_VALUE else UNSETTLED
        for place, cell in enumerate(cells)
    }


# --- several answers at once


def _several(seen: pd.DataFrame, columns: Sequence[str], targets: Sequence[_Target]) -> tuple[list[Multiple], set[str]]:
    """Find the questions with several answers; return their mapping and the columns that they stand in."""
    by_words = {target.name: target for target in targets if target.question and target.question.levels == YES_NO}
    found, spent = [], set[str]()
    for column, options in _candidates(seen, columns).items():
        meant = _options(column, options, by_words)
        in_one_cell = not details_of(columns, column, options)
        if len(meant) < (2 if in_one_cell else 1):  # two words of a note may look like answers
            continue
        others = tuple(option for option in options if option not in meant)
        found.append(Multiple(column=column, options=meant, others=others))
        spent |= {column, *details_of(columns, column, options).values()}
        by_words = {name: target for name, target in by_words.items() if name not in meant.values()}
    return found, spent


def _candidates(seen: pd.DataFrame, columns: Sequence[str]) -> dict[str, list[str]]:
    families: dict[str, list[str]] = {}
    for column in columns:
        if "/" in column:
            families.setdefault(column.rsplit("/", 1)[0], []).append(column)
    asked = {
        parent.rsplit("/", 1)[-1]: [column.rsplit("/", 1)[-1] for column in members]
        for parent, members in families.items()
        if len(members) > 1 and all(_is_chosen_or_not(seen[member]) for member in members)
    }
    alone = {
        column: tokens
        for column in columns
        if "/" not in column and column not in asked and (tokens := _tokens(seen[column]))
    }
    return asked | alone


def _is_chosen_or_not(column: pd.Series) -> bool:
    return set(as_code(column).dropna().str.casefold()) <= {"0", "1", "true", "false"}


def _tokens(column: pd.Series) -> list[str]:
    """Return the answers of a column that holds several in a cell ("pkh bpnt"), none where it does not."""
    cells = as_code(column).dropna()
    if not len(cells) or not cells.str.fullmatch(r"[a-z0-9_]+(?: [a-z0-9_]+)*").all():
        return []
    tokens = cells.str.split(" ")
    if not tokens.map(lambda chosen: len(chosen) > 1 and len(set(chosen)) == len(chosen)).any():
        return []
    distinct = sorted(set(tokens.explode()))
    return distinct if len(distinct) <= MOST_VALUES else []


def _options(column: str, options: Iterable[str], targets: Mapping[str, _Target]) -> dict[str, str]:
    """Return option -> yes/no question, where an option's words are those of one question."""
    from rapidfuzz import fuzz

    meant: dict[str, str] = {}
    for option in options:
        scores = {
            name: max(fuzz.token_set_ratio(_plain(option), words) for words in target.words)
            for name, target in targets.items()
        }
        best = [name for name, score in scores.items() if score == 100]
        if len(best) == 1 and best[0] not in meant.values():
            meant[option] = best[0]
    return meant
