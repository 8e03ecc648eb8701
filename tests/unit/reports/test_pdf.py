"""Sheets as PDF: a page a family, whatever a family has to say, and the same bytes again."""

import builtins
import json
import re

import pytest

from graduation_model.errors import UserError
from graduation_model.reports.pages import pdf_files, report_pdfs
from graduation_model.reports.pdf import require_typst, sheets_pdf
from lib.pages import FAMILIES, small_inputs

SUBDISTRICTS = ["0101", "0101", "0102", "0102", "0102"]


def inputs(**changes):
    return small_inputs(scores=small_inputs().scores.assign(subdistrict_code=SUBDISTRICTS), **changes)


def pages_of(content):
    return int(re.search(rb"/Type\s*/Pages\s*/Count\s+(\d+)", content)[1])


@pytest.fixture(scope="module")
def made():
    return {page.path: page.content for page in report_pdfs(inputs(), "id")}


def test_each_subdistrict_has_a_file_with_a_page_a_family(made):
    assert {path: pages_of(content) for path, content in made.items()} == {
        "sheets-0101.pdf": 2, "sheets-0102.pdf": 1,
    }  # fmt: skip


def test_each_family_has_a_bookmark_and_nothing_leads_out_of_the_file(made):
    for path, families in (("sheets-0101.pdf", {b"K-1", b"K-2"}), ("sheets-0102.pdf", {b"K-3"})):
        assert b"/Outlines" in made[path]
        assert set(re.findall(rb"/Title\((K-\d)\)", made[path])) == families
        assert not re.search(rb"/URI|/Launch|/JavaScript", made[path])


def test_what_a_file_is_made_from_names_model_and_data_on_every_page_and_no_address():
    for _, _, sheets in pdf_files(inputs(), "id", "reviewer"):
        for sheet in sheets:
            assert sheet["fingerprints"] == {"bundle": "ab" * 32, "inputs": inputs().inputs_sha256}
            assert not re.search(r"https?:|www\.", json.dumps(sheet))


def test_the_same_sheets_give_the_same_bytes(made):
    assert {page.path: page.content for page in report_pdfs(inputs(), "id")} == made


def test_only_our_own_fonts_are_in_it(made):
    named = set(re.findall(rb"/FontName\s*/[A-Z]+\+([A-Za-z-]+)", made["sheets-0101.pdf"]))
    assert named
    assert all(name.startswith(b"DejaVu") for name in named)


def test_a_family_with_much_to_say_still_gets_one_page():
    params = inputs().params.model_copy(update={"facts": ("status", "size", "income", "floor") * 25})
    (first, _) = report_pdfs(inputs(params=params), "en")
    assert pages_of(first.content) == 2


def test_what_a_family_is_called_is_never_read_as_markup():
    name = '#panic("x") $ */ @a <b> \\'
    families = ((name, *FAMILIES[0][1:]), *FAMILIES[1:])
    assert [pages_of(page.content) for page in report_pdfs(small_inputs(families, area=""), "id")] == [3]


def test_without_typst_it_says_what_to_install(monkeypatch):
    load = builtins.__import__

    def without(name, *rest, **more):
        if name == "typst":
            raise ImportError(name)
        return load(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r"graduation-model\[pdf\]"):
        require_typst()
    with pytest.raises(UserError, match="not installed"):
        sheets_pdf([], "title", "id")
