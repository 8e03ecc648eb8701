"""What KoboToolbox adds to an export: group prefixes, columns of its own, repeat sheets."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from graduation_model.ingest.headers import strip_groups

_OWN = frozenset({"_uuid", "_submission_time"})
_REPEAT = frozenset({"_parent_index", "_parent_table_name"})
_CHOSEN_OR_NOT = frozenset({"0", "1", "0.0", "1.0", "true", "false"})


def is_kobo(names: Iterable[object]) -> bool:
    """Tell whether the columns are those of a Kobo export."""
    return bool(_OWN & {str(name) for name in names})


def is_repeat(names: Iterable[object]) -> bool:
    """Tell whether the columns are those of a repeat: members or loans of a visit, a row each."""
    return _REPEAT.issubset(str(name) for name in names)


def without_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a Kobo export with `group/question` as `question` wherever that is unique; any other frame as it is.

    The columns of a select_multiple (`question/option`, 0 or 1) are left as they are, whether the question's own
    column stands beside them or not.

    Examples
    --------
    >>> rows = {"_uuid": ["u"], "house/floor": ["earth"], "house/aid": ["a b"], "house/aid/a": ["1"]}
    >>> list(without_groups(pd.DataFrame(rows)))
    ['_uuid', 'floor', 'aid', 'house/aid/a']
    """
    if not (is_kobo(frame.columns) or is_repeat(frame.columns)):
        return frame
    names = [str(name) for name in frame.columns]
    return frame.set_axis(strip_groups(names, "/", keep=_options(frame, names)), axis=1)


def _options(frame: pd.DataFrame, names: list[str]) -> list[str]:
    family: dict[str, list[str]] = {}
    for name in names:
        if "/" in name:
            family.setdefault(name.rsplit("/", 1)[0], []).append(name)
    return [
        name
        for parent, members in family.items()
        if parent in names or (len(members) > 1 and all(_is_chosen_or_not(frame[member]) for member in members))
        for name in members
    ]


def _is_chosen_or_not(column: pd.Series) -> bool:
    seen = {str(value).lower() for value in column.dropna().unique()}
    return bool(seen) and seen <= _CHOSEN_OR_NOT
