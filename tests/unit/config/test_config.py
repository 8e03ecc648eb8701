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
