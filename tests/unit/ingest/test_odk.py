"""An ODK Central zip is read as the table of its form; one that cannot be meant, or is a bomb, is refused."""

import zipfile

import pytest

from graduation_model.errors import DataError
from graduation_model.ingest.formats import find_parts, read_part
from graduation_model.ingest.places import places_of

FORM = (
    "SubmissionDate,house-floor,house-aid/pkh,head-age,spouse-age,meta-instanceID,KEY\n2020-12-31,tanah,1,40,38,u,u\n"
)
MEMBERS = "name,age,PARENT_KEY,KEY\nx,5,u,u/1\n"


def _zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_the_form_is_read_without_repeats_media_and_group_prefixes(tmp_path):
    members = {"asesmen.csv": FORM, "asesmen-anggota.csv": MEMBERS, "media/audit.csv": "a\n1\n", "media/p.jpg": "x"}
    path = _zip(tmp_path / "assessments.zip", members)
    assert find_parts(tmp_path, "assessments") == [path]
    frame = read_part(path)
    assert list(frame.columns) == ["SubmissionDate", "floor", "aid/pkh", "head-age", "spouse-age", "instanceID", "KEY"]
    assert frame["floor"].tolist() == ["tanah"]
    places = places_of(frame, path)
    assert (places.files(path.name).tolist(), places.rows.tolist()) == (["assessments.zip#asesmen.csv"], [2])


def test_a_csv_out_of_the_zip_loses_its_group_prefixes_as_well(tmp_path):
    (tmp_path / "assessments.csv").write_text(FORM)
    assert "floor" in read_part(tmp_path / "assessments.csv")


def test_a_hyphen_in_a_table_that_is_not_odks_is_part_of_the_name(tmp_path):
    (tmp_path / "assessments.csv").write_text("KEY,No-KK\n1,2\n")
    assert list(read_part(tmp_path / "assessments.csv")) == ["KEY", "No-KK"]


REFUSED = [
    ({"a.csv": FORM, "b.csv": FORM}, "There are 2 csv files in it that are no repeat, not one"),
    ({"a.txt": FORM}, "There are 0 csv files in it that are no repeat, not one"),
    ({"a.csv": FORM + "," * 60_000_000}, "would unpack to 60 MB from 0.1 MB"),
    ({"a.csv": FORM + "cut,sho"}, "The last line has no end"),
    ({f"{n}.txt": "" for n in range(10_001)}, "more than 10000 files"),
]


@pytest.mark.parametrize(("members", "message"), REFUSED, ids=["two", "none", "bomb", "cut", "many"])
def test_a_zip_that_cannot_be_meant_is_refused(tmp_path, members, message):
    with pytest.raises(DataError, match=message):
        read_part(_zip(tmp_path / "assessments.zip", members))


def test_a_bomb_that_lies_about_its_size_is_read_no_further_than_it_says(tmp_path):
    path = _zip(tmp_path / "assessments.zip", {"a.csv": FORM * 1000})
    size, lie = len(FORM * 1000).to_bytes(4, "little"), len(FORM).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, lie))
    with pytest.raises(DataError, match="cannot be read as zip"):
        read_part(path)


def test_a_zip_cut_short_is_refused(tmp_path):
    path = _zip(tmp_path / "assessments.zip", {"a.csv": FORM})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="cannot be read as zip"):
        read_part(path)
