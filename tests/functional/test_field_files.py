"""What the field hands in, from file to scored list: a facilitator's workbook, Kobo's and ODK's exports."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from graduation_model.cli import main
from graduation_model.config import load_programme
from graduation_model.ingest.mapping import Mapping
from graduation_model.params import read_params
from graduation_model.simulation import simulate
from lib.facilitator import in_words, write_workbook

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "jamsosratu"
SCORE = ["score", "--as-of", "2020-12-31", "--model", ROOT / "models" / "jamsosratu-simulated"]


@pytest.fixture(scope="module")
def jamsosratu():
    return load_programme(CONFIG)


@pytest.fixture(scope="module")
def families(jamsosratu) -> pd.DataFrame:
    """A district of invented families, as the simulation gives them."""
    province = simulate(jamsosratu.instrument, jamsosratu.simulation, households=150, waves=1, seed=5).assessments
    aid = {name: province[name].fillna("no") for name in AID.values()} | {"n_under5": province["n_under5"].fillna(0)}
    return province[province["district_code"].isin(["3601", "3602"])].assign(**aid).reset_index(drop=True)


def _run(*words: object) -> int:
    return main([str(word) for word in (*words, "--programme", CONFIG)])


def _same(checked: pd.DataFrame, families: pd.DataFrame, question: str) -> bool:
    found, expected = checked[question], families.sort_values("household_id", ignore_index=True)[question]
    return bool(((found == expected) | (found.isna() & expected.isna())).all())


def _confirm(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("confirmed: no\n", "confirmed: yes\n"), encoding="utf-8")


# --- a facilitator's workbook


def _scores(folder: Path) -> pd.Series:
    parts = [pd.read_parquet(part) for part in sorted((folder / "scores").glob("*.parquet"))]
    return pd.concat(parts).set_index("household_id")["probability"].sort_index()


def test_a_facilitators_workbook_is_scored_as_the_programmes_own_table_is(families, jamsosratu, tmp_path, capsys):
    data, own = tmp_path / "data", tmp_path / "own"
    data.mkdir()
    own.mkdir()
    write_workbook(data / "assessments.xlsx", in_words(families, jamsosratu))
    families.to_parquet(own / "assessments.parquet")
    assert _run("check", "--data", data, "--suggest", data / "mapping.yaml") == 0
    assert "look at each" not in capsys.readouterr().out  # every header is a question, word for word
    assert _run(*SCORE, "--data", data, "--out", tmp_path / "scores") == 2
    assert "2 lines of the mapping are not confirmed: same_words, absent" in capsys.readouterr().err
    _confirm(data / "mapping.yaml")
    assert _run(*SCORE, "--data", data, "--out", tmp_path / "scores") == 0
    assert _run(*SCORE, "--data", own, "--out", tmp_path / "expected") == 0
    pd.testing.assert_series_equal(_scores(tmp_path / "scores"), _scores(tmp_path / "expected"))
    manifest = json.loads((tmp_path / "scores" / "manifest.json").read_text())
    assert {"assessments.xlsx", "mapping.yaml", "programme/poverty_lines.csv"} == set(manifest["inputs"])
    assert manifest["counts"]["ignored_sheets"] == {
        "assessments.xlsx#Rekap": len(families["subdistrict_code"].unique())
    }


HEADERS = {
    # how a facilitator may write it                  the question that it is
    "Jml Anggota RT": "hh_size",
    "Usia KK": "head_age",
    "Penghasilan per bulan": "income_month_idr",
    "Jenis Lantai": "floor",
    "Kulkas / lemari es": "has_fridge",
    "Fasilitas BAB": "toilet_access",
    "No. ID Keluarga": "household_id",
}


def test_other_words_for_a_question_stand_on_lines_of_their_own(families, jamsosratu, tmp_path, capsys):
    questions, rows = jamsosratu.instrument.by_name, in_words(families, jamsosratu)
    labels = {"household_id": "Nomor keluarga"} | {name: question.label.id for name, question in questions.items()}
    rows = rows.rename(columns={labels[question]: header for header, question in HEADERS.items()})
    said = {"poor": "Tanah", "medium": "Semen", "good": "Keramik"}
    rows["Jenis Lantai"] = families["floor"].astype(object).map(said)
    rows = rows.assign(**{"Nama KRT": "Siti", "Warna rumah": "biru"})
    write_workbook(tmp_path / "assessments.xlsx", rows)
    mapping = tmp_path / "drafts" / "mapping.yaml"
    assert _run("check", "--data", tmp_path, "--suggest", mapping) == 0

    drafted = read_params(mapping, Mapping).assessments
    assert {line.column: line.question for line in drafted.columns} == HEADERS
    assert next(line.values for line in drafted.columns if line.question == "floor") == {v: k for k, v in said.items()}
    assert "Siti" not in mapping.read_text(encoding="utf-8")
    _confirm(mapping)
    assert _run("check", "--data", tmp_path, "--mapping", mapping, "--out", tmp_path / "out") == 0
    checked = pd.read_parquet(tmp_path / "out" / "assessments.parquet")
    assert [question for question in HEADERS.values() if not _same(checked, families, question)] == []
    told = capsys.readouterr().out
    assert "columns not read: assessments.Warna rumah" in told
    assert "dropped at the door: Nama KRT" in told


def test_a_confirmed_mapping_is_not_overwritten_and_check_wants_one_of_out_and_suggest(families, tmp_path, capsys):
    families.to_parquet(tmp_path / "assessments.parquet")
    (tmp_path / "mapping.yaml").write_text("programme: jamsosratu\n")
    assert _run("check", "--data", tmp_path, "--suggest", tmp_path / "mapping.yaml") == 2
    assert "There is a file of that name" in capsys.readouterr().err
    assert _run("check", "--data", tmp_path) == 2
    assert "Give either --out (to check) or --suggest" in capsys.readouterr().err


# --- Kobo's and ODK's exports

AID = {"pkh": "gets_pkh", "bpnt": "gets_bpnt", "pip": "gets_pip"}
AID_WORDS = {"PKH": "gets_pkh", "Bantuan pangan": "gets_bpnt", "Bantuan pendidikan": "gets_pip"}
COUNTED = ("hh_size", "n_under5")


def _members(families: pd.DataFrame) -> pd.DataFrame:
    """A row a member: the under-fives are 2 years old, the others 30."""
    visits = families.index.repeat(families["hh_size"].astype(int))
    number = pd.Series(visits).groupby(visits).cumcount()
    young = number < families["n_under5"].loc[visits].reset_index(drop=True)
    return pd.DataFrame(
        {"visit": visits, "nama": "Siti", "nik": "3601014107800001", "umur": young.map({True: 2, False: 30})}
    )


def _form(families: pd.DataFrame, separator: str, aid: dict[str, str], encoding: str) -> pd.DataFrame:
    """The visits with their questions in groups, and the kinds of aid as one question with several answers."""
    table = families.drop(columns=[*COUNTED, *AID.values()]).rename(
        columns=lambda name: name if name.endswith(("_id", "_code", "_date")) else f"isi{separator}{name}"
    )
    table["assessment_date"] = families["assessment_date"].dt.strftime("%Y-%m-%d")
    chosen = pd.DataFrame({option: families[question] == "yes" for option, question in aid.items()})
    if encoding != "details":
        summary = chosen.apply(lambda row: " ".join(row.index[row]) or "lainnya", axis=1)
        table[f"isi{separator}bantuan"] = summary
    if encoding != "summary":
        for option in aid:
            table[f"isi{separator}bantuan/{option}"] = chosen[option].astype(int)
    return table


def _mapping(folder: Path, repeat: str, aid: dict[str, str]) -> None:
    """Write a mapping; JSON is YAML."""
    rules = [
        {"repeat": repeat, "question": "hh_size", "confirmed": "yes"},
        {"repeat": repeat, "question": "n_under5", "where": [{"column": "umur", "at_most": 4}], "confirmed": "yes"},
    ]
    multiple = [{"column": "bantuan", "options": aid, "others": ["lainnya"], "confirmed": "yes"}]
    content = {"programme": "jamsosratu", "assessments": {"multiple": multiple, "repeats": rules}}
    (folder / "mapping.yaml").write_text(json.dumps(content))


def _sheets(path: Path, sheets: dict[str, pd.DataFrame]) -> None:
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        for name, frame in sheets.items():
            frame.to_excel(book, sheet_name=name, index=False)


def _kobo_xlsx(
    families: pd.DataFrame, folder: Path, aid: dict[str, str], encoding: str, asked: tuple[str, ...] = ()
) -> None:
    own = {"_id": range(len(families)), "_uuid": "u", "_index": range(1, len(families) + 1)}
    members = _members(families)
    keys = {"_parent_index": members["visit"] + 1, "_parent_table_name": "asesmen", "_index": range(len(members))}
    members = members.drop(columns="visit").rename(columns="anggota/{}".format).assign(**keys)
    form = _form(families, "/", aid, encoding).assign(**own, **{name: families[name] for name in asked})
    sheets = {"asesmen": form, "anggota": members}
    _sheets(folder / "assessments.xlsx", sheets)
    _mapping(folder, "anggota", aid)


def _kobo_csv(families: pd.DataFrame, folder: Path, aid: dict[str, str], encoding: str) -> None:
    (folder / "assessments").mkdir()
    own = {"_id": range(len(families)), "_uuid": "u", "_index": range(1, len(families) + 1)}
    members = _members(families)
    members["_parent_index"], members["_parent_table_name"] = members.pop("visit") + 1, "asesmen"
    form = _form(families, "/", aid, encoding).assign(**own)
    form.to_csv(folder / "assessments" / "asesmen.csv", sep=";", index=False)
    members.to_csv(folder / "assessments" / "anggota.csv", sep=";", index=False)
    _mapping(folder, "anggota", aid)


def _odk_zip(families: pd.DataFrame, folder: Path, aid: dict[str, str], encoding: str) -> None:
    key = "uuid:" + pd.Series(range(len(families))).astype(str)
    members = _members(families)
    members["PARENT_KEY"] = key.loc[members.pop("visit")].to_numpy()
    members["KEY"] = "m" + pd.Series(range(len(members))).astype(str)
    form = _form(families, "-", aid, encoding).assign(SubmissionDate="2020-12-31", KEY=key)
    with zipfile.ZipFile(folder / "assessments.zip", "w") as archive:
        for name, frame in (("asesmen.csv", form), ("asesmen-anggota.csv", members)):
            archive.writestr(name, frame.to_csv(index=False))
    _mapping(folder, "asesmen-anggota", aid)


EXPORTS = [
    (_kobo_csv, AID, "summary"),
    (_kobo_xlsx, AID_WORDS, "both"),
    (_odk_zip, AID, "details"),
]


@pytest.mark.parametrize(("write", "aid", "encoding"), EXPORTS, ids=["kobo-csv", "kobo-xlsx-labels", "odk-zip"])
def test_an_export_with_members_and_several_answers_comes_through_check(
    write, aid, encoding, families, tmp_path, capsys
):
    data = tmp_path / "data"
    data.mkdir()
    write(families, data, aid, encoding)
    assert _run("check", "--data", data, "--out", tmp_path / "out") == 0, capsys.readouterr()
    checked = pd.read_parquet(tmp_path / "out" / "assessments.parquet")
    assert len(checked) == len(families)
    looked_at = (*COUNTED, *AID.values(), "floor", "income_month_idr", "power_va")
    assert [question for question in looked_at if not _same(checked, families, question)] == []
    assert "3601014107800001" not in (tmp_path / "out" / "manifest.json").read_text()


def test_members_that_no_rule_counts_are_left_out_and_said_so(families, tmp_path, capsys):
    _kobo_xlsx(families, tmp_path, AID, "both", asked=COUNTED)
    text = json.loads((tmp_path / "mapping.yaml").read_text())
    del text["assessments"]["repeats"]
    (tmp_path / "mapping.yaml").write_text(json.dumps(text))
    assert _run("check", "--data", tmp_path, "--out", tmp_path / "out") == 0
    members = int(families["hh_size"].sum())
    assert f"members' sheets not read: assessments.xlsx#anggota ({members:,} rows)" in capsys.readouterr().out
    assert len(pd.read_parquet(tmp_path / "out" / "assessments.parquet")) == len(families)


def test_a_bit_sum_and_a_declared_codebook_are_read_through_check(families, tmp_path):
    rows = families.drop(columns=list(AID.values()))
    rows["bantuan"] = sum(
        (families[question] == "yes") * bit for question, bit in zip(AID.values(), (1, 2, 4), strict=True)
    )
    rows["floor"] = families["floor"].astype(object).map({"poor": "8", "medium": "6", "good": "2"})  # Regsosek's earth
    rows.to_csv(tmp_path / "assessments.csv", index=False)
    bits = {"column": "bantuan", "bits": {1: "gets_pkh", 2: "gets_bpnt", 4: "gets_pip"}, "confirmed": "yes"}
    content = {"programme": "jamsosratu", "assessments": {"codebook": "regsosek_2022", "multiple": [bits]}}
    (tmp_path / "mapping.yaml").write_text(json.dumps(content))
    assert _run("check", "--data", tmp_path, "--out", tmp_path / "out") in (0, 1)
    checked = pd.read_parquet(tmp_path / "out" / "assessments.parquet")
    assert [name for name in (*AID.values(), "floor", "roof") if not _same(checked, families, name)] == []


def test_a_table_in_a_database_comes_through_check_and_its_address_is_written_nowhere(
    families, tmp_path, monkeypatch, capsys
):
    data = tmp_path / "data"
    data.mkdir()
    with sqlite3.connect(tmp_path / "geheim.db") as connection:
        families.astype(object).where(families.notna(), None).assign(
            assessment_date=families["assessment_date"].dt.strftime("%Y-%m-%d")
        ).to_sql("asesmen", connection, index=False)
    connection.close()
    monkeypatch.setenv("DINAS_DB", f"sqlite:///{tmp_path / 'geheim.db'}")
    (data / "assessments.sql.yaml").write_text("url_from: DINAS_DB\ntable: asesmen\n")
    assert _run("check", "--data", data, "--out", tmp_path / "out") == 0
    checked = pd.read_parquet(tmp_path / "out" / "assessments.parquet")
    assert checked["floor"].tolist() == families.sort_values("household_id")["floor"].tolist()
    assert "geheim" not in capsys.readouterr().out + (tmp_path / "out" / "manifest.json").read_text()
