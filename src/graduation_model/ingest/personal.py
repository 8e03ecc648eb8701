"""What is personal in a column: raw cells in, the identity numbers, telephones and personal headers in them out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from graduation_model.ingest.headers import without_accents

DAMAGED_SHARE = 0.2  # one number in ten ends in 0 by chance
FEWEST_DAMAGED = 5  # of a handful of numbers, one or two end in 0 by chance
TELEPHONE_SHARE = 0.2
MASK = "•••"

# Excel writes a leading apostrophe; people write blanks, dots and hyphens; exports hide zero-width marks.
_SEPARATORS = "[\\s.\\-'’‘`\u00a0\u200b\ufeff]"
_SIXTEEN = r"[0-9]{16}"
# Province 11-94, then a birth date (or a card's date of issue) as DDMMYY, where a woman's day has 40 added.
_SHAPE = (
    r"(?:1[1-9]|[2-9][0-9])[0-9]{4}"
    r"(?:0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(?:0[1-9]|1[0-2])[0-9]{2}[0-9]{4}"
)
_GROUPED = (
    r"[0-9]{4}(?:[ .\-][0-9]{4}){3}|[0-9]{6}[ .\-][0-9]{6}[ .\-][0-9]{4}"
    r"|[0-9]{2}\.[0-9]{2}\.[0-9]{2}[ .\-][0-9]{6}[ .\-][0-9]{4}"
)
_RUN = rf"(?:[0-9]{{16,}}|{_GROUPED})"
# Inside a longer text. A hash or a uuid has letters at the edges of its digits, which 'NIK3601…' may have too.
_INSIDE = rf"(?i)(?:^|[^0-9a-z]|nik|kk|ktp)(?:{_SIXTEEN}|{_GROUPED})(?:$|[^0-9a-z])"
# Numbers that lost, or may have lost, their sixteenth digit: Excel keeps fifteen.
_AS_NUMBER = r"(?:[0-9]{16}[.,]0+|[0-9](?:[.,][0-9]*)?[eE]\+15|[0-9](?:[.,][0-9]{3}){5})"
# A share or a sum with many decimals has sixteen digits too.
_DECIMAL = (
    r"[-+]?(?:[0-9]*[.,][0-9]*[1-9][0-9]*|[0-9]{0,15}[.,]0+)(?:[eE](?:-[0-9]+|\+(?:0?[0-9]|1[0-46-9]|[2-9][0-9])))?"
)
_TELEPHONE_START = "^[\\s'’(]*(?:\\+?62|0)[\\s.\\-)]*8"
_TELEPHONE = r"(?:\+?62|0)8[0-9]{7,11}"
_TELEPHONE_SIGNS = "[\\s.\\-'’()\u00a0\u200b\ufeff]"

# Words of a header, in Indonesian and English, and a few in Spanish and Portuguese.
_PERSONAL = re.compile(
    r"nik|nokk|noktp|ktp|npwp|paspor|passport|rekening|norek|nama\w*|names?|nm|fullname|username|lahir|birth\w*|dob|kandung"
    r"|alamat|address|jalan|jln|jl|street|kodepos|dusun|latitude|longitude|koordinat|gps|geopoint"
    r"|telepon|telpon|te?lp|tlpn?|handphone|hp|nohp|phone|telephone|mobile|whatsapp|wa|email|surel"
    r"|nombres?|nomes?|apellidos?|sobrenomes?|direccion|endereco|telefono|telefone|correo|nacimiento|nascimento"
    r"|dni|cedula|cpf|curp"
)
_NAME = re.compile(r"nama|names?|nm|nombres?|nomes?")
_OF_A_PLACE = re.compile(
    r"desa|kelurahan|kecamatan|kabupaten|kota|kab|kec|kel|provinsi|prov|wilayah|village|(?:sub)?district|regency|city"
    r"|province|region|program|programme|bantuan|barang"
)
_COUNT_OR_KIND = re.compile(r"jumlah|jml|banyak|n|has|punya|memiliki|ada|kepemilikan|kondisi|jenis")
_NEIGHBOURHOOD = re.compile(r"rt|rw|rtrw")
_NUMBER = re.compile(r"no|nomor|nomer|number|num|id|kode")


@dataclass(frozen=True)
class Numbers:
    """The 16-digit numbers of a column: one entry each of its distinct values that hold one.

    Attributes
    ----------
    digits : Series of text
        The 16 digits, indexed by the value as written; empty where they cannot be told, as in 3.6E+15.
    as_number : Series of bool
        The value came as a number, so that its last digit may have become 0.
    rows : Series of int
        Rows of the column with that value.
    """

    digits: pd.Series
    as_number: pd.Series
    rows: pd.Series

    @property
    def shaped(self) -> pd.Series:
        """Which have a province in front and a date in digits 7 to 12, or may have."""
        return self.digits.str.fullmatch(_SHAPE) | (self.as_number & (self.digits == ""))

    @property
    def damaged(self) -> bool:
        """Whether numbers, or too many texts that end in 0, say that the sixteenth digits were lost."""
        if self.as_number.any():
            return True
        known = self.digits[self.digits != ""].drop_duplicates()
        zeros = int(known.str.endswith("0").sum())
        return zeros >= FEWEST_DAMAGED and zeros > DAMAGED_SHARE * len(known)


_NO_VALUES = (pd.Series(dtype="str"), pd.Series(dtype=bool), pd.Series(dtype="int64"))


def numbers_in(raw: pd.Series) -> Numbers:
    """Return the 16-digit numbers of a column, however they are written.

    Examples
    --------
    >>> raw = pd.Series(["'3601 2345 0789 0001", "NIK 3601234507890002", "0.1234567890123456", "S0012345"])
    >>> numbers_in(raw).digits.tolist()
    ['3601234507890001', '3601234507890002']
    >>> numbers_in(pd.Series([3601234507890000.0, 12.5])).as_number.tolist()
    [True]
    """
    text, typed, rows = _long_values(raw)
    if text.empty:
        return Numbers(*_NO_VALUES)
    bare = text.str.replace(_SEPARATORS, "", regex=True)
    as_number = typed | text.str.fullmatch(_AS_NUMBER)
    whole = bare.str.fullmatch(_SIXTEEN)
    held = (whole | as_number | text.str.contains(_INSIDE)).to_numpy(dtype=bool)
    run = text.str.extract(f"({_RUN})", expand=False).fillna("").str.replace(_SEPARATORS, "", regex=True)
    digits = bare.where(whole, run.where(run.str.len() == 16, ""))
    index = pd.Index(text[held], dtype="object")
    return Numbers(
        digits=pd.Series(digits[held].to_numpy(), index=index, dtype="str"),
        as_number=pd.Series(as_number[held].to_numpy(dtype=bool), index=index),
        rows=pd.Series(rows[held].to_numpy(), index=index),
    )


def _long_values(raw: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return the distinct values that are long enough to hold an identity number: text, was it a number, rows."""
    if isinstance(raw.dtype, pd.CategoricalDtype) and _long_values(pd.Series(raw.cat.categories))[0].empty:
        return _NO_VALUES
    raw = _settled(raw)
    if pd.api.types.is_numeric_dtype(raw.dtype) and not pd.api.types.is_bool_dtype(raw.dtype):
        values = raw.to_numpy(dtype="float64", na_value=np.nan)
        long = values[(values >= 1e15) & (values < 1e16)]
        if not len(long):
            return _NO_VALUES
        counts = pd.Series(long.astype("int64")).value_counts(sort=False)
        text = pd.Series(counts.index.astype("str"), dtype="str")
        return text, pd.Series(True, index=text.index), pd.Series(counts.to_numpy())
    text, typed = _texts(raw)
    length = text.str.len()
    if not length.max() >= len("3E+15"):
        return _NO_VALUES
    long = (length >= 16) | text.str.contains("+15", regex=False)
    if not long.any():
        return _NO_VALUES
    text, typed = text[long], typed[long]
    text = text[~text.str.fullmatch(_DECIMAL)].str.strip()
    table = pd.DataFrame({"text": text, "typed": typed.reindex(text.index), "rows": 1})
    table = table.groupby("text", sort=False, as_index=False).agg({"typed": "any", "rows": "sum"})
    return table["text"].astype("str"), table["typed"].astype(bool), table["rows"]


def _settled(raw: pd.Series) -> pd.Series:
    """Return a column whose cells are all of one kind with that dtype; a sheet's cells have none."""
    if raw.dtype != object and not isinstance(raw.dtype, pd.CategoricalDtype):
        return raw
    values = raw.dropna().astype("object").reset_index(drop=True)
    kind = pd.api.types.infer_dtype(values)
    if kind == "string":
        return values.astype("str")
    if kind in ("floating", "integer", "mixed-integer-float", "decimal"):
        return pd.to_numeric(values, errors="coerce").astype("float64")
    return values


def _texts(raw: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the values of a settled column that may be text, as text, and whether each came as a number."""
    if isinstance(raw.dtype, pd.StringDtype):
        text = raw.dropna().reset_index(drop=True).astype("str")
        return text, pd.Series(False, index=text.index)
    if raw.dtype != object:  # dates, yes and no
        return pd.Series(dtype="str"), pd.Series(dtype=bool)
    # Mixed cells: short numbers, dates and the like are passed over.
    typed = raw.map(lambda value: isinstance(value, int | float | Decimal) and not isinstance(value, bool)).astype(bool)
    written = raw.map(lambda value: isinstance(value, str | list | dict | bytes | np.ndarray)).astype(bool)
    numbers = pd.to_numeric(raw.where(typed), errors="coerce").astype("float64")
    long = typed & (numbers >= 1e15) & (numbers < 1e16)
    text = raw[written | long].map(str)
    text[long] = numbers[long].astype("int64").astype("str")
    return text.astype("str"), long[written | long]


def is_personal_header(column: str) -> bool:
    """Return whether a header says name, address, telephone, number or birth date of a person.

    Examples
    --------
    >>> [is_personal_header(name) for name in ("NAMA KRT", "no_kk", "data/alamat", "RT/RW", "NoHP", "tgl_lahir")]
    [True, True, True, True, True, True]
    >>> is_personal_header("Dirección"), is_personal_header("nome_do_chefe")
    (True, True)
    >>> [is_personal_header(name) for name in ("nama_desa", "jumlah_kk", "punya_hp", "anggota_rt", "lantai")]
    [False, False, False, False, False]
    """
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", without_accents(column)).lower())

    def says(pattern: re.Pattern[str]) -> bool:
        return any(pattern.fullmatch(word) for word in words)

    if says(_COUNT_OR_KIND):
        return False
    if says(_PERSONAL):
        return not (says(_NAME) and says(_OF_A_PLACE))
    if says(_NEIGHBOURHOOD):
        return all(_NEIGHBOURHOOD.fullmatch(word) or _NUMBER.fullmatch(word) for word in words)
    if "kk" in words or {"kartu", "keluarga"} <= set(words):
        return words == ["kk"] or says(_NUMBER)
    return False


def holds_personal(raw: pd.Series) -> bool:
    return len(numbers_in(raw).rows) > 0 or _holds_telephones(raw)


def _holds_telephones(raw: pd.Series) -> bool:
    if not (raw.dtype == object or isinstance(raw.dtype, pd.StringDtype)):
        return False
    text, _ = _texts(_settled(raw))
    if not text.str.len().max() >= len("081234567"):
        return False
    likely = text[text.str.contains(_TELEPHONE_START)]
    found = likely.str.replace(_TELEPHONE_SIGNS, "", regex=True).str.fullmatch(_TELEPHONE).sum()
    return bool(found > TELEPHONE_SHARE * len(text))


def mask_runs(raw: pd.Series) -> tuple[pd.Series, int]:
    """Return free text with its runs of sixteen digits and more masked, and the number of cells changed.

    Examples
    --------
    >>> text, cells = mask_runs(pd.Series(["Pindah rumah", "Lihat NIK 3601234507890001, anak ke-2"]))
    >>> text.tolist(), cells
    (['Pindah rumah', 'Lihat NIK •••, anak ke-2'], 1)
    """
    if not (raw.dtype == object or isinstance(raw.dtype, pd.StringDtype)):
        held = numbers_in(raw).rows
        if held.empty:
            return raw, 0
        raw = raw.astype("string").astype("object")
    text = raw.astype("string")
    cells = (text.str.contains(_RUN) | text.str.strip().str.fullmatch(_AS_NUMBER)).fillna(False).to_numpy(dtype=bool)
    if not cells.any():
        return raw, 0
    cleaned = text[cells].str.replace(_RUN, MASK, regex=True).str.replace(f"^{_AS_NUMBER}$", MASK, regex=True)
    masked = raw.astype("object")
    masked[cells] = cleaned.astype("object")
    return masked, int(cells.sum())
