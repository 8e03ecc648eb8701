"""The pages as people meet them: in a browser, by keyboard, on a phone, on paper, without a network."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest

from graduation_model.reports.audience import AUDIENCES
from graduation_model.reports.pages import report_pages
from lib.province import HOSTILE, LONG_NAME, province_inputs

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

PHONE = {"width": 360, "height": 740}
PAGES = ("index", "cohort", "sheet", "letter", "minutes")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A whole report on disk, and the path of one page of each kind."""
    folder = tmp_path_factory.mktemp("report")
    inputs = province_inputs()
    for audience in AUDIENCES:
        one = LONG_NAME if audience == "facilitator" else None
        for page in report_pages(inputs, ("id", "en"), audience, one):
            path = folder / ("" if audience == "reviewer" else audience) / page.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(page.content.encode() if isinstance(page.content, str) else page.content)
    listed = inputs.listed
    first = listed.loc[listed["household_id"] == LONG_NAME, "file"].iloc[0]
    annex = next((folder / "minutes").glob("*.html")).name
    kinds = {"index": "index.html", "cohort": "cohort.html", "sheet": f"households/{first}.html",
             "letter": f"letters/{first}.html", "minutes": f"minutes/{annex}"}  # fmt: skip
    sheet = next((folder / "facilitator").glob("*/households/*.html")).relative_to(folder)
    own = sheet.parts[:2]
    others = {"for_public": Path("public"), "for_facilitator": Path(*own), "facilitators_list": Path(*own)}
    last = {"for_public": "cohort.html", "for_facilitator": Path(*sheet.parts[2:]), "facilitators_list": "index.html"}
    kinds["others"] = {kind: (root, last[kind]) for kind, root in others.items()}
    return folder, kinds, inputs


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Visit:
    """One open page, what it complained of, and what it asked for beside itself."""

    def __init__(self, browser, path: Path, **context) -> None:
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.errors.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())


@pytest.fixture
def open_page(browser, report):
    opened: list[Visit] = []

    def visit(kind: str, language: str = "id", **context) -> Visit:
        folder, kinds, _ = report
        root, name = kinds["others"].get(kind, ("", kinds.get(kind, kind)))
        opened.append(Visit(browser, folder / root / ("" if language == "id" else "en") / name, **context))
        return opened[-1]

    yield visit
    for one in opened:
        one.context.close()


def households(page) -> list[str]:
    return page.locator("#rows td.id").all_inner_texts()


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_whole_by_itself_and_complains_of_nothing(open_page, kind, language):
    visit = open_page(kind, language)
    visit.page.wait_for_load_state("networkidle")
    assert visit.errors == []
    assert visit.requests == [visit.page.url]


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing_to_complain_of(open_page, kind, language):
    found = axe.Axe().run(open_page(kind, language).page).response["violations"]
    assert [(one["id"], one["nodes"][0]["target"]) for one in found] == []


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", PAGES)
def test_nothing_sticks_out_of_a_phone(open_page, kind, language):
    page = open_page(kind, language, viewport=PHONE).page
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("width", [360, 900])
@pytest.mark.parametrize("kind", ["index", "sheet"])
def test_no_words_run_into_the_next_column_and_no_filter_is_too_narrow_to_read(open_page, kind, width):
    page = open_page(kind, "en", viewport={"width": width, "height": 900}).page
    runs_over = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.innerText)"
    assert page.locator("th, td").evaluate_all(runs_over) == []
    assert all(box.bounding_box()["width"] > 130 for box in page.locator("select").all())


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", ["outcomes", "monitor"])
def test_the_pages_of_later_months_are_as_whole_as_the_reports(browser, outcomes, quiet, kind, language):
    folder = {"outcomes": outcomes, "monitor": quiet[0]}[kind]
    visit = Visit(browser, folder / ("" if language == "id" else "en") / f"{kind}.html", viewport=PHONE)
    visit.page.wait_for_load_state("networkidle")
    assert (visit.errors, visit.requests) == ([], [visit.page.url])
    assert axe.Axe().run(visit.page).response["violations"] == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visit.context.close()


@pytest.mark.parametrize(("kind", "language"), [("for_public", "id"), ("for_public", "en"), ("for_facilitator", "id"),
                                                ("for_facilitator", "en")])  # fmt: skip
def test_pages_for_others_than_reviewers_are_as_whole_as_theirs(open_page, kind, language):
    visit = open_page(kind, language, viewport=PHONE)
    visit.page.wait_for_load_state("networkidle")
    assert (visit.errors, visit.requests) == ([], [visit.page.url])
    assert axe.Axe().run(visit.page).response["violations"] == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_facilitators_list_shows_no_chance_and_its_links_lead_to_own_sheets(open_page):
    page = open_page("facilitators_list").page
    assert page.locator("thead th").count() == 3
    page.locator("#rows a").first.click()
    page.wait_for_url("**/households/**")
    assert page.locator(".strip, .decision").count() == 0
    page.get_by_role("link", name="Daftar keluarga").click()
    page.wait_for_url("**/index.html")


def test_search_finds_a_family_and_says_how_many_are_shown(open_page):
    page = open_page("index").page
    page.fill("#search", "s0000020")
    assert households(page) == ["S0000020"]
    assert page.inner_text("#count") == "1 dari 120 keluarga"
    page.fill("#search", "nobody is called this")
    assert page.is_visible("#nothing")
    page.click("#clear")
    assert page.inner_text("#count") == "120 dari 120 keluarga"


def test_filters_keep_only_what_was_asked_for(open_page):
    page = open_page("index").page
    page.select_option("#standing", label=page.locator("#standing option").nth(1).inner_text())
    wanted = page.locator("#rows td.area").first.inner_text()
    page.select_option("#area", label=wanted)
    areas = page.locator("#rows td.area").all_inner_texts()
    assert set(areas) == {wanted}
    assert set(page.locator("#rows .tag").all_inner_texts()) == {"Diusulkan"}


def test_each_family_is_found_under_one_facilitator(open_page):
    page = open_page("index").page
    names = page.locator("#facilitator option").all_inner_texts()[1:]
    found: list[str] = []
    for name in names:
        page.select_option("#facilitator", label=name)
        found += page.locator("#rows td.id").all_inner_texts()
    assert len(names) > 1
    assert len(found) == len(set(found)) == 120


def test_a_press_on_a_heading_sorts_and_another_turns_it_round(open_page):
    page = open_page("index").page
    heading = page.get_by_role("button", name="Peluang dari 100")
    heading.click()
    chances = [int(words) for words in page.locator("#rows td.chance").all_inner_texts() if words]
    assert chances == sorted(chances, reverse=True)
    heading.click()
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"


def test_the_list_is_used_by_keyboard_alone(open_page):
    page = open_page("index").page
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "search":
            break
    page.keyboard.type(LONG_NAME[:20])
    for _ in range(20):
        page.keyboard.press("Tab")
        if "households/" in (page.evaluate("document.activeElement.href") or ""):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/households/**")
    assert LONG_NAME in page.inner_text("h1")


@pytest.mark.parametrize("kind", PAGES)
def test_the_other_language_is_one_press_away_and_so_is_the_way_back(open_page, kind):
    page = open_page(kind).page
    here = page.url
    page.get_by_role("link", name="English").click()
    assert page.get_attribute("html", "lang") == "en"
    page.get_by_role("link", name="Bahasa Indonesia").click()
    assert page.url == here


def test_every_sheet_and_letter_prints_on_one_page(browser, report):
    folder, _, inputs = report
    context = browser.new_context()
    page = context.new_page()
    assert len(inputs.listed) >= 12
    for kind in ("households", "letters"):
        for language in ("", "en"):
            for file in inputs.listed["file"].head(12):
                page.goto((folder / language / kind / f"{file}.html").as_uri())
                printed = page.pdf(prefer_css_page_size=True)
                assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1, (kind, language, file)
    context.close()


@pytest.mark.parametrize("household", HOSTILE)
def test_what_a_family_is_called_is_shown_and_never_run(open_page, household):
    visit = open_page("index")
    page = visit.page
    page.fill("#search", household.lower())
    assert households(page) == [household]
    page.locator("#rows a").click()
    page.wait_for_url("**/households/**")
    assert household in page.inner_text("h1")
    assert page.title() != "run"
    assert visit.errors == []
    assert ".." not in unquote(page.url.rsplit("/households/", 1)[1])


def test_no_page_leads_to_a_page_that_is_not_there(report):
    folder, kinds, _ = report
    for name in (kinds[kind] for kind in PAGES):
        page = folder / name
        for link in re.findall(r'href="([^"]+)"', page.read_text(encoding="utf-8")):
            assert (page.parent / unquote(link)).resolve().is_file(), (name, link)
