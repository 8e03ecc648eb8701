"""A programme of another country, with a file of other columns: drafted, completed by a person, and checked with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import graduation_model
from graduation_model.cli import main
from graduation_model.errors import ConfigError

FAMILIES = 120


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A made-up file of a made-up programme, in Portuguese."""
    rng = np.random.default_rng(5)
    families = pd.DataFrame(
        {
            "hhid": [f"F{number:04}" for number in range(FAMILIES)],
            "ano": "2022",
            "district": rng.choice(["Norte", "Sul", "Leste"], FAMILIES),
            "Nome": "Maria",
            "Tem água": rng.choice(["Yes", "No"], FAMILIES),
            "Piso": rng.choice(["terra", "cimento", "madeira"], FAMILIES),
            "Número de pessoas": rng.integers(1, 9, FAMILIES),
            "Situação": rng.choice(["pobre", "não pobre"], FAMILIES),
        }
    )
    families.to_csv(tmp_path / "familias.csv", index=False)
    return tmp_path / "familias.csv"


def decided(folder: Path) -> None:
    """What the person does: each `?`, then the confirmation."""
    programme = (folder / "programme.yaml").read_text(encoding="utf-8")
    programme = programme.replace('is_one_of: ["?"]', "is_one_of: [nao_pobre]").replace('currency: "?"', "currency: MT")
    (folder / "programme.yaml").write_text(programme.replace('"?"', '"dito"'), encoding="utf-8")


def confirmed(folder: Path) -> None:
    path = folder / "instrument.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("confirmed: no", "confirmed: yes"), encoding="utf-8")


def test_from_a_file_to_a_check_by_way_of_a_person(source: Path, tmp_path: Path, capsys) -> None:
    folder, data, out = tmp_path / "bolsa", tmp_path / "data", tmp_path / "check"
    assert main(["new", "--from-data", str(source), "--outcome", "Situação", "--out", str(folder)]) == 0
    assert "1 of them as they say who somebody is" in capsys.readouterr().out
    assert "Maria" not in (folder / "instrument.yaml").read_text(encoding="utf-8")
    data.mkdir()
    source.rename(data / "assessments.csv")
    words = ["--programme", str(folder), "--data", str(data)]

    assert main(["check", *words, "--out", str(out)]) == 2
    assert "label.outcome.is_one_of.0" in capsys.readouterr().err, "check says what is still to be decided"
    decided(folder)
    assert main(["check", *words, "--out", str(out)]) == 0, capsys.readouterr().err
    with pytest.raises(ConfigError, match="nobody has confirmed"):
        graduation_model.train(programme=folder, data=data, as_of="2022-12-31", out=tmp_path / "train")
    confirmed(folder)
    checked = pd.read_parquet(out / "assessments.parquet")
    assert len(checked) == FAMILIES
    assert set(checked["piso"]) == {"terra", "cimento", "madeira"}
    from graduation_model.config import load_programme

    assert load_programme(folder).instrument.by_name["numero_de_pessoas"].kind == "count"


def test_nothing_that_is_there_is_overwritten(source: Path, tmp_path: Path, capsys) -> None:
    assert main(["new", "--from-data", str(source), "--out", str(tmp_path)]) == 2
    assert "There is something of that name" in capsys.readouterr().err
    assert main(["new", "--from-data", str(source), "--outcome", "Renda", "--out", str(tmp_path / "b")]) == 2
    assert "no such column" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
