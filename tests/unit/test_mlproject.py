"""MLproject, for those who run things with MLflow, says commands that exist, with options that they take."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from graduation_model.cli import main_group

ROOT = Path(__file__).parents[2]
ENTRIES = YAML(typ="safe").load(ROOT / "MLproject")["entry_points"]


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_point_is_a_command_with_its_options_given_and_nothing_required_left_out(name: str) -> None:
    entry = ENTRIES[name]
    given = {parameter: "2020" if parameter in ("households", "waves") else "1" for parameter in entry["parameters"]}
    program, verb, *words = shlex.split(entry["command"].format(**given))
    assert program == "graduation-model"
    command = main_group.commands[verb]
    with click.Context(command) as context:
        command.parse_args(context, words)


def test_what_an_entry_point_has_by_default_is_what_the_command_has() -> None:
    simulate = {option.name: option.default for option in main_group.commands["simulate"].params}
    stated = ENTRIES["simulate"]["parameters"]
    assert (str(simulate["waves"]), str(simulate["seed"])) == (stated["waves"]["default"], stated["seed"]["default"])
