"""A clean simulated province in, the workbooks that offices would send and a ledger of the faults planted in them out.

Eight offices write the same answers in eight ways (`field_sheets`). On top come faults: of a cell, of a visit, of a
facilitator, of a file. The ledger says where each one is and which rule should find it, so that a check can be counted:
what it finds, what it misses, and what it finds where nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.contract.params import CheckParams
from graduation_model.errors import UserError
from graduation_model.simulation.field_params import FieldNoiseParams
from graduation_model.simulation.field_sheets import HABITS, Formula, days, first_row, headers, workbook, written

# Codebook's version -> question -> code -> answer.
Codes = Mapping[str, Mapping[str, Mapping[str, str]]]
PLACES = ("district_code", "subdistrict_code", "village_code", "facilitator_id")
LEDGER = ("file", "sheet", "row", "column", "question", "facilitator_id", "rule")
# Told in the ledger, but no fault: nobody knows an income to the rupiah.
HEAPED = "heaped"
_HEAP = 500_000
# A facilitator with fewer visits than this has no habits that could be seen.
_FEWEST = 12
_LATE, _LATEST_FIRST_VISIT = "12-24", "11-15"


@dataclass(frozen=True)
class MessyFolder:
    """What offices sent.

    Attributes
    ----------
    workbooks : dict
        File name -> bytes of an .xlsx.
    planted : frame
        `LEDGER`: one row a planted fault. A fault of a file or a facilitator has row 0.
    columns : dict
        Our name -> the heading in every workbook.
    absent : tuple of str
        Questions that the offices' form does not have.
    """

    workbooks: dict[str, bytes]
    planted: pd.DataFrame
    columns: dict[str, str]
    absent: tuple[str, ...]


@dataclass
class _Bench:
    """Visits on their way to paper, cells that are not written as their answer would be, and the ledger so far."""

    visits: pd.DataFrame
    cells: list[tuple[int, str, object]] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)
    free: list[int] = field(default_factory=list)

    def take(self, count: int, fits: pd.Series | None = None) -> list[int]:
        """Take visits that nothing was done to yet, so that one visit holds one fault."""
        fitting = self.free if fits is None else [visit for visit in self.free if fits.get(visit, False)]
        if len(fitting) < count:
            raise UserError("The province is too small to plant every fault", mend="Simulate 1500 households or more")
        taken = fitting[:count]
        self.free = [visit for visit in self.free if visit not in taken]
        return taken

    def fault(self, visits: list[int], question: str, rule: str) -> None:
        self.faults += [(visit, question, rule) for visit in visits]

    def again(self, visits: list[int], **changes: pd.Series) -> list[int]:
        """Write visits down a second time, with some answers changed."""
        copies = self.visits.loc[visits].assign(**changes)
        copies.index = pd.RangeIndex(len(self.visits), len(self.visits) + len(visits))
        self.visits = pd.concat([self.visits, copies])
        return list(copies.index)


def make_messy(
    assessments: pd.DataFrame,
    instrument: Instrument,
    *,
    codes: Codes,
    params: FieldNoiseParams,
    checks: CheckParams,
    seed: int,
) -> MessyFolder:
    """Write a province down as eight offices would, with faults.

    Parameters
    ----------
    assessments : frame
        Of a clean simulated province of two waves or more.
    codes : mapping
        Of `params.read_as` and `params.coded_as` at least.
    params : FieldNoiseParams
    checks : CheckParams
        The programme's: a late visit is planted where it has a round.
    seed : int

    Raises
    ------
    UserError
        Where the province is too small.
    """
    rng = np.random.default_rng([seed, 20])
    coded = {name for questions in codes.values() for name in questions}
    absent = tuple(q.name for q in instrument.questions if q.name in coded - set(codes[params.read_as]))
    visits = assessments.sort_values(["district_code", "subdistrict_code", "facilitator_id", "assessment_date"])
    bench = _Bench(visits.drop(columns=list(absent), errors="ignore").reset_index(drop=True))
    wrong = str(bench.visits["district_code"].value_counts().index[0])
    wave = bench.visits["assessment_date"].dt.year
    recent = (wave == wave.max()) & (bench.visits["district_code"] != wrong)
    busy = _plant_habits(bench, instrument, params, checks, recent)
    ready = np.flatnonzero(recent & ~bench.visits["facilitator_id"].isin(busy))
    bench.free = [int(visit) for visit in rng.permutation(ready)]
    _plant_answers(bench, params)
    _plant_visits(bench, instrument, params, checks)
    _plant_cells(bench, params)
    return _lay_out(bench, instrument, codes, params, wrong, absent)


# --- what is planted


def _plant_habits(
    bench: _Bench, instrument: Instrument, params: FieldNoiseParams, checks: CheckParams, recent: pd.Series
) -> list[str]:
    """One facilitator copies a form, one leaves a question out, one rounds; many leave another question out."""
    visits = bench.visits
    caseload = visits.loc[recent, "facilitator_id"].value_counts()
    small = [str(name) for name in caseload.index[caseload >= max(_FEWEST, params.copied_families)][-3:]]
    if len(small) < 3:
        raise UserError("The province is too small to plant every fault", mend="Simulate 1500 households or more")
    copier, leaver, rounder = small
    visits.loc[recent & (visits["facilitator_id"] == leaver), params.left_out_by_one] = np.nan
    bench.told.append(
        {"rule": "missing_answers_of_facilitator", "question": params.left_out_by_one, "facilitator_id": leaver}
    )
    visits.loc[visits.index % 4 == 0, params.left_out_by_many] = np.nan
    bench.told.append({"rule": "missing_answers", "question": params.left_out_by_many})
    mine = visits.index[recent & (visits["facilitator_id"] == copier)]
    copied = mine[~visits.loc[mine, "household_id"].duplicated()][: params.copied_families]
    same = [q.name for q in instrument.questions if q.name in visits and q.name not in checks.identical_without]
    for name in same:
        visits.loc[copied, name] = visits.at[copied[0], name]
    bench.told.append({"rule": "identical_answers", "facilitator_id": copier})
    rounded = recent & (visits["facilitator_id"] == rounder)
    visits.loc[rounded, params.heaped] = (visits.loc[rounded, params.heaped] / _HEAP).round() * _HEAP
    bench.fault([int(visit) for visit in visits.index[rounded]], params.heaped, HEAPED)
    return small


def _plant_answers(bench: _Bench, params: FieldNoiseParams) -> None:
    for planted in params.answers:
        taken = bench.take(params.each)
        for name, answer in planted.set.items():
            bench.visits.loc[taken, name] = answer
        bench.fault(taken, planted.question, planted.rule)


def _plant_visits(bench: _Bench, instrument: Instrument, params: FieldNoiseParams, checks: CheckParams) -> None:
    """Visits written down twice, made twice or late, and families whose goods are gone."""
    each = params.each
    for _ in bench.again(bench.take(each)):
        bench.told.append({"rule": "identical_repeats"})
    known = pd.Series(True, index=bench.visits.index)
    once = bench.take(each, known)
    twice = bench.again(once, head_age=bench.visits.loc[once, "head_age"] + 1)
    bench.fault([*once, *twice], "household_id", "duplicate_key")
    dates = bench.visits["assessment_date"]
    once = bench.take(each, dates.dt.strftime("%m-%d") <= _LATEST_FIRST_VISIT)
    twice = bench.again(once, assessment_date=dates.loc[once] + pd.Timedelta(days=9))
    bench.fault([*once, *twice], "assessment_date", "two_visits_in_wave")
    if checks.round is not None:
        taken = bench.take(each)
        late = dates.loc[taken].dt.strftime(f"%Y-{_LATE}")
        bench.visits.loc[taken, "assessment_date"] = pd.to_datetime(late).astype("datetime64[s]")
        bench.fault(taken, "assessment_date", "outside_round")
    if instrument.assets_lost is not None:
        goods = list(instrument.assets_lost.questions[: instrument.assets_lost.at_least])
        before = _visit_before(bench.visits)
        taken = bench.take(each, before.notna())
        bench.visits.loc[before.loc[taken].astype("int64"), goods] = "yes"
        bench.visits.loc[taken, goods] = "no"
        for name in goods:
            bench.fault(taken, name, "assets_lost")


def _visit_before(visits: pd.DataFrame) -> pd.Series:
    """The position of the same family's last visit; missing where there is none."""
    ordered = visits.sort_values(["household_id", "assessment_date"])
    place = pd.Series(ordered.index, index=ordered.index)
    return place.groupby(ordered["household_id"]).shift().reindex(visits.index)


def _plant_cells(bench: _Bench, params: FieldNoiseParams) -> None:
    for planted in params.cells:
        taken = bench.take(params.each)
        cell = Formula(planted.cell, planted.stored) if planted.cell.startswith("=") else planted.cell
        bench.cells += [(visit, planted.question, cell or None) for visit in taken]
        bench.fault(taken, planted.question, planted.rule)
    noted = bench.take(params.each)
    bench.cells += [(visit, params.note, f"Ibu rajin, NIK {_nik(visit)}") for visit in noted]
    bench.told.append({"rule": "masked", "question": params.note})


def _nik(visit: int) -> str:
    """A number that nobody has: BPS knows no subdistrict 360199."""
    return f"360199{visit % 28 + 1:02d}0190{visit % 9999 + 1:04d}"


# --- how it is written


def _lay_out(
    bench: _Bench, instrument: Instrument, codes: Codes, params: FieldNoiseParams, wrong: str, absent: tuple[str, ...]
) -> MessyFolder:
    visits = bench.visits.sort_values(["district_code", "subdistrict_code"], kind="stable")
    names = ["household_id", *PLACES, "assessment_date", *(q.name for q in instrument.questions if q.name in visits)]
    columns = headers(instrument, names)
    groups = {columns[q.name]: _section(instrument, q.section) for q in instrument.questions if q.name in columns}
    books, places, year = {}, [], visits["assessment_date"].dt.year.max()
    for number, (district, rows) in enumerate(visits.groupby("district_code", sort=True)):
        habit, file = HABITS[number % len(HABITS)], f"kabupaten_{district}.xlsx"
        cells = _cells(rows, instrument, names, codes, params, number, is_wrong=district == wrong)
        for visit, name, cell in bench.cells:
            if visit in cells.index:
                cells.at[visit, name] = cell
        cells = cells.rename(columns=columns)
        sheets = {f"Kec. {code}": cells.loc[part.index] for code, part in rows.groupby("subdistrict_code", sort=True)}
        titles = ["DATA KELUARGA PENERIMA MANFAAT", f"KABUPATEN/KOTA {district}", f"TAHUN {year}", "RAHASIA"]
        books[file] = workbook(sheets, habit, titles=titles, groups=groups)
        for sheet, part in sheets.items():
            row = np.arange(len(part)) + first_row(habit)
            places.append(pd.DataFrame({"file": file, "sheet": sheet, "row": row}, index=part.index))
    miscoded = _miscoded(visits[visits["district_code"] == wrong], codes, params)
    told = [*bench.told, *({"rule": "suspected_codebook", "question": name} for name in params.miscoded)]
    told += [{"rule": "privacy", "column": header} for header in _personal(visits.head(1))]
    wrong_file = f"kabupaten_{wrong}.xlsx"
    ledger = _ledger([*bench.faults, *miscoded], told, pd.concat(places), columns, wrong_file)
    return MessyFolder(books, ledger, columns, absent)


def _section(instrument: Instrument, name: str) -> str:
    return next(section.label.id for section in instrument.sections if section.name == name).upper()


def _cells(
    rows: pd.DataFrame,
    instrument: Instrument,
    names: list[str],
    codes: Codes,
    params: FieldNoiseParams,
    number: int,
    *,
    is_wrong: bool,
) -> pd.DataFrame:
    """One office's cells, a column a name, and the personal columns that nobody asked for."""
    habit, cells = HABITS[number % len(HABITS)], {}
    for name in names:
        if name == "assessment_date":
            cells[name] = days(rows[name], habit)
        elif name in instrument.by_name:
            book = params.coded_as if is_wrong and name in params.miscoded else params.read_as
            cells[name] = written(rows[name], instrument.by_name[name], habit, _code_of(name, book, codes, params))
        else:
            cells[name] = rows[name].astype("object")
    return pd.DataFrame(_personal(rows) | cells, dtype="object")


def _code_of(name: str, book: str, codes: Codes, params: FieldNoiseParams) -> dict[str, str] | None:
    """Answer -> the code that a form of that book mostly has for it."""
    if name not in codes[book]:
        return None
    code_of: dict[str, str] = {}
    for code, answer in codes[book][name].items():
        code_of.setdefault(answer, code)
    return code_of | params.typical_codes.get(book, {}).get(name, {})


def _personal(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Columns by name and address; the NIK as a number, of which Excel keeps fifteen digits. Nobody has them."""
    number = pd.Series(rows.index, index=rows.index)
    return {
        "NIK": number.map(_nik).astype("int64").astype("object"),
        "NO KK": "'" + number.map(_nik),
        "NAMA KRT": "CONTOH REKAAN " + number.astype("str"),
        "ALAMAT": "KP. REKAAN RT 01 RW 02 NO " + number.astype("str"),
        "NO HP": "08120000" + number.astype("str").str.zfill(4),
    }


def _miscoded(rows: pd.DataFrame, codes: Codes, params: FieldNoiseParams) -> list[tuple[int, str, str]]:
    """The cells of the wrongly coded workbook whose code the codebook that it names does not have."""
    faults: list[tuple[int, str, str]] = []
    for name in params.miscoded:
        code = rows[name].astype("object").map(_code_of(name, params.coded_as, codes, params) or {})
        unknown = rows.index[code.notna() & ~code.isin(codes[params.read_as][name])]
        faults += [(int(visit), name, "not_in_codebook") for visit in unknown]
    return faults


def _ledger(
    faults: list[tuple[int, str, str]],
    told: list[dict[str, str]],
    places: pd.DataFrame,
    columns: dict[str, str],
    wrong_file: str,
) -> pd.DataFrame:
    cells = pd.DataFrame(faults, columns=["visit", "question", "rule"]).join(places, on="visit").drop(columns="visit")
    others = pd.DataFrame(told).assign(row=0)
    others["file"] = np.where(others["rule"] == "suspected_codebook", wrong_file, "")
    table = pd.concat([cells, others], ignore_index=True)
    table["column"] = table["column"].fillna(table["question"].map(columns))
    text = {name: table[name].astype("object").fillna("") for name in LEDGER if name != "row"}
    return table.assign(**text)[list(LEDGER)].astype(dict.fromkeys(text, "str") | {"row": "int64"})
