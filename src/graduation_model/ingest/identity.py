"""Identity at the door: a raw table in; the same table without NIK, KK, names, addresses and telephones out.

Every source column is looked at before anything else reads it, also those that the programme does not name. What was
taken out is told by column and count, never by value.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.errors import DataError
from graduation_model.ingest.codebooks import as_code
from graduation_model.ingest.personal import MASK, Numbers, holds_personal, is_personal_header, mask_runs, numbers_in

MOST_COLUMNS = 16_384
KEY_BYTES = 32
MOST_KEY_BYTES = 4096
DISTINCT_KEY_BYTES = 8  # a file of one letter repeated is long enough and no secret
PSEUDONYM = re.compile(r"[0-9a-f]{64}")
MASKED_HEADER = re.compile(r"\d{9,}")


@dataclass(frozen=True)
class Key:
    """The secret that turns identity numbers into pseudonyms.

    Attributes
    ----------
    secret : bytes
        Never shown, logged or written.
    fingerprint : str
        The first 8 characters of its sha256, so that a manifest can say which key was used.
    """

    secret: bytes = field(repr=False)
    fingerprint: str


def read_key(path: str | Path, *, data: str | Path | None = None) -> Key:
    """Read the secret key of a Dinas; line breaks at its end do not count.

    Parameters
    ----------
    path
        A file of at least 32 bytes.
    data
        The data folder, in which the key may not lie.

    Raises
    ------
    DataError
        Where there is no such file, it is no secret, or it lies where others get it too.
    """
    path = Path(path)
    make = 'Make one once, and keep it: python -c "import secrets; print(secrets.token_hex(32))"'
    if not path.is_file():
        raise DataError("There is no such key file", where=path, mend=make)
    _refuse_shared(path.resolve(), data)
    try:
        size, secret = path.stat().st_size, b""
        if size <= MOST_KEY_BYTES:
            secret = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise DataError("The key file cannot be read", where=path, mend="Check your rights to it") from error
    if size > MOST_KEY_BYTES:
        raise DataError(f"This is no key: it is longer than {MOST_KEY_BYTES:,} bytes", where=path, mend=make)
    if len(secret) < KEY_BYTES:
        raise DataError(f"The key has {len(secret)} bytes and needs at least {KEY_BYTES}", where=path, mend=make)
    if len(set(secret)) < DISTINCT_KEY_BYTES:
        raise DataError("The key repeats a few characters and can be guessed", where=path, mend=make)
    return Key(secret, hashlib.sha256(secret).hexdigest()[:8])


def _refuse_shared(path: Path, data: str | Path | None) -> None:
    if data is not None and path.is_relative_to(Path(data).resolve()):
        raise DataError(
            "The key lies in the data folder: whoever gets the data gets the key",
            where=path,
            mend="Keep it elsewhere, with the Dinas alone",
        )
    if any((parent / ".git").exists() for parent in path.parents):
        raise DataError(
            "The key lies in a git repository: whoever gets the repository gets the key",
            where=path,
            mend="Keep it elsewhere, with the Dinas alone",
        )


@dataclass(frozen=True)
class Roles:
    """What a programme does with a table's source columns; it names no others.

    Attributes
    ----------
    household : str
        The column of the family's id.
    kept : frozenset of str
        Areas, facilitators: carried along as text.
    free_text : frozenset of str
        Questions that are answered in words.
    answers : frozenset of str
        Every other question, the dates and the codebook's version.
    """

    household: str
    kept: frozenset[str] = frozenset()
    free_text: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Entered:
    """A table that came through the door.

    Attributes
    ----------
    frame : frame
        The table without what was dropped; ids replaced where a key was given.
    dropped, masked, replaced : dict
        Column -> rows that had something there.
    """

    frame: pd.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)
    masked: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, dict[str, int]]:
        """What was done, for a manifest: nothing is said where nothing was done."""
        done = {"privacy": self.dropped, "masked": self.masked, "pseudonyms": self.replaced}
        return {name: columns for name, columns in done.items() if columns}


def enter(frame: pd.DataFrame, *, table: str, roles: Roles, key: Key | None = None) -> Entered:
    """Look at every column of a raw table, and let in what may come in.

    Parameters
    ----------
    frame : frame (n_rows, source columns)
        As read, untyped.
    table : str
        Its name, for messages.
    roles : Roles
        What the programme does with its columns.
    key : Key, optional
        With it every id is replaced by its HMAC-SHA256; without it an id that is a NIK or KK is refused.

    Raises
    ------
    DataError
        Where the ids are NIK or KK and there is no key, or went through Excel as numbers, or an answer has their shape.

    Examples
    --------
    >>> raw = pd.DataFrame({"id": ["S1", "S2"], "NAMA KRT": ["…", "…"], "lantai": [1, 2]})
    >>> inside = enter(raw, table="assessments", roles=Roles(household="id", answers=frozenset({"lantai"})))
    >>> list(inside.frame.columns), inside.dropped
    (['id', 'lantai'], {'NAMA KRT': 2})
    >>> raw = pd.DataFrame({"id": ["3601234507890001"]})
    >>> enter(raw, table="assessments", roles=Roles(household="id"))
    Traceback (most recent call last):
      ...
    graduation_model.errors.DataError: assessments, column id: 1 of 1 ids are a NIK or KK. Give --key FILE (a secret ...
    """
    if len(frame.columns) > MOST_COLUMNS:
        raise DataError(
            f"The table has {len(frame.columns):,} columns, and a sheet can have {MOST_COLUMNS:,}",
            where=table,
            mend="Take the file as it was exported, with a row for each visit",
        )
    columns: dict[object, pd.Series] = {}
    dropped: dict[str, int] = {}
    masked: dict[str, int] = {}
    replaced: dict[str, int] = {}
    for name in frame.columns:
        raw, shown = frame[name], MASKED_HEADER.sub(MASK, str(name))
        if name in roles.free_text:
            columns[name], count = mask_runs(raw)
            if count:
                masked[shown] = count
        elif name == roles.household or name in roles.kept:
            columns[name] = _as_pseudonyms(raw, f"{table}, column {shown}", name == roles.household, key)
            if columns[name] is not raw:
                replaced[shown] = int(columns[name].notna().sum())
        elif name in roles.answers:
            _refuse_answers(raw, f"{table}, column {shown}")
            columns[name] = raw
        elif (is_personal_header(str(name)) or holds_personal(raw)) and (rows := _filled(raw)):
            dropped[shown] = dropped.get(shown, 0) + rows
        elif not is_personal_header(str(name)):
            columns[name] = raw
    return Entered(pd.DataFrame(columns, index=frame.index), dropped, masked, replaced)


def _filled(raw: pd.Series) -> int:
    return int((raw.notna() & (raw != "")).sum())


def _refuse_answers(raw: pd.Series, where: str) -> None:
    found = numbers_in(raw)
    count = 0 if found.rows.empty else int(found.rows[found.shaped].sum())
    if count:
        raise DataError(
            f"{count:,} answers are a NIK or KK by their digits and date",
            where=where,
            mend="Take them out of this column, or map the right column to the question",
        )


def _as_pseudonyms(raw: pd.Series, where: str, is_id: bool, key: Key | None) -> pd.Series:
    found = numbers_in(raw)
    # Area codes of 16 digits exist (BPS's parts of a neighbourhood): a column carried along must look like NIK by date.
    suspect = pd.Series(True, index=found.rows.index) if is_id else found.shaped
    count = int(found.rows[suspect].sum()) if suspect.sum() > len(suspect) / 2 else 0
    if count:
        _refuse_ids(found, count, int(_filled(raw)), where, "ids" if is_id else "values", key)
    if key is None or not (is_id or count):
        return raw
    known = found.digits[found.digits != ""].to_dict()
    place, seen = pd.factorize(as_code(raw))
    new = [_pseudonym(str(value), known, key, always=is_id) for value in seen]
    return pd.Series(np.array([*new, None], dtype=object)[place], index=raw.index, name=raw.name, dtype="object")


def _refuse_ids(found: Numbers, count: int, filled: int, where: str, what: str, key: Key | None) -> None:
    if found.damaged:
        raise DataError(
            f"{count:,} of {filled:,} {what} are a NIK or KK damaged by Excel: written as numbers they lose their "
            "16th digit, and members of a family fall together",
            where=where,
            mend="Export the column again as text from where it was typed; a key cannot mend this",
        )
    if key is None:
        raise DataError(
            f"{count:,} of {filled:,} {what} are a NIK or KK",
            where=where,
            mend=f"Give --key FILE (a secret of at least {KEY_BYTES} bytes, kept outside of data and project), "
            "or map an id of the programme's own",
        )


def _pseudonym(value: str, known: dict[str, str], key: Key, *, always: bool) -> str | None:
    digits = known.get(value)
    if digits is not None and len(set(digits)) == 1:
        return None  # 0000000000000000 stands for 'has none': families must not fall together under it
    if not value or (digits is None and not always):
        return value or None
    return hmac.digest(key.secret, (digits or value).encode(), "sha256").hex()


def pseudonym_of(household_id: str, key: Key) -> str:
    """Return what one family's own id becomes at the door; a pseudonym stays what it is.

    Examples
    --------
    >>> key = Key(b"a secret of the Dinas, kept apart", "0" * 8)
    >>> pseudonym = pseudonym_of("KPM-001", key)
    >>> len(pseudonym), pseudonym_of(pseudonym, key) == pseudonym
    (64, True)
    """
    if PSEUDONYM.fullmatch(household_id):
        return household_id
    entered = _as_pseudonyms(pd.Series([household_id], dtype="object"), "--household", True, key)
    return str(entered.iloc[0])


def linkage(assessments: pd.DataFrame) -> dict[str, int]:
    """Return how many of a year's families are found again in the next year that has assessments.

    Parameters
    ----------
    assessments : frame
        Checked, with household_id and assessment_date.

    Examples
    --------
    >>> visits = pd.DataFrame({"household_id": ["a", "b", "a"], "assessment_date": ["2019-05-01"] * 2 + ["2020-05-01"]})
    >>> linkage(visits.astype({"assessment_date": "datetime64[s]"}))
    {'families_2019': 2, 'families_2020': 1, 'of_2019_found_in_2020': 1}
    """
    family, ids = pd.factorize(assessments["household_id"])
    years = assessments["assessment_date"].dt.year.to_numpy()
    seen = {int(year): np.isin(np.arange(len(ids)), family[years == year]) for year in np.unique(years)}
    found = {f"families_{year}": int(families.sum()) for year, families in seen.items()}
    for year, following in pairwise(seen):
        found[f"of_{year}_found_in_{following}"] = int((seen[year] & seen[following]).sum())
    return found
