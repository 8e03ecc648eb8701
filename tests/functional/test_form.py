"""The questionnaire: written from the instrument, taken by pyxform, filled in, exported, and read back as it was said.

What a facilitator chooses is a label on a screen; what the export holds is that label's XML value. So the made-up
exports here are filled in by label, from the XForm that pyxform makes, and never from our own tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from pyxform.xls2xform import convert

import graduation_model
from graduation_model.cli import main
from graduation_model.config import load_programme
from graduation_model.ingest.load import load_tables

CONFIGS = Path(__file__).parents[2] / "configs"
PROGRAMMES = ("jamsosratu", "juntos")
ROWS = 60
X = {"h": "http://www.w3.org/1999/xhtml", "x": "http://www.w3.org/2002/xforms"}


@dataclass
class Screen:
    """A form as a telephone has it: its columns in order, what can be chosen by which label, what is calculated."""

    columns: list[str] = field(default_factory=list)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    binds: dict[str, dict[str, str]] = field(default_factory=dict)


def on_screen(path: Path) -> Screen:
    warnings: list[str] = []
    root = ElementTree.fromstring(convert(path, warnings=warnings, validate=False).xform)
    assert warnings == []
    model = root.find("h:head/x:model", X)
    words = {
        entry.get("id"): entry.findtext("x:value", namespaces=X)
        for entry in model.findall("x:itext/x:translation[@default='true()']/x:text", X)
    }
    lists = {
        instance.get("id"): {
            words[item.findtext("x:itextId", namespaces=X)]: item.findtext("x:name", namespaces=X)
            for item in instance.iter(f"{{{X['x']}}}item")
        }
        for instance in model.findall("x:instance[@id]", X)
    }
    screen = Screen()
    for bind in model.findall("x:bind", X):
        name = bind.get("nodeset").rsplit("/", 1)[1]
        if name == "instanceID":
            continue
        screen.columns.append(name)
        screen.binds[name] = dict(bind.attrib)
        if "calculate" in bind.attrib:
            screen.constants[name] = bind.get("calculate").strip("'")
    for select in root.find("h:body", X).iter(f"{{{X['x']}}}select1"):
        itemset = select.find("x:itemset", X).get("nodeset")
        screen.choices[select.get("ref").rsplit("/", 1)[1]] = lists[itemset.split("'")[1]]
    return screen


def labels_of(question) -> dict[str, str]:
    if question.kind == "yes_no":
        return {"yes": "Ya", "no": "Tidak"}
    return {value.name: value.label.id for value in question.values}


def said(questions, screen: Screen, rng) -> pd.DataFrame:
    """What families answer: anything that the form lets them, nothing where it does not ask."""
    answers = pd.DataFrame({question.name: drawn(question, screen, rng) for question in questions}, dtype=object)
    for _ in range(2):  # a condition may hang on a question that is itself not asked
        for question in questions:
            if question.asked_if is not None:
                met = answers[question.asked_if.question] == question.asked_if.equals
                answers[question.name] = answers[question.name].where(met, None)
    return answers


def drawn(question, screen: Screen, rng) -> list[object]:
    if question.levels:
        labels = labels_of(question)
        offered = [level for level in question.levels if labels[level] in screen.choices[question.name]]
        return list(rng.choice(offered, ROWS))
    if question.kind == "text":
        return ["Buruh tani; kebun, \"sawah\" dan 'tambak'"] * ROWS
    if question.kind == "date":
        return [pd.Timestamp("2024-02-28")] * ROWS
    low, high = question.minimum or 0, question.maximum or 9e6
    if question.kind == "number":
        return list(np.round(rng.uniform(low, min(high, 99), ROWS), 2))
    return list(rng.integers(low, high, ROWS, endpoint=True))


def exported(answers: pd.DataFrame, keys: dict[str, object], questions, screen: Screen) -> pd.DataFrame:
    """The same as Kobo writes it with XML values: every column of the form, and some of its own."""
    columns = dict(keys)
    for question in questions:
        values = answers[question.name]
        if question.levels:
            values = values.map(labels_of(question)).map(screen.choices[question.name])
        if question.kind == "date":
            values = pd.to_datetime(values).dt.strftime("%Y-%m-%d")
        columns[question.name] = values
    for name, value in screen.constants.items():
        columns[name] = value
    frame = pd.DataFrame(columns, index=answers.index)
    assert set(frame.columns) == set(screen.columns)
    own = {"_id": range(ROWS), "_uuid": [f"u-{row}" for row in range(ROWS)], "__version__": "v1"}
    return frame[screen.columns].assign(**own)


@pytest.fixture(scope="module", params=PROGRAMMES)
def field_work(request, tmp_path_factory):
    """A programme, both forms on screen, what families said, and the exports."""
    programme = load_programme(CONFIGS / request.param)
    out = tmp_path_factory.mktemp("forms") / "form.xlsx"
    written = graduation_model.form(programme=programme, out=out)
    rng = np.random.default_rng(5)
    tables = {}
    for table, path, questions, source in (
        ("assessments", written.assessment, programme.instrument.questions, programme.ingest.assessments),
        ("followups", written.followup, programme.instrument.followup, programme.ingest.followups),
    ):
        screen = on_screen(path)
        questions = [question for question in questions if question.derived is None]
        answers = said(questions, screen, rng)
        keys = {name: f"{name}-07" for name in screen.columns if screen.binds[name]["type"] == "string"}
        keys = {name: value for name, value in keys.items() if name not in {q.name for q in questions}}
        keys |= {name: list(screen.choices[name].values())[-1] for name in keys if name in screen.choices}
        keys |= {"household_id": [f"00{row}" for row in range(ROWS)]}
        keys |= {rule.column: "2024-02-29" for rule in source.dates.values() if rule.how == "date"}
        tables[table] = (answers, exported(answers, keys, questions, screen), screen)
    return programme, tables


@pytest.mark.parametrize("separator", [",", ";"])
def test_an_export_comes_back_without_a_mapping_and_says_what_was_said(field_work, separator, tmp_path):
    programme, tables = field_work
    for table, (_, export, _) in tables.items():
        export.to_csv(tmp_path / f"{table}.csv", sep=separator, index=False, encoding="utf-8")
    (tmp_path / "poverty_lines.csv").write_text("area_code,period,line_idr,basis\n36,2023-09,20000000,gk\n")
    read = load_tables(
        tmp_path, instrument=programme.instrument, params=programme.ingest, codebooks=programme.codebooks
    )
    # Answers drawn at random contradict each other; none of them is set aside.
    assert set(read.quarantine["effect"]) <= {"kept"}
    for table, found in (("assessments", read.assessments), ("followups", read.followups)):
        answers, export, _ = tables[table]
        found = found.set_index("household_id").loc[export["household_id"]].reset_index()
        assert len(found) == ROWS
        for name in answers:
            expected = [None if pd.isna(value) else value for value in answers[name]]
            assert [None if pd.isna(value) else value for value in found[name]] == expected, name


def test_every_question_of_the_instrument_is_asked_once(field_work):
    programme, tables = field_work
    for table, questions in (
        ("assessments", programme.instrument.questions),
        ("followups", programme.instrument.followup),
    ):
        columns = tables[table][2].columns
        asked = {question.name for question in questions if question.derived is None}
        assert asked <= set(columns)
        assert not {question.name for question in questions if question.derived} & set(columns)
        assert len(columns) == len(set(columns))


def test_a_required_question_and_every_key_must_be_answered_and_no_other(field_work):
    programme, tables = field_work
    _, _, screen = tables["assessments"]
    required = {name for name, bind in screen.binds.items() if "required" in bind}
    by_name = programme.instrument.by_name
    assert {name for name in required if name in by_name} == {q.name for q in by_name.values() if q.need == "required"}
    assert {"household_id", "facilitator_id", *programme.ingest.assessments.keep} <= required


def test_the_instruments_version_is_written_by_the_form_itself(field_work):
    programme, tables = field_work
    assert tables["assessments"][2].constants["instrument_version"] == programme.instrument.version


def test_a_follow_up_says_who_came_and_in_which_money_and_line_it_is_told(field_work):
    programme, tables = field_work
    rules, same = programme.ingest.follow_up_rules, programme.ingest.followups.same
    _, _, screen = tables["followups"]
    if rules is None:
        assert same == {}
        return
    label = programme.label
    needed = {rules.visitor, rules.independent, label.interviewed.question, label.reentry.question, label.reentry.date,
              label.reentry.reason, *(failure.question for failure in label.failures)}  # fmt: skip
    assert needed <= set(screen.columns)
    assert {name: screen.constants[name] for name in same} == {"currency": "IDR", "poverty_line": "gk"}


@pytest.fixture(scope="module")
def juntos(tmp_path_factory) -> Screen:
    out = tmp_path_factory.mktemp("juntos") / "form.xlsx"
    return on_screen(graduation_model.form(programme=CONFIGS / "juntos", out=out).assessment)


def test_where_answers_are_coded_the_form_gives_the_codes_of_the_newest_codebook(juntos):
    assert juntos.choices["water_source"]["Sungai, saluran, atau mata air"] == "6"
    assert juntos.choices["toilet_type"]["Tidak ada, atau di tempat terbuka"] == "9"  # 8 before 2018
    assert juntos.choices["has_internet"] == {"Ya": "1", "Tidak": "0"}


def test_an_answer_that_the_newest_codebook_cannot_write_is_not_offered(juntos):
    assert "Minyak tanah" not in juntos.choices["cooking_fuel"]  # kerosene left the survey in 2017


def test_only_the_years_can_be_chosen_in_which_those_codes_hold(juntos):
    assert list(juntos.choices["assessment_year"].values()) == ["2018", "2019"]


def test_the_command_writes_both_forms_and_says_where(tmp_path, capsys):
    out = tmp_path / "new" / "form.xlsx"
    assert main(["form", "--programme", str(CONFIGS / "jamsosratu"), "--out", str(out)]) == 0
    assert sorted(path.name for path in out.parent.iterdir()) == ["form.xlsx", "form_followup.xlsx"]
    said = capsys.readouterr().out
    assert str(out) in said
    assert str(out.with_name("form_followup.xlsx")) in said


def test_the_same_programme_gives_the_same_bytes_so_that_the_command_can_be_repeated(tmp_path):
    words = ["form", "--programme", str(CONFIGS / "jamsosratu"), "--out", str(tmp_path / "form.xlsx")]
    assert main(words) == 0
    before = (tmp_path / "form.xlsx").read_bytes()
    assert main(words) == 0
    assert (tmp_path / "form.xlsx").read_bytes() == before


@pytest.mark.parametrize("name", ["form.xlsx", "form_followup.xlsx"])
def test_a_file_that_says_something_else_is_never_overwritten(tmp_path, capsys, name):
    (tmp_path / name).write_bytes(b"a facilitator's own notes")
    assert main(["form", "--programme", str(CONFIGS / "jamsosratu"), "--out", str(tmp_path / "form.xlsx")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"a facilitator's own notes"
    assert "move it away" in capsys.readouterr().err


def test_a_form_that_is_no_xlsx_is_refused_in_one_line(tmp_path, capsys):
    assert main(["form", "--programme", str(CONFIGS / "jamsosratu"), "--out", str(tmp_path / "form.csv")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_failing_disk_leaves_nothing_half_written(tmp_path, capsys, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["form", "--programme", str(CONFIGS / "jamsosratu"), "--out", str(tmp_path / "form.xlsx")]) == 2
    assert "No space left" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_ends_with_an_example_to_copy(capsys):
    assert main(["form", "--help"]) == 0
    assert "graduation-model form --programme" in capsys.readouterr().out.split("Example:")[1]
