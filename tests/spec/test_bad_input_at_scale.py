"""What the fuzzer found once, and a sample of what it tries: read, set aside or refused in one line, whatever it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from graduation_model.commands.outputs import output_folder
from graduation_model.errors import UserError
from graduation_model.estimators.bundle import load_bundle
from graduation_model.ingest.corrections import COLUMNS, read_corrections
from graduation_model.ingest.load import load_tables
from graduation_model.scoring.work import Work
from lib.fuzz.targets import ACCEPTED, REFUSED, Fuzzer, prepare_bundles
from lib.small import codebooks, field_visits, ingest_params, small_instrument

CASES_A_KIND = 4
IN_PROCESS = ("csv", "xlsx", "parquet", "odk zip", "kobo xlsx", "mapping.yaml", "sql source", "corrections", "key")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    prepare_bundles(folder)
    return folder


# A cell of a parquet file, its column, and the rule by which it is set aside.
NESTED = [
    ([1, 2], "n_people", "not_a_number"),
    ({"a": 1}, "income", "not_a_number"),
    ([["x"]], "floor", "not_in_codebook"),
]


@pytest.mark.parametrize(("cell", "column", "rule"), NESTED)
def test_a_list_or_record_in_a_cell_is_set_aside_and_not_the_file(tmp_path: Path, cell, column, rule) -> None:
    frame = field_visits()
    frame[column] = [cell, *[None] * (len(frame) - 1)]
    frame.to_parquet(tmp_path / "assessments.parquet")
    parts = {"instrument": small_instrument(), "params": ingest_params(), "codebooks": codebooks()}
    read = load_tables(tmp_path, **parts, need_followups=False)
    assert rule in set(read.quarantine.loc[read.quarantine["column"] == column, "rule"])


# What stands in a column of corrections.parquet that `record correct` never writes there.
STRANGE = [("visit_date", "NA"), ("corrected_on", "9223372036854775808"), ("visit_date", {"a": 1})]


@pytest.mark.parametrize(("column", "value"), STRANGE)
def test_corrections_that_nobody_entered_are_refused(tmp_path: Path, column, value) -> None:
    row = dict.fromkeys(COLUMNS, "2017-12-31") | {column: value}
    pd.DataFrame([row]).to_parquet(tmp_path / "corrections.parquet")
    with pytest.raises(UserError, match="no corrections that 'record correct' wrote"):
        read_corrections(tmp_path)


# A file of a bundle, and what somebody put there, with a manifest that fits.
FOREIGN = [
    ("context.parquet", b"PAR1"),
    ("bundle.json", b"[]"),
    ("bundle.json", b"[" * 100_000),
    ("model.txt", b"tree\nversion=v4\n\nTree=0\n"),
]


@pytest.mark.parametrize(("name", "content"), FOREIGN)
def test_a_bundle_that_another_hand_made_is_refused_by_what_it_holds(base: Path, tmp_path: Path, name, content) -> None:
    files = {path.name: path.read_bytes() for path in (base / "bundle-lightgbm").iterdir()} | {name: content}
    hashes = {one: hashlib.sha256(whole).hexdigest() for one, whole in files.items() if one != "manifest.json"}
    files["manifest.json"] = (json.dumps(hashes, indent=1, sort_keys=True) + "\n").encode()
    for one, whole in files.items():
        (tmp_path / one).write_bytes(whole)
    with pytest.raises(UserError, match="of another shape"):
        load_bundle(tmp_path)


# What a damaged disk leaves of the record of a finished step.
RECORDS = ["", "{", "[]", "null", '{"facts": {}}', '{"facts": null, "files": {}}', '{"facts": {}, "files": []}', "\0"]


@pytest.mark.parametrize("record", RECORDS)
def test_a_step_whose_record_is_damaged_is_done_again(tmp_path: Path, record: str) -> None:
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "ranks.json").write_text(record)
    assert Work(tmp_path).finished("ranks") is None


@pytest.mark.parametrize("manifest", ["", "[]", "null", "{", '{"command": ["check"]}'])
def test_a_folder_whose_manifest_is_not_ours_is_left_alone(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(UserError, match="The folder holds"), output_folder(tmp_path, "check", {}):
        pass
    assert (tmp_path / "manifest.json").read_text() == manifest


def test_a_message_is_one_line_of_plain_text_however_odd_the_file() -> None:
    said = str(UserError("Columns a\r\x0bb\u2028c \x1b[31m are missing", where="x" * 100_000, mend="Add\nthem"))
    assert said.isprintable()
    assert len(said) < 3_000
    assert said.endswith("Columns a b c [31m are missing. Add them.")


@pytest.mark.parametrize("kind", [*IN_PROCESS, "bundle", "foreign bundle"])
def test_a_sample_of_damaged_files_is_read_or_refused(base: Path, tmp_path: Path, kind: str) -> None:
    fuzzer = Fuzzer(base)
    cases = [case for case in Random(7).sample(range(10_000), 4_000) if fuzzer.kind(case) == kind][:CASES_A_KIND]
    for case in cases:
        folder = tmp_path / str(case)
        folder.mkdir()
        assert fuzzer.run(case, folder) in (ACCEPTED, REFUSED), f"python benchmarks/fuzz.py --case {case}"
