"""A programme's folder is loaded whole or refused with file, path and mend."""

import shutil
from pathlib import Path

import pytest

from graduation_model.config import load_programme
from graduation_model.errors import ConfigError

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(CONFIGS / "juntos", tmp_path / "juntos"))


REFUSED = [
    # file, text there, what it becomes, what the error says
    ("programme.yaml", "selection:", "selction:", r"programme.yaml: 'selction' is not a setting .*Remove it"),
    ("programme.yaml", "cost_ratio:", "cost_ration:", r"programme.yaml: 'selection.cost_ration' is not a setting"),
    ("programme.yaml", "currency:", "#", r"programme.yaml: 'currency' is missing\. Add it"),
    ("instrument.yaml", "direction: never_lowers", "direction: upwards", r"instrument.yaml: 'questions.\d+.direction'"),
    ("programme.yaml", "cluster: cluster_id", "cluster: cluster_no", r"'cohort.cluster' names column cluster_no"),
    ("programme.yaml", "name: juntos", "name: [juntos", "does not parse at line"),
    ("programme.yaml", "name: juntos", "name: juntos\nname: other", "does not parse at line"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), REFUSED)
def test_what_does_not_fit_is_named_by_file_path_and_mend(copy, file, old, new, message):
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        load_programme(copy)
    assert "\n" not in str(caught.value)


REFUSED_LABELS = [
    (
        "followup_date: {column: followup_date}",
        "followup_date: {column: followup_date}\n    absent: [food_deficit_3m]",
        r"'label.failures.0' names food_deficit_3m, which no follow-up has.*out of ingest.followups.absent",
    ),
    (
        "absent: [codebook]",
        "absent: [codebook, income_month_idr]",
        r"'percap_to_line' is computed from income_month_idr, which ingest.assessments.absent says is not there",
    ),
    ("question: food_deficit_3m,", "question: hunger,", r"'label.failures.0' names hunger, which no follow-up asks"),
    ("is_one_of: [expenditure, income]", "is_one_of: [spending]", r"'label.measured_by' names spending, .*Use one of"),
    ("counts: [welfare]", "counts: [need]", r"'label.reentry.reason' names need, which is no answer there"),
    ("date: reentry_date", "date: reentry_reason", r"'label.reentry.date' names reentry_reason, which is no date"),
    ("followed: [graduated]", "followed: [gone]", r"'label.clock.followed' names gone"),
    ("excluded_exits: [alamiah", "excluded_exits: [natural", r"'label.excluded_exits' names natural"),
    (
        "starts: decision",
        "starts: assessment",
        r"'label': label names decisions, and its clock starts at the assessment",
    ),
    ("required: true", "required: false", r"label.visits needs one that is required"),
    (
        "poverty_lines:\n    area: district_code",
        "poverty_lines:\n    area: district",
        r"names column district, .* not kept",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED_LABELS)
def test_a_label_that_names_what_nobody_asks_or_decides_is_refused(tmp_path, old, new, message):
    folder = Path(shutil.copytree(CONFIGS / "jamsosratu", tmp_path / "jamsosratu"))
    text = (folder / "programme.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "programme.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_programme(folder)


def test_a_derived_question_needs_poverty_lines(tmp_path):
    folder = Path(shutil.copytree(CONFIGS / "jamsosratu", tmp_path / "jamsosratu"))
    lines = (folder / "programme.yaml").read_text(encoding="utf-8").splitlines()
    start = lines.index("  poverty_lines:")
    (folder / "programme.yaml").write_text("\n".join(lines[:start] + lines[start + 6 :]), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'ingest\.poverty_lines' is missing, and percap_to_line, welfare_to_line"):
        load_programme(folder)


def test_a_label_without_indonesian_is_refused(copy):
    path = copy / "instrument.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if "label:" in line and "id:" in line)
    lines[place] = lines[place].replace("id:", "xx:", 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"label"):
        load_programme(copy)


def test_a_direction_on_an_unordered_choice_is_refused(copy):
    path = copy / "instrument.yaml"
    text = path.read_text(encoding="utf-8")
    assert "kind: choice" in text
    path.write_text(text.replace("kind: choice", "kind: choice\n    direction: never_lowers", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"its answers have no order|does not parse|direction"):
        load_programme(copy)


def test_a_codebook_that_maps_to_no_answer_is_refused(copy):
    path = next((copy / "codebooks").glob("*.yaml"))
    text = path.read_text(encoding="utf-8")
    assert "extreme_poor" in text
    path.write_text(text.replace("extreme_poor", "very_poor", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"maps to very_poor, which the question does not allow"):
        load_programme(copy)


def test_a_folder_without_a_programme_names_those_that_are_there(monkeypatch):
    monkeypatch.chdir(CONFIGS.parent)
    with pytest.raises(ConfigError, match=r"jamsosratu, juntos"):
        load_programme("nowhere")
