"""The pages themselves: safe, small, offline, and linked to each other."""

import hashlib
import posixpath
import re

import numpy as np
import pytest

from graduation_model.reports.pages import report_pages
from lib.pages import FAMILIES, QUESTIONS, links, small_inputs

NASTY = ("<script>alert(1)</script>", "../x", 'a" onload="b', "K'&amp;")


def nasty_inputs():
    families = tuple((name, *family[1:]) for name, family in zip(NASTY, FAMILIES, strict=False))
    return small_inputs(families)


def html_of(pages):
    return [(path, content) for path, content in pages.items() if path.endswith(".html")]


@pytest.fixture(scope="module")
def pages():
    return {page.path: page.content for page in report_pages(small_inputs(), ("id", "en"))}


def test_indonesian_stands_at_the_root_and_english_beside_it(pages):
    ids = ("K-1", "K-2", "K-3")
    names = {
        "index.html",
        "cohort.html",
        "minutes/01.html",
        "minutes/02.html",
        *(f"{folder}/{i}.html" for folder in ("households", "letters") for i in ids),
    }
    assert set(pages) == names | {f"en/{name}" for name in names} | {"minutes/01.xlsx", "minutes/02.xlsx"}
    assert 'lang="id"' in pages["index.html"]
    assert 'lang="en"' in pages["en/index.html"]


def test_one_language_alone_stands_at_the_root():
    paths = [page.path for page in report_pages(small_inputs(), ("en",))]
    assert paths[:2] == ["index.html", "cohort.html"]
    assert not any(path.startswith("en/") for path in paths)


def test_every_link_leads_to_a_page(pages):
    for path, content in html_of(pages):
        for link in links(content):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) in pages


def test_a_page_leads_to_itself_in_the_other_language(pages):
    assert "../en/households/K-1.html" in links(pages["households/K-1.html"])
    assert "../../households/K-1.html" in links(pages["en/households/K-1.html"])


def test_the_two_languages_differ(pages):
    assert "Sistem hanya menyarankan. Petugas yang memutuskan." in pages["households/K-1.html"]
    assert "The system only recommends. People decide." in pages["en/households/K-1.html"]


def test_no_page_reaches_for_the_network(pages):
    for _, content in html_of(pages):
        assert not re.search(r"https?:|//[a-z0-9]+\.|@import|url\(", content)


def test_every_page_names_the_model_and_the_data_that_it_rests_on(pages):
    inputs = small_inputs()
    for path, content in html_of(pages):
        shown = 12 if "letters/" in path else None  # a letter has room for a code that the office can look up
        for fingerprint in (inputs.model["bundle_sha256"], inputs.inputs_sha256):
            assert fingerprint[:shown] in content, path


def test_the_fingerprint_of_the_data_is_the_one_that_sha256sum_gives_of_its_own_list():
    inputs = small_inputs(hashes={"bundle": "ab" * 32, "b.parquet": "2" * 64, "a.parquet": "1" * 64})
    listed = f"{'1' * 64}  a.parquet\n{'2' * 64}  b.parquet\n"
    assert inputs.inputs_sha256 == hashlib.sha256(listed.encode()).hexdigest()


def test_a_sheet_has_no_script(pages):
    assert "<script" not in pages["households/K-1.html"]


@pytest.mark.parametrize(("path", "facts", "advice", "decision"), [
    ("households/K-1.html", "Yang tercatat", "Saran sistem", "Keputusan peninjau"),
    ("en/households/K-1.html", "What is recorded", "The system&#39;s recommendation", "Reviewer&#39;s decision"),
])  # fmt: skip
def test_facts_come_before_the_score(pages, path, facts, advice, decision):
    content = pages[path]
    assert content.index(facts) < content.index(advice) < content.index(decision)


def test_a_sheet_is_small_even_with_many_facts():
    facts = tuple(QUESTIONS) * 4
    inputs = small_inputs()
    inputs = small_inputs(params=inputs.params.model_copy(update={"facts": facts}))
    sizes = [len(page.content.encode()) for page in report_pages(inputs, ("id",)) if "households" in page.path]
    assert max(sizes) <= 20_000


def test_ids_are_escaped_and_their_files_stay_in_their_folder():
    for page in report_pages(nasty_inputs(), ("id", "en")):
        if page.path.endswith(".html"):
            assert "<script>alert" not in page.content
            assert 'onload="b' not in page.content
        assert re.fullmatch(
            r"(en/)?(index|cohort|(households|letters|minutes)/[A-Za-z0-9_-][A-Za-z0-9._-]*)\.(html|xlsx)", page.path
        )


def test_ids_are_shown_as_they_are():
    contents = [page.content for page in report_pages(nasty_inputs(), ("id",)) if "households" in page.path]
    assert any("&lt;script&gt;alert(1)&lt;/script&gt;" in content for content in contents)


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_families_are_stamped_on_every_page_and_real_ones_on_none(simulated):
    pages = {page.path: page.content for page in report_pages(small_inputs(simulated=simulated), ("id",))}
    for _, content in html_of(pages):
        assert ('class="stamp"' in content) is simulated


def test_a_sheet_names_model_version_and_bundle(pages):
    content = pages["households/K-1.html"]
    assert "LightGBM, versi 3" in content
    assert "ab" * 32 in content


def test_the_same_inputs_give_the_same_pages(pages):
    assert {page.path: page.content for page in report_pages(small_inputs(), ("id", "en"))} == pages


def test_the_order_of_the_rows_does_not_matter(pages):
    inputs = small_inputs()
    order = np.array([4, 2, 0, 3, 1])
    shuffled = small_inputs(
        selection=inputs.selection.iloc[order],
        scores=inputs.scores.iloc[order[::-1]],
        contributions=inputs.contributions.iloc[order],
        answers=inputs.answers.iloc[order],
    )
    assert {page.path: page.content for page in report_pages(shuffled, ("id", "en"))} == pages


def test_a_model_that_learnt_from_invented_families_is_stamped_where_real_ones_are_judged():
    model = {**small_inputs().model, "simulated": True}
    for simulated, expected in ((False, True), (True, False)):
        inputs = small_inputs(model=model, simulated=simulated)
        page = next(page for page in report_pages(inputs, ("en",)) if page.path.startswith("households"))
        assert ("learnt from invented families" in page.content) is expected
