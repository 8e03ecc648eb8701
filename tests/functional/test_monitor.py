"""`monitor` by the command line, on a simulated year and on the real panel with its questionnaires' changes."""

import itertools
import json
import os
from pathlib import Path

import pandas as pd
import pytest

from graduation_model.cli import main
from graduation_model.commands.monitor import monitor
from graduation_model.commands.score import score
from graduation_model.config import load_programme
from graduation_model.errors import DataError, LimitError
from graduation_model.ingest.load import load_tables
from graduation_model.monitoring.drift import answer_drift, code_drift, codebook_drift
from graduation_model.reports.monitor_page import monitor_dict
from graduation_model.wording import money
from lib.codes import one_code_for_all_years

ROOT = Path(__file__).parents[2]
ENAHO = os.environ.get("ENAHO", "")


def test_a_page_in_both_languages_and_a_table_of_everything_that_was_looked_at(quiet):
    out, _ = quiet
    for page in (out / "monitor.html", out / "en" / "monitor.html"):
        content = page.read_text(encoding="utf-8")
        assert "http" not in content.replace("http-equiv", "")
        assert len(content) < 3_000_000
    for name in ("answers", "facilitators", "habits", "scores", "reasons", "estimates"):
        assert len(pd.read_parquet(out / f"{name}.parquet"))


def test_the_command_ends_with_3_exactly_where_a_limit_was_crossed(quiet):
    out, code = quiet
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["told"]
    assert code == (3 if sum(told.values()) else 0)
    assert told["answers"] == told["apart"] == told["scores"] == 0  # nothing happened in that province


def test_prices_that_jump_are_told_with_what_they_were_and_are(year, small_programme, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for name in ("followups", "poverty_lines"):
        (data / f"{name}.parquet").write_bytes((year.data / f"{name}.parquet").read_bytes())
    visits = pd.read_parquet(year.data / "assessments.parquet")
    last = visits["assessment_date"].dt.year == 2019
    visits["food_spend_month_idr"] *= last.map({True: 2.0, False: 1.0})
    visits.to_parquet(data / "assessments.parquet")
    out = tmp_path / "out"
    words = ["monitor", "--programme", str(small_programme), "--data", str(data), "--as-of", "2019-12-31"]
    assert main([*words, "--out", str(out)]) == 3
    moved = pd.read_parquet(out / "answers.parquet").query("told").set_index(["question", "measure"])
    medians = moved.loc[("food_spend_month_idr", "amounts_moved"), ["before", "now"]]
    page = (out / "monitor.html").read_text(encoding="utf-8")
    assert all(money(amount, "Rp", "id") in page for amount in medians)
    assert not (out / "scores.parquet").exists()
    assert "No model was given" in (out / "en" / "monitor.html").read_text(encoding="utf-8")


def test_a_single_wave_is_refused_with_a_mend(year, small_programme, tmp_path, capsys):
    words = ["monitor", "--programme", str(small_programme), "--data", str(year.data), "--as-of", "2016-12-31"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 2
    assert "Bring the assessments of two years" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_hostile_facilitator_id_is_escaped(quiet, year, small_programme):
    from graduation_model.monitoring.monitor import Monitored
    from graduation_model.monitoring.two_waves import TwoWaves
    from graduation_model.reports.monitor_page import monitor_page

    programme = load_programme(small_programme)
    out, _ = quiet
    facilitators = pd.read_parquet(out / "facilitators.parquet").head(1).assign(facilitator_id="<script>alert(1)")
    seen = Monitored(
        visits={"now": 1, "before": 1},
        dates={"now": "2019-12-31", "before": "2018-12-31"},
        answers=pd.read_parquet(out / "answers.parquet"),
        apart=TwoWaves(0.5, pd.Series(dtype=float)),
        apart_limit=0.75,
        facilitators=facilitators,
        habits=pd.read_parquet(out / "habits.parquet"),
    )
    parts = {"title": programme.title, "instrument": programme.instrument, "params": programme.monitoring}
    parts["currency"] = programme.currency
    assert "<script>alert" not in monitor_page(seen, **parts, language="en")
    both = [monitor_dict(seen, **parts, language=language) for language in ("id", "en")]
    assert both[0].keys() == both[1].keys()


needs_panel = pytest.mark.skipif(
    not ENAHO or not (Path(ENAHO) / "assessments.parquet").is_file(),
    reason="ENAHO is not set to a folder with the panel (configs/juntos/README.md)",
)
CHANGES = {(2012, "toilet_type"), (2018, "toilet_type"), (2018, "water_source")}


def told_by_year(programme) -> set[tuple[int, str]]:
    """Questions that moved, by year, each wave against the one before."""
    tables = load_tables(ENAHO, instrument=programme.instrument, params=programme.ingest, codebooks=programme.codebooks)
    visits, year = tables.assessments, tables.assessments["assessment_date"].dt.year
    waves = sorted(year.unique())
    told = set()
    for before, now in itertools.pairwise(waves):
        sizes = [(int(wave), int((year == wave).sum())) for wave in (now, before)]
        limits = programme.monitoring.drift
        found = pd.concat(
            [
                answer_drift(visits[year == now], visits[year == before], programme.instrument, limits),
                code_drift(visits[year == now], visits[year == before], programme.instrument, limits),
                codebook_drift(tables.quarantine, sizes[0], sizes[1], limits),
            ]
        )
        told |= {(int(now), name) for name in found.loc[found["told"].astype(bool), "question"]}
    return told


@needs_panel
def test_the_questionnaires_changes_are_told_without_codebooks_and_not_with_them():
    juntos = load_programme(ROOT / "configs" / "juntos")
    assert told_by_year(one_code_for_all_years(juntos)) >= CHANGES
    assert not told_by_year(juntos) & CHANGES


def test_a_finding_marked_as_blocking_stops_scoring_until_a_named_person_answers(year, small_programme, tmp_path):
    """The wave is quiet; the programme sets a limit that every wave crosses."""
    programme = load_programme(small_programme)
    limits = {"drift": programme.monitoring.drift.model_copy(update={"answers": 1e-6}), "blocking": ("answers_moved",)}
    strict = programme.model_copy(update={"monitoring": programme.monitoring.model_copy(update=limits)})
    given = {"programme": strict, "data": year.data, "as_of": "2019-12-31"}
    watched = monitor(**given, out=tmp_path / "monitor")
    assert watched.blocking == watched.told["answers"] > 0
    given["model"] = year / "train" / "bundle"
    with pytest.raises(LimitError, match=r"Nobody is scored.*\(answers\)") as refused:
        score(**given, out=tmp_path / "scores", monitor=watched.out)
    assert refused.value.exit_code == 3
    assert not (tmp_path / "scores").exists()
    with pytest.raises(DataError, match="of the wave up to 2019-12-31, not up to 2020-12-31"):
        score(**given | {"as_of": "2020-12-31"}, out=tmp_path / "scores", monitor=watched.out)
    score(**given, out=tmp_path / "scores", monitor=watched.out, approver="Siti, Dinas Sosial")
    kept = json.loads((tmp_path / "scores" / "manifest.json").read_text())["monitor"]
    assert kept["approver"] == "Siti, Dinas Sosial"
    assert len(kept["blocking"]) == watched.blocking
    # Of today's limits it is the programme's word what blocks; a folder that changed says nothing.
    (watched.out / "findings.parquet").write_bytes(b"none")
    with pytest.raises(DataError, match="changed since they were written"):
        score(**given, out=tmp_path / "other", monitor=watched.out)


def test_a_reference_model_that_is_gone_is_refused_with_a_mend(year, small_programme, tmp_path, capsys):
    words = ["monitor", "--programme", str(small_programme), "--data", str(year.data), "--as-of", "2019-12-31"]
    assert main([*words, "--model", str(tmp_path / "gone"), "--out", str(tmp_path / "out")]) == 2
    assert "There is no bundle in this folder" in capsys.readouterr().err
    words += ["--out", str(tmp_path / "out"), "--tracking", str(year.root)]
    assert main([*words, "--model", "models:/jamsosratu/9"]) == 2
    assert "jamsosratu has no version 9" in capsys.readouterr().err
    words[0] = "score"
    assert main([*words, "--model", str(year / "train" / "bundle"), "--monitor", str(tmp_path / "gone")]) == 2
    assert "Give a folder that 'monitor --out' wrote" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
