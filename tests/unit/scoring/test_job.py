from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from graduation_model.errors import ModelError
from graduation_model.estimators.bundle import Bundle, load_bundle, save_bundle
from graduation_model.scoring.job import Job, keep

BUNDLE = Path("models/jamsosratu-simulated/bundle")


def job_with(bundle: Bundle, folder: Path) -> Job:
    rest = dict.fromkeys(("work", "reader", "as_of", "cohort", "instrument"))
    return Job(
        **rest,  # type: ignore[arg-type]  # none of them is looked at
        blocks=(),
        parts=1,
        bundle_folder=folder,
        bundle_sha256=bundle.sha256,
        carry=(),
        model_version="",
    )


@pytest.fixture
def rewritten(tmp_path: Path) -> tuple[Bundle, Bundle, Path]:
    """A bundle, the one that was written over it, and their folder."""
    shutil.copytree(BUNDLE, tmp_path / "bundle")
    first = load_bundle(tmp_path / "bundle")
    card = first.card.model_copy(update={"seed": 99})
    save_bundle(replace(first, card=card), tmp_path / "bundle")
    return first, load_bundle(tmp_path / "bundle"), tmp_path / "bundle"


def test_a_model_written_into_the_folder_of_the_last_one_is_the_one_that_scores(rewritten) -> None:
    first, second, folder = rewritten
    keep(first)
    assert job_with(second, folder).bundle.card.seed == 99


def test_a_part_that_finds_another_model_than_the_run_began_with_says_so(rewritten) -> None:
    first, second, folder = rewritten
    keep(second)
    with pytest.raises(ModelError, match="not the one that the run began with"):
        assert job_with(first, folder).bundle
