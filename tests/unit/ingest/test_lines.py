import numpy as np
import pandas as pd
import pytest

from graduation_model.ingest import lines
from graduation_model.ingest.formats import read_part
from graduation_model.ingest.lines import read_run, runs_of

NOTE = 'told "so"\nand, so\r\n\nagain'


@pytest.fixture(autouse=True)
def small_files_are_large(monkeypatch):
    monkeypatch.setattr(lines, "LARGE", 0)
    monkeypatch.setattr(lines, "_AT_A_TIME", 41)


def visits(rows=53):
    drawn = np.random.default_rng(2)
    notes = drawn.choice([NOTE, "", "plain", "ya;tidak"], rows)
    return pd.DataFrame({"id": [f"S{row}" for row in range(rows)], "note": notes, "n": drawn.integers(0, 99, rows)})


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("records", [1, 7, 53, 54])
def test_runs_of_a_csv_hold_its_rows_and_their_numbers_whatever_stands_in_its_cells(tmp_path, end, records):
    path = tmp_path / "visits.csv"
    visits().to_csv(path, index=False, lineterminator=end, encoding="utf-8-sig")
    at_once = read_part(path)
    header, runs = runs_of(path, records)
    read = [read_run(path, header, run) for run in runs]
    pd.testing.assert_frame_equal(pd.concat([frame for frame, _ in read], ignore_index=True), at_once)
    assert np.concatenate([numbers for _, numbers in read]).tolist() == list(range(2, 55))
    assert max(len(frame) for frame, _ in read) <= records


def test_blank_lines_and_a_missing_last_line_break_count_as_when_read_at_once(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_bytes(b'id,n\nS1,1\n\n\nS2,2\n"S3","3"')
    header, runs = runs_of(path, 2)
    read = [read_run(path, header, run) for run in runs]
    assert [frame["id"].tolist() for frame, _ in read] == [["S1"], ["S2"], ["S3"]][-len(read) :]
    assert [numbers.tolist() for _, numbers in read] == [[2], [5], [6]]


@pytest.mark.parametrize("content", [b"id,n\rS1,1\rS2,2\r", b"_uuid,n\nu,1\n", b"\nid,n\nS1,1\n", b'"a\nb",n\nS1,1\n'])
def test_what_only_the_whole_file_settles_is_read_at_once(tmp_path, content):
    path = tmp_path / "visits.csv"
    path.write_bytes(content)
    assert runs_of(path, 2) is None
