"""A key and a language in, a sentence out: the sentences stand in `id.toml` and `en.toml`."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from graduation_model.params import Language


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Return every sentence of one language by its dotted key; the mapping cannot be changed.

    Examples
    --------
    >>> texts("id")["recommendation.ready"]
    'Siap graduasi'
    """
    content = tomllib.loads((files("graduation_model.wording") / f"{language}.toml").read_text(encoding="utf-8"))
    return MappingProxyType(dict(_flat(content)))


def _flat(table: Mapping[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    for name, item in table.items():
        if isinstance(item, Mapping):
            yield from _flat(item, f"{path}{name}.")
        else:
            yield f"{path}{name}", str(item).strip()


def has_text(key: str) -> bool:
    """Return whether a sentence of that key exists: codes from outside may be newer than the words."""
    return key in texts("id")


def text(key: str, language: Language, **values: object) -> str:
    """Return one sentence, its placeholders filled.

    Numbers come in as text (`wording.numbers`), since how they are written is the language's matter. With a value
    `count`, a sentence `<key>_one` is preferred where the count is "1" and such a sentence exists.

    Raises
    ------
    KeyError
        No such sentence, or a placeholder without a value: a bug, not a user's mistake.

    Examples
    --------
    >>> text("chance.sentence", "en", yes="72", no="28")
    'Of 100 families with records like these, about 72 reach the measured outcome and about 28 do not.'
    >>> text("units.year", "en", count="1"), text("units.year", "en", count="3"), text("units.year", "id", count="1")
    ('1 year', '3 years', '1 tahun')
    """
    known = texts(language)
    if values.get("count") == "1" and f"{key}_one" in known:
        key = f"{key}_one"
    # A sentence without values may hold braces of its own, so it is not formatted at all.
    return known[key].format_map(values) if values else known[key]


def placeholders(sentence: str) -> frozenset[str]:
    """Return the names that a sentence wants filled.

    Examples
    --------
    >>> sorted(placeholders("{yes} of {all}"))
    ['all', 'yes']
    """
    return frozenset(name for _, name, _, _ in string.Formatter().parse(sentence) if name)
