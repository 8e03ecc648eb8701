"""However the assessments are cut, read and divided, the scores are the same."""

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from graduation_model.cli import main
from graduation_model.cohort.cohorts import IN_COHORT, standing
from graduation_model.cohort.dates import as_of_dates
from graduation_model.commands.inputs import open_reader, read_tables
from graduation_model.config import load_programme
from graduation_model.estimators.bundle import load_bundle
from graduation_model.features.context import wave_context
from graduation_model.ingest import lines
from graduation_model.ingest.blocks import open_source
from graduation_model.scoring import job, score_blocks
from graduation_model.scoring.intake import take_block
from graduation_model.scoring.work import Work
from lib.streamed import AS_OF, BUNDLE, PROGRAMME, outputs, province, table, words

TABLES = ("scores", "contributions", "not_scored", "quarantine")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = province(tmp_path_factory.mktemp("province"), waves=3)
    visits = pd.read_parquet(folder / "assessments.parquet")
    drawn = np.random.default_rng(1)
    for column, value in (("hh_size", -1.0), ("n_under5", 40.0), ("n_earners", 30.0), ("floor_area_m2", -3.0)):
        visits.loc[drawn.choice(len(visits), 15, replace=False), column] = value
    again = visits.iloc[drawn.choice(len(visits), 20, replace=False)]
    other = visits.iloc[drawn.choice(len(visits), 5, replace=False)].assign(n_under5=0.0, savings_idr=7e5)
    visits = pd.concat([visits, again, other], ignore_index=True)
    visits.sample(frac=1, random_state=3).to_parquet(folder / "assessments.parquet")
    return folder


@pytest.fixture(scope="module")
def at_once(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("once") / "scores"
    assert main(words(data, out)) == 0
    return out


def _same(out, at_once, *, places=True):
    for name in TABLES:
        left, right = table(out, name), table(at_once, name)
        if name == "quarantine" and not places:
            keys = ["household_id", "column", "rule", "found"]
            left, right = (one[keys].sort_values(keys, ignore_index=True) for one in (left, right))
        # Intervals to the last digits: a matrix product over other rows of a block may round otherwise.
        pd.testing.assert_frame_equal(left, right, check_exact=name != "scores")


@pytest.mark.parametrize(("rows", "most_slices", "workers"), [(90, 3, 1), (400, 64, 2)])
def test_parts_give_what_all_families_at_once_give(data, at_once, tmp_path, monkeypatch, rows, most_slices, workers):
    monkeypatch.setattr(job, "MOST_SLICES", most_slices)  # of more parts, groups are gathered first
    out = tmp_path / "scores"
    assert main(words(data, out, "--part-rows", rows, "--workers", workers)) == 0
    assert len(list((out / "scores").glob("*.parquet"))) > 1
    _same(out, at_once)


def test_row_groups_and_files_give_what_one_file_gives(data, at_once, tmp_path):
    folder, out = tmp_path / "data", tmp_path / "scores"
    (folder / "assessments").mkdir(parents=True)
    (folder / "poverty_lines.parquet").write_bytes((data / "poverty_lines.parquet").read_bytes())
    visits = pd.read_parquet(data / "assessments.parquet")
    for number, rows in enumerate(np.array_split(np.arange(len(visits)), 4)):
        visits.iloc[rows].to_parquet(folder / "assessments" / f"{number}.parquet", row_group_size=77)
    assert main(words(folder, out, "--part-rows", 200)) == 0
    _same(out, at_once, places=False)


def test_a_data_set_divided_by_district_gives_what_one_file_gives(data, at_once, tmp_path):
    folder, out = tmp_path / "data", tmp_path / "scores"
    folder.mkdir()
    (folder / "poverty_lines.parquet").write_bytes((data / "poverty_lines.parquet").read_bytes())
    visits = pd.read_parquet(data / "assessments.parquet")
    visits.to_parquet(folder / "assessments", partition_cols=["district_code"], index=False)
    assert main(words(folder, out, "--part-rows", 2000)) == 0
    _same(out, at_once, places=False)


def test_data_at_an_address_give_what_a_folder_gives_and_no_copy_stays(data, at_once, tmp_path):
    store = fsspec.filesystem("memory")
    store.put(f"{data}/", "/programme/2020/", recursive=True)
    left = tmp_path / ".scores.partial-data"  # by a run that was killed while it fetched
    left.mkdir()
    (left / "assessments.csv").write_text("household_id\n")
    assert main(words("memory://programme/2020", tmp_path / "scores")) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]
    assert outputs(tmp_path / "scores") == outputs(at_once)


@pytest.mark.parametrize("address", ["memory://nothing/here", "nowhere://programme/2020"])
def test_an_address_without_data_is_a_clear_error(tmp_path, capsys, address):
    assert main(words(address, tmp_path / "scores")) == 2
    assert address in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_text_that_only_the_whole_column_explains_is_read_as_at_once(data, tmp_path):
    """`1.250` is one and a quarter, or a thousand two hundred and fifty: another row of the column says which."""
    visits = pd.read_parquet(data / "assessments.parquet")
    area = visits["floor_area_m2"].round(3).map("{:.3f}".format).where(visits["floor_area_m2"].notna())
    area.iloc[-1] = "10.5"
    text = visits.assign(floor_area_m2=area, has_tv=visits["has_tv"].astype("str").map({"yes": "V", "no": "-"}))
    parts, whole = tmp_path / "parts", tmp_path / "whole"
    for folder in (parts, whole):
        folder.mkdir()
        (folder / "poverty_lines.parquet").write_bytes((data / "poverty_lines.parquet").read_bytes())
    text.to_parquet(parts / "assessments.parquet", row_group_size=60)
    text.to_parquet(whole / "assessments.parquet")
    for folder, rows in ((parts, 60), (whole, 2000)):
        assert main(words(folder, tmp_path / f"scores-{folder.name}", "--part-rows", rows)) == 0
    _same(tmp_path / "scores-parts", tmp_path / "scores-whole")


def test_a_slice_is_read_without_the_cells_of_other_families(data, tmp_path):
    programme = load_programme(PROGRAMME)
    reader, _ = open_reader(programme, data)
    blocks = open_source(data, reader, 10_000).blocks
    rest = dict.fromkeys(("as_of", "cohort", "instrument", "bundle_folder", "bundle_sha256", "carry", "model_version"))
    facts = take_block(job.Job(work=Work(tmp_path), reader=reader, blocks=blocks, parts=3, **rest), 0)
    most = max(len(question.levels) for question in programme.instrument.questions)
    for name in facts["files"]:
        with pa.ipc.open_file(tmp_path / name) as slices:  # every dictionary of a file is read with each of its slices
            columns = slices.get_batch(0).columns
        assert all(len(column.dictionary) <= most for column in columns if pa.types.is_dictionary(column.type))


@pytest.mark.parametrize("large", [lines.LARGE, 0], ids=["at once", "in runs"])
def test_csv_gives_what_parquet_gives(data, at_once, tmp_path, monkeypatch, large):
    monkeypatch.setattr(lines, "LARGE", large)
    folder, out = tmp_path / "data", tmp_path / "scores"
    folder.mkdir()
    (folder / "poverty_lines.parquet").write_bytes((data / "poverty_lines.parquet").read_bytes())
    pd.read_parquet(data / "assessments.parquet").to_csv(folder / "assessments.csv", index=False)
    assert main(words(folder, out, "--part-rows", 300)) == 0
    left, right = table(out, "scores"), table(at_once, "scores")
    pd.testing.assert_frame_equal(left, right)


def test_the_stream_scores_as_the_functions_do_in_memory(data, at_once):
    programme, bundle, date = load_programme(PROGRAMME), load_bundle(BUNDLE), pd.Timestamp(AS_OF)
    known = read_tables(programme, data, need_followups=False).assessments
    known = known[(known["assessment_date"] <= date).to_numpy()].reset_index(drop=True)
    ends = as_of_dates(known, date, programme.cohort)
    where = standing(known, date, programme.cohort)
    context = wave_context(known, ends, bundle.catalogue, cluster=programme.cohort.cluster)
    rows = np.sort(where.loc[where["reason"] == IN_COHORT, "row"].to_numpy())
    told = {"instrument": programme.instrument, "carry": ["district_code"], "model_version": ""}
    blocks = score_blocks(known, rows, as_of=date, context=context, bundle=bundle, **told)
    table_in_memory = pd.concat([block.contributions for block in blocks], ignore_index=True)
    pd.testing.assert_frame_equal(table(at_once, "contributions"), table_in_memory, check_exact=True)
