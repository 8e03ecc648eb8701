"""Column names as files have them -> column names without doubt: none twice, group prefixes gone where unique."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from graduation_model.errors import DataError

MAX_COLUMNS = 5_000


def refuse_twice(names: Sequence[str], where: object) -> None:
    """Refuse a header in which a name stands twice, or that has more columns than any form has questions."""
    if len(names) > MAX_COLUMNS:
        raise DataError(
            f"There are {len(names)} columns, more than {MAX_COLUMNS}",
            where=where,
            mend="Give one row to each visit and one column to each question",
        )
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        shown = ", ".join(_short(name) for name in twice[:8]) + (f" and {len(twice) - 8} more" if twice[8:] else "")
        raise DataError(
            f"Column {shown} stands there twice",
            where=where,
            mend="Keep one of them: nobody can tell which is meant",
        )


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:40]}…"


def strip_groups(names: Sequence[str], separator: str, keep: Sequence[str] = ()) -> list[str]:
    """Return names without the groups that stand before them, wherever what is left is still unique.

    Parameters
    ----------
    names
        As the file has them.
    separator
        What stands between a group and a question.
    keep
        Names that are left as they are.

    Examples
    --------
    >>> strip_groups(["house/floor", "work/other", "aid/other", "_id"], "/")
    ['floor', 'work/other', 'aid/other', '_id']
    """
    left_alone = set(keep)
    last = [name if name in left_alone else name.rsplit(separator, 1)[-1] for name in names]
    times = Counter(last)
    return [short if short and times[short] == 1 else name for name, short in zip(names, last, strict=True)]


def without_accents(text: str) -> str:
    """Return a text in the letters that are left when their accents are taken away.

    Examples
    --------
    >>> without_accents("Situação, dirección")
    'Situacao, direccion'
    """
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
