"""A simulated province as eight offices would send it: workbooks with planted faults, their mapping, and the ledger."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pandas as pd

from graduation_model.commands.outputs import Output
from graduation_model.config import Programme
from graduation_model.errors import ConfigError
from graduation_model.ingest.mapping import MAPPING

if TYPE_CHECKING:
    from graduation_model.simulation.field_noise import MessyFolder

PLANTED = "truth/planted.parquet"


def write_messy(output: Output, assessments: pd.DataFrame, programme: Programme, *, seed: int) -> None:
    """Write a folder `assessments` of workbooks in place of the table, `mapping.yaml`, and what was planted.

    Raises
    ------
    ConfigError
        Where the programme does not say how its offices write.
    """
    from graduation_model.simulation.field_noise import make_messy

    noise = programme.simulation.field_noise if programme.simulation else None
    if noise is None:
        raise ConfigError(
            "This programme has no 'simulation.field_noise' section",
            where=programme.folder / "programme.yaml",
            mend="Simulate configs/jamsosratu with --messy, or add the section",
        )
    folder = make_messy(
        assessments,
        programme.instrument,
        codes=_codes(programme),
        params=noise,
        checks=programme.ingest.checks,
        seed=seed,
    )
    for name, content in folder.workbooks.items():
        output.text(content, f"assessments/{name}")
    output.text(_mapping(folder, programme.name, noise.read_as), MAPPING)
    output.parquet(folder.planted, PLANTED)


def _codes(programme: Programme) -> dict[str, dict[str, dict[str, str]]]:
    """Codebook's version -> question -> code -> answer."""
    codes: dict[str, dict[str, dict[str, str]]] = {}
    for book in programme.codebooks:
        for question, maps in book.questions.items():
            for code_map in maps:
                for version in code_map.versions:
                    codes.setdefault(version, {})[question] = dict(code_map.codes)
    return codes


def _mapping(folder: MessyFolder, programme: str, codebook: str) -> str:
    """What a person would have confirmed: which heading is which question, and by which codebook it is coded."""
    from ruamel.yaml import YAML

    table = {
        "codebook": codebook,
        "same_words": {"confirmed": "yes", "columns": {header: name for name, header in folder.columns.items()}},
        "absent": {"confirmed": "yes", "questions": list(folder.absent)},
    }
    text, yaml = StringIO(), YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = False, 1000
    yaml.dump({"programme": programme, "assessments": table}, text)
    return text.getvalue()
