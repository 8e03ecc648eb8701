"""After the decisions of a small simulated year: due lists, the outcome report, and a family taken out of the lists."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from graduation_model.cli import main


def run(year, command: str, *words: object) -> int:
    return main([command, "--programme", str(year.programme), "--data", str(year.data), *map(str, words)])


@pytest.fixture(scope="module")
def due(year, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("due") / "due"
    assert run(year, "due", "--as-of", "2021-07-20", "--out", out) == 0
    return out


def books(folder: Path) -> pd.DataFrame:
    """Every row of every workbook of one language."""
    parts = []
    for path in sorted(folder.glob("*.xlsx")):
        headings, *cells = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        parts.append(pd.DataFrame(cells, columns=headings))
    return pd.concat(parts, ignore_index=True)


def test_every_listed_visit_stands_in_one_workbook_of_each_language(due):
    listed = pd.read_parquet(due / "due.parquet").query("listed")
    assert len(listed) > 100
    for folder, visitor, proposer in (("due", "Pengunjung", "Bukan oleh (pengusul)"),
                                      ("en/due", "Visitor", "Not by (who proposed)")):  # fmt: skip
        rows = books(due / folder)
        assert sorted(rows.iloc[:, 0]) == sorted(listed["household_id"])
        assert (rows[visitor] != rows[proposer]).all()
        assert not rows[visitor].eq("").any()


def test_nobody_has_many_more_visits_than_others(due):
    listed = pd.read_parquet(due / "due.parquet").query("listed")
    assert listed["visitor"].value_counts().max() <= 3 * len(listed) / listed["visitor"].nunique()


def test_a_family_can_be_taken_out_of_the_lists(year, due, tmp_path):
    copy = Path(shutil.copytree(due, tmp_path / "due"))
    family = pd.read_parquet(copy / "due.parquet").query("listed")["household_id"].iloc[0]
    assert main(["record", "delete", "--household", family, str(copy), "--yes"]) == 0
    assert family not in set(books(copy / "due").iloc[:, 0]) | set(books(copy / "en/due").iloc[:, 0])
    assert len(books(copy / "due")) == len(books(due / "due")) - 1


def test_the_outcome_pages_say_the_same_in_both_languages_and_name_no_family(outcomes, year):
    pages = [(outcomes / name).read_text(encoding="utf-8") for name in ("outcomes.html", "en/outcomes.html")]
    figures = [re.findall(r'<td class="n">([^<]*)</td>', page) for page in pages]
    assert len(figures[0]) > 60
    plain = [[re.sub(r"(\d)[.,](\d)", r"\1\2", one).split(" ")[0] for one in own] for own in figures]
    assert plain[0] == plain[1]
    ids = set(pd.read_parquet(year.data / "decisions.parquet")["household_id"])
    for page in pages:
        assert not set(re.findall(r"S\d{7}", page)) & ids
        assert "http" not in page.replace("http-equiv", "")
        assert "<svg" in page


def test_the_table_holds_what_the_page_says_and_hides_small_counts(outcomes):
    table = pd.read_parquet(outcomes / "outcomes.parquet")
    counts = table[table["months"].isna() & table["measure"].isin(["stayed_out", "fell_back", "ended", "lost"])]
    apart = counts[counts["group"] != "all"]
    assert apart["hidden"].any()
    assert not ((apart["value"] > 0) & (apart["value"] < 10)).any()
    unseen, stayed = (
        table.query("families == 'left' and group == 'all' and measure == @measure")["value"].iloc[0]
        for measure in ("unseen_between", "stayed_out")
    )
    assert 0 < unseen < stayed
    for page, said in (("outcomes.html", "tidak ditemui pada kunjungan sebelumnya"),
                       ("en/outcomes.html", f"{unseen:.0f} were well at the last visit and not met")):  # fmt: skip
        assert said in (outcomes / page).read_text(encoding="utf-8")
    shares = table[table["measure"].isin(["sustained", "fell_back_by"]) & ~table["hidden"]].dropna(subset="value")
    assert (shares["lowest"] <= shares["highest"]).all()
    assert shares[["value", "low", "high", "lowest", "highest"]].stack().dropna().between(0, 1).all()


def test_each_district_and_way_of_deciding_has_its_curve_on_the_page(outcomes):
    table = pd.read_parquet(outcomes / "outcomes.parquet")
    curves = table[(table["measure"] == "fell_back_by") & ~table["group"].isin(["all", "cohort"]) & ~table["hidden"]]
    assert {"district", "way"} <= set(curves["group"])
    page = (outcomes / "en" / "outcomes.html").read_text(encoding="utf-8")
    folded = re.findall(r"<summary>When they fell back: .*?</details>", page, re.DOTALL)
    assert len(folded) == len(curves[["families", "group"]].drop_duplicates())
    assert sum(one.count('<th scope="row">') for one in folded) == len(
        curves[["families", "group", "level"]].drop_duplicates()
    )


def test_a_list_and_its_day_belong_together(year, tmp_path, capsys):
    assert run(year, "due", "--as-of", "2021-07-20", "--effective", "2021-02-01", "--out", tmp_path / "out") == 2
    assert "belong together" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_programme_without_decisions_has_nobody_to_follow_up(tmp_path, capsys):
    words = ["--programme", "juntos", "--data", str(tmp_path), "--as-of", "2018-12-31", "--out", str(tmp_path / "out")]
    assert main(["outcomes", *words]) == 2
    assert "no decisions to follow up" in capsys.readouterr().err
