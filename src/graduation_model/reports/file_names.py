"""Household ids in, file names that are safe in every folder out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import pandas as pd

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80
# Names of devices that Windows keeps for itself, whatever their ending.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}


def safe_names(household_ids: Sequence[str]) -> list[str]:
    """Return a file name (without ending) for each household; plain ids keep their own.

    An id that had to be changed, or that differs from another only in capitals, gets a piece of its hash, so that no
    two households share a file on any system.

    Examples
    --------
    >>> safe_names(["KPM-001", "../x"])
    ['KPM-001', 'x-d6b96a97']
    """
    names = pd.Series([_UNSAFE.sub("-", str(name)).strip(".-")[:_LONGEST] for name in household_ids], dtype="str")
    changed = names != pd.Series([str(name) for name in household_ids], dtype="str")
    reserved = names.str.casefold().str.split(".").str[0].isin(_RESERVED)
    doubtful = changed | reserved | (names == "") | names.str.casefold().duplicated(keep=False)
    return [
        f"{name or 'household'}-{_digest(household)}" if mark else name
        for name, household, mark in zip(names.tolist(), household_ids, doubtful.tolist(), strict=True)
    ]


def _digest(household_id: str) -> str:
    return hashlib.sha256(str(household_id).encode("utf-8", "surrogatepass")).hexdigest()[:8]
