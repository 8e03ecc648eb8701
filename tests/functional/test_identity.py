"""NIK, names and telephones never come past the door of a command, and a key keeps the families apart."""

import json
import shutil

import pandas as pd
import pytest

from graduation_model.cli import main

NAMED = ("assessments", "followups", "decisions")
NAME, PHONE = "Contoh Rekaan", "081200000000"


def _nik(ids: pd.Series) -> pd.Series:
    """A number that nobody has, one for each simulated family."""
    number = ids.str[1:].astype(int)
    return "360199" + (number % 28 + 1).map("{:02d}".format) + "0100" + (number + 1).map("{:04d}".format)


@pytest.fixture(scope="module")
def named(year, tmp_path_factory):
    """The year's data as a Dinas may send it: NIK for ids, names and telephones beside them."""
    folder = tmp_path_factory.mktemp("named")
    shutil.copy(year.data / "poverty_lines.parquet", folder)
    for table in NAMED:
        frame = pd.read_parquet(year.data / f"{table}.parquet")
        frame = frame.assign(household_id=_nik(frame["household_id"]), NAMA_KRT=NAME, kolom=PHONE)
        frame.to_parquet(folder / f"{table}.parquet")
    return folder


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "secret"
    path.write_text("4f1c7f0b9d2e4a8c6b5d3e2f1a0b9c8d7e6f5a4b3c2d1e0f\n")
    return path


def _run(*words: object) -> int:
    return main([str(word) for word in words])


def _bytes_of(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("command", ["check", "train", "score"])
def test_ids_that_are_nik_stop_every_command_without_a_key(year, named, tmp_path, capsys, command):
    words = [command, "--programme", year.programme, "--data", named, "--out", tmp_path / "out"]
    words += ["--as-of", "2019-12-31", "--tracking", tmp_path] if command != "check" else []
    words += ["--model", year / "train" / "bundle"] if command == "score" else []
    assert _run(*words) == 2
    error = capsys.readouterr().err
    assert "assessments, column household_id" in error
    assert "Give --key FILE" in error
    assert "360199" not in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_check_with_a_key_writes_no_identity_and_counts_what_it_dropped(year, named, key, tmp_path, capsys):
    out = tmp_path / "out"
    assert _run("check", "--programme", year.programme, "--data", named, "--key", key, "--out", out) in (0, 1)
    story = capsys.readouterr().out
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    tables = [pd.read_parquet(named / f"{name}.parquet") for name in NAMED]
    assessments, rows = tables[0], sum(len(table) for table in tables)
    assert manifest["counts"]["privacy"] == {"NAMA_KRT": rows, "kolom": rows}
    assert manifest["counts"]["pseudonyms"] == {"household_id": rows}
    assert len(manifest["key_fingerprint"]) == 8
    assert f"NAMA_KRT ({rows:,} rows)" in story
    assert "found again in 2020" in story
    everything = _bytes_of(out)
    frames = pd.concat([pd.read_parquet(path) for path in out.glob("*.parquet")]).astype(str)
    for secret in (NAME, PHONE, assessments["household_id"][0], key.read_text().strip(), str(key)):
        assert secret.encode() not in everything
        assert not frames.eq(secret).any(axis=None)


def test_families_are_linked_and_scored_under_pseudonyms_as_under_their_own_ids(year, named, key, tmp_path):
    out = tmp_path / "out"
    words = ["--as-of", "2020-12-31", "--model", year / "train" / "bundle", "--key", key, "--out", out]
    assert _run("score", "--programme", year.programme, "--data", named, *words) == 0
    seen, plain = (
        pd.concat([pd.read_parquet(path) for path in folder.glob("scores/*.parquet")])
        for folder in (out, year / "scores")
    )
    assert sorted(seen["probability"]) == pytest.approx(sorted(plain["probability"]))
    assert (seen["household_id"].str.len() == 64).all()
    counts = [json.loads((folder / "manifest.json").read_text())["counts"] for folder in (out, year / "scores")]
    assert counts[0]["linkage"] == counts[1]["linkage"]


def test_nik_that_a_sheet_holds_as_numbers_are_refused_even_with_a_key(year, named, key, tmp_path, capsys):
    folder = tmp_path / "numbers"
    folder.mkdir()
    frame = pd.read_parquet(named / "assessments.parquet").head(50)
    frame["household_id"] = frame["household_id"].str.slice(0, 15).add("0").astype("int64").astype("float64")
    frame.to_excel(folder / "assessments.xlsx", index=False, engine="xlsxwriter")
    words = ["--programme", year.programme, "--data", folder, "--key", key, "--out", tmp_path / "out"]
    assert _run("check", *words) == 2
    error = capsys.readouterr().err
    assert "column household_id: 50 of 50 ids are a NIK or KK damaged by Excel" in error
    assert "360199" not in error


def test_a_key_that_is_none_is_named(year, named, tmp_path, capsys):
    words = ["--programme", year.programme, "--data", named, "--key", tmp_path / "none", "--out", tmp_path / "out"]
    assert _run("check", *words) == 2
    assert "There is no such key file" in capsys.readouterr().err


def test_simulated_data_pass_the_door_unchanged(year):
    counts = json.loads((year / "scores" / "manifest.json").read_text())["counts"]
    assert not {"privacy", "masked", "pseudonyms"} & set(counts)
