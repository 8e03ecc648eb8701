"""A family's record on request: given to it, corrected and scored again, deleted; nothing else changes on the way."""

import hashlib
import hmac
import json
import re
import shutil
import zipfile

import pandas as pd
import pytest

from graduation_model.cli import main

FOLDERS = ("check", "scores", "selection", "report")


def _run(*words: object) -> int:
    return main([str(word) for word in words])


def _parts(folder, table):
    return pd.concat([pd.read_parquet(part) for part in sorted((folder / table).glob("*.parquet"))], ignore_index=True)


def _line(table, household):
    return table[table["household_id"] == household].reset_index(drop=True)


@pytest.fixture(scope="module")
def outputs(year, tmp_path_factory):
    """The year's output folders, as they are; each test that changes them takes a copy."""
    root = tmp_path_factory.mktemp("outputs")
    assert _run("check", "--programme", year.programme, "--data", year.data, "--out", root / "check") == 0
    for name in FOLDERS[1:]:
        shutil.copytree(year / name, root / name)
    return root


@pytest.fixture
def copied(outputs, tmp_path):
    return [shutil.copytree(outputs / name, tmp_path / name) for name in FOLDERS]


@pytest.fixture(scope="module")
def chosen(year):
    """One proposed family, one that stays and told of its refrigerator, and one that has no score any more."""
    selection = pd.read_parquet(year / "selection" / "selection.parquet")
    left_out = pd.read_parquet(year / "scores" / "not_scored.parquet")
    proposed = selection.loc[selection["selected"], "household_id"].iloc[0]
    visits = pd.read_parquet(year.data / "assessments.parquet").sort_values("assessment_date")
    last = visits.drop_duplicates("household_id", keep="last")
    said = selection["household_id"].isin(last.loc[last["has_fridge"].notna(), "household_id"])
    stays = selection.loc[said & (selection["recommendation"] == "not_ready"), "household_id"].iloc[0]
    return proposed, stays, left_out["household_id"].iloc[0]


def _scored(year, data, out, *words):
    model = year / "train" / "bundle"
    command = ["score", "--programme", year.programme, "--data", data, "--as-of", "2020-12-31", "--model", model]
    assert _run(*command, "--out", out, *words) == 0
    return _parts(out, "scores"), _parts(out, "contributions")


@pytest.fixture(scope="module")
def batch(year, tmp_path_factory):
    return _scored(year, year.data, tmp_path_factory.mktemp("batch") / "scores")


def test_one_family_alone_gets_the_line_of_the_batch_bit_for_bit(year, batch, chosen, tmp_path):
    alone = _scored(year, year.data, tmp_path / "one", "--household", chosen[1])
    for one, all_of_them in zip(alone, batch, strict=True):
        pd.testing.assert_frame_equal(one, _line(all_of_them, chosen[1]), check_exact=True)
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    known = pd.read_parquet(year.data / "assessments.parquet")["assessment_date"] <= pd.Timestamp("2020-12-31")
    assert manifest["context"] == {
        "wave": "whole",
        "visits": int(known.sum()),
        "families": len(batch[0]),
        "written": 1,
    }
    assert chosen[1] not in (tmp_path / "one" / "manifest.json").read_text()


def test_a_family_without_a_score_is_told_why_and_an_unknown_one_is_not_echoed(year, chosen, tmp_path, capsys):
    command = ["score", "--programme", year.programme, "--data", year.data, "--as-of", "2020-12-31"]
    command += ["--model", year / "train" / "bundle", "--out", tmp_path / "one", "--household"]
    assert _run(*command, chosen[2]) == 2
    assert "no score on that date: assessment too old" in capsys.readouterr().err
    assert _run(*command, "S9999999") == 2
    error = capsys.readouterr().err
    assert "No such family in these assessments" in error
    assert "S9999999" not in error
    assert not (tmp_path / "one").exists()


@pytest.fixture(scope="module")
def corrected(year, chosen, tmp_path_factory):
    """The same data with one answer of one family corrected: it has no refrigerator, or has one after all."""
    data = shutil.copytree(year.data, tmp_path_factory.mktemp("corrected") / "data")
    visits = _line(pd.read_parquet(data / "assessments.parquet"), chosen[1])
    now = visits.sort_values("assessment_date")["has_fridge"].iloc[-1]
    asked = data.parent / "asked.csv"
    other = {"yes": "Tidak", "no": "Ya"}[now]
    asked.write_text(f"question,answer,reason,date,by\nhas_fridge,{other},Salah catat,20/01/2021,Petugas data\n")
    words = ["--programme", year.programme, "--data", data, "--household", chosen[1], "--file", asked]
    assert _run("record", "correct", *words) == 0
    return data


def test_a_correction_changes_one_family_and_leaves_every_other_line_as_it_was(
    year, batch, corrected, chosen, tmp_path
):
    scores, contributions = _scored(year, corrected, tmp_path / "all")
    others = scores["household_id"] != chosen[1]
    for now, before in ((scores, batch[0]), (contributions, batch[1])):
        pd.testing.assert_frame_equal(now[others], before[others], check_exact=True)
    before, after = _line(batch[0], chosen[1]), _line(scores, chosen[1])
    assert after["log_odds"][0] != before["log_odds"][0]
    same = ["assessment_date", "completeness", "base_log_odds", "district_code", "bundle_sha256"]
    pd.testing.assert_frame_equal(after[same], before[same])
    alone = _scored(year, corrected, tmp_path / "one", "--household", chosen[1])
    pd.testing.assert_frame_equal(alone[0], after, check_exact=True)


def test_a_correction_leaves_the_source_file_alone_and_is_counted_without_its_value(year, corrected, tmp_path):
    source = "assessments.parquet"
    assert (corrected / source).read_bytes() == (year.data / source).read_bytes()
    assert _run("check", "--programme", year.programme, "--data", corrected, "--out", tmp_path / "check") == 0
    manifest = (tmp_path / "check" / "manifest.json").read_text()
    counts = json.loads(manifest)["counts"]["assessments"]
    assert (counts["corrected_answers"], counts["corrections_unused"]) == (1, 0)
    assert "corrections.parquet" in json.loads(manifest)["inputs"]
    assert "Salah catat" not in manifest
    assert "has_fridge" not in manifest


def test_pages_are_not_made_from_scores_that_are_older_than_a_correction(year, corrected, tmp_path, capsys):
    words = ["--selection", year / "selection", "--data", corrected, "--out", tmp_path / "report"]
    assert _run("report", "--programme", year.programme, *words) == 2
    assert "not the assessments that were scored" in capsys.readouterr().err


def test_an_export_holds_all_of_one_family_and_nothing_of_another(year, outputs, chosen, tmp_path):
    folders = [outputs / name for name in FOLDERS]
    words = ["--household", chosen[0], "--data", year.data, "--out", tmp_path / "export"]
    assert _run("record", "export", "--programme", year.programme, *words, *folders) == 0
    record = json.loads((tmp_path / "export" / "record.json").read_text(encoding="utf-8"))
    tables = {table["table"]: table["rows"] for table in record["tables"]}
    expected = {"assessments", "followups", "decisions", "scores", "contributions", "selection", "changes"}
    assert set(tables) == expected
    assert {row["household_id"] for rows in tables.values() for row in rows} == {chosen[0]}
    assert len(list((tmp_path / "export" / "tables").glob("*.csv"))) == len(record["tables"])
    assert len(list((tmp_path / "export" / "pages").rglob("*.html"))) == 4  # sheet and letter, two languages
    everything = _text_of(tmp_path / "export")
    assert sum(chosen[0] in content for content in everything.values()) >= 5
    assert not any(other in content for content in everything.values() for other in chosen[1:])


def test_an_exports_page_says_it_in_both_languages_and_quotes_the_answers_behind_the_score(
    year, outputs, chosen, tmp_path
):
    words = ["--household", chosen[0], "--out", tmp_path / "export"]
    assert _run("record", "export", "--programme", year.programme, *words, *(outputs / name for name in FOLDERS)) == 0
    indonesian, english = ((tmp_path / "export" / name).read_text() for name in ("index.html", "en/index.html"))
    assert "Semua data satu keluarga" in indonesian
    assert "Siap graduasi" in indonesian
    assert "All data on one family" in english
    assert "Savings: Rp" in english
    assert "not quoted" not in english
    assert ">nan<" not in english


def test_answers_that_were_corrected_after_the_score_are_not_quoted_as_its_reasons(
    year, outputs, corrected, chosen, tmp_path
):
    words = ["--household", chosen[1], "--data", corrected, "--out", tmp_path / "export"]
    assert _run("record", "export", "--programme", year.programme, *words, outputs / "scores") == 0
    page = (tmp_path / "export" / "en" / "index.html").read_text(encoding="utf-8")
    assert "not quoted here" in page
    assert "Salah catat" in page


def _text_of(folder):
    """Every file's content as text, unpacked: whatever a search could find."""
    content = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            content[path] = path.name + pd.read_parquet(path).astype("str").to_csv()
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                content[path] = path.name + "".join(book.read(name).decode() for name in book.namelist())
        elif path.is_file():
            content[path] = path.name + path.read_bytes().decode(errors="replace")
    return content


def _hashes(folders):
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_deletion_first_says_what_it_would_do_and_changes_nothing(copied, chosen, capsys):
    before = _hashes(copied)
    assert _run("record", "delete", "--household", chosen[0], *copied) == 0
    assert "Nothing was changed. Add --yes to delete." in capsys.readouterr().out
    assert _hashes(copied) == before


def test_deleted_families_are_found_nowhere_and_all_others_stay_as_they_were(year, copied, chosen, tmp_path, capsys):
    kept = {
        name: pd.read_parquet(tmp_path / name) for name in ("selection/selection.parquet", "check/followups.parquet")
    }
    for household in chosen:
        assert _run("record", "delete", "--household", household, "--yes", *copied) == 0
        assert "Left to people: the source files" in capsys.readouterr().out
    for folder in copied:
        found = [
            path for path, content in _text_of(folder).items() if any(household in content for household in chosen)
        ]
        assert found == []
    for name, before in kept.items():
        rest = before[~before["household_id"].isin(chosen)].reset_index(drop=True)
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / name), rest, check_exact=True)
    assert (
        _run(
            "record",
            "export",
            "--programme",
            year.programme,
            "--household",
            chosen[0],
            "--out",
            tmp_path / "x",
            *copied,
        )
        == 2
    )
    assert "No such family in these folders" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FOLDERS)


def test_the_year_goes_on_after_a_deletion(year, copied, chosen, tmp_path):
    assert _run("record", "delete", "--household", chosen[0], "--yes", *copied) == 0
    words = ["--selection", tmp_path / "selection", "--scores", tmp_path / "scores", "--out", tmp_path / "report"]
    assert _run("report", "--programme", year.programme, *words) == 0
    assert _run("select", "--programme", year.programme, "--scores", tmp_path / "scores", "--out", tmp_path / "s") == 0
    assert chosen[0] not in (tmp_path / "report" / "index.html").read_text()


def test_a_list_is_counted_and_written_again_without_the_family(copied, chosen):
    page = copied[-1] / "en" / "index.html"
    before = page.read_text(encoding="utf-8")
    assert _run("record", "delete", "--household", chosen[0], "--yes", *copied) == 0
    after = page.read_text(encoding="utf-8")
    proposed, left = (int(re.search(r"Proposed \((\d+)\)", text)[1]) for text in (before, after))
    assert (proposed > 0, left) == (True, proposed - 1)


def test_a_receipt_proves_a_deletion_to_whoever_has_it_and_the_id(copied, chosen, capsys):
    assert _run("record", "delete", "--household", chosen[0], "--yes", *copied) == 0
    receipt = capsys.readouterr().out.split("Receipt: ")[1].split()[0]
    entries = [json.loads((folder / "manifest.json").read_text())["deletions"][-1] for folder in copied]
    expected = hmac.new(receipt.encode(), chosen[0].encode(), "sha256").hexdigest()
    assert {entry["receipt"] for entry in entries} == {expected}
    assert [entry["pages"] for entry in entries] == [0, 0, 0, 4]


def test_corrections_are_deleted_with_the_family_and_those_of_others_stay(year, corrected, chosen, copied, tmp_path):
    data = shutil.copytree(corrected, tmp_path / "data")
    asked = tmp_path / "asked.csv"
    asked.write_text("question,answer,reason,date,by\nn_poultry,,Ditarik,2021-02-01,Petugas data\n")
    words = ["--programme", year.programme, "--data", data, "--household", chosen[0], "--file", asked]
    assert _run("record", "correct", *words) == 0
    source = (data / "assessments.parquet").read_bytes()
    assert _run("record", "delete", "--household", chosen[1], "--data", data, "--yes", *copied) == 0
    assert pd.read_parquet(data / "corrections.parquet")["household_id"].tolist() == [chosen[0]]
    assert (data / "assessments.parquet").read_bytes() == source


def test_an_export_is_emptied_when_its_family_is_deleted(year, copied, chosen, tmp_path):
    export = tmp_path / "export"
    words = ["--household", chosen[0], "--out", export, *copied]
    assert _run("record", "export", "--programme", year.programme, *words) == 0
    assert _run("record", "delete", "--household", chosen[0], "--yes", export, *copied) == 0
    assert [path.name for path in export.iterdir()] == ["manifest.json"]
    assert chosen[0] not in (export / "manifest.json").read_text()


@pytest.fixture(scope="module")
def faulty(year, tmp_path_factory):
    """Forty families under numbers that are no NIK, two of which have an answer that breaks its bounds."""
    data = tmp_path_factory.mktemp("faulty")
    frame = pd.read_parquet(year.data / "assessments.parquet")
    frame = frame[frame["household_id"].isin(frame["household_id"].unique()[:40])].reset_index(drop=True)
    bad = frame["household_id"].isin(frame["household_id"].unique()[:2])
    frame.assign(n_poultry=frame["n_poultry"].mask(bad, 9999)).to_parquet(data / "assessments.parquet")
    shutil.copy(year.data / "poverty_lines.parquet", data)
    return data


def test_cells_in_quarantine_are_a_familys_too(year, faulty, tmp_path):
    out = tmp_path / "check"
    assert _run("check", "--programme", year.programme, "--data", faulty, "--out", out) == 1
    before = pd.read_parquet(out / "quarantine.parquet")
    first, second = before.loc[before["rule"] == "maximum", "household_id"].unique()
    assert _run("record", "delete", "--household", first, "--yes", out) == 0
    cells = pd.read_parquet(out / "quarantine.parquet")
    assert set(before["household_id"]) - set(cells["household_id"]) == {first}
    workbook = pd.read_excel(out / "quarantine.xlsx", engine="calamine")
    assert sorted(workbook["Baris"]) == sorted(cells["source_row"])
    words = ["--household", second, "--out", tmp_path / "export"]
    assert _run("record", "export", "--programme", year.programme, *words, out) == 0
    assert "too large" in (tmp_path / "export" / "en" / "index.html").read_text(encoding="utf-8")


def test_with_the_key_the_id_of_the_source_files_finds_the_pseudonym(year, faulty, tmp_path, capsys):
    key, out = tmp_path / "secret", tmp_path / "check"
    key.write_text("4f1c7f0b9d2e4a8c6b5d3e2f1a0b9c8d7e6f5a4b3c2d1e0f\n")
    assert _run("check", "--programme", year.programme, "--data", faulty, "--key", key, "--out", out) == 1
    household = pd.read_parquet(faulty / "assessments.parquet")["household_id"].iloc[-1]
    assert _run("record", "delete", "--household", household, "--yes", out) == 2
    assert _run("record", "delete", "--household", household, "--key", key, "--yes", out) == 0
    pseudonym = pd.read_parquet(out / "assessments.parquet")["household_id"].iloc[0]
    assert _run("record", "delete", "--household", pseudonym, "--key", key, "--yes", out) == 0
    assert pd.read_parquet(out / "assessments.parquet")["household_id"].nunique() == 38


def _strange(folder):
    (folder / "note.txt").write_text("mine")


def _changed(folder):
    (folder / "index.html").write_text("changed")


def _printed(folder):
    (folder / "list.pdf").write_bytes(b"%PDF-1.7")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["outputs"]["list.pdf"] = {"sha256": hashlib.sha256(b"%PDF-1.7").hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _foreign(folder):
    (folder / "manifest.json").unlink()


def _interrupted(folder):
    folder.with_name(f".{folder.name}.partial").mkdir()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_interrupted, "A run that was stopped left families' answers"),
        (_strange, "1 files are not in the manifest"),
        (_changed, "Files changed since they were written, or are gone: 1"),
        (_printed, "1 files cannot be looked into (first: list.pdf)"),
        (_foreign, "There is no manifest.json"),
    ],
)
def test_a_folder_that_is_not_wholly_ours_stops_the_deletion_before_anything_changes(
    copied, chosen, capsys, spoil, says
):
    spoil(copied[-1])
    before = _hashes(copied)
    assert _run("record", "delete", "--household", chosen[0], "--yes", *copied) == 2
    error = capsys.readouterr().err
    assert says in error
    assert chosen[0] not in error
    assert len(error.strip().splitlines()) == 1
    assert _hashes(copied) == before


def test_source_data_are_no_output_folder(year, chosen, capsys):
    assert _run("record", "delete", "--household", chosen[0], "--yes", year.data) == 2
    assert "This is source data" in capsys.readouterr().err


def test_no_family_stands_in_a_trained_model_or_a_run(year):
    """What `record delete` says of models and MLflow."""
    ids = pd.read_parquet(year.data / "assessments.parquet")["household_id"].unique()
    stores = [year / "train", *(path for path in year.root.iterdir() if path.name.startswith("ml"))]
    assert len(stores) > 1
    files = [path for store in stores for path in ([store] if store.is_file() else store.rglob("*")) if path.is_file()]
    everything = b"\n".join(path.read_bytes() for path in files if path.suffix != ".parquet").decode(errors="replace")
    tables = [path for path in files if path.suffix == ".parquet"]
    everything += "\n".join(pd.read_parquet(path).astype("str").to_csv() for path in tables)
    assert [household for household in ids[::50] if household in everything] == []
