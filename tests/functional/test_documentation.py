"""What the documentation says is so: its commands run, its pages hold together and ask the network for nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pandas as pd
import pytest

from graduation_model.cli import main, main_group
from graduation_model.config import load_programme
from graduation_model.simulation import simulate
from lib.documentation import OWN, ROOT, commands
from lib.facilitator import in_words, write_workbook

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
TUTORIAL = DOCS / "tutorial.md"
# Run as they stand by benchmarks/documentation.py (`make hard`): a province with every fault, and a training.
FOUND_FAULTS = 1
IN_THE_LONG_RUN = {"simulate", "train"}


# --- commands


def test_the_tutorial_gives_the_same_commands_in_both_languages():
    assert commands(TUTORIAL) == commands(DOCS / "id" / "tutorial.md") != []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_is_one_that_the_package_takes(page):
    for words in commands(page):
        if words[0] == OWN:
            _parsed(words[1:])


def _parsed(words: list[str]) -> click.Context:
    """The command line as click takes it, nothing run; raises where an option or command is unknown."""
    command: click.Command = main_group
    while isinstance(command, click.Group):
        command = command.commands[words[0]]
        words = words[1:]
    return command.make_context(command.name, list(words))


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A folder in which the tutorial was walked with one office's small workbook, its draft confirmed by a person."""
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "data" / "kiriman" / "assessments").mkdir(parents=True)
    write_workbook(folder / "data" / "kiriman" / "assessments" / "kabupaten_3601.xlsx", _workbook())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in commands(TUTORIAL):
            assert words[0] == OWN, "the tutorial's readers have no other program"
            if words[1] not in IN_THE_LONG_RUN:
                expected = FOUND_FAULTS if words[1] == "check" and "--out" in words else 0
                assert main(words[1:]) == expected, words
            if "--suggest" in words:
                _confirm(Path(words[-1]), Path("data/kiriman/mapping.yaml"))
    return folder


def _workbook() -> pd.DataFrame:
    """A district of invented families in words, with one cell that nobody can read."""
    programme = load_programme(ROOT / "configs" / "jamsosratu")
    families = simulate(programme.instrument, programme.simulation, households=120, waves=1, seed=5).assessments
    rows = in_words(families[families["district_code"] == "3601"].reset_index(drop=True), programme)
    rows.loc[0, programme.instrument.by_name["debt_idr"].label.id] = "dua juta"
    return rows


def _confirm(draft: Path, mapping: Path) -> None:
    confirmed = draft.read_text(encoding="utf-8").replace("confirmed: no\n", "confirmed: yes\n")
    mapping.write_text(confirmed, encoding="utf-8")


def test_the_tutorial_leaves_what_it_promises(walked):
    text = TUTORIAL.read_text(encoding="utf-8")
    promised = {path.rstrip("/") for path in re.findall(r"`((?:runs|data)/[\w./-]+)`", text)}
    assert {path for path in promised if not (walked / path).exists() and "train" not in path} == set()
    assert {name for name in ("index.html", "cohort.html") if not (walked / "runs/report" / name).exists()} == set()


def test_the_questionnaire_is_written_as_its_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in commands(DOCS / "howto" / "own-questionnaire.md"):
        assert main(words[1:]) == 0


# --- tables


@pytest.mark.parametrize(
    ("heading", "written"),
    [
        ("quarantine", "scores/quarantine.parquet"),
        ("scores", "scores/scores"),
        ("not_scored", "scores/not_scored.parquet"),
        ("selection", "selection/selection.parquet"),
        ("rules", "selection/rules.parquet"),
        ("changes", "report/changes.parquet"),
        ("evaluation", "train/evaluation.parquet"),
    ],
)
def test_the_columns_of_a_table_are_those_that_the_page_names(year, heading, written):
    carried = {"district_code", "subdistrict_code", "village_code", "facilitator_id"}
    columns = {
        name
        for name in pd.read_parquet(year / written).columns
        if not re.fullmatch(r"(for|against)_[2-5]|.*_contribution", name)
    }
    documented = _documented(heading)
    if heading == "scores":
        carried |= set(columns) & {"head_sex", "hh_size", "n_earners", "n_disabled_severe", "n_65plus"}
        documented -= {"for_5", "against_5", "inside", "outside"}
        columns -= carried
    assert columns == documented


def _documented(heading: str) -> set[str]:
    page = (DOCS / "reference" / "tables.md").read_text(encoding="utf-8")
    section = re.search(rf"^### {heading}\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)[1]
    terms = [line for line in section.splitlines() if line.startswith("`")]
    return set(re.findall(r"`(\w+)`", " ".join(terms)))


def test_every_decision_stands_in_the_list_by_its_own_title_in_order():
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    titles = [path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for path in records]
    listed = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8").splitlines()
    expected = [f"- [{title}]({path.name})" for title, path in zip(titles, records, strict=True)]
    assert [line for line in listed if line.startswith("- ")] == expected


# --- the site


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The built site; a warning, such as a link that leads nowhere, is an error."""
    out = tmp_path_factory.mktemp("site")
    words = ["-q", "-W", "-E", "-c", str(DOCS), "-d", str(out / "work"), str(ROOT), str(out / "site")]
    built = subprocess.run([sys.executable, "-m", "sphinx", *words], capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stderr
    return out / "site"


LOADED = re.compile(
    r"""<(?:script|img|iframe|embed|source|video|audio|object)\b[^>]*?\b(?:src|srcset|data)=["']?(?:https?:)?//
      | <link\b(?![^>]*\brel=["']?(?:canonical|author))[^>]*?\bhref=["']?(?:https?:)?//
      | url\(["']?(?:https?:)?//
      | @import\s+["'](?:https?:)?//""",
    re.VERBOSE,
)


def test_no_page_of_the_site_loads_anything_from_the_network(site):
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert {"index.html", "tutorial.html", "settings.html"} & {path.name for path in files}
    assert {path.name for path in files if LOADED.search(path.read_text(encoding="utf-8"))} == set()
    assert LOADED.search('<script defer src="https://cdn.example/x.js">')
    assert LOADED.search("src: url(//fonts.example/a.woff2)")


def test_the_reference_names_every_command_and_every_section_of_the_settings(site):
    from graduation_model.config import Settings

    shown = (site / "docs" / "reference" / "commands.html").read_text(encoding="utf-8")
    settings = (site / "docs" / "reference" / "programme.html").read_text(encoding="utf-8")
    nested = {f"{group}-{name}" for group in ("record",) for name in main_group.commands[group].commands}
    assert {name for name in {*main_group.commands, *nested} - {"record"} if f'id="{name}"' not in shown} == set()
    assert "from code:" not in shown + settings
    rooms = {"ingest", "cohort", "label", "features", "estimators", "evaluation", "selection", "reports"}
    assert {room for room in rooms & set(Settings.model_fields) if f'id="{room}"' not in settings} == set()


def test_pages_in_indonesian_say_so(site):
    assert '<html lang="id"' in (site / "docs" / "id" / "tutorial.html").read_text(encoding="utf-8")
    assert '<html lang="en"' in (site / "docs" / "tutorial.html").read_text(encoding="utf-8")
