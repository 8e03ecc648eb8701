"""Groups and levels as the evaluation names them in, their order and words for people out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from graduation_model.contract.instrument import Instrument, Question
from graduation_model.explanation.sentences import answer_words
from graduation_model.params import Language
from graduation_model.wording import has_text, plain, text

# Numbers are named by their bounds: a question's thirds, and the lines under which the label is tried.
_BANDS = (
    ("band_up_to", re.compile(r"up to (?P<high>\S+)")),
    ("band_between", re.compile(r"(?P<low>\S+) to (?P<high>\S+)")),
    ("band_over", re.compile(r"over (?P<low>\S+)")),
    ("band_at_least", re.compile(r"at least (?P<low>\S+)")),  # a line of the label
)


@dataclass(frozen=True)
class GroupWords:
    """Puts groups into words.

    Attributes
    ----------
    instrument : Instrument, optional
        Its questions name most groups.
    area_names : mapping
        Code -> name: a group whose levels are areas has no question.
    """

    instrument: Instrument | None = None
    area_names: Mapping[str, str] = field(default_factory=dict)

    def _question(self, group: str) -> Question | None:
        return self.instrument.by_name.get(group) if self.instrument else None

    def group(self, group: str, level: str, language: Language) -> str:
        """Return a group's name.

        Examples
        --------
        >>> GroupWords(area_names={"01": "Serang"}).group("district_code", "01", "id")
        'Wilayah'
        """
        question = self._question(group)
        if question is not None:
            return question.label.in_(language)
        if level in self.area_names:
            return text("index.area", language)
        key = f"card.group_{group}"
        return text(key, language) if has_text(key) else group

    def level(self, group: str, level: str, language: Language) -> str:
        """Return a level's name.

        Examples
        --------
        >>> words = GroupWords()
        >>> words.level("head_age", "43 to 52.5", "id"), words.level("head_age", "missing", "en")
        ('43 sampai 52,5', 'not recorded')
        """
        question = self._question(group)
        if question is not None and level in question.levels:
            return answer_words(question, level, language) or level
        band = _band(level)
        if band == ("band_up_to", {"high": 0.0}):  # nobody has fewer than none
            return plain(0, language)
        if band is not None:
            key, bounds = band
            return text(f"card.{key}", language, **{name: plain(value, language) for name, value in bounds.items()})
        key = f"card.level_{level}"
        return text(key, language) if has_text(key) else self.area_names.get(level, level)

    def place(self, group: str) -> tuple[int, str]:
        """Return a key to sort groups by: as the instrument asks them."""
        asked = list(self.instrument.by_name) if self.instrument else []
        return (asked.index(group) if group in asked else len(asked), group)

    def order(self, group: str, level: str) -> tuple[int, str, int, str]:
        """Return a key to sort by: questions as the instrument asks them, answers and thirds from low to high.

        Examples
        --------
        >>> sorted(["over 52", "43 to 52", "up to 43"], key=lambda level: GroupWords().order("head_age", level))
        ['up to 43', '43 to 52', 'over 52']
        """
        question = self._question(group)
        levels = question.levels if question else ()
        band = _band(level)
        last = max(len(levels), len(_BANDS))
        place = levels.index(level) if level in levels else _PLACES[band[0]] if band else last
        return (*self.place(group), place, level)


_PLACES = {key: place for place, (key, _) in enumerate(_BANDS)}


def _band(level: str) -> tuple[str, dict[str, float]] | None:
    """Which third a level names, and its bounds; None where it names none."""
    for key, form in _BANDS:
        found = form.fullmatch(level)
        if found:
            try:
                return key, {name: float(bound) for name, bound in found.groupdict().items()}
            except ValueError:
                return None
    return None
