import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from graduation_model.errors import ModelError, OutputError
from graduation_model.estimators import boosting
from graduation_model.estimators.bundle import load_bundle, save_bundle
from lib.learning import CONTEXT, features, small_bundle, training

KINDS = ("lightgbm", "logistic", "stack")


def _bytes(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_comes_back_as_it_was(kind, tmp_path):
    bundle = small_bundle(kind)
    sha256 = save_bundle(bundle, tmp_path / "bundle")
    again = load_bundle(tmp_path / "bundle")
    X = features(50, seed=7)
    assert again.sha256 == sha256
    assert again.card == bundle.card
    assert again.model.calibration == bundle.model.calibration
    assert (again.model.log_odds(X) == bundle.model.log_odds(X)).all()
    assert (again.model.additive_parts(X).parts == bundle.model.additive_parts(X).parts).all()
    assert again.catalogue.signs == bundle.catalogue.signs
    assert again.catalogue.quantities == bundle.catalogue.quantities
    pd.testing.assert_frame_equal(again.catalogue.table, bundle.catalogue.table)
    pd.testing.assert_frame_equal(again.support, bundle.support)
    pd.testing.assert_frame_equal(again.reference_context, CONTEXT, check_dtype=False)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_rows_and_seed_give_the_same_bytes_on_one_thread_and_two(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(boosting, "CELLS_FOR_THREADS", 0)
    for threads in (1, 2):
        save_bundle(small_bundle(kind, training(), threads, rounds=4), tmp_path / str(threads))
    assert _bytes(tmp_path / "1") == _bytes(tmp_path / "2")


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_saved_again_after_loading_has_the_same_bytes(kind, tmp_path):
    first = save_bundle(small_bundle(kind), tmp_path / "one")
    assert save_bundle(load_bundle(tmp_path / "one"), tmp_path / "two") == first


STACK_FILES = ("next_linear.json", "next_trees.txt", "own_linear.json", "own_trees.txt")
FILES = [
    ("lightgbm", ["model.txt"]),
    ("logistic", ["linear.json"]),
    ("stack", [f"component_{name}" for name in STACK_FILES]),
]


@pytest.mark.parametrize(("kind", "files"), FILES)
def test_a_bundle_holds_these_files_and_no_other(kind, files, tmp_path):
    save_bundle(small_bundle(kind), tmp_path)
    assert sorted(_bytes(tmp_path)) == sorted(["bundle.json", "context.parquet", "manifest.json", *files])


def test_the_manifest_names_every_file_and_no_time(tmp_path):
    save_bundle(small_bundle("logistic"), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert sorted(manifest) == ["bundle.json", "context.parquet", "linear.json"]
    assert all(len(value) == 64 for value in manifest.values())


def test_a_changed_file_is_refused_by_name_before_it_is_parsed(tmp_path):
    save_bundle(small_bundle("lightgbm"), tmp_path)
    (tmp_path / "model.txt").write_text("tree\nthis would stop LightGBM's reader")
    with pytest.raises(ModelError, match=r"model\.txt: The file is not the one that was saved.*Fetch the bundle again"):
        load_bundle(tmp_path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    save_bundle(small_bundle("lightgbm"), tmp_path)
    (tmp_path / "context.parquet").unlink()
    with pytest.raises(ModelError, match=r"context\.parquet: A file of the bundle is missing"):
        load_bundle(tmp_path)


def test_a_file_that_nobody_saved_is_refused_by_name(tmp_path):
    save_bundle(small_bundle("lightgbm"), tmp_path)
    (tmp_path / "model.pkl").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"model\.pkl: The file is not in the bundle's manifest. Take it out"):
        load_bundle(tmp_path)


def test_a_manifest_may_not_name_a_file_elsewhere(tmp_path):
    save_bundle(small_bundle("lightgbm"), tmp_path / "bundle")
    manifest = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    text = json.dumps({**manifest, "../other": "0" * 64}, indent=1, sort_keys=True) + "\n"
    (tmp_path / "bundle" / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match="The manifest is not the one that was saved"):
        load_bundle(tmp_path / "bundle")


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path):
    with pytest.raises(ModelError, match="this is no bundle"):
        load_bundle(tmp_path)


def test_a_bundle_of_another_format_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("graduation_model.estimators.bundle.FORMAT", 2)
    save_bundle(small_bundle("logistic"), tmp_path)
    monkeypatch.undo()
    with pytest.raises(ModelError, match="The bundle has format 2, this program reads 1"):
        load_bundle(tmp_path)


def test_saving_over_an_older_bundle_leaves_nothing_of_it(tmp_path):
    save_bundle(small_bundle("lightgbm"), tmp_path)
    save_bundle(small_bundle("logistic"), tmp_path)
    assert load_bundle(tmp_path).card.model == "logistic"


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match="Give a new folder"):
        save_bundle(small_bundle("logistic"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_ranges_of_a_feature_that_nobody_had_survive(tmp_path):
    bundle = small_bundle("logistic")
    support = bundle.support.copy()
    support.loc[0, ["low", "high"]] = np.nan
    save_bundle(replace(bundle, support=support), tmp_path)
    pd.testing.assert_frame_equal(load_bundle(tmp_path).support, support)
