"""The list of families: arrays small enough to travel, and nothing in them that could run."""

import json

import numpy as np

from graduation_model.reports.index_page import file_in_index, index_dict, index_without
from graduation_model.reports.render import render
from lib.pages import FAMILIES, small_inputs


def rows(inputs):
    return json.loads(index_dict(inputs, "id")["data"])["rows"]


def test_a_row_is_a_short_array_by_rank():
    assert rows(small_inputs()) == [
        ["K-1", 0, 0, 92, 1, None, 1],
        ["K-2", 1, 1, 90, 2, 1, 1],
        ["K-3", 0, 2, 77, 3, None, 1],
        ["K-4", 1, 3, 29, 4],
        ["K-5", 0, 4, None, None],
    ]


def test_an_unsafe_id_names_the_file_that_holds_its_sheet():
    family = ("../x", *FAMILIES[0][1:])
    (row,) = rows(small_inputs((family,)))
    assert row[0] == "../x"
    assert row[6].startswith("x-")


def test_filters_count_the_families():
    page = index_dict(small_inputs(), "id")
    assert [(one["words"], one["count"]) for one in page["standings"]] == [
        ("Diusulkan", "1"),
        ("Daftar tunggu", "1"),
        ("Perlu tinjauan", "1"),
        ("Belum siap", "1"),
        ("Belum dapat dinilai", "1"),
    ]
    assert page["areas"] == [(0, "North"), (1, "South")]


def test_a_family_without_an_area_can_be_found():
    scores = small_inputs().scores.assign(district=None)
    assert index_dict(small_inputs(scores=scores), "id")["areas"] == [(0, "Wilayah tidak tercatat")]


def test_families_can_be_asked_for_by_who_visits_them_where_the_scores_say_so():
    scores = small_inputs().scores.assign(facilitator_id=["F-2", "F-1", None, "F-2", "F-1"])
    page = index_dict(small_inputs(scores=scores), "id")
    names = [name for _, name in page["facilitators"]]
    assert names == ["F-1", "F-2", "Pendamping tidak tercatat"]
    data = json.loads(page["data"])
    shown = dict(zip([row[0] for row in data["rows"]], _visitors(data, names), strict=True))
    assert shown == {"K-1": "F-2", "K-2": "F-1", "K-3": "Pendamping tidak tercatat", "K-4": "F-2", "K-5": "F-1"}
    without = json.loads(_data(index_without(list_page(small_inputs(scores=scores)), "K-2")))
    assert [row[0] for row in without["rows"]] == ["K-1", "K-3", "K-4", "K-5"]
    assert _visitors(without, names) == ["F-2", "Pendamping tidak tercatat", "F-2", "F-1"]


def test_where_the_scores_do_not_say_who_visits_there_is_no_such_filter():
    scores = small_inputs().scores.drop(columns="facilitator_id", errors="ignore")
    assert 'id="facilitator"' not in list_page(small_inputs(scores=scores))


def _visitors(data, names):
    return [names[int(data["by"][at : at + 2], 36)] for at in range(0, len(data["by"]), 2)]


def _data(page: str) -> str:
    return page.split('id="data">')[1].split("</script>")[0]


def test_five_thousand_families_fit_in_a_megabyte_and_a_half():
    rng = np.random.default_rng(0)
    families = tuple(
        (f"KPM-{i:032x}", tuple(rng.normal(0, 1, 6)), "review", i + 1, False, None, "near_threshold")
        for i in range(5000)
    )
    content = render("index.html.j2", {**index_dict(small_inputs(families), "id"), "links": []}, "id")
    assert len(content.encode()) < 1_500_000


def list_page(inputs, language="id"):
    return render("index.html.j2", {**index_dict(inputs, language), "links": []}, language)


def test_a_list_knows_which_file_holds_a_familys_sheet():
    page = list_page(small_inputs((("../x", *FAMILIES[0][1:]), *FAMILIES[1:])))
    assert [file_in_index(page, name) for name in ("K-2", "K-4", "K-9")] == ["K-2", "", None]
    assert file_in_index(page, "../x").startswith("x-")
    assert file_in_index("<p>a page of another kind</p>", "K-2") is None


def test_a_list_without_a_family_is_the_list_that_was_never_made_of_it_but_for_the_ranks():
    before, after = list_page(small_inputs()), index_without(list_page(small_inputs()), "K-4")
    assert file_in_index(after, "K-4") is None
    assert "K-4" not in after
    assert "Belum siap (0)" in after
    assert after.replace("Belum siap (0)", "Belum siap (1)") == before.replace(',["K-4",1,3,29,4]', "")
